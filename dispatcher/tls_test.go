package dispatcher_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/schema"
)

// certificate makes a self-signed certificate for 127.0.0.1 unless changed.
func certificate(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	change(c)
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// trusting is a pool that these certificates are authorities of.
func trusting(t *testing.T, all ...tls.Certificate) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	for _, c := range all {
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		pool.AddCert(leaf)
	}
	return pool
}

func secure(t *testing.T, cfg *tls.Config) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.TLS = cfg
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// A host that closes its connections, or gets many at once, is spared the costly half of most handshakes.
func TestTLSSessionsAreResumed(t *testing.T) {
	t.Parallel()
	good := certificate(t, func(*x509.Certificate) {})
	resumed := make(chan bool, 2)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resumed <- r.TLS.DidResume
		w.Header().Set("Connection", "close")
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{good}}
	s.StartTLS()
	t.Cleanup(s.Close)
	d := guarded(t, dispatcher.Egress{Allow: []string{"127.0.0.1"}, CA: trusting(t, good)})
	for _, want := range []bool{false, true} {
		expect(t, d.Dispatch(t.Context(), webhook("POST", s.URL), step("a@x.com", "", "")), schema.Delivered, schema.ReasonDelivered, 200)
		if got := <-resumed; got != want {
			t.Errorf("the session was resumed: %t, want %t", got, want)
		}
	}
}

// handshakeCut reads the hello and closes.
func handshakeCut(t *testing.T) string {
	url := rawServer(t, func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 5)) })
	return "https" + url[len("http"):]
}

func TestTLSFaults(t *testing.T) {
	t.Parallel()
	good := certificate(t, func(*x509.Certificate) {})
	expired := certificate(t, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	other := certificate(t, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example.com"} })
	d := guarded(t, dispatcher.Egress{Allow: []string{"127.0.0.1"}, CA: trusting(t, good, expired, other)})
	with := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	plain := listen(t, nil)
	for name, c := range map[string]struct {
		url     string
		verdict schema.Verdict
		reason  schema.Reason
		detail  string
	}{
		"a trusted certificate":            {secure(t, with(good)), schema.Delivered, schema.ReasonDelivered, ""},
		"B50: self-signed":                 {secure(t, with(certificate(t, func(*x509.Certificate) {}))), schema.Refused, schema.ReasonTLSFailed, "unknown authority"},
		"B50: expired":                     {secure(t, with(expired)), schema.Refused, schema.ReasonTLSFailed, "expired"},
		"B50: for another host":            {secure(t, with(other)), schema.Refused, schema.ReasonTLSFailed, "another host"},
		"C32: an old version":              {secure(t, &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}), schema.Refused, schema.ReasonTLSFailed, ""},
		"C32: plain http on a TLS port":    {"https" + plain.URL[len("http"):], schema.Refused, schema.ReasonTLSFailed, "plain http"},
		"C32: cut during the handshake":    {handshakeCut(t), schema.Failed, schema.ReasonConnection, ""},
		"C32: silent during the handshake": {"https" + rawServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })[len("http"):], schema.Failed, schema.ReasonTimeout, ""},
		"not TLS and not http":             {"https" + rawServer(t, func(c net.Conn) { _, _ = io.WriteString(c, "220 smtp ready\r\n"); readRequest(c) })[len("http"):], schema.Refused, schema.ReasonTLSFailed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{"POST", "GET"} {
				out := d.Dispatch(t.Context(), webhook(method, c.url, timeout(time.Second)), step("a@x.com", "", ""))
				status := 0
				if c.verdict == schema.Delivered {
					status = 200
				}
				expect(t, out, c.verdict, c.reason, status)
				contains(t, "detail", out.Detail, c.detail)
			}
		})
	}
}

// C2, C32: only an alert says that a server insists on a client certificate. One that merely asks for it may have lost
// its connection like any other.
func TestClientCertificates(t *testing.T) {
	t.Parallel()
	good := certificate(t, func(*x509.Certificate) {})
	d := guarded(t, dispatcher.Egress{Allow: []string{"127.0.0.1"}, CA: trusting(t, good)})
	drain := func(c net.Conn) {
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		_, _ = io.Copy(io.Discard, c)
	}
	for name, c := range map[string]struct {
		ask     tls.ClientAuthType
		version uint16
		serve   func(c *tls.Conn)
		verdict schema.Verdict
		reason  schema.Reason
		status  int
		detail  string
	}{
		"required, TLS 1.2": {tls.RequireAnyClientCert, tls.VersionTLS12, nil, schema.Refused, schema.ReasonTLSFailed, 0, "wants a client certificate"},
		"required, TLS 1.3": {tls.RequireAnyClientCert, tls.VersionTLS13, nil, schema.Refused, schema.ReasonTLSFailed, 0, "wants a client certificate"},
		"asked for, answered": {tls.RequestClientCert, tls.VersionTLS13, func(c *tls.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}, schema.Delivered, schema.ReasonDelivered, 200, ""},
		"asked for, closed before an answer": {tls.RequestClientCert, tls.VersionTLS13, func(c *tls.Conn) { readRequest(c) },
			schema.Failed, schema.ReasonConnection, 0, "closed before an answer; the server had asked for a client certificate"},
		"asked for, reset": {tls.RequestClientCert, tls.VersionTLS12, func(c *tls.Conn) {
			readRequest(c)
			_ = c.NetConn().(*net.TCPConn).SetLinger(0)
			_ = c.NetConn().Close()
		}, schema.Failed, schema.ReasonConnection, 0, "closed before an answer; the server had asked for a client certificate"},
		"not asked for, closed before an answer": {tls.NoClientCert, tls.VersionTLS13, func(c *tls.Conn) { readRequest(c) },
			schema.Failed, schema.ReasonConnection, 0, "closed before an answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := rawServer(t, func(conn net.Conn) {
				server := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: c.ask, MaxVersion: c.version})
				if server.Handshake() != nil {
					drain(conn) // a reset would overtake the alert
					return
				}
				c.serve(server)
				_ = server.Close()
			})
			out := d.Dispatch(t.Context(), webhook("POST", "https"+url[len("http"):]), step("a@x.com", "", ""))
			expect(t, out, c.verdict, c.reason, c.status)
			contains(t, "detail", out.Detail, c.detail)
		})
	}
}
