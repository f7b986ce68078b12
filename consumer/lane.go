package consumer

import (
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// early is how long a lane's message still has to wait; 0 when it is due, and always for fresh steps.
// A lane is in due order by construction, so only its head is ever told to wait.
func (s *source) early(h *held) time.Duration {
	if s.lane == nil {
		return 0
	}
	meta, err := h.msg.Metadata()
	if err != nil {
		return 0
	}
	return max(time.Until(ready(*s.lane, meta.Timestamp, h.progress.Due)), 0)
}

// ready is when a message has done its time in a lane: the lane's wait after it was stored, or at its
// due time if that comes first.
func ready(lane schema.Lane, stored, due time.Time) time.Time {
	at := stored.Add(lane.Wait)
	if !due.IsZero() && due.Before(at) {
		return due
	}
	return at
}

// forward moves a message that has done its time in this lane but is not due yet to the lane for what
// remains. It reports whether the message was moved.
func (s *source) forward(h *held) bool {
	remains := time.Until(h.progress.Due)
	if h.progress.Due.IsZero() || remains <= 0 {
		return false
	}
	c := s.consumer
	project, webhook, ok := c.Names.StepAddress(h.msg.Subject())
	if !ok {
		return false
	}
	step, _ := schema.DecodeStep(h.msg.Data())
	if step.ID == "" || step.ProjectID == "" {
		return false // it can't be read; handle says so
	}
	if !h.sure() {
		h.giveBack(0)
		return true
	}
	if c.over(h, &step) {
		return true
	}
	next := h.progress
	next.Move++
	c.move(h, c.Names.RetrySubject(schema.LaneFor(remains), project, webhook), step.Key(), next)
	return true
}
