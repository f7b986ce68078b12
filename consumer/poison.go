package consumer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// A step that ends the worker that has it comes back, and ends the next one. NATS counts deliveries, but also those that a
// living worker gave back, so workers count for themselves: whoever takes up a message that was delivered before says so
// first, and takes it back when he is done with the message. What stays was left by workers that ended.

// Takes counts how often a message was taken up by a worker that did not live to end it. An error costs no more than the count.
type Takes interface {
	// Before is how many takes there were before another one. The first delivery is not told of, and counts as one.
	Before(ctx context.Context, message string) (int, error)
	Begin(ctx context.Context, message string) error
	// End says that the worker lives. Again says that the message may be delivered again.
	End(ctx context.Context, message string, again bool) error
}

const (
	poisonAfter     = 5               // takes that no worker outlived
	suspectAfter    = 2               // takes, from which on a message is handled alone
	suspectPatience = 2 * time.Second // for a suspect, before the next one begins
	takesPatience   = 500 * time.Millisecond
)

var errPoison = fmt.Errorf("its workers ended by it %d times, and it is tried no more; please report it", poisonAfter)

// take is this worker's mark on a message.
type take struct {
	message string
	release func() // lets the next suspect begin; nil of none
}

// work handles a message with the job. A fault of our own in it does not end the worker: the message comes back like one
// whose worker ended.
func (c *Consumer) work(h *held, job func()) {
	whole := c.guard(h.msg.Subject(), func() {
		if c.poisoned(h) {
			c.buryPoison(h)
			return
		}
		job()
	})
	if h.take.release != nil {
		h.take.release()
	}
	if !whole {
		h.leave(nil)
		if !h.acked && !h.returned {
			h.giveBack(giveBackDelay)
		}
		return
	}
	if h.take.message != "" {
		ctx, cancel := context.WithTimeout(c.last, takesPatience)
		defer cancel()
		_ = c.Takes.End(ctx, h.take.message, !h.acked) // counted by who asks Redis
	}
}

// guard reports whether the job ran to its end.
func (c *Consumer) guard(subject string, job func()) bool {
	defer func() {
		if fault := recover(); fault != nil {
			// What it says may be the user's data; where it was is not.
			c.Log.Error().Str("subject", subject).Str("fault", fmt.Sprintf("%T", fault)).Bytes("stack", debug.Stack()).
				Msg("a message could not be handled by a fault of journeyhook's; it is tried again; please report it")
		}
	}()
	job()
	return true
}

// poisoned tells of the message that it is taken up, and reports whether too many workers ended by it. Fresh messages are
// not told of, nor the head of a lane, which was only told to wait. Suspects are handled one after the other: those that were
// merely beside one when it ended their worker are not beside it again.
func (c *Consumer) poisoned(h *held) bool {
	first := uint64(2)
	if h.lane != nil {
		first = 3
	}
	if c.Takes == nil || h.deliveries < first {
		return false
	}
	message := h.at.stream + ":" + strconv.FormatUint(h.at.sequence, 10) + ":" + strconv.FormatInt(h.stored.UnixNano(), 36)
	ctx, cancel := context.WithTimeout(c.last, takesPatience)
	defer cancel()
	before, err := c.Takes.Before(ctx, message)
	if err != nil {
		return false
	}
	if before >= suspectAfter {
		h.take.release = c.alone()
	}
	ctx, cancel = context.WithTimeout(c.last, takesPatience)
	defer cancel()
	if c.Takes.Begin(ctx, message) == nil {
		h.take.message = message
	}
	return before >= poisonAfter
}

// alone waits for the suspects before this one. What it returns lets the next one begin, which also happens after a while.
func (c *Consumer) alone() (release func()) {
	select {
	case c.suspects <- struct{}{}:
	case <-c.soft.Done():
		return nil
	}
	next := sync.OnceFunc(func() { <-c.suspects })
	late := time.AfterFunc(suspectPatience, next)
	return func() {
		late.Stop()
		next()
	}
}

// buryPoison keeps the message in DEAD. Whose it is it reads without what reads steps, which may be where workers end.
func (c *Consumer) buryPoison(h *held) {
	if !h.sure() {
		h.giveBack(0)
		return
	}
	step := readPlainly(h.msg.Data())
	project, webhook, addressed := c.Names.StepAddress(h.msg.Subject())
	if project != "" {
		step.ProjectID = project
	}
	if addressed {
		step.WebhookID = webhook
	}
	h.progress.Date(&step, h.stored)
	c.bury(h, step, &unusable{reason: deadInvalidStep, fault: errPoison})
}

// readPlainly reads what a result says of its step.
func readPlainly(data []byte) schema.Step {
	var read struct {
		ID, ProjectID, WebhookID string
		WorkflowID               json.Number
		Tile                     struct{ ID string }
		User                     struct{ Email, UserID string }
	}
	var odd *json.UnmarshalTypeError
	if err := json.Unmarshal(data, &read); err != nil && !errors.As(err, &odd) {
		return schema.Step{}
	}
	step := schema.Step{
		ID: read.ID, ProjectID: read.ProjectID, WebhookID: read.WebhookID, Tile: schema.Tile{ID: read.Tile.ID},
		User: schema.User{Email: read.User.Email, UserID: read.User.UserID},
	}
	step.WorkflowID, _ = read.WorkflowID.Int64()
	if !schema.ValidStepID(step.ID) {
		step.ID = ""
	}
	if !schema.ValidID(step.ProjectID) {
		step.ProjectID = ""
	}
	return step
}
