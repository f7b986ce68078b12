package console

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Mode is how the server knows who asks.
type Mode string

// The modes.
const (
	ModeToken Mode = "token" // tokens, and sessions that were begun with one
	ModeProxy Mode = "proxy" // a header that an authenticating proxy sets; tokens too
	ModeNone  Mode = "none"  // whoever can reach it may do everything; on loopback only
)

// Access is the operator's word on who may do what.
type Access struct {
	Mode    Mode
	Header  string         // proxy: names the user, like X-Forwarded-User
	Proxies []netip.Prefix // whose Header and X-Forwarded-For are believed
	Role    Role           // proxy: what its users may do
}

// Principal is who asks, and what they may do.
type Principal struct {
	Name     string   `json:"name"`
	Role     Role     `json:"role"`
	Projects []string `json:"projects"` // empty is all
	Session  bool     `json:"session"`  // begun in a browser, and can be ended there

	key string // tells one from another, for rate limits
}

// May reports whether the principal may do what needs a role in a project; "" is none in particular.
func (p *Principal) May(needed Role, project string) bool {
	return p.Role.Allows(needed) && p.Sees(project)
}

// Sees reports whether a project is one of the principal's.
func (p *Principal) Sees(project string) bool {
	return project == "" || len(p.Projects) == 0 || slices.Contains(p.Projects, project)
}

func (t *Token) principal(session bool) Principal {
	return Principal{Name: t.Name, Role: t.Role, Projects: t.Projects, Session: session, key: "token:" + t.ID}
}

// Refuse says why a server with this access may not listen at an address: without access control it
// must be loopback.
func (a *Access) Refuse(addr net.Addr) error {
	if a.Mode != ModeNone || loopback(addr.String()) {
		return nil
	}
	return errors.New("without access control the console listens on loopback only; make a token with: hookctl tokens create, and use --access=token (JOURNEYHOOK_CONSOLE_ACCESS), or --access=proxy behind an authenticating proxy")
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

// errAnonymous says that nobody is logged in; errForbidden that whoever is may not do this.
var (
	errAnonymous = errors.New("send a token as Authorization: Bearer jhk_…, or log in")
	errForbidden = errors.New("the token does not allow this")
	errHost      = errors.New("without access control this server answers to loopback names only")
)

// Identify says who makes a request: errors are ErrNoToken, or that nobody could be identified, or ours.
func (s *Server) Identify(r *http.Request) (Principal, error) {
	if s.Access.Mode == ModeNone {
		if !loopback(r.Host) { // a page of another site that had its name point here
			return Principal{}, errHost
		}
		return Principal{Name: "local", Role: Admin, Projects: []string{}, key: "local"}, nil
	}
	header := r.Header.Get("Authorization")
	text, bearer := strings.CutPrefix(header, "Bearer ")
	name := r.Header.Get(s.Access.Header)
	proxied := s.Access.Mode == ModeProxy && name != "" && s.fromProxy(r)
	switch {
	case bearer && (!proxied || strings.HasPrefix(text, tokenPrefix)):
		return s.byToken(r.Context(), text)
	case proxied: // whose own Authorization may have come with it
		return Principal{Name: name, Role: s.Access.Role, Projects: []string{}, key: "user:" + name}, nil
	case header != "":
		return Principal{}, ErrNoToken
	}
	return s.bySession(r)
}

func (s *Server) byToken(ctx context.Context, text string) (Principal, error) {
	token, err := s.Ops.Tokens.Check(ctx, text)
	if err != nil {
		return Principal{}, err
	}
	return token.principal(false), nil
}

// fromProxy reports whether the request's peer is one of the proxies.
func (s *Server) fromProxy(r *http.Request) bool {
	ip, ok := peer(r)
	return ok && s.believes(ip)
}

func (s *Server) believes(ip netip.Addr) bool {
	return slices.ContainsFunc(s.Access.Proxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

func peer(r *http.Request) (netip.Addr, bool) {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap(), err == nil
}

// client is the address that rate limits count: the last one that no proxy of ours added.
func (s *Server) client(r *http.Request) string {
	ip, ok := peer(r)
	if !ok {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.believes(ip); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		ip = next.Unmap()
	}
	return ip.String()
}
