package consumer

import (
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// bury keeps a message that can't be used, whole and with the reason, and gives its step a result if
// its id and project can be read (C29).
func (c *Consumer) bury(h *held, step schema.Step, err error) {
	reason := deadUnreadable
	var u *unusable
	if errors.As(err, &u) {
		reason = u.reason
	}
	c.Log.Warn().Str("project", step.ProjectID).Str("webhook", step.WebhookID).Str("step", step.ID).
		Str("reason", reason).Str("detail", err.Error()).Msg("message can't be used; it is kept in the dead-letter stream")
	if c.publishDead(h, reason, err.Error()) != nil {
		h.giveBack(giveBackDelay)
		return
	}
	c.Metrics.dead.WithLabelValues(reason).Inc()
	d := exit(schema.ReasonInvalidStep, clip(err.Error(), 256))
	if step.ID == "" || step.ProjectID == "" {
		c.notify(&step, d, schema.Outcome{})
		h.ack()
		return
	}
	if !c.over(h, &step) {
		c.settle(h, &step, &schema.Webhook{}, d, schema.Outcome{})
	}
}

// publishDead stores the bytes received with the original headers and two of ours. A copy that would
// not fit loses the original headers, and one as large as the server takes all headers (C42).
func (c *Consumer) publishDead(h *held, reason, detail string) error {
	id := "dead:" + h.msg.Subject() + ":" + strconv.FormatInt(time.Now().UnixNano(), 36)
	if meta, err := h.msg.Metadata(); err == nil {
		id = "dead:" + meta.Stream + ":" + strconv.FormatUint(meta.Sequence.Stream, 10)
	}
	ours := nats.Header{}
	ours.Set(schema.HeaderSubject, h.msg.Subject())
	ours.Set(schema.HeaderError, clip(detail, 256))
	all := nats.Header{}
	for name, values := range h.msg.Headers() {
		if !strings.HasPrefix(name, "Nats-") {
			all[name] = values
		}
	}
	maps.Copy(all, ours)
	var err error
	for _, header := range []nats.Header{all, ours, nil} {
		msg := &nats.Msg{Subject: c.Names.DeadSubject(reason), Header: header, Data: h.msg.Data()}
		if header != nil {
			header.Set(jetstream.MsgIDHeader, id)
		}
		if err = c.publish(h, msg, nil); !errors.Is(err, nats.ErrMaxPayload) {
			return err
		}
	}
	c.Log.Error().Err(err).Msg("message does not even fit the dead-letter stream")
	return err
}

// clip cuts text to at most n bytes, at a character's end and on one line.
func clip(text string, n int) string {
	text = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if len(text) > n {
		text = strings.ToValidUTF8(text[:n], "")
	}
	return text
}
