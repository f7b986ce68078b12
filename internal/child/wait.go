package child

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"time"
)

const lowestPort, ports = 20_000, 12_000 // below those that outgoing connections get

// FreePort finds a loopback port that outgoing connections do not get, so that it is still free when what
// listened on it comes back.
func FreePort() (int, error) {
	var err error
	for range 100 {
		port := lowestPort + rand.IntN(ports)
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("child: no free port: %w", err)
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
