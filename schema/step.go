package schema

import (
	"encoding/json"
	"time"
)

// MaxStepBytes is the largest step, headers included, that can still be moved to a lane or the
// backlog with a few headers more.
const MaxStepBytes = 960 << 10

// TileType says what kind of journey tile the user reached.
type TileType string

// The two tile types.
const (
	CallWebhook TileType = "callWebhook" // the answer's body is discarded (B39)
	UserProfile TileType = "userProfile" // GET, and the answer is saved to the profile (B40)
)

// Step is the event "this user reached this webhook tile".
type Step struct {
	ID         string    `json:"id"`
	ProjectID  string    `json:"projectId"`
	WorkflowID int64     `json:"workflowId"`
	Tile       Tile      `json:"tile"`
	WebhookID  string    `json:"webhookId"`
	User       User      `json:"user"`
	Trigger    Trigger   `json:"trigger"`
	ReachedAt  time.Time `json:"reachedAt,omitzero"`

	// The message's W3C trace headers; see [Step.ReadTrace]. They are "" where there are none.
	Traceparent string `json:"-"`
	Tracestate  string `json:"-"`
	Baggage     string `json:"-"`
}

// Tile is the place in the journey.
type Tile struct {
	ID   string   `json:"id"`
	Type TileType `json:"type"`
}

// User is who reached the tile. Profile is a JSON object, or nil.
type User struct {
	Email   string          `json:"email"`
	UserID  string          `json:"userId,omitempty"`
	Profile json.RawMessage `json:"profile,omitempty"`
}

// Trigger is what made the user enter the journey. DataFields is a JSON object, or nil.
type Trigger struct {
	Type       string          `json:"type,omitempty"`
	DataFields json.RawMessage `json:"dataFields,omitempty"`
}

// Key is what a repeated publish of the step, and every call made for it, carries:
// <project>:<step id> (C28).
func (s *Step) Key() string { return s.ProjectID + ":" + s.ID }

// DecodeStep reads a step and reports all its faults at once. What could be read is in the Step
// even then, so that a result can say whose step it was (C29, C42). Unknown fields are ignored. Bytes that are
// no UTF-8 are a fault wherever they stand, and nothing is put in their place (C51).
// Profile and DataFields refer to data.
func DecodeStep(data []byte) (Step, error) {
	var s Step
	data = Content(data)
	raw, err := splitStep(data)
	if err != nil {
		return s, Faults{{Message: "the step is not a JSON object: " + err.Error()}}
	}
	var fs Faults
	if at := notUTF8(data); at >= 0 {
		fs.Add("", "the step is not UTF-8: its byte %d begins no character", at)
	}
	s.ID = readID(&fs, "id", raw[partID], ValidStepID, "1 to 128 of A-Z a-z 0-9 . _ : -")
	s.ProjectID = readID(&fs, "projectId", raw[partProjectID], ValidID, idRule)
	s.WorkflowID = readWorkflowID(&fs, raw[partWorkflowID])
	s.Tile = readTile(&fs, &raw)
	s.WebhookID = readID(&fs, "webhookId", raw[partWebhookID], ValidID, idRule)
	s.User = readUser(&fs, &raw)
	s.Trigger = readTrigger(&fs, &raw)
	s.ReachedAt = readTime(&fs, raw[partReachedAt])
	return s, fs.Err()
}
