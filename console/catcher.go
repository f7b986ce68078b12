package console

import (
	"context"
	"net/http"
	"net/textproto"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// maxCaught is how many requests are shown at most.
const maxCaught = 100

// Catcher is an endpoint of our own that a webhook can be pointed at (B64). Only the dev mode has one.
type Catcher interface {
	URL() string
	Caught() []Caught // oldest first
}

// Caught is a request that it received.
type Caught struct {
	At     time.Time   `json:"at"`
	Step   string      `json:"stepId"`
	Method string      `json:"method"`
	URI    string      `json:"uri"` // path and query as on the wire
	Header http.Header `json:"headers"`
	Body   string      `json:"body"`
	Status int         `json:"status"` // what it was answered with
}

// CaughtList is where to point a webhook, and what came there, newest first.
type CaughtList struct {
	URL   string   `json:"url"`
	Items []Caught `json:"items"`
}

var errNoCatcher = &refusal{http.StatusNotFound, "no-catcher", "There is no request catcher here", "hookctl dev has one"}

// Caught is what the catcher received. Credentials, signatures and headers that any webhook marks as secret
// are ***.
func (o *Operations) Caught(ctx context.Context) (CaughtList, error) {
	if o.Catcher == nil {
		return CaughtList{}, errNoCatcher
	}
	all, err := o.Live.All(ctx, "")
	if err != nil {
		return CaughtList{}, err
	}
	secret := map[string]bool{"Authorization": true, "Webhook-Signature": true}
	for _, w := range all {
		for _, h := range w.Headers {
			if h.Secret {
				secret[textproto.CanonicalMIMEHeaderKey(h.Name)] = true
			}
		}
	}
	list := CaughtList{URL: o.Catcher.URL(), Items: []Caught{}}
	calls := o.Catcher.Caught()
	for i := len(calls) - 1; i >= 0 && len(list.Items) < maxCaught; i-- {
		c := calls[i]
		c.Header = c.Header.Clone()
		for name := range c.Header {
			if secret[name] {
				c.Header[name] = []string{schema.Masked}
			}
		}
		list.Items = append(list.Items, c)
	}
	return list, nil
}

func (s *Server) caught(c *Call) error {
	list, err := s.Ops.Caught(c.R.Context())
	if err != nil {
		return err
	}
	return ok(c, list)
}
