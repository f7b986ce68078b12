package dispatcher

import (
	"strconv"
	"sync"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

func hookOf(id, endpoint string) *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Method, w.Endpoint = "acme", id, "CRM", "POST", endpoint
	w.Normalize()
	return w
}

func TestAWebhookIsCompiledOnce(t *testing.T) {
	t.Parallel()
	for name, endpoint := range map[string]string{
		"a good one":              "https://api.example.com/{{a}}",
		"one that can't be":       "https://api.example.com/{{#a}}",
		"one without an endpoint": "",
	} {
		var c planCache
		hook := hookOf("crm", endpoint)
		first, firstErr := c.get(hook)
		var wg sync.WaitGroup
		for worker := range 8 {
			wg.Go(func() {
				for i := range 3 * planGeneration / 8 { // others make it old
					_ = c.miss(strconv.Itoa(worker)+"."+strconv.Itoa(i), hook)
					if p, err := c.get(hook); p != first || (err == nil) != (firstErr == nil) {
						t.Errorf("%s: compiled again: %v", name, err)
						return
					}
				}
			})
		}
		wg.Wait()
		edited := *hook
		if p, _ := c.get(&edited); p == first {
			t.Errorf("%s: an edit changed nothing", name)
		}
	}
}

// Compiling one webhook's templates, however long it takes, makes no other webhook's steps wait.
func TestCompilingHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	var c planCache
	slow := hookOf("slow", "https://api.example.com/")
	begun, goOn := make(chan struct{}), make(chan struct{})
	c.young = map[string]*compiling{slow.Key(): {slow, sync.OnceValues(func() (*plan, error) {
		close(begun)
		<-goOn
		return compile(slow, true)
	})}}
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := c.get(slow); err != nil {
			t.Error(err)
		}
	})
	<-begun
	for _, id := range []string{"a", "b"} {
		if _, err := c.get(hookOf(id, "https://api.example.com/")); err != nil {
			t.Error(err)
		}
	}
	close(goOn)
	wg.Wait()
}
