package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

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
	Name    string       `yaml:"name"`
	Step    ast.Node     `yaml:"step"`
	Answers []testAnswer `yaml:"answers"`
	Expect  expectation  `yaml:"expect"`

	step json.RawMessage
}

type testAnswer struct {
	Status int      `yaml:"status"`
	Body   ast.Node `yaml:"body"`

	body testBody
}

// testBody is a body as a test writes it: text as it is, anything else as JSON.
type testBody struct {
	text   string
	isJSON bool
}

// expectation holds what is compared; nil is not.
type expectation struct {
	Method   *string           `yaml:"method"`
	URL      *string           `yaml:"url"`
	Headers  map[string]string `yaml:"headers"`
	Body     ast.Node          `yaml:"body"`
	Outcome  *string           `yaml:"outcome"`
	Reason   *string           `yaml:"reason"`
	Attempts *int              `yaml:"attempts"`

	body *testBody
}

func (s *session) readSuite(file string) (*suite, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(data) { // the parser would replace it (C51)
		return nil, fmt.Errorf("%s: this is not UTF-8; save the file as UTF-8", file)
	}
	data = webhooks.Content(data)
	var content struct {
		Cases []testCase `yaml:"cases"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&content); err != nil {
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
	values, err := newYAMLJSON(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, true))
	}
	for i := range content.Cases {
		if err := content.Cases[i].read(values); err != nil {
			return nil, fmt.Errorf("%s: cases[%d] %q: %w", file, i, content.Cases[i].Name, err)
		}
	}
	hooks, err := webhooks.ReadFiles(definitionOf(file), s.checker().Check)
	if err != nil {
		return nil, err
	}
	return &suite{hooks: hooks, cases: content.Cases, allow: s.cli.EgressAllowHTTP, names: s.cli.EgressKeyNames}, nil
}

// read makes JSON of a case's values.
func (tc *testCase) read(values *yamlJSON) (err error) {
	if tc.step, err = values.write(tc.Step); err != nil {
		return fmt.Errorf("step: %w", err)
	}
	for i := range tc.Answers {
		body, err := values.body(tc.Answers[i].Body)
		if err != nil {
			return fmt.Errorf("answers[%d].body: %w", i, err)
		}
		if body != nil {
			tc.Answers[i].body = *body
		}
	}
	if tc.Expect.body, err = values.body(tc.Expect.Body); err != nil {
		return fmt.Errorf("expect.body: %w", err)
	}
	return nil
}

// body is a body's text; nil where there is none.
func (y *yamlJSON) body(node ast.Node) (*testBody, error) {
	raw, err := y.write(node)
	if err != nil || string(raw) == "null" {
		return nil, err
	}
	var b testBody
	if json.Unmarshal(raw, &b.text) != nil {
		b = testBody{string(raw), true}
	}
	return &b, nil
}

// step fills in what a case may leave out and finds its webhook.
func (u *suite) step(tc testCase) (*schema.Step, *schema.Webhook, error) {
	fields := console.StepFields{"id": json.RawMessage(`"test"`), "workflowId": json.RawMessage("1"), "tile": json.RawMessage(`{"id":"1","type":"callWebhook"}`)}
	if len(u.hooks) == 1 {
		fields.Address(u.hooks[0].Project, u.hooks[0].ID)
	}
	if err := json.Unmarshal(tc.step, &fields); err != nil {
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
