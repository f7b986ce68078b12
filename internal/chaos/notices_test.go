package main

import (
	"fmt"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

// notice is one of webhook broken, which answers 404.
func notice(count int64, first, last, stored int) Notice {
	return Notice{schema.Notification{
		WebhookID: "broken", Kind: schema.KindWebhookFailing, Reason: schema.ReasonStatus, Count: count, FirstAt: at(first), LastAt: at(last),
	}, at(stored)}
}

// exited is a record of exits a second apart, from second 0.
func exited(n int, told ...Notice) *Record {
	r := &Record{Stories: map[string]*Story{}, Notices: told}
	for i := range n {
		id := fmt.Sprint("s", i)
		r.Stories[id] = &Story{ID: id, Webhook: "broken", Results: []Ending{ending(1000*i, schema.Exit, schema.ReasonStatus, 404, 1)}}
	}
	return r
}

func TestNotices(t *testing.T) {
	t.Parallel()
	begins := notice(1, 0, 0, 20)
	ends := notice(10, 0, 9000, 10_900)
	for name, c := range map[string]struct {
		record *Record
		faults []Fault
		wrong  int
		judged int
	}{
		"told at once, and counted at the end":      {exited(10, begins, ends), nil, 0, 1},
		"the window is not over":                    {exited(10, begins), nil, 0, 0},
		"two windows":                               {exited(20, begins, ends, notice(1, 11_000, 11_000, 11_020)), nil, 0, 1},
		"never told":                                {exited(10), nil, 1, 0},
		"told of another reason":                    {exited(10, Notice{schema.Notification{WebhookID: "broken", Kind: schema.KindWebhookFailing, Reason: schema.ReasonRetriesExhausted, Count: 1}, at(20)}), nil, 1, 0},
		"told of the first window only":             {exited(30, begins, ends), nil, 1, 1},
		"exits after it, which a killed worker had": {exited(14, begins, ends), []Fault{fault(WorkerKill, "worker-0", 13_000, 13_500)}, 0, 0},
		"told twice":                                {exited(10, begins, notice(1, 5, 5, 40), ends), nil, 1, 1},
		"told twice while Redis was away":           {exited(10, begins, notice(1, 5, 5, 40), ends), []Fault{fault(RedisAway, "redis", 10, 30)}, 0, 0},
		"counted twice":                             {exited(10, begins, notice(20, 0, 9000, 10_900)), nil, 1, 1},
		"some not counted":                          {exited(10, begins, notice(4, 0, 9000, 10_900)), nil, 1, 1},
		"some not counted, one worker stood still":  {exited(10, begins, notice(4, 0, 9000, 10_900)), []Fault{hit(WorkerStop, 1, 4000, 9000)}, 0, 0},
		"of a backlog, which nobody exits for":      {exited(0, Notice{schema.Notification{WebhookID: "broken", Kind: schema.KindBacklogGrowing, Count: 1}, at(20)}), nil, 0, 0},
	} {
		c.record.Faults = c.faults
		wrong, judged := checkNotices(c.record)
		if len(wrong) != c.wrong || judged != c.judged {
			t.Errorf("%s: %q, %d judged, want %d wrong, %d judged", name, wrong, judged, c.wrong, c.judged)
		}
	}
}
