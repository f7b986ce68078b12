// Package pipenet lets tests serve over pipes in memory, whose deadlines follow a test's own clock (testing/synctest).
package pipenet

import (
	"net"
	"sync"
)

// Listener accepts what is dialed at it. Make it with Listen.
type Listener struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

// Listen makes a listener.
func Listen() *Listener {
	l := &Listener{conns: make(chan net.Conn), closed: make(chan struct{})}
	l.close = sync.OnceFunc(func() { close(l.closed) })
	return l
}

// Dial is a connection to whoever accepts.
func (l *Listener) Dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Accept waits for a connection.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listener; its connections stay.
func (l *Listener) Close() error {
	l.close()
	return nil
}

// Addr is no address that could be dialed.
func (l *Listener) Addr() net.Addr { return &net.TCPAddr{} }
