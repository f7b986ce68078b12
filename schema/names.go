package schema

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Names builds every stream, bucket and subject name from one prefix. The zero value uses
// "journeyhook".
type Names struct {
	Prefix string // [a-z0-9_-]{1,32}
}

func (n Names) prefix() string { return cmp.Or(n.Prefix, "journeyhook") }

func (n Names) stream(s string) string { return strings.ToUpper(n.prefix()) + "_" + s }

// Steps is the stream of steps waiting for their first attempt.
func (n Names) Steps() string { return n.stream("STEPS") }

// Retries is the stream of steps waiting in a lane for a later attempt.
func (n Names) Retries() string { return n.stream("RETRIES") }

// Backlog is the stream of steps waiting for room on their own webhook.
func (n Names) Backlog() string { return n.stream("BACKLOG") }

// Results is the stream of results.
func (n Names) Results() string { return n.stream("RESULTS") }

// Profiles is the stream of profile updates.
func (n Names) Profiles() string { return n.stream("PROFILES") }

// Notifications is the stream behind the notification center.
func (n Names) Notifications() string { return n.stream("NOTIFICATIONS") }

// Attempts is the stream of attempt records.
func (n Names) Attempts() string { return n.stream("ATTEMPTS") }

// Dead is the stream of messages that could not be used.
func (n Names) Dead() string { return n.stream("DEAD") }

// Audit is the stream of recorded changes.
func (n Names) Audit() string { return n.stream("AUDIT") }

// TokensBucket is the KV bucket of the console's access tokens, keyed by the token's id.
func (n Names) TokensBucket() string { return n.prefix() + "_tokens" }

// AcknowledgedBucket is the KV bucket of acknowledged notifications, keyed project.webhook.kind.reason.
func (n Names) AcknowledgedBucket() string { return n.prefix() + "_acknowledged" }

// WebhooksBucket is the KV bucket of definitions, keyed project.webhook.
func (n Names) WebhooksBucket() string { return n.prefix() + "_webhooks" }

// TilesBucket is the KV bucket of the tiles that use a webhook.
func (n Names) TilesBucket() string { return n.prefix() + "_tiles" }

// StepSubject is where a producer publishes a step.
func (n Names) StepSubject(project, webhook string) string {
	return n.prefix() + ".steps." + project + "." + webhook
}

// RetrySubject is where a step waits in a lane.
func (n Names) RetrySubject(lane Lane, project, webhook string) string {
	return n.prefix() + ".retries." + lane.Name + "." + project + "." + webhook
}

// BacklogSubject is where a step waits for room on its webhook.
func (n Names) BacklogSubject(project, webhook string) string {
	return n.prefix() + ".backlog." + project + "." + webhook
}

// ResultSubject is where a result is published; a workflowId that could not be read is 0.
func (n Names) ResultSubject(project string, workflowID int64, d Decision) string {
	return n.prefix() + ".results." + project + "." + strconv.FormatInt(workflowID, 10) + "." + string(d)
}

// ResultSubjects is the wildcard over the results of one workflow's steps.
func (n Names) ResultSubjects(project string, workflowID int64) string {
	return n.prefix() + ".results." + project + "." + strconv.FormatInt(workflowID, 10) + ".*"
}

// ProfileSubject is where profile updates are published.
func (n Names) ProfileSubject(project string) string { return n.prefix() + ".profiles." + project }

// NotificationSubject is where notifications are published.
func (n Names) NotificationSubject(project string) string {
	return n.prefix() + ".notifications." + project
}

// AttemptSubject is where attempt records are published.
func (n Names) AttemptSubject(project, webhook string) string {
	return n.prefix() + ".attempts." + project + "." + webhook
}

// AuditSubject is where changes are recorded; those that belong to no project under "~", which can't be
// one.
func (n Names) AuditSubject(project string) string {
	return n.prefix() + ".audit." + cmp.Or(project, "~")
}

// DeadSubject is where unusable messages go.
func (n Names) DeadSubject(reason string) string { return n.prefix() + ".dead." + reason }

// All is the wildcard over one kind of subject: All("steps") is "journeyhook.steps.>".
func (n Names) All(kind string) string { return n.prefix() + "." + kind + ".>" }

// StreamOf is the stream that a subject of ours belongs to, whatever the subject's project.
func (n Names) StreamOf(subject string) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(subject, n.prefix()+"."), ".")
	return n.stream(strings.ToUpper(kind))
}

// StepAddress reads project and webhook back from a step's subject, wherever the step stands
// (steps, a lane, the backlog). Where more or less follows than a webhook, ok is false, and project is what it can be read as.
func (n Names) StepAddress(subject string) (project, webhook string, ok bool) {
	rest, ok := strings.CutPrefix(subject, n.prefix()+".")
	if !ok {
		return "", "", false
	}
	parts := strings.Split(rest, ".")
	if len(parts) > 0 && parts[0] == "retries" {
		parts = parts[1:]
	}
	if len(parts) < 2 || !ValidID(parts[1]) {
		return "", "", false
	}
	if len(parts) != 3 || !ValidID(parts[2]) {
		return parts[1], "", false
	}
	return parts[1], parts[2], true
}

// ValidatePrefix says what is wrong with a prefix.
func ValidatePrefix(p string) error {
	if len(p) < 1 || len(p) > 32 || p != strings.ToLower(p) || !only(p, "_-") {
		return fmt.Errorf("prefix %q: use 1 to 32 of a-z, 0-9, _ and -", p)
	}
	return nil
}

// Lane is one delay line of RETRIES: every step in it waits equally long, so it is in due order by
// construction.
type Lane struct {
	Name string
	Wait time.Duration
}

// Lanes are the delay lines, shortest first.
var Lanes = []Lane{
	{"1s", time.Second},
	{"10s", 10 * time.Second},
	{"1m", time.Minute},
	{"3m", 3 * time.Minute},
	{"15m", 15 * time.Minute},
	{"1h", time.Hour},
}

// AnyLane stands for all of them in the subjects of a question.
var AnyLane = Lane{Name: "*"}

// LaneFor is the longest lane that is not longer than wait; the shortest when none is.
func LaneFor(wait time.Duration) Lane {
	best := Lanes[0]
	for _, l := range Lanes[1:] {
		if l.Wait <= wait {
			best = l
		}
	}
	return best
}

// StepsConsumer is the durable consumer on STEPS that all workers share.
const StepsConsumer = "workers"

// LaneConsumer is the durable consumer of one lane of RETRIES.
func LaneConsumer(l Lane) string { return "lane-" + l.Name }

// Each is the wildcard over subjects with one part more: Each("dead") is "journeyhook.dead.*".
func (n Names) Each(kind string) string { return n.prefix() + "." + kind + ".*" }

// LaneSubjects is the wildcard over one lane.
func (n Names) LaneSubjects(l Lane) string { return n.prefix() + ".retries." + l.Name + ".>" }
