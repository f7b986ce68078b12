package dispatcher

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/dispatcher/handlebars"
	"github.com/journeyhook/journeyhook/schema"
)

// request is one step rendered: what every call of the attempt sends.
type request struct {
	plan      *plan
	step      *schema.Step
	method    string
	url       *url.URL
	loggedURL string
	header    http.Header
	body      []byte   // nil when the method has none
	key       string   // the Idempotency-Key and webhook-id
	tokens    []string // used so far
	buffers   *buffers
}

// requestFault is a request that can't be made for this user, and the reason the step exits with.
type requestFault struct {
	reason schema.Reason
	detail string
}

func (f *requestFault) Error() string { return f.detail }

// buffers are what rendering one request needs, pooled.
type buffers struct {
	data         handlebars.Data
	url, logged  []byte
	text         []byte
	body, merged []byte
}

var bufferPool = sync.Pool{New: func() any { return new(buffers) }}

// release gives the buffers back, unless one request made them huge.
func (b *buffers) release() {
	if cap(b.body) <= 64<<10 && cap(b.merged) <= 64<<10 {
		bufferPool.Put(b)
	}
}

// prepare renders the request of one step. Errors are *requestFault. A fault of our own in the template
// engine ends this step, not the worker, which would meet the same step again and again.
func (d *Dispatcher) prepare(p *plan, s *schema.Step) (r *request, err error) {
	defer func() {
		if recover() != nil {
			err = &requestFault{schema.ReasonRenderFailed, "the template engine failed on this step, which is a fault of journeyhook's; please report it with the webhook's templates"}
		}
	}()
	buf := bufferPool.Get().(*buffers)
	defer buf.release()
	if err := setData(&buf.data, s); err != nil {
		return nil, renderFault("data", err)
	}
	r = &request{plan: p, method: p.hook.Method, step: s, key: s.Key(), buffers: buf}
	if err := d.prepareURL(r, p, s); err != nil {
		return nil, err
	}
	if err := prepareBody(r, p, s); err != nil {
		return nil, err
	}
	r.body = bytes.Clone(r.body) // the transport may read it after the call has ended
	if err := d.prepareHeader(r, p, s); err != nil {
		return nil, err
	}
	return r, nil
}

// setData makes data what templates see of a step.
func setData(data *handlebars.Data, s *schema.Step) error {
	user := handlebars.User{Email: s.User.Email, UserID: s.User.UserID}
	err := data.Reset(s.User.Profile, s.Trigger.DataFields, user, s.ReachedAt)
	data.SetStep(handlebars.Step{ID: s.ID, WorkflowID: s.WorkflowID, TileID: s.Tile.ID, WebhookID: s.WebhookID, ProjectID: s.ProjectID})
	return err
}

func (d *Dispatcher) prepareHeader(r *request, p *plan, s *schema.Step) error {
	h := newHeader(len(p.headers) + headersOfOurs)
	for _, hp := range p.headers {
		out, present, err := hp.value.Execute(r.buffers.text[:0], &r.buffers.data)
		r.buffers.text = out[:0]
		if err != nil {
			return renderFault("header "+hp.name, err)
		}
		if present {
			h.set(hp.name, string(out))
		}
	}
	if !h.has("User-Agent") {
		h.set("User-Agent", "journeyhook/"+cmp.Or(d.Version, "dev"))
	}
	if r.body != nil && !h.has("Content-Type") {
		h.set("Content-Type", contentType(p.hook.Body.Type))
	}
	if p.hook.Auth.Type == schema.AuthBasic {
		h.set("Authorization", "Basic "+p.hook.Auth.Token.Reveal()) // verbatim (B16)
	}
	h.set("Idempotency-Key", r.key)
	setTrace(&h, s)
	if len(p.hook.Signing.Secrets) > 0 {
		sign(h.all, p.hook.Signing.Secrets, r.key, time.Now(), r.body)
	}
	r.header = h.all
	return nil
}

func contentType(t schema.BodyType) string {
	if t == schema.BodyURLEncoded {
		return "application/x-www-form-urlencoded"
	}
	return "application/json"
}

// renderFault turns what the template engine says into the reason the step exits with.
func renderFault(where string, err error) *requestFault {
	var skip *handlebars.SkipError
	if errors.As(err, &skip) {
		detail := "skipped by the template in " + where
		if skip.Reason != "" {
			detail += ": " + strconv.Quote(skip.Reason)
		}
		return &requestFault{schema.ReasonSkipped, detail}
	}
	var bad *handlebars.URLError
	if errors.As(err, &bad) {
		return &requestFault{schema.ReasonInvalidURL, err.Error()}
	}
	return &requestFault{schema.ReasonRenderFailed, where + ": " + err.Error()}
}
