package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/console"
)

// An outage is no fault of the console's, and its cause is not for people who write webhooks.
func TestWithoutNATSTheAnswerIsToTryAgain(t *testing.T) {
	t.Parallel()
	p := console.ProblemOf(fmt.Errorf("webhooks: write acme/crm: %w", nats.ErrReconnectBufExceeded))
	if p.Status != http.StatusServiceUnavailable || !strings.Contains(p.Detail, "Try again") || strings.Contains(p.Detail, "buffer") {
		t.Errorf("%+v", p)
	}
}
