package console

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// Four searches at once, the fifth waits a little and is then told to come again.
func TestSearchesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &Server{Access: Access{Mode: ModeNone}}
		if _, err := s.Handler(); err != nil {
			t.Fatal(err)
		}
		end := make(chan struct{})
		h := s.guard(Viewer, s.searching(func(c *Call) error { <-end; return ok(c, "found") }), refuseProgram)
		ask := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/", nil))
			return w
		}
		answers := make(chan int, maxSearches+1)
		for range maxSearches {
			go func() { answers <- ask().Code }()
		}
		synctest.Wait()
		begun := time.Now()
		if w := ask(); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "5" || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("a fifth search: %d %v %s", w.Code, w.Header(), w.Body)
		}
		if waited := time.Since(begun); waited != searchWait {
			t.Errorf("it waited %s", waited)
		}
		go func() { answers <- ask().Code }()
		synctest.Wait()
		close(end)
		for range maxSearches + 1 {
			if code := <-answers; code != http.StatusOK {
				t.Errorf("a search that had or got its turn: %d", code)
			}
		}
	})
}
