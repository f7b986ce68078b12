package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nuid"

	"github.com/journeyhook/journeyhook/schema"
)

// stepFields is a step as it was written, so that what is wrong with it can be said all at once.
type stepFields map[string]json.RawMessage

// readStep reads a step's fields from a file, or from standard input for "-".
func (s *session) readStep(file string) (stepFields, error) {
	raw, err := s.readInput(file)
	if err != nil {
		return nil, err
	}
	var fields stepFields
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return nil, fmt.Errorf("%s: a step is one JSON object, and this is none", file)
	}
	return fields, nil
}

func (s *session) readInput(file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(s.stdin)
	}
	return os.ReadFile(file)
}

// stepFor is a file's step as if its user had reached a tile with the webhook.
func (s *session) stepFor(file string, to address) (*schema.Step, error) {
	fields, err := s.readStep(file)
	if err != nil {
		return nil, err
	}
	fields.address(to)
	return fields.step()
}

func (f stepFields) address(to address) {
	f.set("projectId", quoted(to.project))
	f.set("webhookId", quoted(to.webhook))
}

func (f stepFields) set(name, value string) {
	if value != "" {
		f[name] = json.RawMessage(value)
	}
}

// setIn sets a field of one of the step's objects. What is no object is left for step to refuse.
func (f stepFields) setIn(object, name, value string) {
	if value == "" {
		return
	}
	inner := stepFields{}
	if raw, ok := f[object]; ok && (json.Unmarshal(raw, &inner) != nil || inner == nil) {
		return
	}
	inner.set(name, value)
	if raw, err := json.Marshal(inner); err == nil {
		f[object] = raw
	}
}

// step fills in an id and a time where there are none, and says everything that is wrong.
func (f stepFields) step() (*schema.Step, error) {
	for name, value := range map[string]string{"id": nuid.Next(), "reachedAt": time.Now().UTC().Format(time.RFC3339Nano)} {
		if _, ok := f[name]; !ok {
			f.set(name, quoted(value))
		}
	}
	data, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("the step can't be written as JSON: %w", err)
	}
	step, err := schema.DecodeStep(data)
	if err != nil {
		return nil, fmt.Errorf("the step can't be used: %w", err)
	}
	return &step, nil
}

// quoted is text as JSON; "" stays "".
func quoted(text string) string {
	if text == "" {
		return ""
	}
	raw, err := json.Marshal(text)
	if err != nil {
		return strconv.Quote(text)
	}
	return string(raw)
}
