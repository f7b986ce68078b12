// Package h2peer serves HTTP/2 frame by frame as a script says, so that tests and rehearsals can do to a client what
// real servers and proxies do: reset and refuse streams, go away, cut handshakes and connections.
package h2peer

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Request is one request, whole unless its Early is set.
type Request struct {
	Conn   int    // number of the connection, from 1
	Stream uint32 // number of the stream
	Header map[string]string
	Body   []byte
	// EndedByHeaders says that no DATA frame followed.
	EndedByHeaders bool
	// Note is for the script: what Early says of the request to Answer.
	Note any

	conn *conn
}

// Server answers requests as its script says. Set the fields before Serve.
type Server struct {
	TLS *tls.Config // with a certificate; of its protocols, h2 is added
	// Settings are sent first.
	Settings []http2.Setting
	// Handshake is called with a connection's number before its handshake. False closes the connection instead.
	Handshake func(conn int) bool
	// Early is called when a request's headers have come. True leaves the rest of it unread, for it answered. May be nil.
	Early func(*Request) bool
	// TurnedAway is called with the headers of each request after one that was turned away. May be nil.
	TurnedAway func(*Request)
	// Answer is called when a request has come whole, in a goroutine of its own.
	Answer func(*Request)

	conns   atomic.Int32
	mu      sync.Mutex
	open    map[net.Conn]struct{}
	closed  bool
	serving sync.WaitGroup
}

// Serve serves the connections of a listener until that is closed.
func (s *Server) Serve(l net.Listener) {
	config := s.TLS.Clone()
	config.NextProtos = []string{"h2"}
	for {
		raw, err := l.Accept()
		if err != nil {
			return
		}
		if !s.keep(raw) {
			return
		}
		n := int(s.conns.Add(1))
		s.serving.Go(func() {
			defer s.forget(raw)
			if s.Handshake != nil && !s.Handshake(n) {
				return
			}
			secure := tls.Server(raw, config)
			if secure.Handshake() == nil {
				s.serve(secure, n)
			}
		})
	}
}

// Conns is how many connections were accepted.
func (s *Server) Conns() int { return int(s.conns.Load()) }

// Close closes all connections and waits for what serves them.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		_ = c.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

func (s *Server) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = c.Close()
		return false
	}
	if s.open == nil {
		s.open = map[net.Conn]struct{}{}
	}
	s.open[c] = struct{}{}
	return true
}

func (s *Server) forget(c net.Conn) {
	_ = c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// conn is one connection; its writes take turns. Only who reads it touches its accepted and draining.
type conn struct {
	net.Conn
	mu       sync.Mutex
	framer   *http2.Framer
	accepted uint32 // the last stream that was
	draining bool
}

func (c *conn) write(do func(*http2.Framer) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.SetWriteDeadline(time.Now().Add(5 * time.Second))
	return do(c.framer)
}

func (s *Server) serve(netConn net.Conn, n int) {
	if _, err := io.ReadFull(netConn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	c := &conn{Conn: netConn, framer: http2.NewFramer(netConn, netConn)}
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if c.write(func(f *http2.Framer) error { return f.WriteSettings(s.Settings...) }) != nil {
		return
	}
	requests := map[uint32]*Request{}
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			var stream http2.StreamError
			if errors.As(err, &stream) {
				continue
			}
			return
		}
		s.take(c, n, frame, requests)
	}
}

// take does what one frame asks for.
func (s *Server) take(c *conn, n int, frame http2.Frame, requests map[uint32]*Request) {
	switch frame := frame.(type) {
	case *http2.SettingsFrame:
		if !frame.IsAck() {
			_ = c.write(func(f *http2.Framer) error { return f.WriteSettingsAck() })
		}
	case *http2.PingFrame:
		if !frame.IsAck() {
			_ = c.write(func(f *http2.Framer) error { return f.WritePing(true, frame.Data) })
		}
	case *http2.MetaHeadersFrame:
		r := &Request{Conn: n, Stream: frame.StreamID, Header: map[string]string{}, EndedByHeaders: frame.StreamEnded(), conn: c}
		for _, field := range frame.Fields {
			r.Header[field.Name] = field.Value
		}
		if c.draining {
			if s.TurnedAway != nil {
				s.TurnedAway(r)
			}
			return
		}
		if s.Early != nil && s.Early(r) {
			return
		}
		c.accepted, requests[r.Stream] = r.Stream, r
		s.answer(r, frame.StreamEnded(), requests)
	case *http2.DataFrame:
		size := uint32(len(frame.Data()))
		if size > 0 {
			_ = c.write(func(f *http2.Framer) error { return f.WriteWindowUpdate(0, size) })
		}
		r := requests[frame.StreamID]
		if r == nil {
			return
		}
		r.Body = append(r.Body, frame.Data()...)
		if size > 0 && !frame.StreamEnded() {
			_ = c.write(func(f *http2.Framer) error { return f.WriteWindowUpdate(frame.StreamID, size) })
		}
		s.answer(r, frame.StreamEnded(), requests)
	case *http2.RSTStreamFrame:
		delete(requests, frame.StreamID)
	}
}

func (s *Server) answer(r *Request, ended bool, requests map[uint32]*Request) {
	if !ended {
		return
	}
	delete(requests, r.Stream)
	s.serving.Go(func() { s.Answer(r) })
}

// Reply answers with a status and a body.
func (r *Request) Reply(status int, body string) {
	_ = r.conn.write(func(f *http2.Framer) error {
		var block bytes.Buffer
		if err := hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: strconv.Itoa(status)}); err != nil {
			return err
		}
		if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: r.Stream, BlockFragment: block.Bytes(), EndStream: body == "", EndHeaders: true}); err != nil || body == "" {
			return err
		}
		return f.WriteData(r.Stream, true, []byte(body))
	})
}

// Reset resets the request's stream.
func (r *Request) Reset(code http2.ErrCode) {
	_ = r.conn.write(func(f *http2.Framer) error { return f.WriteRSTStream(r.Stream, code) })
}

// Set sends settings.
func (r *Request) Set(settings ...http2.Setting) {
	_ = r.conn.write(func(f *http2.Framer) error { return f.WriteSettings(settings...) })
}

// GoAway says that no stream after last was processed, or will be, and adds a text for people.
func (r *Request) GoAway(last uint32, code http2.ErrCode, text string) {
	_ = r.conn.write(func(f *http2.Framer) error { return f.WriteGoAway(last, code, []byte(text)) })
}

// TurnAway is for Early, which must then return true: it says that this request and all later ones on the connection
// are not processed, and makes that true.
func (r *Request) TurnAway() {
	r.conn.draining = true
	r.GoAway(r.conn.accepted, http2.ErrCodeNo, "")
}

// Cut closes the request's connection.
func (r *Request) Cut() { _ = r.conn.Close() }
