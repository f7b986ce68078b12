package devstack_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/internal/devstack"
)

func TestACallIsNotedAsItWasAnswered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path string
		wait time.Duration // of the caller; it gives up then
		want int
	}{
		"answered":                 {"/slow/1", time.Minute, 200},
		"given up before":          {"/slow/60000", 100 * time.Millisecond, 0},
		"never answered":           {"/hang", 100 * time.Millisecond, 0},
		"closed at once":           {"/reset", time.Minute, 0},
		"closed within the header": {"/half", time.Minute, 0},
		"closed within the body":   {"/cut", time.Minute, 200},
		"failed":                   {"/fail/1/x", time.Minute, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := devstack.StartEndpoint()
			defer e.Close()
			noted := make(chan int, 1)
			e.Notify(func(r devstack.Request) { noted <- r.Status })
			ctx, cancel := context.WithTimeout(t.Context(), c.wait)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if resp, err := http.DefaultClient.Do(req); err == nil {
				resp.Body.Close()
			}
			if got := <-noted; got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}
