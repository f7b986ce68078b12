package schema_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/journeyhook/journeyhook/schema"
)

var keysAndTexts = regexp.MustCompile(`"[^"]*"`)

// A key or a text that is written with escapes is what they spell.
func TestEscapesInAStep(t *testing.T) {
	t.Parallel()
	want, err := schema.DecodeStep([]byte(contractStep))
	if err != nil {
		t.Fatal(err)
	}
	want.User.Profile, want.Trigger.DataFields = nil, nil // stay as they are written
	rapid.Check(t, func(rt *rapid.T) {
		escaped := keysAndTexts.ReplaceAllStringFunc(contractStep, func(quoted string) string {
			var out strings.Builder
			for _, r := range quoted[1 : len(quoted)-1] {
				switch rapid.IntRange(0, 3).Draw(rt, "escape") {
				case 0:
					fmt.Fprintf(&out, `\u%04x`, r)
				case 1:
					fmt.Fprintf(&out, `\u%04X`, r)
				default:
					out.WriteRune(r)
				}
			}
			return `"` + out.String() + `"`
		})
		got, err := schema.DecodeStep([]byte(escaped))
		if err != nil {
			rt.Fatalf("%v\n%s", err, escaped)
		}
		got.User.Profile, got.Trigger.DataFields = nil, nil
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("(-plain +escaped):\n%s\n%s", diff, escaped)
		}
	})
	twice := strings.Replace(contractStep, `"webhookId": "welcome-crm"`, `"webhookId": "first", "webhook\u0049d": "welcome-crm"`, 1)
	if got, err := schema.DecodeStep([]byte(twice)); err != nil || got.WebhookID != "welcome-crm" {
		t.Errorf("of two spellings of one key the last counts: %s, %v", got.WebhookID, err)
	}
}
