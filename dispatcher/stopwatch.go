package dispatcher

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// stopwatch keeps a call's times as net/http reports them. It locks, because a dial goes on after its
// call was given up, or dials two addresses at once.
type stopwatch struct {
	mu                           sync.Mutex
	started                      time.Time
	dnsStart, dialStart, tlsFrom time.Time
	dns, connect, tls, firstByte time.Duration
	tlsFailed, reused            bool
	askedFor                     bool // a client certificate
}

// errAskedForCertificate is what came of a new connection after the server had asked for a client certificate.
// Where it insists on one, an alert says so. In TLS 1.3 that comes after the handshake and may be lost to a reset,
// which is no proof: a server that would do without one may have been cut off.
var errAskedForCertificate = errors.New("client certificate asked for")

type stopwatchKey struct{}

// noCertificate answers a server that asks for a client certificate with none, and notes that it did.
func noCertificate(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if s, ok := info.Context().Value(stopwatchKey{}).(*stopwatch); ok {
		s.locked(func() { s.askedFor = true })
	}
	return new(tls.Certificate), nil
}

func (s *stopwatch) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// attach makes the stopwatch hear of the call made with the context.
func (s *stopwatch) attach(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(context.WithValue(ctx, stopwatchKey{}, s), &httptrace.ClientTrace{
		GotConn:              func(i httptrace.GotConnInfo) { s.locked(func() { s.reused = i.Reused }) },
		GotFirstResponseByte: func() { s.locked(func() { s.firstByte = time.Since(s.started) }) },
		TLSHandshakeStart:    func() { s.locked(func() { s.tlsFrom = time.Now() }) },
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			s.locked(func() { s.tls, s.tlsFailed = time.Since(s.tlsFrom), err != nil })
		},
	})
}

// attachDial makes the stopwatch of the call that a dial is made for hear of it. Most calls dial nobody.
func attachDial(ctx context.Context) context.Context {
	s, ok := ctx.Value(stopwatchKey{}).(*stopwatch)
	if !ok {
		return ctx
	}
	start := func(at *time.Time) { s.locked(func() { *at = time.Now() }) }
	done := func(since *time.Time, took *time.Duration) { s.locked(func() { *took = time.Since(*since) }) }
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:     func(httptrace.DNSStartInfo) { start(&s.dnsStart) },
		DNSDone:      func(httptrace.DNSDoneInfo) { done(&s.dnsStart, &s.dns) },
		ConnectStart: func(string, string) { start(&s.dialStart) },
		ConnectDone:  func(string, string, error) { done(&s.dialStart, &s.connect) },
	})
}

// stop copies the times into the record. Of a failed call it says what the error alone does not.
func (s *stopwatch) stop(record *schema.Call, err error) (cause error, tlsFailed bool) {
	s.locked(func() {
		record.DNS, record.Connect, record.TLS, record.FirstByte = s.dns, s.connect, s.tls, s.firstByte
		tlsFailed = s.tlsFailed
		if err != nil && s.askedFor && !s.reused && s.firstByte == 0 {
			err = fmt.Errorf("%w: %w", errAskedForCertificate, err)
		}
	})
	return err, tlsFailed
}
