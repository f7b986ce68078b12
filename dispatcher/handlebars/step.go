package handlebars

import (
	"strconv"
	"time"
)

// Step is what templates may know of the step itself, beside its user (C52). When the user reached the tile is
// what the data's now is.
type Step struct {
	ID         string
	WorkflowID int64
	TileID     string
	WebhookID  string
	ProjectID  string
}

// SetStep says which step the data is of, until the next Reset.
func (d *Data) SetStep(s Step) { d.step = s }

// facts are the variables that are the step's own, each with how it is had. They are never missing.
var facts = map[string]func(*Data) value{
	"stepId":     func(d *Data) value { return textValue(d.step.ID) },
	"workflowId": func(d *Data) value { return value{kind: number, text: strconv.FormatInt(d.step.WorkflowID, 10)} },
	"tileId":     func(d *Data) value { return textValue(d.step.TileID) },
	"webhookId":  func(d *Data) value { return textValue(d.step.WebhookID) },
	"projectId":  func(d *Data) value { return textValue(d.step.ProjectID) },
	"reachedAt":  func(d *Data) value { return textValue(d.now.UTC().Format(time.RFC3339Nano)) },
}
