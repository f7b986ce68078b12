package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// Sample is who a webhook is tried for: a step that may leave out all but the user's email, and with
// Definition a webhook that is not stored yet, whose *** stand for what is.
type Sample struct {
	Step       json.RawMessage `json:"step"`
	Definition json.RawMessage `json:"definition,omitempty"`

	signing moved // of a form
}

// Rehearsal is the request a step would make, or why there would be none.
type Rehearsal struct {
	Request schema.Preview `json:"request"`
	Sends   bool           `json:"sends"`            // whether there would be a call
	Reason  schema.Reason  `json:"reason,omitempty"` // why the user would exit without one
	Detail  string         `json:"detail,omitempty"`
}

// Trial is what a test send brought.
type Trial struct {
	Request  schema.Preview  `json:"request"`
	Status   int             `json:"status"`
	Answer   string          `json:"answer,omitempty"` // the start of a failure's body
	Fields   json.RawMessage `json:"fields,omitempty"` // a profile tile would save
	Ignored  []string        `json:"ignored,omitempty"`
	Timings  Timings         `json:"timings"`
	Next     schema.Next     `json:"next"` // what the journey would do
	Reason   schema.Reason   `json:"reason"`
	WaitMS   int64           `json:"waitMs"`
	Detail   string          `json:"detail,omitempty"` // also how to allow a 2xx that is no success (C1)
	Tokens   int             `json:"tokenRefreshes"`
	Webhook  string          `json:"webhook"`
	Revision uint64          `json:"revision"` // 0 for one that is not stored
}

// Timings are in milliseconds.
type Timings struct {
	Took      float64 `json:"tookMs"`
	DNS       float64 `json:"dnsMs"`
	Connect   float64 `json:"connectMs"`
	TLS       float64 `json:"tlsMs"`
	FirstByte float64 `json:"firstByteMs"`
}

// Preview renders a step's request; nothing is sent and no secret is opened. An empty id is for a sample
// that brings its definition.
func (o *Operations) Preview(ctx context.Context, project, id string, s Sample) (Rehearsal, error) {
	w, err := o.previewed(ctx, project, id, s)
	if err != nil {
		return Rehearsal{}, err
	}
	step, err := sampleStep(s.Step, project, w.ID)
	if err != nil {
		return Rehearsal{}, err
	}
	request, refusal := o.Rehearser.Preview(w, step)
	if refusal != nil {
		return Rehearsal{Request: withHeader(request), Reason: refusal.Reason, Detail: refusal.Detail}, nil
	}
	return Rehearsal{Request: request, Sends: true}, nil
}

func (o *Operations) previewed(ctx context.Context, project, id string, s Sample) (*schema.Webhook, error) {
	if len(s.Definition) == 0 {
		return o.Store.Get(ctx, project, id)
	}
	w, err := o.one(s.Definition, project, id)
	if err != nil {
		return nil, err
	}
	return masked(w), nil
}

// TestSend makes one real call, as a worker makes it. No journey hears of it, nothing is tried again.
func (o *Operations) TestSend(ctx context.Context, by Actor, project, id string, s Sample) (Trial, error) {
	var w *schema.Webhook
	var err error
	if len(s.Definition) == 0 {
		w, err = o.Store.Load(ctx, project, id)
	} else {
		w, err = o.drafted(ctx, project, id, s)
	}
	if err != nil {
		return Trial{}, err
	}
	step, err := sampleStep(s.Step, project, w.ID)
	if err != nil {
		return Trial{}, err
	}
	o.secretNames.note(w)
	request, _ := o.Rehearser.Preview(w, step)
	out := o.Rehearser.Dispatch(ctx, w, step)
	if ctx.Err() != nil {
		return Trial{}, fmt.Errorf("the call was cut off: %w", ctx.Err())
	}
	t := newTrial(w, withHeader(request), out, o.Judge(w, out))
	o.record(ctx, by, schema.Change{
		ProjectID: project, WebhookID: w.ID, Action: schema.ActionTest, Previous: w.Revision,
		Detail: fmt.Sprintf("%s, status %d%s", t.Reason, t.Status, where(request)),
	})
	return t, nil
}

// where is what a request was called with, without what its templates made of the user.
func where(p schema.Preview) string {
	u, err := url.Parse(p.URL)
	if err != nil || u.Host == "" {
		return ""
	}
	return fmt.Sprintf(", %s %s://%s", p.Method, u.Scheme, u.Host)
}

// drafted is a sample's definition with open secrets.
func (o *Operations) drafted(ctx context.Context, project, id string, s Sample) (*schema.Webhook, error) {
	w, err := o.one(s.Definition, project, id)
	if err != nil {
		return nil, err
	}
	if err := o.keepSigning(ctx, w, s.signing); err != nil {
		return nil, err
	}
	return o.Store.Resolve(ctx, w)
}

func newTrial(w *schema.Webhook, request schema.Preview, out schema.Outcome, j Judgement) Trial {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	call := out.Call
	return Trial{
		Request: request, Status: out.Status, Answer: call.Snippet, Fields: out.Fields, Ignored: out.Ignored,
		Timings: Timings{ms(call.Ended.Sub(call.Started)), ms(call.DNS), ms(call.Connect), ms(call.TLS), ms(call.FirstByte)},
		Next:    j.Next, Reason: j.Reason, WaitMS: j.Wait.Milliseconds(), Detail: j.Detail, Tokens: out.TokenRefreshes,
		Webhook: w.Project + "/" + w.ID, Revision: w.Revision,
	}
}

// withHeader lets a request that there would not be say so with empty fields and not with null.
func withHeader(p schema.Preview) schema.Preview {
	if p.Header == nil {
		p.Header = map[string][]string{}
	}
	return p
}

// sampleStep is a sample's step; what it leaves out is filled in with a call-webhook tile of journey 1.
func sampleStep(raw json.RawMessage, project, id string) (*schema.Step, error) {
	if len(raw) == 0 {
		return nil, schema.Faults{{Path: "step", Message: `is missing; the least is {"user": {"email": "pat@example.com"}}`}}
	}
	fields, err := ReadStepFields(raw)
	if err != nil {
		return nil, schema.Faults{{Path: "step", Message: err.Error()}}
	}
	fields.Address(project, id)
	fields.Default("workflowId", "1")
	fields.Default("tile", `{"id":"1","type":"callWebhook"}`)
	step, err := fields.Step()
	var faults schema.Faults
	if errors.As(err, &faults) {
		for i := range faults {
			faults[i].Path = "step." + faults[i].Path
		}
		return nil, faults
	}
	return step, err
}
