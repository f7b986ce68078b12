package main

import (
	"io"
	"net"
	"testing"
	"time"
)

// dial connects through a link and returns both ends.
func dial(t *testing.T) (l *link, near, far net.Conn) {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if l, err = newLink(t.Name()+server.Addr().String(), server.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.close)
	if near, err = net.Dial("tcp", l.addr()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close() })
	if far, err = server.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	return l, near, far
}

// arrives reports whether what one end writes comes out at the other within the time.
func arrives(t *testing.T, from, to net.Conn, text string, within time.Duration) bool {
	t.Helper()
	if _, err := io.WriteString(from, text); err != nil {
		t.Fatal(err)
	}
	return comes(to, text, within)
}

func comes(to net.Conn, text string, within time.Duration) bool {
	_ = to.SetReadDeadline(time.Now().Add(within))
	got := make([]byte, len(text))
	_, err := io.ReadFull(to, got)
	return err == nil && string(got) == text
}

const patience, never = 10 * time.Second, 100 * time.Millisecond

func TestALinkThatHoldsLetsEverythingGoAtOnce(t *testing.T) {
	t.Parallel()
	l, near, far := dial(t)
	if !arrives(t, near, far, "whole", patience) {
		t.Fatal("nothing comes through a whole link")
	}
	if err := l.hold(); err != nil {
		t.Fatal(err)
	}
	if arrives(t, near, far, "one ", never) || arrives(t, near, far, "two", never) || arrives(t, far, near, "back", never) {
		t.Fatal("something came through a link that holds")
	}
	if err := l.mend(); err != nil {
		t.Fatal(err)
	}
	if !comes(far, "one two", patience) || !comes(near, "back", patience) {
		t.Error("what was held did not come")
	}
	if !arrives(t, near, far, "whole again", patience) {
		t.Error("nothing comes through the link after it was mended")
	}
}

func TestALinkThatDropsOneWay(t *testing.T) {
	t.Parallel()
	for direction, up := range map[string]bool{"upstream": true, "downstream": false} {
		l, near, far := dial(t)
		if err := l.drop(direction); err != nil {
			t.Fatal(err)
		}
		if arrives(t, near, far, "there", within(!up)) == up || arrives(t, far, near, "back", within(up)) != up {
			t.Errorf("%s: it drops the wrong way", direction)
		}
	}
}

func within(comes bool) time.Duration {
	if comes {
		return patience
	}
	return never
}
