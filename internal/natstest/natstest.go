// Package natstest gives tests a NATS server of their own.
package natstest

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// Start starts a server and connects to it; both end with the test.
func Start(t testing.TB, opts ...jetstream.JetStreamOpt) jetstream.JetStream {
	t.Helper()
	srv, err := devstack.StartNATS(t.TempDir(), -1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return Connect(t, srv.URL(), opts...)
}

// Connect connects to a server until the test ends.
func Connect(t testing.TB, url string, opts ...jetstream.JetStreamOpt) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, nats.ReconnectBufSize(-1)) // as app.ConnectNATS
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// Restarts is a server that can be closed and started again, with what it has stored. Each call starts it. It outlasts what the
// test starts after it.
func Restarts(t testing.TB) (start func() *devstack.NATS) {
	t.Helper()
	dir := t.TempDir()
	port, err := child.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	var srv *devstack.NATS
	t.Cleanup(func() {
		if srv != nil {
			srv.Close()
		}
	})
	return func() *devstack.NATS {
		t.Helper()
		if srv, err = devstack.StartNATS(dir, port); err != nil {
			t.Fatal(err)
		}
		return srv
	}
}

// Cluster starts three servers that share what they store. They may not have found each other yet.
func Cluster(t testing.TB) []*devstack.NATS {
	t.Helper()
	port := func() int {
		n, err := child.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	ports := []int{port(), port(), port()}
	var routes []*url.URL
	for _, n := range ports {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", n)})
	}
	var nodes []*devstack.NATS
	for _, n := range ports {
		node, err := devstack.StartNATSNode(t.TempDir(), port(), n, routes)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(node.Close)
		nodes = append(nodes, node)
	}
	return nodes
}
