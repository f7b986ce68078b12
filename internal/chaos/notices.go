package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

const (
	noticeWindow = 10 * time.Second       // of the workers here, so that many end within a run
	noticeSlack  = 3 * time.Second        // by which windows are late: they are looked at once a second
	noticeEdge   = 500 * time.Millisecond // within which it is open on which side of a moment an exit was raised
)

// Notice is a notification and when it was stored.
type Notice struct {
	schema.Notification
	At time.Time
}

// opens reports whether it is the first of its window: that is told at once, of one event.
func (n Notice) opens() bool { return n.Count == 1 && n.FirstAt.Equal(n.LastAt) }

// incident is what notifications are told apart by.
type incident struct {
	webhook string
	kind    schema.Kind
	reason  schema.Reason
}

// exits are when steps exited, by the incident each must be a part of.
func (r *Record) exits() map[incident][]time.Time {
	by := map[incident][]time.Time{}
	for _, s := range r.Stories {
		for _, res := range s.Results {
			if res.Outcome == schema.Exit && s.Webhook != "" {
				kind := schema.KindWebhookFailing
				if res.Reason == schema.ReasonWebhookDeleted {
					kind = schema.KindWebhookMissing
				}
				i := incident{s.Webhook, kind, res.Reason}
				by[i] = append(by[i], res.At)
			}
		}
	}
	for _, all := range by {
		slices.SortFunc(all, time.Time.Compare)
	}
	return by
}

// incidents are the notifications of exits in the order they were stored.
func (r *Record) incidents() map[incident][]Notice {
	by := map[incident][]Notice{}
	for _, n := range r.Notices {
		if n.Kind == schema.KindWebhookFailing || n.Kind == schema.KindWebhookMissing {
			i := incident{n.WebhookID, n.Kind, n.Reason}
			by[i] = append(by[i], n)
		}
	}
	for _, all := range by {
		slices.SortFunc(all, func(a, b Notice) int { return a.At.Compare(b.At) })
	}
	return by
}

// checkNotices: each exit is part of an incident that was told, each incident is told once, and once more with the count
// of what came in its window. What was only in the memory of a worker that was killed is lost, and so is what Redis forgot;
// judged says how many windows were judged with neither near.
func checkNotices(r *Record) (wrong []string, judged int) {
	told, exits := r.incidents(), r.exits()
	say := func(i incident, format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("%s of %s, %s: ", i.kind, i.webhook, i.reason)+fmt.Sprintf(format, args...))
	}
	order := func(a, b incident) int {
		return cmp.Or(cmp.Compare(a.webhook, b.webhook), cmp.Compare(a.kind, b.kind), cmp.Compare(a.reason, b.reason))
	}
	for _, i := range slices.SortedFunc(maps.Keys(exits), order) {
		if n, first := r.untold(told[i], exits[i]); n > 0 {
			say(i, "%d of %d exits are in no window that was told, the first at %s", n, len(exits[i]), first.Format("15:04:05.000"))
		}
	}
	shortest, edge := noticeWindow-noticeSlack-r.Run.spread(), noticeEdge+r.Run.spread()
	for _, i := range slices.SortedFunc(maps.Keys(told), order) {
		var last Notice
		for _, n := range told[i] {
			switch {
			case n.opens():
				early := n.At.Sub(last.At) < shortest && n.FirstAt.Sub(last.FirstAt) < shortest
				if !last.At.IsZero() && early && !r.disturbed(last.FirstAt, n.At) {
					say(i, "told anew %s after its window began", n.FirstAt.Sub(last.FirstAt).Round(time.Millisecond))
				}
				last = n
			case !r.disturbed(n.FirstAt, n.At):
				judged++
				least := between(exits[i], n.FirstAt.Add(edge), n.LastAt.Add(-edge))
				most := between(exits[i], n.FirstAt.Add(-edge), n.LastAt.Add(edge))
				if n.Count < int64(least) || n.Count > int64(most) {
					say(i, "the window from %s counts %d; there were %d to %d exits", n.FirstAt.Format("15:04:05.000"), n.Count, least, most)
				}
			}
		}
	}
	return wrong, judged
}

// untold counts exits that no window covers, and says when the first was.
func (r *Record) untold(told []Notice, exits []time.Time) (n int, first time.Time) {
	for _, at := range exits {
		if slices.ContainsFunc(told, func(n Notice) bool {
			end := later(n.LastAt, n.FirstAt.Add(noticeWindow))
			return !at.Before(n.FirstAt.Add(-noticeSlack)) && !at.After(end.Add(noticeSlack))
		}) || r.disturbed(at.Add(-noticeWindow), at) {
			continue
		}
		if n++; n == 1 {
			first = at
		}
	}
	return n, first
}

// disturbed reports whether between two moments, or soon before or after, what windows are kept in was hurt, or a worker
// ended or stood still with what it had counted, or nothing could be told.
func (r *Record) disturbed(from, until time.Time) bool {
	return slices.ContainsFunc(r.Faults, func(f Fault) bool {
		matters := f.Kind.hurtsRedis() || f.Kind == WorkerKill || f.stops() || r.hindersNATS(f, f.Target)
		return matters && overlap(from.Add(-noticeSlack), until.Add(noticeSlack), f.From, f.settled())
	})
}

// between is how many of some moments, in order, lie between two.
func between(all []time.Time, from, until time.Time) (n int) {
	for _, at := range all {
		if !at.Before(from) && !at.After(until) {
			n++
		}
	}
	return n
}
