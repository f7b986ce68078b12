package console

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/journeyhook/journeyhook/schema"
)

// Server answers programs at /api and people everywhere else. Set the fields before Handler.
type Server struct {
	Ops         *Operations
	Access      Access
	PublicURL   string   // where browsers find it, like https://hooks.example.com; "" is wherever they did
	SessionKeys [][]byte // see the function SessionKeys
	Rate        float64  // requests a second of one principal; 0 = 50
	Log         zerolog.Logger

	requests, strangers limits
	streams             atomic.Int64
	searches            chan struct{} // one for each search under way
}

const (
	maxBody    = 1 << 20
	answerTime = 60 * time.Second // to write a whole answer; a stream has it for each event
	maxStreams = 500
)

// Call is one request of somebody who may make it.
type Call struct {
	W       http.ResponseWriter
	R       *http.Request
	Who     Principal
	Project string // "" where the address names none
	ID      string // the webhook's
}

// By is who does what the call asks for.
func (c *Call) By(via string) Actor { return Actor{Name: c.Who.Name, Via: via} }

// Action answers a call, or returns why not: see [ProblemOf].
type Action func(c *Call) error

// Handler is the whole server.
func (s *Server) Handler() (http.Handler, error) {
	if s.Rate == 0 {
		s.Rate = 50
	}
	s.requests = limits{every: rate.Limit(s.Rate), burst: int(2*s.Rate) + 1}
	s.searches = make(chan struct{}, maxSearches)
	s.strangers = limits{every: rate.Every(6 * time.Second), burst: 10}
	mux := http.NewServeMux()
	s.routes(mux)
	s.pages(mux)
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, ProblemOf(&refusal{http.StatusForbidden, "cross-origin", "This came from another site", "a browser sent it on behalf of a page that is not this server's"}))
	}))
	if s.PublicURL != "" {
		if err := protection.AddTrustedOrigin(strings.TrimSuffix(s.PublicURL, "/")); err != nil {
			return nil, errors.New("the console's URL must be an origin, like https://hooks.example.com")
		}
	}
	return hardened(protection.Handler(s.exactPaths(mux))), nil
}

// hardened sets what every answer carries. Pages may load from this server only.
func hardened(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(&timed{ResponseWriter: w}, r)
	})
}

// timed gives an answer its time from its beginning: a test send alone may take a minute.
type timed struct {
	http.ResponseWriter
	begun bool
}

func (t *timed) begin() {
	if !t.begun {
		t.begun = true
		_ = http.NewResponseController(t.ResponseWriter).SetWriteDeadline(time.Now().Add(answerTime)) // a recorder in a test has none
	}
}

func (t *timed) WriteHeader(status int) {
	t.begin()
	t.ResponseWriter.WriteHeader(status)
}

func (t *timed) Write(data []byte) (int, error) {
	t.begin()
	return t.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (t *timed) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// route is an address, who may ask there, and what answers.
type route struct {
	pattern string
	needs   Role
	act     Action
}

// mount adds routes; refuse tells whoever may not make a call, and of every error.
func (s *Server) mount(mux *http.ServeMux, refuse func(*Call, Problem), routes []route) {
	for _, r := range routes {
		mux.Handle(r.pattern, s.guard(r.needs, r.act, refuse))
	}
}

// guard finds out who calls, whether they may, and answers what went wrong.
func (s *Server) guard(needed Role, act Action, refuse func(*Call, Problem)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &Call{W: w, R: r, Project: r.PathValue("project"), ID: r.PathValue("id")}
		if err := s.serve(c, needed, act); err != nil && r.Context().Err() == nil {
			p := ProblemOf(err)
			busy := errors.Is(err, errTooMany) || errors.Is(err, errBusy)
			if p.Status >= http.StatusInternalServerError && !busy && unfinished(err) == nil {
				s.Log.Error().Err(err).Str("route", r.Pattern).Str("project", c.Project).Str("webhook", c.ID).Msg("a request failed")
			}
			if busy {
				w.Header().Set("Retry-After", "5")
			}
			refuse(c, p)
		}
	})
}

func (s *Server) serve(c *Call, needed Role, act Action) error {
	who, err := s.Identify(c.R)
	if errors.Is(err, ErrNoToken) && !s.strangers.allow(s.client(c.R)) {
		return errTooMany
	}
	if err != nil {
		return err
	}
	c.Who = who
	if !s.requests.allow(who.key) {
		return errTooMany
	}
	if c.Project != "" && !schema.ValidID(c.Project) {
		return &refusal{http.StatusNotFound, "not-found", "There is no such project", strconv.Quote(c.Project) + " can't be a project: use 1 to 64 of A-Z a-z 0-9 _ -"}
	}
	if !who.May(needed, c.Project) {
		return errForbidden
	}
	if c.ID != "" && !schema.ValidID(c.ID) {
		return schema.ErrNotFound
	}
	return act(c)
}

var errTooMany = &refusal{http.StatusTooManyRequests, "too-many-requests", "Too many requests", "wait a few seconds"}
