package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// tryPanel shows a request for a sample step, and what a test send of it brought.
type tryPanel struct {
	Sample   string
	Request  *schema.Preview
	Refused  string // why there would be no call
	Trial    *Trial
	Pending  bool // there is nothing to show before more is filled in
	Problem  string
	Warnings []string

	faults []placedFault
}

// look renders what the form describes. A name and an id are made up where they are not written yet.
func (s *Server) look(c *Call, v url.Values) tryPanel {
	wrote := readForm(v)
	sample, p := s.trialOf(c, v, &wrote)
	if p.Pending || p.Problem != "" {
		return p
	}
	rehearsal, err := s.Ops.Preview(c.R.Context(), c.Project, "", sample)
	p.rehearsed(rehearsal, err, &wrote)
	return p
}

// sendDraft makes one real call of what the form describes.
func (s *Server) sendDraft(c *Call, v url.Values) tryPanel {
	wrote := readForm(v)
	sample, p := s.trialOf(c, v, &wrote)
	if p.Pending || p.Problem != "" {
		return p
	}
	trial, err := s.Ops.TestSend(c.R.Context(), c.By(viaConsole), c.Project, "", sample)
	p.tried(trial, err, &wrote)
	return p
}

// trialOf is a form's definition to be tried, when nothing but its name and id is wrong with it.
func (s *Server) trialOf(c *Call, v url.Values, wrote *filled) (Sample, tryPanel) {
	var p tryPanel
	err := s.editing(c, wrote)
	var text json.RawMessage
	if err == nil {
		text, err = wrote.definition(c.Project)
	}
	if err != nil {
		p.Problem = ProblemOf(err).Title
		return Sample{}, p
	}
	check := s.Ops.Validate(text)
	p.faults, p.Warnings = placed(check.Faults, wrote), check.Warnings
	for _, f := range p.faults {
		if f.Field != "name" && f.Field != "id" {
			p.Pending = true
			return Sample{}, p
		}
	}
	if len(p.faults) > 0 {
		wrote.doc["name"], wrote.doc["id"] = "draft", "draft"
		if text, err = wrote.definition(c.Project); err != nil {
			p.Problem = ProblemOf(err).Title
		}
	}
	step := v.Get("sample")
	if step == "" {
		step = sampleStepText
	}
	return Sample{Step: json.RawMessage(step), Definition: text, signing: moved{wrote.rows["signing.secrets"], revisionOf(v)}}, p
}

func (p *tryPanel) rehearsed(r Rehearsal, err error, wrote *filled) {
	if err != nil {
		p.failed(err, wrote)
		return
	}
	p.Request = &r.Request
	if !r.Sends {
		p.Refused = r.Reason.Meaning().What + ": " + r.Detail
	}
}

func (p *tryPanel) tried(t Trial, err error, wrote *filled) {
	if err != nil {
		p.failed(err, wrote)
		return
	}
	p.Trial = &t
	p.Request = &t.Request
}

// failed puts a fault of the sample step at its field, and tells what else went wrong.
func (p *tryPanel) failed(err error, wrote *filled) {
	problem := ProblemOf(err)
	p.Problem = problem.Title + ". " + problem.Detail
	if len(problem.Errors) == 0 {
		return
	}
	p.Problem = ""
	for _, f := range placed(problem.Errors, wrote) {
		if f.Field == "step" || len(f.Field) > 5 && f.Field[:5] == "step." {
			f = placedFault{"sample", f.Field + " " + f.Message}
			p.Problem = "The sample step can't be used: " + f.Message
		}
		p.faults = append(p.faults, f)
	}
	p.Pending = p.Problem == ""
}

// try renders or sends a stored webhook's request for the sample step on its page; in the dev mode it also
// sends the step itself, as a journey would.
func (s *Server) try(c *Call) error {
	step := c.R.PostFormValue("sample")
	p := tryPanel{Sample: step}
	var wrote filled
	do := c.R.PostFormValue("do")
	if do != "preview" && !c.Who.May(Editor, c.Project) {
		return errForbidden
	}
	switch do {
	case "send":
		sent, err := s.Ops.SendStep(c.R.Context(), c.Project, c.ID, []byte(step))
		if err == nil {
			to := "/projects/" + c.Project + "/steps?q=" + url.QueryEscape(sent.ID)
			if wantsJSON(c) {
				return ok(c, formAnswer{Location: to, Faults: []placedFault{}})
			}
			http.Redirect(c.W, c.R, to, http.StatusSeeOther)
			return nil
		}
		p.failed(err, &wrote)
	case "test":
		trial, err := s.Ops.TestSend(c.R.Context(), c.By(viaConsole), c.Project, c.ID, Sample{Step: json.RawMessage(step)})
		p.tried(trial, err, &wrote)
	default:
		rehearsal, err := s.Ops.Preview(c.R.Context(), c.Project, c.ID, Sample{Step: json.RawMessage(step)})
		p.rehearsed(rehearsal, err, &wrote)
	}
	if wantsJSON(c) {
		return s.answerForm(c, &form{Panel: p, Faults: p.faults})
	}
	return s.showDetails(c, &p)
}

// SendStep publishes a step as a journey engine would. Only the dev mode has it: elsewhere steps are the
// engine's to send.
func (o *Operations) SendStep(ctx context.Context, project, id string, raw []byte) (*schema.Step, error) {
	if o.Catcher == nil {
		return nil, errNoCatcher
	}
	step, err := sampleStep(raw, project, id)
	if err != nil {
		return nil, err
	}
	data, err := schema.JSON(step)
	if err != nil {
		return nil, fmt.Errorf("console: write step %s as JSON: %w", step.ID, err)
	}
	ack, err := o.JS.Publish(ctx, o.Names.StepSubject(project, id), data, jetstream.WithMsgID(step.Key()))
	if errors.Is(err, jetstream.ErrNoStreamResponse) {
		return nil, streamError(o.Names.Steps(), jetstream.ErrStreamNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("console: publish step %s: %w", step.ID, err)
	}
	if ack.Duplicate {
		return nil, schema.Faults{{Path: "step.id", Message: "was sent already; leave it out, and one is made up"}}
	}
	return step, nil
}
