package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// link is a stretch of network that can be cut, slowed down, or made to reset connections.
type link struct{ proxy *toxiproxy.Proxy }

var proxies = toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())

// newLink listens on a free port and carries connections to the address.
func newLink(name, to string) (*link, error) {
	l := &link{toxiproxy.NewProxy(proxies, name, "127.0.0.1:0", to)}
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

// slow delays everything by so many milliseconds each way.
func (l *link) slow(ms int) error {
	return l.both(fmt.Sprintf(`{"type":"latency","stream":"%%s","attributes":{"latency":%d}}`, ms))
}

// reset resets each connection as soon as the caller has written something.
func (l *link) reset() error { return l.toxic(`{"type":"reset_peer","stream":"upstream"}`) }

// mend makes the link whole.
func (l *link) mend() error {
	l.proxy.Toxics.ResetToxics(context.Background())
	if err := l.proxy.Start(); err != nil && err != toxiproxy.ErrProxyAlreadyStarted {
		return fmt.Errorf("mend link %s: %w", l.proxy.Name, err)
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
