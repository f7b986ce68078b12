package main

import (
	"context"
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
)

// slowTokens is the path of a token server that takes 300 ms.
const slowTokens = "/token/300"

func (s *stack) oauth(tokens string) schema.Auth {
	return schema.Auth{Type: schema.AuthOAuth2, ClientID: "crm", ClientSecret: schema.NewSecret("s3cret"), TokenURL: s.endpoint + tokens}
}

func (s *stack) oauthHook() error {
	return s.hook("crm", "/secured/ok", func(w *schema.Webhook) { w.Auth = s.oauth(slowTokens) })
}

// oauth gives 8 workers that have no token yet 2,048 steps of one OAuth webhook at once, then revokes its token and
// gives them as many again.
func oauth(r *runner) ([]row, error) {
	return r.with(func(s *stack) ([]row, error) {
		const workers, steps = 8, 2048
		if err := s.oauthHook(); err != nil {
			return nil, err
		}
		seen, err := s.watch()
		if err != nil {
			return nil, err
		}
		if err := s.startWorkers(workers); err != nil {
			return nil, err
		}
		// again sends the steps and counts the token requests there were then.
		again := func() (tokens int, err error) {
			if err := s.many(steps, "crm"); err != nil {
				return 0, err
			}
			if err := s.done(time.Minute, "crm"); err != nil {
				return 0, err
			}
			err = s.ask("_tokens", &tokens)
			return tokens, err
		}
		begun, before := time.Now(), s.usage()
		cold, err := again()
		if err != nil {
			return nil, err
		}
		m := s.figures(steps, begun, before)
		if m, err = s.latency(m, "crm", begun, time.Now()); err != nil {
			return nil, err
		}
		if err := s.ask("_revoke", nil); err != nil {
			return nil, err
		}
		all, err := again()
		if err != nil {
			return nil, err
		}
		m.Name, m.Note = "8 workers, 2,048 OAuth calls", fmt.Sprintf("token requests: %d from a cold start, %d after revocation", cold, all-cold)
		return []row{m}, child.Until(context.Background(), 5*time.Second, "attempts by each of the workers", func() bool { return seen.workers() == workers })
	})
}
