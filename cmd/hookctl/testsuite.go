package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/goccy/go-yaml"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// suite is a test file with the definitions it is about.
type suite struct {
	hooks []*schema.Webhook
	cases []testCase
	allow bool // plain http
	names []string
}

// testCase is one step, what its calls are answered, and what must come of it.
type testCase struct {
	Name    string         `yaml:"name"`
	Step    map[string]any `yaml:"step"`
	Answers []testAnswer   `yaml:"answers"`
	Expect  expectation    `yaml:"expect"`
}

type testAnswer struct {
	Status int `yaml:"status"`
	Body   any `yaml:"body"`
}

// expectation holds what is compared; nil is not.
type expectation struct {
	Method   *string           `yaml:"method"`
	URL      *string           `yaml:"url"`
	Headers  map[string]string `yaml:"headers"`
	Body     any               `yaml:"body"`
	Outcome  *string           `yaml:"outcome"`
	Reason   *string           `yaml:"reason"`
	Attempts *int              `yaml:"attempts"`
}

func (s *session) readSuite(file string) (*suite, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var content struct {
		Cases []testCase `yaml:"cases"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(schema.Content(data)), yaml.Strict()).Decode(&content); err != nil {
		return nil, fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, true))
	}
	if len(content.Cases) == 0 {
		return nil, fmt.Errorf("%s: there are no cases in it", file)
	}
	for i, tc := range content.Cases {
		for _, a := range tc.Answers {
			if a.Status < 100 || a.Status > 599 {
				return nil, fmt.Errorf("%s: cases[%d] %q: an answer needs a status from 100 to 599", file, i, tc.Name)
			}
		}
	}
	hooks, err := webhooks.ReadFiles(definitionOf(file), s.checker().Check)
	if err != nil {
		return nil, err
	}
	return &suite{hooks: hooks, cases: content.Cases, allow: s.cli.EgressAllowHTTP, names: s.cli.EgressKeyNames}, nil
}

// step fills in what a case may leave out and finds its webhook.
func (u *suite) step(tc testCase) (*schema.Step, *schema.Webhook, error) {
	raw, err := json.Marshal(tc.Step)
	if err != nil {
		return nil, nil, fmt.Errorf("step: %w", err)
	}
	fields := console.StepFields{"id": json.RawMessage(`"test"`), "workflowId": json.RawMessage("1"), "tile": json.RawMessage(`{"id":"1","type":"callWebhook"}`)}
	if len(u.hooks) == 1 {
		fields.Address(u.hooks[0].Project, u.hooks[0].ID)
	}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, nil, errors.New("step: must be an object")
	}
	step, err := fields.Step()
	if err != nil {
		return nil, nil, err
	}
	for _, w := range u.hooks {
		if w.Project == step.ProjectID && w.ID == step.WebhookID {
			return step, w, nil
		}
	}
	return nil, nil, fmt.Errorf("step: there is no webhook %s/%s in the definitions", step.ProjectID, step.WebhookID)
}
