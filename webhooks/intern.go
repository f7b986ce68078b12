package webhooks

import (
	"slices"
	"sync"

	"github.com/journeyhook/journeyhook/schema"
)

const internLimit = 10_000

// interner lets definitions share the texts and lists they have in common, which is most of their size.
type interner struct {
	mu    sync.Mutex
	texts map[string]string
}

var defaults = schema.NewWebhook()

func (in *interner) share(w *schema.Webhook) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.texts == nil || len(in.texts) > internLimit {
		in.texts = map[string]string{}
	}
	for _, s := range []*string{&w.Project, &w.Destination, &w.Method, &w.Auth.ClientID, &w.Auth.TokenURL, &w.Auth.Scope, &w.Auth.Audience, &w.Auth.ClientAuth} {
		in.text(s)
	}
	w.Auth.Type = schema.AuthType(in.of(string(w.Auth.Type)))
	w.Body.Type = schema.BodyType(in.of(string(w.Body.Type)))
	w.State = schema.State(in.of(string(w.State)))
	for i := range w.Headers {
		in.text(&w.Headers[i].Name)
	}
	for i := range w.Body.UserFields {
		in.text(&w.Body.UserFields[i])
	}
	if slices.Equal(w.Success, defaults.Success) {
		w.Success = defaults.Success
	}
	if slices.Equal(w.Retry.Statuses, defaults.Retry.Statuses) {
		w.Retry.Statuses = defaults.Retry.Statuses
	}
}

func (in *interner) text(s *string) { *s = in.of(*s) }

func (in *interner) of(s string) string {
	if s == "" {
		return ""
	}
	if known, ok := in.texts[s]; ok {
		return known
	}
	in.texts[s] = s
	return s
}
