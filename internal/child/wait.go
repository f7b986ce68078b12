package child

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

const lowestPort, ports = 20_000, 12_000 // below those that outgoing connections get

var (
	firstPort = rand.IntN(ports)
	given     atomic.Int64 // so that a process gives each port only once
)

// FreePort finds a loopback port at which nobody listens and that outgoing connections do not get, so that
// it is still free when what listened on it comes back. It only asks: if it listened itself, a process that
// begins at that moment would inherit the socket, and the port would be taken until that has loaded its program.
func FreePort() (int, error) {
	for range 100 {
		port := lowestPort + (firstPort+int(given.Add(1)))%ports
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return port, nil
		}
		if err == nil {
			_ = c.Close()
		}
	}
	return 0, fmt.Errorf("child: no free port on 127.0.0.1 between %d and %d", lowestPort, lowestPort+ports-1)
}

// Listening waits until something accepts connections on the port.
func Listening(ctx context.Context, port int) error {
	return Until(ctx, 20*time.Second, fmt.Sprintf("port %d is open", port), func() bool {
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// Until waits until the condition holds. What names it where it does not within the time.
func Until(ctx context.Context, within time.Duration, what string, condition func() bool) error {
	late := time.NewTimer(within)
	defer late.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-late.C:
			return fmt.Errorf("not within %s: %s", within, what)
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		}
	}
	return nil
}
