package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/child"
)

// link is a stretch of network that can be cut, slowed down, or made to reset connections.
type link struct {
	proxy  *toxiproxy.Proxy
	always int // how much later everything arrives each way also when it is whole, in milliseconds
}

var proxies = toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())

// newLink listens on a free port and carries connections to the address.
func newLink(name, to string) (*link, error) {
	port, err := child.FreePort()
	if err != nil {
		return nil, err
	}
	l := &link{proxy: toxiproxy.NewProxy(proxies, name, fmt.Sprintf("127.0.0.1:%d", port), to)}
	if err := l.proxy.Start(); err != nil {
		return nil, fmt.Errorf("link %s: %w", name, err)
	}
	return l, nil
}

func (l *link) addr() string { return l.proxy.Listen }

// cut refuses connections, and resets those there are. With silent those there are stay and carry
// nothing, as when a cable is pulled; they are reset when the link is mended.
func (l *link) cut(silent bool) error {
	if !silent {
		l.proxy.Stop()
		return nil
	}
	return l.both(`{"type":"timeout","stream":"%s"}`)
}

// drop lets nothing through one way, and everything the other. Connections there are then are reset when it is mended.
func (l *link) drop(direction string) error {
	return l.toxic(fmt.Sprintf(`{"type":"timeout","stream":"%s"}`, direction))
}

// hold keeps everything back, both ways, until the link is mended. It all arrives then.
func (l *link) hold() error { return l.both(`{"type":"hold","stream":"%s"}`) }

// slow delays everything by so many milliseconds each way.
func (l *link) slow(ms int) error {
	return l.both(fmt.Sprintf(`{"type":"latency","stream":"%%s","attributes":{"latency":%d}}`, ms))
}

// reset resets each connection as soon as the caller has written something.
func (l *link) reset() error { return l.toxic(`{"type":"reset_peer","stream":"upstream"}`) }

// mend makes the link whole.
func (l *link) mend() error {
	l.proxy.Toxics.ResetToxics(context.Background())
	if err := l.proxy.Start(); err != nil && !errors.Is(err, toxiproxy.ErrProxyAlreadyStarted) {
		return fmt.Errorf("mend link %s: %w", l.proxy.Name, err)
	}
	if l.always > 0 {
		return l.slow(l.always)
	}
	return nil
}

func (l *link) close() { l.proxy.Stop() }

func (l *link) both(toxic string) error {
	for _, direction := range []string{"upstream", "downstream"} {
		if err := l.toxic(fmt.Sprintf(toxic, direction)); err != nil {
			return err
		}
	}
	return nil
}

func (l *link) toxic(json string) error {
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(json)); err != nil {
		return fmt.Errorf("link %s: %w", l.proxy.Name, err)
	}
	return nil
}

// cutOff cuts one worker's ways to NATS.
func (w *world) cutOff(ctx context.Context, p Planned) (Fault, error) {
	k := w.workers[p.Target]
	k.mu.Lock()
	defer k.mu.Unlock()
	f := Fault{Kind: p.Kind, Target: k.name, PID: k.PID(), From: time.Now()}
	for _, l := range k.nats {
		harm := func() error { return l.cut(p.Kind == LinkNATSSilent) }
		switch p.Kind {
		case LinkNATSUp:
			harm = func() error { return l.drop("upstream") }
		case LinkNATSDown:
			harm = func() error { return l.drop("downstream") }
		case LinkNATSLate:
			harm = l.hold
		}
		if err := harm(); err != nil {
			return f, err
		}
	}
	_ = pause(ctx, p.For)
	for _, l := range k.nats {
		if err := l.mend(); err != nil {
			return f, err
		}
	}
	f.Until = time.Now()
	err := w.ready(ctx, k)
	f.Recovered = time.Since(f.Until)
	return f, err
}

// cutEndpoint cuts the way to one endpoint, or resets every connection on it.
func (w *world) cutEndpoint(ctx context.Context, p Planned) (Fault, error) {
	w.farMu.Lock()
	defer w.farMu.Unlock()
	f := Fault{Kind: p.Kind, Target: hookFar, From: time.Now()}
	harm := w.far.reset
	if p.Kind == LinkEndpoint {
		harm = func() error { return w.far.cut(false) }
	}
	if err := harm(); err != nil {
		return f, err
	}
	_ = pause(ctx, p.For)
	if err := w.far.mend(); err != nil {
		return f, err
	}
	f.Until = time.Now()
	return f, w.recovered(ctx, &f, hookFar)
}

// holdToxic keeps everything that comes, also that a connection was closed, and lets it go at once when it is removed.
type holdToxic struct{}

// holdFlush is how long the other end may take to accept a piece of what was held. It may be gone.
const holdFlush = time.Second

// Pipe is what toxiproxy runs for each connection and direction.
func (*holdToxic) Pipe(stub *toxics.ToxicStub) {
	var kept []*stream.StreamChunk
	input := stub.Input
	for {
		select {
		case c := <-input:
			if c == nil {
				input = nil // closed; toxiproxy sees that again afterwards
				continue
			}
			kept = append(kept, c)
		case <-stub.Interrupt:
			for _, c := range kept {
				if stub.WriteOutput(c, holdFlush) != nil {
					return
				}
			}
			return
		}
	}
}

func init() { toxics.Register("hold", new(holdToxic)) }
