package main

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go"
)

// What the producer adds to each step that this version does not know, as a newer engine would.
const (
	newerHeader = "Newer-Engine"
	newerField  = `"newerEngine":{"kept":[1,2.50,"三"]}`
)

// newer is the step's JSON with a field nobody here knows.
func newer(step []byte) []byte {
	return slices.Concat(bytes.TrimSuffix(step, []byte("}")), []byte(","+newerField+"}"))
}

// watchMoves holds every step that is moved against what it carried when it was published.
func (w *world) watchMoves() error {
	look := func(m *nats.Msg) {
		w.ledger.moved()
		if m.Header.Get(newerHeader) == "" || !bytes.Contains(m.Data, []byte(newerField)) {
			w.ledger.complain(fmt.Errorf("a step moved to %s lost a header or a field", m.Subject))
		}
	}
	for _, kind := range []string{"retries", "backlog"} {
		if _, err := w.nc.Subscribe(w.names.All(kind), look); err != nil {
			return fmt.Errorf("watch moves: %w", err)
		}
	}
	return nil
}
