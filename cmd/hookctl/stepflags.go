package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

// stepFlags say which step is meant: a file's, flags, or a file's with flags over it.
type stepFlags struct {
	File string `short:"f" placeholder:"STEP.json" help:"The step; - is standard input. Flags replace its fields."`
	User string `placeholder:"EMAIL" help:"The user's email."`
	Flow int64  `name:"workflow" default:"-1" help:"The journey's workflowId."`
	Tile string `help:"Tile type: callWebhook or userProfile."`
	Data string `placeholder:"JSON" help:"The trigger's dataFields."`
	Pro  string `name:"profile" placeholder:"JSON" help:"The user's profile."`
}

// fields are the step's; what is wrong with them is said later, all at once.
func (f *stepFlags) fields(s *session) (console.StepFields, error) {
	fields := console.StepFields{"workflowId": json.RawMessage("1"), "tile": json.RawMessage(`{"id":"1","type":"callWebhook"}`)}
	if f.File != "" {
		raw, err := s.readInput(f.File)
		if err != nil {
			return nil, err
		}
		if fields, err = console.ReadStepFields(raw); err != nil {
			return nil, fmt.Errorf("%s: %w", f.File, err)
		}
	}
	if f.Data != "" && !json.Valid([]byte(f.Data)) || f.Pro != "" && !json.Valid([]byte(f.Pro)) {
		return nil, fmt.Errorf("%w: --data and --profile must be JSON objects", errUsage)
	}
	if f.Flow >= 0 {
		fields["workflowId"] = json.RawMessage(strconv.FormatInt(f.Flow, 10))
	}
	fields.SetIn("user", "email", console.Quoted(f.User))
	fields.SetIn("user", "profile", f.Pro)
	fields.SetIn("trigger", "dataFields", f.Data)
	fields.SetIn("tile", "type", console.Quoted(f.Tile))
	return fields, nil
}

// sample is the step to try a webhook with.
func (f *stepFlags) sample(s *session) (*console.Operations, console.Sample, error) {
	if f.File == "" && f.User == "" {
		return nil, console.Sample{}, fmt.Errorf("%w: give -f STEP.json, or --user", errUsage)
	}
	fields, err := f.fields(s)
	if err != nil {
		return nil, console.Sample{}, err
	}
	raw, err := schema.JSON(fields)
	if err != nil {
		return nil, console.Sample{}, fmt.Errorf("the step can't be written as JSON: %w", err)
	}
	ops, err := s.operations()
	return ops, console.Sample{Step: raw}, err
}

// stepHelp is what a step's file may hold.
const stepHelp = `A file may leave out all but the user's email. Its projectId and webhookId are replaced:
  {"user": {"email": "pat@example.com", "profile": {"firstName": "Pat"}}, "trigger": {"dataFields": {"orderId": 10045}}}`
