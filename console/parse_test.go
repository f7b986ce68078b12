package console

import (
	"strings"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

func TestNesting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"nothing":                    {"", 0},
		"lists and objects":          {`{"a":[{"b":1}],"c":{}}`, 3},
		"expressions are balanced":   {strings.Repeat("{{#if a}}{{b}}{{/if}}\n", 100), 2},
		"lists in lists on one line": {"- - - a", 3},
		"dashes in a text":           {"a - b - c", 0},
		"an open end":                {strings.Repeat("[", 9), 9},
	} {
		if got := nesting([]byte(c.text)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// A text that no parser should see does not get to one.
func TestHostileTextIsNotParsed(t *testing.T) {
	t.Parallel()
	o := &Operations{Parse: func([]byte) ([]*schema.Webhook, []Fault) {
		return nil, make([]Fault, 2*maxFaults)
	}}
	for _, text := range []string{strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<17), strings.Repeat("- ", 1<<19)} {
		if v := o.Validate([]byte(text)); v.Valid || v.Faults[0].Message != "is nested too deeply" {
			t.Errorf("%.10s…: %+v", text, v.Faults)
		}
	}
	if v := o.Validate(nil); len(v.Faults) != maxFaults+1 || v.Faults[maxFaults].Message != "100 more faults are not listed" {
		t.Errorf("%d faults, the last %+v", len(v.Faults), v.Faults[len(v.Faults)-1])
	}
}
