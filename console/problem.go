package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// Problem is an answer to a request that was refused or failed (RFC 9457).
type Problem struct {
	Type   string           `json:"type"` // urn:journeyhook:problem:…
	Title  string           `json:"title"`
	Status int              `json:"status"`
	Detail string           `json:"detail,omitempty"`
	Errors []Fault          `json:"errors,omitempty"` // of what was sent, by field
	Tiles  []schema.TileUse `json:"tiles,omitempty"`  // that keep it from being deleted

	SearchedTo time.Time `json:"searchedTo,omitzero"` // how far back a search came
}

// refusal is an error that only a request can cause.
type refusal struct {
	status int
	name   string
	title  string
	detail string
}

func (e *refusal) Error() string { return e.title + ": " + e.detail }

// ProblemOf is what to answer for an error. What is a fault of ours says nothing of its cause, which belongs
// in the log.
func ProblemOf(err error) Problem {
	p := problemOf(err)
	p.Detail = schema.Visible(p.Detail)
	return p
}

func problemOf(err error) Problem {
	var (
		known   *refusal
		faults  schema.Faults
		invalid Invalid
		inUse   *InUseError
		large   *http.MaxBytesError
		unread  *schema.UnreadableError
		long    *Unfinished
	)
	say := func(status int, name, title string) Problem {
		return Problem{Type: "urn:journeyhook:problem:" + name, Title: title, Status: status, Detail: err.Error()}
	}
	switch {
	case errors.As(err, &known):
		return Problem{Type: "urn:journeyhook:problem:" + known.name, Title: known.title, Status: known.status, Detail: known.detail}
	case errors.As(err, &invalid):
		p := say(http.StatusUnprocessableEntity, "invalid", "The definition can't be used")
		p.Errors = invalid
		return p
	case errors.As(err, &faults):
		p := say(http.StatusUnprocessableEntity, "invalid", "What was sent can't be used")
		p.Detail = faults.Error()
		for _, f := range faults {
			p.Errors = append(p.Errors, Fault{Path: f.Path, Message: f.Message, FieldLine: f.Line, FieldColumn: f.Column})
		}
		return p
	case errors.As(err, &inUse):
		p := say(http.StatusConflict, "in-use", "The webhook is in use")
		p.Tiles = inUse.Tiles
		return p
	case errors.As(err, &unread):
		return say(http.StatusConflict, "unreadable", "The stored definition can't be read")
	case errors.As(err, &large):
		return say(http.StatusRequestEntityTooLarge, "too-large", "The request is too large")
	case errors.As(err, &long):
		p := say(http.StatusGatewayTimeout, "unfinished", "Not everything could be searched")
		p.SearchedTo = long.Back
		return p
	case errors.Is(err, nats.ErrReconnectBufExceeded):
		return Problem{Type: "urn:journeyhook:problem:nats-away", Title: "NATS can't be reached", Status: http.StatusServiceUnavailable,
			Detail: "The console waits for it and goes on by itself. Try again in a moment."}
	}
	p := problemOfSentinel(err, say)
	if api := (*jetstream.APIError)(nil); p.Status == http.StatusInternalServerError && errors.As(err, &api) {
		return Problem{Type: "urn:journeyhook:problem:nats-refuses", Title: "NATS refuses this", Status: http.StatusServiceUnavailable,
			Detail: fmt.Sprintf("It says: %s (%d). Whoever runs it can mend that; then the request can be repeated.", api.Description, api.ErrorCode)}
	}
	return p
}

func problemOfSentinel(err error, say func(int, string, string) Problem) Problem {
	for _, known := range []struct {
		err         error
		status      int
		name, title string
	}{
		{schema.ErrNotFound, http.StatusNotFound, "not-found", "There is no such webhook"},
		{schema.ErrForgot, http.StatusNotFound, "forgotten", "There is no such revision"},
		{schema.ErrExists, http.StatusConflict, "exists", "The id is taken"},
		{schema.ErrConflict, http.StatusConflict, "conflict", "Someone else changed it meanwhile"},
		{schema.ErrNoKeys, http.StatusServiceUnavailable, "no-keys", "Secrets can't be stored"},
		{schema.ErrWrongKey, http.StatusServiceUnavailable, "wrong-key", "A stored secret can't be opened"},
		{ErrNoStream, http.StatusServiceUnavailable, "no-worker", "No worker has started yet"},
		{ErrNoToken, http.StatusUnauthorized, "unauthenticated", "The token is not valid"},
		{errAnonymous, http.StatusUnauthorized, "unauthenticated", "Nobody is logged in"},
		{errForbidden, http.StatusForbidden, "forbidden", "This is not allowed"},
		{errHost, http.StatusForbidden, "forbidden", "This is not allowed"},
	} {
		if errors.Is(err, known.err) {
			return say(known.status, known.name, known.title)
		}
	}
	return Problem{Type: "urn:journeyhook:problem:fault", Title: "Something went wrong here", Status: http.StatusInternalServerError,
		Detail: "The server's log says what; the request can be repeated."}
}

// conditional turns a lost race into the answer for a request with a precondition (RFC 9110).
func conditional(err error) error {
	if errors.Is(err, schema.ErrConflict) || errors.Is(err, schema.ErrExists) {
		return &refusal{http.StatusPreconditionFailed, "precondition-failed", "Someone else was faster", err.Error()}
	}
	return err
}

func writeProblem(w http.ResponseWriter, p Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="journeyhook"`)
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
