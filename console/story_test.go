package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

// retry puts a step into a lane before its second attempt.
func (w *world) retry(id string) {
	w.t.Helper()
	data, err := json.Marshal(stepOf(id))
	if err != nil {
		w.t.Fatal(err)
	}
	msg := &nats.Msg{Subject: w.names.RetrySubject(schema.Lanes[3], "acme", "crm"), Data: data, Header: nats.Header{}}
	schema.Progress{Attempt: 2, Move: 1}.Write(msg.Header)
	if _, err := w.js.PublishMsg(context.Background(), msg); err != nil {
		w.t.Fatal(err)
	}
}

// Among many, each step is found where it is, with its attempts.
func TestExplainAmongMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish(w.names.AttemptSubject("acme", "crm"), attemptOf("tried", 1))
	w.publish(w.names.AttemptSubject("acme", "crm"), attemptOf("first", 1))
	w.publish(w.names.ResultSubject("acme", 7, schema.Continue), resultOf("first", 2))
	w.publish(w.names.AttemptSubject("acme", "crm"), attemptOf("lost", 1))
	w.busy(amount())
	w.retry("tried")
	w.publish(w.names.StepSubject("acme", "crm"), stepOf("fresh"))
	w.publish(w.names.AttemptSubject("acme", "crm"), attemptOf("last", 1))
	w.publish(w.names.AttemptSubject("acme", "crm"), attemptOf("last", 2))
	w.publish(w.names.ResultSubject("acme", 7, schema.Continue), resultOf("last", 2))
	w.explains(map[string]placed{
		"fresh":                              {console.PlaceSteps, 0, 0},
		"tried":                              {console.PlaceRetries, 1, 0},
		fmt.Sprintf("waits-%d", amount()-1):  {console.PlaceBacklog, 0, 0},
		"waits-0":                            {console.PlaceBacklog, 0, 0},
		"last":                               {console.PlaceDone, 2, 0},
		"first":                              {console.PlaceDone, 1, 1},
		"lost":                               {console.PlaceUnknown, 1, 1},
		"waits":                              {console.PlaceUnknown, 0, 1},
		fmt.Sprintf("done-%d", amount()/2):   {console.PlaceDone, 0, 0},
		fmt.Sprintf("waits-%d", amount()/2):  {console.PlaceBacklog, 0, 0},
		fmt.Sprintf("other-%d", amount()/10): {console.PlaceUnknown, 1, 1},
	})
	email := fmt.Sprintf("DONE-%d@Example.com", amount()/2)
	found, more, err := w.ops.Results(t.Context(), "acme", console.ResultsQuery{Email: email})
	if err != nil || more || len(found) != 1 || !strings.EqualFold(found[0].User.Email, email) {
		t.Errorf("results of %s: %v, %v, %v", email, found, more, err)
	}
}

// A step whose result is out may still stand in a queue for a moment.
func TestExplainBeforeTheAck(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy(10)
	w.publish(w.names.StepSubject("acme", "crm"), stepOf("unacked"))
	w.publish(w.names.ResultSubject("acme", 7, schema.Continue), resultOf("unacked", 0))
	w.explains(map[string]placed{"unacked": {console.PlaceDone, 0, 0}})
}

type placed struct {
	place           string
	attempts, notes int
}

func (w *world) explains(steps map[string]placed) {
	w.t.Helper()
	w.ops.SearchTime = 5 * time.Minute // the machine may be busy
	for step, want := range steps {
		story, err := w.ops.Explain(context.Background(), "acme", step, console.Period{})
		if err != nil {
			w.t.Fatal(err)
		}
		if got := (placed{story.Place, len(story.Attempts), len(story.Notes)}); got != want {
			w.t.Errorf("%s: %v, want %v: %+v", step, got, want, story)
		}
		if waits := want.place != console.PlaceDone && want.place != console.PlaceUnknown; waits != (story.Waiting != nil) || (want.place == console.PlaceDone) != (story.Result != nil) {
			w.t.Errorf("%s: %+v", step, story)
		}
	}
}

// Streams that were made without direct gets are read message by message.
func TestExplainWithoutDirectGets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.srv.spoilt = true
	for _, name := range []string{w.names.Steps(), w.names.Retries(), w.names.Backlog()} {
		stream, err := w.js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := stream.CachedInfo().Config
		cfg.AllowDirect = false
		if _, err := w.js.UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	w.busy(50)
	w.retry("tried")
	w.explains(map[string]placed{
		"tried": {console.PlaceRetries, 0, 1}, "waits-49": {console.PlaceBacklog, 0, 0}, "done-7": {console.PlaceDone, 0, 0}, "nobody": {console.PlaceUnknown, 0, 1},
	})
}

// A period leaves out results, and attempts from before it.
func TestExplainAPeriod(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish(w.names.AttemptSubject("acme", "crm"), attemptOf("s", 1))
	w.publish(w.names.ResultSubject("acme", 7, schema.Continue), resultOf("s", 1))
	between := time.Now()
	w.busy(10)
	w.ops.SearchTime = 5 * time.Minute // the machine may be busy
	for what, c := range map[string]struct {
		period   console.Period
		place    string
		attempts int
	}{
		"until then": {console.Period{Until: between}, console.PlaceDone, 1},
		"since then": {console.Period{Since: between}, console.PlaceUnknown, 0},
		"before it":  {console.Period{Until: between.Add(-time.Hour)}, console.PlaceUnknown, 0},
	} {
		story, err := w.ops.Explain(t.Context(), "acme", "s", c.period)
		if err != nil || story.Place != c.place || len(story.Attempts) != c.attempts {
			t.Errorf("%s: %+v, %v", what, story, err)
		}
	}
}

// serveOps is a console of its own over the operations, for everybody here.
func (w *world) serveOps(around func(http.Handler) http.Handler) {
	w.t.Helper()
	server := &console.Server{Ops: w.ops, Access: console.Access{Mode: console.ModeNone}, Rate: 1e6}
	handler, err := server.Handler()
	if err != nil {
		w.t.Fatal(err)
	}
	own := httptest.NewServer(around(handler))
	w.t.Cleanup(own.Close)
	w.base = own.URL
}

// A search that has no time for everything says how far it came, and what to do.
func TestSearchesEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.busy(amount())
	w.ops.SearchTime = time.Millisecond
	w.serveOps(func(h http.Handler) http.Handler { return h })
	story, err := w.ops.Explain(t.Context(), "acme", "nobody", console.Period{})
	var long *console.Unfinished
	if !errors.As(err, &long) || long.After != time.Millisecond || story.Place != console.PlaceUnknown {
		t.Errorf("explain: %+v, %v", story, err)
	}
	for _, path := range []string{"steps/nobody", "results?email=nobody@example.com", "attempts?reason=timeout"} {
		a := w.want(http.StatusGatewayTimeout, w.call("GET", "/api/v1/projects/acme/"+path, ""))
		to, err := time.Parse(time.RFC3339, fmt.Sprint(a.json(t)["searchedTo"]))
		if a.problem() != "unfinished" || err != nil && !strings.HasPrefix(path, "steps") || !strings.Contains(a.body, "a search may take 1ms") {
			t.Errorf("%s: %s", path, a.body)
		}
		if err == nil && (time.Until(to) > time.Minute || !strings.Contains(a.body, "give until "+to.Format(time.RFC3339))) {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	for _, asked := range []string{"nobody", "nobody@example.com"} {
		page := w.want(http.StatusOK, w.call("GET", "/projects/acme/steps?q="+asked, "")).body
		if !strings.Contains(page, "Not found so far") || !strings.Contains(page, "that a search may take") || strings.Contains(page, "data-again") {
			t.Errorf("the page of %s: %s", asked, page)
		}
	}
}

// What a search says at its end names the way on.
func TestUnfinishedSays(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for want, e := range map[string]console.Unfinished{
		"a search may take 20s, which did not do: records back to 2026-11-23T12:00:00Z were looked at; to go on from there give until 2026-11-23T12:00:00Z, to look less far back give since":                                             {After: 20 * time.Second, Back: at},
		"a search may take 20s, which did not do: only a part of Q was looked at, where more steps wait, and records back to 2026-11-23T12:00:00Z; to go on from there give until 2026-11-23T12:00:00Z, to look less far back give since": {After: 20 * time.Second, Back: at, Queue: "Q"},
		"a search may take 20s, which did not do: only a part of Q was looked at, where more steps wait, and all records; look again when fewer wait":                                                                                     {After: 20 * time.Second, Queue: "Q"},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}
