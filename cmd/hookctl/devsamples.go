package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

// sendSamples sends each sample step, shows what the endpoint saw and what came of it, and counts
// those that did not end as they must.
func (d *devStack) sendSamples(ctx context.Context, out io.Writer) (wrong int, err error) {
	sub, err := d.nc.SubscribeSync(d.config.Names().All("results"))
	if err != nil {
		return 0, fmt.Errorf("subscribe to results: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	for i, sample := range devstack.Samples() {
		fmt.Fprintf(out, "\n%d. %s\n", i+1, sample.Title)
		result, err := d.send(ctx, sub, sample)
		if err != nil {
			return wrong, err
		}
		var seen devstack.Request
		for _, r := range d.endpoint.CallsFor(result.StepID) {
			fmt.Fprint(out, requestText(r))
			seen = r
		}
		fmt.Fprintf(out, "  result  %s\n", strings.ReplaceAll(resultLine(result), "\n", "\n        "))
		for _, fault := range compare(sample, seen, result) {
			fmt.Fprintf(out, "  WRONG   %s\n", fault)
			wrong++
		}
	}
	return wrong, nil
}

// send publishes one sample under an id of its own and waits for its result.
func (d *devStack) send(ctx context.Context, results *nats.Subscription, sample devstack.Sample) (schema.Result, error) {
	var r schema.Result
	step, err := schema.DecodeStep(sample.Step)
	if err != nil {
		return r, err
	}
	step.ID = fmt.Sprintf("%s-%d", step.ID, time.Now().UnixMilli())
	step.ReachedAt = time.Now().UTC()
	data, err := json.Marshal(step)
	if err != nil {
		return r, err
	}
	subject := d.config.Names().StepSubject(step.ProjectID, step.WebhookID)
	if _, err := d.js.Publish(ctx, subject, data, jetstream.WithMsgID(step.Key())); err != nil {
		return r, fmt.Errorf("publish the step: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		msg, err := results.NextMsgWithContext(ctx)
		if err != nil {
			return r, fmt.Errorf("step %s has no result: %w", step.ID, err)
		}
		if json.Unmarshal(msg.Data, &r) == nil && r.StepID == step.ID {
			return r, nil
		}
	}
}

// catcher shows the console what the endpoint saw.
type catcher struct{ endpoint *devstack.Endpoint }

func (c catcher) URL() string { return c.endpoint.URL }

func (c catcher) Caught() []console.Caught {
	calls := c.endpoint.Calls()
	all := make([]console.Caught, len(calls))
	for i, r := range calls {
		all[i] = console.Caught{At: r.At.UTC(), Step: r.Step(), Method: r.Method, URI: r.URI, Header: r.Header, Body: r.Body, Status: r.Status}
	}
	return all
}

func compare(want devstack.Sample, seen devstack.Request, got schema.Result) (faults []string) {
	differ := func(what string, want, got any) {
		if want != got {
			faults = append(faults, fmt.Sprintf("%s: want %v, got %v", what, want, got))
		}
	}
	differ("request", want.URI, seen.URI)
	differ("body", want.Body, seen.Body)
	differ("outcome", want.Outcome, string(got.Outcome))
	differ("reason", want.Reason, string(got.Reason))
	differ("attempts", want.Attempts, got.Attempts)
	return faults
}

// requestText is a call as the endpoint saw it.
func requestText(r devstack.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  request %s %s\n", r.Method, r.URI)
	for _, name := range []string{"Content-Type", "Authorization", "Idempotency-Key"} {
		if v := r.Header.Get(name); v != "" {
			fmt.Fprintf(&b, "          %s: %s\n", name, v)
		}
	}
	if r.Body != "" {
		fmt.Fprintf(&b, "          %s\n", r.Body)
	}
	fmt.Fprintf(&b, "          → %d\n", r.Status)
	return b.String()
}
