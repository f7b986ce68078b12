package wire

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// Times are how long the parts of a call took. Those of a connection are zero where the call used one that was made for
// another call, or where the part did not end.
type Times struct {
	DNS, Connect, TLS time.Duration
	FirstByte         time.Duration // since the call began
}

// Trace keeps a call's times.
type Trace struct {
	began time.Time
	made  Times        // of the connection made for the call; written by RoundTrip
	first atomic.Int64 // nanoseconds; written by whoever reads the connection
}

type traceKey struct{}

// WithTrace makes the calls with the context keep their times, which count from began.
func WithTrace(ctx context.Context, began time.Time) (context.Context, *Trace) {
	t := &Trace{began: began}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: t.gotFirstByte})
	return context.WithValue(ctx, traceKey{}, t), t
}

// Times are those of the last call, which must have returned.
func (t *Trace) Times() Times {
	times := t.made
	times.FirstByte = time.Duration(t.first.Load())
	return times
}

func (t *Trace) gotFirstByte() { t.first.Store(int64(time.Since(t.began))) }

// madeBy takes the times of the connection that was made for the call.
func (t *Trace) madeBy(f *facts) {
	if t != nil {
		f.locked(func() { t.made = f.times })
	}
}

func traceOf(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}

// facts are what becomes known while a connection is made, and of its first moments. They lock, because two addresses may
// be dialed at once.
type facts struct {
	mu                           sync.Mutex
	dnsStart, dialStart, tlsFrom time.Time
	times                        Times
	handshakeFailed              bool
	multiplexes                  bool // HTTP/2
	askedFor                     bool // a client certificate
}

func (f *facts) locked(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

func (f *facts) asked() (yes bool) {
	f.locked(func() { yes = f.askedFor })
	return yes
}

type factsKey struct{}

// watch makes the facts hear of the dial made with the context.
func (f *facts) watch(ctx context.Context) context.Context {
	start := func(at *time.Time) { f.locked(func() { *at = time.Now() }) }
	done := func(since *time.Time, took *time.Duration) { f.locked(func() { *took = time.Since(*since) }) }
	return httptrace.WithClientTrace(context.WithValue(ctx, factsKey{}, f), &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { start(&f.dnsStart) },
		DNSDone:           func(httptrace.DNSDoneInfo) { done(&f.dnsStart, &f.times.DNS) },
		ConnectStart:      func(string, string) { start(&f.dialStart) },
		ConnectDone:       func(string, string, error) { done(&f.dialStart, &f.times.Connect) },
		TLSHandshakeStart: func() { start(&f.tlsFrom) },
		TLSHandshakeDone: func(state tls.ConnectionState, err error) {
			done(&f.tlsFrom, &f.times.TLS)
			f.locked(func() { f.handshakeFailed, f.multiplexes = err != nil, state.NegotiatedProtocol == "h2" })
		},
	})
}

// NoCertificate answers a server that asks for a client certificate with none, and notes that it was asked. It is
// for the Base's TLS configuration.
func NoCertificate(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if f, ok := info.Context().Value(factsKey{}).(*facts); ok {
		f.locked(func() { f.askedFor = true })
	}
	return new(tls.Certificate), nil
}
