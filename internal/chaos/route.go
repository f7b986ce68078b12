package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// buildRoutes makes a link from each server to each other. Servers tell one another no other way.
func (w *world) buildRoutes() error {
	for _, from := range w.nodes {
		for _, to := range w.nodes {
			if from == to {
				continue
			}
			l, err := newLink(fmt.Sprintf("route-%d-%d", from.port, to.port), fmt.Sprintf("127.0.0.1:%d", to.routes))
			if err != nil {
				return err
			}
			from.ways = append(from.ways, way{to, l})
		}
	}
	return nil
}

// way is a server's link to another one.
type way struct {
	to *node
	*link
}

// partition cuts the routes of one server: now those to all others, now those to one.
func (w *world) partition(ctx context.Context, p Planned, nth int) (Fault, error) {
	w.natsMu.Lock()
	defer w.natsMu.Unlock()
	one, other := w.nodes[p.Target%len(w.nodes)], w.nodes[(p.Target+1)%len(w.nodes)]
	f := Fault{Kind: p.Kind, Target: fmt.Sprintf("nats-%d", p.Target%len(w.nodes)), From: time.Now()}
	var cut []*link
	for _, n := range w.nodes {
		for _, l := range n.ways {
			between := n == one && l.to == other || n == other && l.to == one
			if all := nth%2 == 0; between || all && (n == one || l.to == one) {
				cut = append(cut, l.link)
			}
		}
	}
	for _, l := range cut {
		if err := l.cut(true); err != nil {
			return f, err
		}
	}
	_ = pause(ctx, p.For)
	var err error
	for _, l := range cut {
		err = errors.Join(err, l.mend())
	}
	f.Until = time.Now()
	if err != nil {
		return f, err
	}
	return f, w.recovered(ctx, &f, hookSteady)
}
