package console_test

import (
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/journeyhook/journeyhook/schema"
)

// A page follows a step that waits and one that was just published; it leaves alone a mistyped one, and does
// nothing while nobody looks.
func TestPageLooksAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var looks atomic.Int64
	w.serveOps(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("after") {
				looks.Add(1)
			}
			h.ServeHTTP(rw, r)
		})
	})
	w.busy(20)
	grows := func(from int64) {
		t.Helper()
		for deadline := time.Now().Add(15 * time.Second); looks.Load() <= from; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("no look after the first %d", from)
			}
		}
	}
	stays := func(why string) {
		t.Helper()
		time.Sleep(time.Second) // a look that is under way ends
		n := looks.Load()
		time.Sleep(4 * time.Second)
		if more := looks.Load() - n; more > 0 {
			t.Errorf("%d looks %s", more, why)
		}
	}
	p := newTab(t, w.base, screen{1280, "light"})
	steps := "/projects/acme/steps?q="

	p.open(steps + "waits-7")
	p.see("It waits in the backlog")
	grows(looks.Load())
	p.do(chromedp.Evaluate(`Object.defineProperty(document, "hidden", {get: () => true, configurable: true})`, nil))
	stays("at a page that nobody sees")
	p.do(chromedp.Evaluate(`delete document.hidden; document.dispatchEvent(new Event("visibilitychange"))`, nil))
	grows(looks.Load())
	stream, err := w.js.Stream(t.Context(), w.names.Backlog())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.publish(w.names.ResultSubject("acme", 7, schema.Continue), resultOf("waits-7", 0))
	p.see("The user continued")
	stays("for a step that is done")

	p.open(steps + "soon")
	p.see("Nothing found")
	w.publish(w.names.StepSubject("acme", "crm"), stepOf("soon"))
	p.see("It is on its way")
	w.publish(w.names.ResultSubject("acme", 7, schema.Continue), resultOf("soon", 0))
	p.see("The user continued")

	p.open(steps + "mistyped")
	p.see("Nothing found")
	p.do(chromedp.Evaluate(`{ const now = Date.now; Date.now = () => now() + 10000; }`, nil))
	stays("for a mistyped step")
	for _, asked := range []string{"no id", "nobody@example.com", ""} {
		p.open(steps + url.QueryEscape(asked))
		stays("for " + asked)
	}
}

// What a page says when there was no time for everything.
func TestPageOfAnUnfinishedSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy(amount())
	w.ops.SearchTime = time.Millisecond
	w.serveOps(func(h http.Handler) http.Handler { return h })
	for _, s := range []screen{{390, "dark"}, {1280, "light"}} {
		p := newTab(t, w.base, s)
		p.open("/projects/acme/steps?q=nobody@example.com")
		p.see("Not found so far")
		p.check("steps-unfinished")
		p.leave("Search on from there", "Not found so far")
		p.open("/projects/acme/steps?q=nobody")
		p.see("Not found so far")
		p.check("step-unfinished")
	}
}
