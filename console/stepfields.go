package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nuid"

	"github.com/journeyhook/journeyhook/schema"
)

// StepFields is a step as it was written, perhaps with parts left out, so that what is wrong with it can
// be said all at once.
type StepFields map[string]json.RawMessage

// ReadStepFields reads a JSON object.
func ReadStepFields(raw []byte) (StepFields, error) {
	var fields StepFields
	if err := json.Unmarshal(schema.Content(raw), &fields); err != nil || fields == nil {
		return nil, errors.New("a step is one JSON object, and this is none")
	}
	return fields, nil
}

// Address sets the project and the webhook.
func (f StepFields) Address(project, webhook string) {
	f.Set("projectId", Quoted(project))
	f.Set("webhookId", Quoted(webhook))
}

// Set sets a field to a JSON value; "" leaves it.
func (f StepFields) Set(name, value string) {
	if value != "" {
		f[name] = json.RawMessage(value)
	}
}

// SetIn sets a field of one of the step's objects. What is no object is left for Step to refuse.
func (f StepFields) SetIn(object, name, value string) {
	if value == "" {
		return
	}
	inner := StepFields{}
	if raw, ok := f[object]; ok && (json.Unmarshal(raw, &inner) != nil || inner == nil) {
		return
	}
	inner.Set(name, value)
	if raw, err := schema.JSON(inner); err == nil {
		f[object] = raw
	}
}

// Default sets a field to a JSON value where there is none.
func (f StepFields) Default(name, value string) {
	if _, ok := f[name]; !ok {
		f.Set(name, value)
	}
}

// Step fills in an id and a time where there are none, and says everything that is wrong.
func (f StepFields) Step() (*schema.Step, error) {
	f.Default("id", Quoted(nuid.Next()))
	f.Default("reachedAt", Quoted(time.Now().UTC().Format(time.RFC3339Nano)))
	data, err := schema.JSON(f)
	if err != nil {
		return nil, fmt.Errorf("the step can't be written as JSON: %w", err)
	}
	step, err := schema.DecodeStep(data)
	if err != nil {
		return nil, fmt.Errorf("the step can't be used: %w", err)
	}
	return &step, nil
}

// Quoted is text as JSON; "" stays "".
func Quoted(text string) string {
	if text == "" {
		return ""
	}
	raw, err := schema.JSON(text)
	if err != nil { // a string can always be written
		return `""`
	}
	return string(raw)
}
