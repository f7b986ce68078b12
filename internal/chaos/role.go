package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/journeyhook/journeyhook/internal/devstack"
)

// natsRole is the child process that plays a server, so that it can be killed.
type natsRole struct {
	dir              string
	port, routesPort int
	routes           string // comma-separated; "" for a server alone
}

// serve runs it until it is told to end. SIGUSR1 lets it store nothing more, SIGUSR2 lifts that.
func (n natsRole) serve(ctx context.Context, stderr io.Writer) int {
	srv, err := n.start()
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	defer srv.Close()
	limits := make(chan os.Signal, 4)
	signal.Notify(limits, syscall.SIGUSR1, syscall.SIGUSR2)
	for {
		select {
		case <-ctx.Done():
			return 0
		case s := <-limits:
			bytes := int64(-1)
			if s == syscall.SIGUSR1 {
				bytes = 1
			}
			if err := srv.LimitStore(bytes); err != nil {
				fmt.Fprintln(stderr, err)
			}
		}
	}
}

func (n natsRole) start() (*devstack.NATS, error) {
	if n.routes == "" {
		return devstack.StartNATS(n.dir, n.port)
	}
	var routes []*url.URL
	for _, raw := range strings.Split(n.routes, ",") {
		u, err := url.Parse(raw)
		if err != nil {
			return nil, err
		}
		routes = append(routes, u)
	}
	return devstack.StartNATSNode(n.dir, n.port, n.routesPort, routes)
}
