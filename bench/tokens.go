package main

import (
	"fmt"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

func (s *stack) oauth() schema.Auth {
	return schema.Auth{Type: schema.AuthOAuth2, ClientID: "crm", ClientSecret: schema.NewSecret("s3cret"), TokenURL: s.endpoint + "/token"}
}

// oauth starts 8 workers at once on 2,048 steps of one OAuth webhook, and then revokes its token.
func oauth(r *runner) ([]row, error) {
	m, err := r.with(func(s *stack) (row, error) {
		if err := s.hook("crm", "/secured", func(w *schema.Webhook) { w.Auth = s.oauth() }); err != nil {
			return row{}, err
		}
		if err := s.many(2048, "crm"); err != nil {
			return row{}, err
		}
		begun, before := time.Now(), s.usage()
		if err := s.startWorkers(8); err != nil {
			return row{}, err
		}
		if err := s.done(2048, time.Minute, "crm"); err != nil {
			return row{}, err
		}
		m := s.figures(2048, begun, before)
		var cold, all int
		if err := s.ask("_tokens", &cold); err != nil {
			return row{}, err
		}
		if err := s.ask("_revoke", nil); err != nil {
			return row{}, err
		}
		for i := range 2048 {
			if err := s.publish(fmt.Sprint("crm-again-", i), "crm"); err != nil {
				return row{}, err
			}
		}
		if err := s.done(4096, time.Minute, "crm"); err != nil {
			return row{}, err
		}
		if err := s.ask("_tokens", &all); err != nil {
			return row{}, err
		}
		m.Name, m.Note = "8 workers, 2,048 OAuth calls", fmt.Sprintf("token requests: %d from a cold start, %d after revocation", cold, all-cold)
		return m, nil
	})
	return []row{m}, err
}
