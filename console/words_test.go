package console

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

func TestSentence(t *testing.T) {
	t.Parallel()
	for detail, want := range map[string]string{
		"":                                       "",
		"the endpoint answered 404":              "The endpoint answered 404.",
		"It is a sentence.":                      "It is a sentence.",
		"acme.crm: there is no such webhook":     "acme.crm: there is no such webhook.",
		"welcome-crm is used":                    "welcome-crm is used.",
		"über 10 s":                              "Über 10 s.",
		"x509: the certificate is of yesterday.": "x509: the certificate is of yesterday.",
	} {
		if got := sentence(detail); got != want {
			t.Errorf("%q: %q, want %q", detail, got, want)
		}
	}
}

// Every kind of notification has words, and so has every reason in what a page's script is told.
func TestEveryKindAndReasonHasWords(t *testing.T) {
	t.Parallel()
	raw, err := schema.JSONSchemas.ReadFile("json/notification.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Properties struct {
			Kind   struct{ Enum []schema.Kind }
			Reason struct{ Enum []schema.Reason }
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	for _, k := range doc.Properties.Kind.Enum {
		if words := kindWords(k); words == string(k) {
			t.Errorf("the kind %s has no words", k)
		}
	}
	text, err := reasonsByName()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range doc.Properties.Reason.Enum {
		if r != "" && !strings.Contains(text, `"`+string(r)+`":"`+r.Meaning().What+`"`) {
			t.Errorf("the script is not told what %s means: %s", r, text)
		}
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{7 * 24 * time.Hour: "7 days", 24 * time.Hour: "24h", 36 * time.Hour: "36h", time.Minute: "1m"} {
		if got := days(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
