package main

import (
	"slices"
	"time"

	"github.com/journeyhook/journeyhook/internal/busiest"
)

// limitSlack is by how much calls of the limited webhook may pass its limits. While Redis is away each worker
// keeps to its last share, and one that started meanwhile takes a part that nobody gave up for it; calls of a
// worker that died, or stood still, end when they end.
const limitSlack = 2

// crowd is the most calls of a webhook that began within a second, and the most under way at once.
func (r *Record) crowd(webhook string) (second, atOnce int) {
	var began []time.Time
	type change struct {
		at time.Time
		by int
	}
	var changes []change
	for _, s := range r.Stories {
		if s.Webhook != webhook {
			continue
		}
		for _, c := range s.Calls {
			began = append(began, c.At)
			changes = append(changes, change{c.At, 1}, change{c.Ended, -1})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return a.at.Compare(b.at) })
	now := 0
	for _, c := range changes {
		now += c.by
		atOnce = max(atOnce, now)
	}
	return busiest.Second(began), atOnce
}
