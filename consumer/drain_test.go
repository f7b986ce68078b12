package consumer

import "testing"

// Two webhooks with one consumer would get each other's steps.
func TestADrainsNameIsOfNoOtherWebhook(t *testing.T) {
	t.Parallel()
	if one, other := drainName("acme", "x-crm"), drainName("acme-x", "crm"); one == other {
		t.Errorf("both are %s", one)
	}
}
