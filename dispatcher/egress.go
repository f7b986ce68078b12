package dispatcher

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

// errBlockedHost is a host that may not be called whatever it resolves to.
var errBlockedHost = errors.New("address not allowed")

// Egress is the operator's word on what may be called.
type Egress struct {
	Allow []string       // CIDRs, addresses and host names that may be called though private (C30)
	CA    *x509.CertPool // nil is the system's
	Proxy *url.URL       // http, https or socks5; nil is none
}

const (
	maxIdle     = 4096 // connections kept open, of all hosts
	maxSessions = 4096 // hosts whose TLS sessions are resumed
)

// Transport makes the one guarded transport that endpoints, test sends and token URLs share. The
// guard judges every address after DNS, just before connecting, so rebinding does not help. Behind a
// proxy only literal addresses can be judged; names are the proxy's to resolve and to refuse.
func (e Egress) Transport() (*http.Transport, error) {
	g := guard{denied: ssrf.New(ssrf.WithAnyPort())}
	for _, entry := range e.Allow {
		if err := g.allow(entry); err != nil {
			return nil, err
		}
	}
	t := &http.Transport{
		DialContext: g.dial,
		TLSClientConfig: &tls.Config{
			RootCAs: e.CA, MinVersion: tls.VersionTLS12, GetClientCertificate: noCertificate,
			ClientSessionCache: tls.NewLRUClientSessionCache(maxSessions),
		},
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdle, // webhooks of many users often share one host
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ReadBufferSize:         4 << 10,
		WriteBufferSize:        4 << 10,
	}
	if e.Proxy != nil {
		t.Proxy = func(req *http.Request) (*url.URL, error) {
			if err := g.judgeLiteral(req.URL.Hostname()); err != nil {
				return nil, err
			}
			return e.Proxy, nil
		}
		t.DialContext = dialProxy
	}
	return t, nil
}

// guard refuses private, loopback, link-local and other special addresses.
type guard struct {
	denied   *ssrf.Guardian
	prefixes []netip.Prefix
	hosts    []string
}

func (g *guard) allow(entry string) error {
	if p, err := netip.ParsePrefix(entry); err == nil {
		g.prefixes = append(g.prefixes, p.Masked())
		return nil
	}
	if a, err := netip.ParseAddr(entry); err == nil {
		g.prefixes = append(g.prefixes, netip.PrefixFrom(a, a.BitLen()))
		return nil
	}
	if entry == "" || strings.ContainsAny(entry, "/:*@ ") {
		return fmt.Errorf("egress: %q is neither a CIDR like 10.0.0.0/8 nor a host name", entry)
	}
	g.hosts = append(g.hosts, strings.ToLower(entry))
	return nil
}

func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: 30 * time.Second}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errBlockedHost
	}
	if !slices.Contains(g.hosts, strings.ToLower(host)) {
		d.Control = g.control
	}
	return d.DialContext(attachDial(ctx), network, address)
}

// dialProxy dials the operator's proxy, whatever its address.
func dialProxy(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(attachDial(ctx), network, address)
}

// control runs after DNS, on the very address that is about to be connected to.
func (g *guard) control(network, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return errBlockedHost
	}
	return g.judge(ap.Addr())
}

func (g *guard) judge(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	for _, p := range g.prefixes {
		if p.Contains(addr) {
			return nil
		}
	}
	return g.denied.SafeAddr(addr)
}

func (g *guard) judgeLiteral(host string) error {
	addr, err := netip.ParseAddr(host)
	if err == nil && !slices.Contains(g.hosts, strings.ToLower(host)) {
		return g.judge(addr)
	}
	return nil
}
