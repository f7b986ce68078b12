package console

import (
	"net/http"
	"time"
)

const (
	maxSearches = 4 // at once
	searchWait  = 2 * time.Second
)

var errBusy = &refusal{http.StatusServiceUnavailable, "busy", "Too many searches are under way", "try again in a few seconds, and search less far back if you can"}

// searching lets an action search the records, a few at once: a search may read millions of them.
func (s *Server) searching(act Action) Action {
	return func(c *Call) error {
		patience := time.NewTimer(searchWait)
		defer patience.Stop()
		select {
		case s.searches <- struct{}{}:
		case <-patience.C:
			return errBusy
		case <-c.R.Context().Done():
			return c.R.Context().Err()
		}
		defer func() { <-s.searches }()
		return act(c)
	}
}
