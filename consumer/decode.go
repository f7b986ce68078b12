package consumer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/schema"
)

// unusable is why a message can't be used, and under which reason it is kept.
type unusable struct {
	reason string // of the DEAD subject
	fault  error
}

func (u *unusable) Error() string { return u.fault.Error() }

// Reasons of the dead-letter stream.
const (
	deadUnreadable  = "unreadable"
	deadInvalidStep = "invalid_step"
	deadTooLarge    = "too_large"
)

// decode reads a message's step. With an error (*unusable) the step holds what could be read (C29, C42). Whose it is
// the subject says, where it names a project, whatever is written in it: a producer may be allowed one project's subjects only.
func (c *Consumer) decode(subject string, header nats.Header, data []byte) (schema.Step, error) {
	step, err := c.read(subject, header, data)
	step.ReadTrace(header)
	return step, err
}

// read is decode without the step's trace.
func (c *Consumer) read(subject string, header nats.Header, data []byte) (schema.Step, error) {
	project, webhook, addressed := c.Names.StepAddress(subject)
	step, err := schema.DecodeStep(data)
	reason := deadInvalidStep
	switch size, most := messageSize(header, data), c.largestStep(); {
	case size > most:
		reason = deadTooLarge
		err = fmt.Errorf("the step is %d bytes with its headers; at most %d can be moved", size, most)
	case err != nil && step.ID == "":
		reason = deadUnreadable
	case err == nil && !addressed:
		err = errors.New("the subject it came on does not end in a project and a webhook")
	case err == nil && (step.ProjectID != project || step.WebhookID != webhook):
		err = fmt.Errorf("the step says %s/%s but came on the subject of %s/%s", step.ProjectID, step.WebhookID, project, webhook)
	}
	if err == nil {
		return step, nil
	}
	if project != "" {
		step.ProjectID = project
	}
	if step.WebhookID == "" {
		step.WebhookID = webhook
	}
	return step, &unusable{reason: reason, fault: err}
}

// movedHeaders is what is left to the headers that moving a step adds, by a server that takes less than most do.
const movedHeaders = 4 << 10

// largestStep is the most that a step may have with its headers, so that it can be moved on this server.
func (c *Consumer) largestStep() int {
	if nc := c.JS.Conn(); nc != nil {
		if most := int(nc.MaxPayload()); most > movedHeaders { // else the server has not said it
			return min(schema.MaxStepBytes, most-movedHeaders)
		}
	}
	return schema.MaxStepBytes
}

func messageSize(header nats.Header, data []byte) int {
	size := len(data)
	for name, values := range header {
		if schema.MovedHeader(name) || strings.HasPrefix(name, "Nats-") {
			continue // what moving a step adds must not make it too large to be moved
		}
		for _, v := range values {
			size += len(name) + len(v) + len(": \r\n")
		}
	}
	return size
}
