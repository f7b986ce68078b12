package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

type sendCmd struct {
	Step stepFlags     `embed:""`
	To   string        `placeholder:"PROJECT/WEBHOOK" help:"The webhook."`
	ID   string        `name:"id" help:"The step's id; made up when there is none."`
	Wait time.Duration `default:"30s" help:"How long to wait for the result; 0 does not wait."`
	Out  string        `name:"output" short:"o" enum:"text,json,yaml" default:"text" help:"${enum}."`
}

func (sendCmd) Help() string {
	return `Examples:
  hookctl send -f step.json
  hookctl send --to acme/welcome-crm --user pat@example.com --data '{"promotionId":123}'

Exits 0 when the result is continue, 1 when it is exit or none came in time.`
}

func (c *sendCmd) Run(s *session) error {
	step, err := c.step(s)
	if err != nil {
		return err
	}
	data, err := schema.JSON(step)
	if err != nil {
		return fmt.Errorf("write the step as JSON: %w", err)
	}
	js, err := s.jetstream()
	if err != nil {
		return err
	}
	results, err := s.nc.SubscribeSync(s.names().ResultSubject(step.ProjectID, step.WorkflowID, "*"))
	if err != nil {
		return fmt.Errorf("subscribe to results: %w", err)
	}
	ack, err := js.Publish(s.ctx, s.names().StepSubject(step.ProjectID, step.WebhookID), data, jetstream.WithMsgID(step.Key()))
	if errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrNoResponders) {
		return fmt.Errorf("there is no stream %s yet; a worker makes it when it starts", s.names().Steps())
	}
	if err != nil {
		return fmt.Errorf("publish the step: %w", err)
	}
	if ack.Duplicate {
		return fmt.Errorf("step %s was sent already; give it another id", step.ID)
	}
	if c.Wait == 0 {
		fmt.Fprintf(s.stdout, "sent step %s\n", step.ID)
		return nil
	}
	return c.await(s, results, step)
}

// step is the file's step with the flags over it.
func (c *sendCmd) step(s *session) (*schema.Step, error) {
	if c.Step.File == "" && (c.To == "" || c.Step.User == "") {
		return nil, fmt.Errorf("%w: give -f STEP.json, or --to and --user", errUsage)
	}
	fields, err := c.Step.fields(s)
	if err != nil {
		return nil, err
	}
	if c.To != "" {
		var to address
		if err := to.UnmarshalText([]byte(c.To)); err != nil {
			return nil, fmt.Errorf("%w: --to: %w", errUsage, err)
		}
		fields.Address(to.project, to.webhook)
	}
	fields.Set("id", console.Quoted(c.ID))
	return fields.Step()
}

func (c *sendCmd) await(s *session, results *nats.Subscription, step *schema.Step) error {
	ctx, cancel := context.WithTimeout(s.ctx, c.Wait)
	defer cancel()
	for {
		msg, err := results.NextMsgWithContext(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("no result within %s; is a worker running? A step that is being retried takes longer, see: hookctl explain %s %s", c.Wait, step.ProjectID, step.ID)
		}
		if err != nil {
			return fmt.Errorf("wait for the result: %w", err)
		}
		var r schema.Result
		if json.Unmarshal(msg.Data, &r) != nil || r.StepID != step.ID {
			continue
		}
		if c.Out != "text" {
			if err := s.data(c.Out, r); err != nil {
				return err
			}
		} else {
			fmt.Fprintln(s.stdout, resultLine(r))
		}
		if r.Outcome == schema.Exit {
			return fmt.Errorf("the user exits the journey: %s", r.Reason)
		}
		return nil
	}
}
