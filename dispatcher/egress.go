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

	"github.com/journeyhook/journeyhook/dispatcher/wire"
	"github.com/journeyhook/journeyhook/internal/hostname"
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

	// Connecting goes on when the call that wanted it has ended, which is after a minute at the latest.
	connectTime = 61 * time.Second

	// A connection of HTTP/2 on which nothing comes for so long is asked whether it still works, and closed without
	// an answer: calls would go on to it for a quarter of an hour.
	pingAfter, pingWithin = 15 * time.Second, 5 * time.Second
)

// Transport makes the one guarded transport that endpoints, test sends and token URLs share. The
// guard judges every address after DNS, just before connecting, so rebinding does not help. Behind a
// proxy only literal addresses can be judged; names are the proxy's to resolve and to refuse.
func (e Egress) Transport() (*wire.Transport, error) {
	g := guard{denied: ssrf.New(ssrf.WithAnyPort())}
	for _, entry := range e.Allow {
		if err := g.allow(entry); err != nil {
			return nil, err
		}
	}
	base := &http.Transport{
		DialContext: g.dial,
		TLSClientConfig: &tls.Config{
			RootCAs: e.CA, MinVersion: tls.VersionTLS12, GetClientCertificate: wire.NoCertificate,
			ClientSessionCache: tls.NewLRUClientSessionCache(maxSessions),
		},
		TLSHandshakeTimeout:    connectTime,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingWithin},
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ReadBufferSize:         4 << 10,
		WriteBufferSize:        4 << 10,
	}
	t := &wire.Transport{Base: base, MaxIdle: maxIdle, DialTime: connectTime}
	if e.Proxy != nil {
		base.Proxy, base.DialContext, t.Judge = http.ProxyURL(e.Proxy), dialProxy, g.judgeLiteral
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
	const mapped = 96 // bits before an IPv4 address that is written as one of IPv6, which is judged as IPv4
	if p, err := netip.ParsePrefix(entry); err == nil {
		if p.Addr().Is4In6() && p.Bits() >= mapped {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
		}
		g.prefixes = append(g.prefixes, p.Masked())
		return nil
	}
	if a, err := netip.ParseAddr(entry); err == nil {
		a = a.Unmap()
		g.prefixes = append(g.prefixes, netip.PrefixFrom(a, a.BitLen()))
		return nil
	}
	name, err := hostname.Key(entry)
	if err != nil || name == "" || name[0] == '.' || strings.Contains(name+".", "..") || strings.ContainsAny(name, "/:*@ ") {
		return fmt.Errorf("egress-allow (JOURNEYHOOK_EGRESS_ALLOW): %q is neither a CIDR like 10.0.0.0/8 nor a host name", entry)
	}
	g.hosts = append(g.hosts, name)
	return nil
}

func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := newDialer()
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, errBlockedHost
	}
	if name, err := hostname.Key(host); err != nil || !slices.Contains(g.hosts, name) {
		d.Control = g.control
	}
	return d.DialContext(ctx, network, address)
}

// dialProxy dials the operator's proxy, whatever its address.
func dialProxy(ctx context.Context, network, address string) (net.Conn, error) {
	return newDialer().DialContext(ctx, network, address)
}

func newDialer() *net.Dialer { return &net.Dialer{Timeout: connectTime, KeepAlive: 30 * time.Second} }

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

// judgeLiteral judges a host that a proxy will resolve, as far as that can be done here: an address, what many resolvers
// read as one (127.1, 0x7f000001), and the proxy's own machine.
func (g *guard) judgeLiteral(host string) error {
	host, err := hostname.Key(host)
	if err != nil {
		return errBlockedHost
	}
	if slices.Contains(g.hosts, host) {
		return nil
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return g.judge(addr)
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "localhost" || strings.HasPrefix(last, "0x") || strings.Trim(last, "0123456789") == "" {
		return errBlockedHost
	}
	return nil
}
