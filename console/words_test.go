package console

import (
	"testing"
	"time"
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

func TestDays(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{7 * 24 * time.Hour: "7 days", 24 * time.Hour: "24h", 36 * time.Hour: "36h", time.Minute: "1m"} {
		if got := days(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
