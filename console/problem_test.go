package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

// An outage is no fault of the console's, and its cause is not for people who write webhooks.
func TestWithoutNATSTheAnswerIsToTryAgain(t *testing.T) {
	t.Parallel()
	p := console.ProblemOf(fmt.Errorf("webhooks: write acme/crm: %w", nats.ErrReconnectBufExceeded))
	if p.Status != http.StatusServiceUnavailable || !strings.Contains(p.Detail, "Try again") || strings.Contains(p.Detail, "buffer") {
		t.Errorf("%+v", p)
	}
}

// What NATS refuses is said: it is no fault that only the log may tell.
func TestWhatNATSRefusesIsSaid(t *testing.T) {
	t.Parallel()
	full := &jetstream.APIError{Code: 500, ErrorCode: 10047, Description: "insufficient storage resources available"}
	p := console.ProblemOf(fmt.Errorf("webhooks: write acme/crm: %w", full))
	if p.Status != http.StatusServiceUnavailable || p.Title != "NATS refuses this" || !strings.Contains(p.Detail, "insufficient storage resources available (10047)") {
		t.Errorf("%+v", p)
	}
	if p := console.ProblemOf(fmt.Errorf("%w: %w", schema.ErrConflict, full)); p.Status != http.StatusConflict {
		t.Errorf("%+v", p)
	}
}
