package schema

import "time"

// Action is what was done in a recorded change.
type Action string

// The actions that are recorded.
const (
	ActionCreate      Action = "create"
	ActionUpdate      Action = "update"
	ActionDelete      Action = "delete"
	ActionCopy        Action = "copy"
	ActionRollback    Action = "rollback"
	ActionTest        Action = "test"        // a test send: nothing changed, but a call was made
	ActionAcknowledge Action = "acknowledge" // of notifications
	ActionTokenCreate Action = "token_create"
	ActionTokenRevoke Action = "token_revoke"
)

// Change is one record of the audit stream: who did what, when. It holds no secret: a secret's old and
// new value are both ***, and that it differs is all there is to read.
type Change struct {
	ID        string       `json:"id"`
	ProjectID string       `json:"projectId"` // "" for what belongs to no project
	WebhookID string       `json:"webhookId"`
	Action    Action       `json:"action"`
	Actor     string       `json:"actor"`
	Via       string       `json:"via"`      // api, console or hookctl
	Revision  uint64       `json:"revision"` // after the change, 0 where there is none
	Previous  uint64       `json:"previous"`
	Diff      []Difference `json:"diff"`
	Detail    string       `json:"detail,omitempty"`
	At        time.Time    `json:"at"`
}

// Difference is one field that changed. Old and New are JSON values, nil where there is none.
type Difference struct {
	Path string `json:"path"`
	Old  any    `json:"old"`
	New  any    `json:"new"`
}
