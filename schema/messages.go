package schema

import (
	"encoding/json"
	"time"
)

// Person is the user in messages to subscribers: no profile.
type Person struct {
	Email  string `json:"email"`
	UserID string `json:"userId,omitempty"`
}

// Result ends a step. It is published exactly once per step, as Nats-Msg-Id <project>:<step>.
type Result struct {
	StepID     string    `json:"stepId"`
	ProjectID  string    `json:"projectId"`
	WorkflowID int64     `json:"workflowId"`
	TileID     string    `json:"tileId"`
	WebhookID  string    `json:"webhookId"`
	User       Person    `json:"user"`
	Outcome    Decision  `json:"outcome"`
	Reason     Reason    `json:"reason"`
	Status     int       `json:"status"`
	Attempts   int       `json:"attempts"`
	Revision   uint64    `json:"revision"`
	Detail     string    `json:"detail,omitempty"`
	FinishedAt time.Time `json:"finishedAt"`
}

// ProfileUpdate asks for fields of the answer to be saved on the user's profile (B38, B40). It is
// published before the step's result.
type ProfileUpdate struct {
	StepID    string          `json:"stepId"`
	ProjectID string          `json:"projectId"`
	User      Person          `json:"user"`
	Fields    json.RawMessage `json:"fields"`
	Ignored   []string        `json:"ignored"`
	At        time.Time       `json:"at"`
}

// Kind groups notifications.
type Kind string

// The kinds of notification.
const (
	KindWebhookFailing     Kind = "webhook_failing"      // steps exit
	KindTokenRejectedEarly Kind = "token_rejected_early" // B24
	KindTokenFailed        Kind = "token_failed"
	KindWebhookMissing     Kind = "webhook_missing"
	KindWebhookInvalid     Kind = "webhook_invalid"
	KindBacklogGrowing     Kind = "backlog_growing"
	KindUnreadableStep     Kind = "unreadable_step"
)

// Notification is one entry of a project's notification center (B54).
type Notification struct {
	ProjectID string    `json:"projectId"`
	WebhookID string    `json:"webhookId"`
	Kind      Kind      `json:"kind"`
	Reason    Reason    `json:"reason"`
	Status    int       `json:"status"`
	Count     int64     `json:"count"`
	FirstAt   time.Time `json:"firstAt"`
	LastAt    time.Time `json:"lastAt"`
	Sample    Sample    `json:"sample"`
}

// Sample is the first step a notification is about.
type Sample struct {
	StepID     string `json:"stepId"`
	WorkflowID int64  `json:"workflowId"`
	TileID     string `json:"tileId"`
	Detail     string `json:"detail"`
}

// Next is what an attempt led to.
type Next string

// What an attempt can lead to.
const (
	NextContinue Next = "continue"
	NextExit     Next = "exit"
	NextRetry    Next = "retry"
	NextWait     Next = "wait"
)

// Attempt is one line of the attempt log.
type Attempt struct {
	StepID          string    `json:"stepId"`
	ProjectID       string    `json:"projectId"`
	WebhookID       string    `json:"webhookId"`
	Revision        uint64    `json:"revision"`
	Attempt         int       `json:"attempt"`
	TokenRefreshes  int       `json:"tokenRefreshes"`
	Method          string    `json:"method"`
	URL             string    `json:"url"`
	Status          int       `json:"status"`
	Reason          Reason    `json:"reason"`
	Next            Next      `json:"next"`
	WaitMS          int64     `json:"waitMs"`
	TookMS          float64   `json:"tookMs"`
	DNSMS           float64   `json:"dnsMs"`
	ConnectMS       float64   `json:"connectMs"`
	TLSMS           float64   `json:"tlsMs"`
	FirstByteMS     float64   `json:"firstByteMs"`
	RequestBytes    int64     `json:"requestBytes"`
	ResponseBytes   int64     `json:"responseBytes"`
	ResponseSnippet string    `json:"responseSnippet,omitempty"`
	RequestBody     string    `json:"requestBody,omitempty"`
	Detail          string    `json:"detail,omitempty"`
	Worker          string    `json:"worker"`
	At              time.Time `json:"at"`
}
