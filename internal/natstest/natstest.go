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
	nodes, _ := ClusterRestarts(t)
	return nodes
}

// ClusterRestarts is Cluster, of which one server after the other can be closed and started again, with what it has stored.
func ClusterRestarts(t testing.TB) (nodes []*devstack.NATS, restart func(node int)) {
	t.Helper()
	port := func() int {
		n, err := child.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	type place struct {
		dir           string
		port, cluster int
	}
	places := make([]place, 3)
	var routes []*url.URL
	for i := range places {
		places[i] = place{t.TempDir(), port(), port()}
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", places[i].cluster)})
	}
	nodes = make([]*devstack.NATS, len(places))
	start := func(i int) {
		t.Helper()
		var err error
		if nodes[i], err = devstack.StartNATSNode(places[i].dir, places[i].port, places[i].cluster, routes); err != nil {
			t.Fatal(err)
		}
	}
	for i := range nodes {
		start(i)
	}
	t.Cleanup(func() {
		for _, n := range nodes {
			n.Close()
		}
	})
	return nodes, func(i int) {
		t.Helper()
		nodes[i].Close()
		start(i)
	}
}
