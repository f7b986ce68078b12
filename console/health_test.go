package console

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// What had no attempt for an hour takes no memory, whether or not somebody looks.
func TestTheLastHourIsForgottenByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &Health{}
		attempt := func(id string) {
			h.count(&schema.Attempt{ProjectID: "acme", WebhookID: id, At: time.Now(), Next: schema.NextExit})
		}
		for i := range 1000 {
			attempt(fmt.Sprint("old-", i))
		}
		time.Sleep(30 * time.Minute)
		attempt("young")
		if len(h.hooks) != 1001 || len(h.Project("acme")) != 1001 {
			t.Errorf("%d are known after half an hour, %d shown", len(h.hooks), len(h.Project("acme")))
		}
		time.Sleep(31 * time.Minute)
		attempt("new")
		if len(h.hooks) != 2 {
			t.Errorf("%d are known after an hour", len(h.hooks))
		}
		if all := h.Project("acme"); len(all) != 2 || all[schema.Name{Project: "acme", ID: "young"}].Exit != 1 || len(h.Project("other")) != 0 {
			t.Errorf("shown: %v", all)
		}
	})
}
