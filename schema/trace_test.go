package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/journeyhook/journeyhook/schema"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestSplitTraceparent(t *testing.T) {
	t.Parallel()
	const ids = "-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-"
	for name, c := range map[string]struct {
		value string
		ok    bool
		flags byte
	}{
		"sampled":                              {"00" + ids + "01", true, 1},
		"not sampled":                          {"00" + ids + "00", true, 0},
		"flags are bits":                       {"00" + ids + "03", true, 3},
		"a random id, not sampled":             {"00" + ids + "02", true, 2},
		"flags that nobody knows":              {"00" + ids + "fd", true, 1},
		"a later version":                      {"01" + ids + "01", true, 1},
		"a later version with more":            {"cc" + ids + "01-more", true, 1},
		"version 00 with more":                 {"00" + ids + "01-more", false, 0},
		"a later version that goes on at once": {"01" + ids + "01more", false, 0},
		"version ff":                           {"ff" + ids + "01", false, 0},
		"nothing":                              {"", false, 0},
		"capitals":                             {"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false, 0},
		"flags that are no hex":                {"00" + ids + "0g", false, 0},
		"no trace":                             {"00-00000000000000000000000000000000-b7ad6b7169203331-01", false, 0},
		"no span":                              {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false, 0},
	} {
		got, ok := schema.SplitTraceparent(c.value)
		if ok != c.ok || ok && (got.Flags != c.flags || got.TraceID != "0af7651916cd43dd8448eb211c80319c" || got.SpanID != "b7ad6b7169203331") {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
}

func TestTraceHeadersAreReadInAnyLetterCase(t *testing.T) {
	t.Parallel()
	key := "acme:s1"
	for name, c := range map[string]struct {
		header                 map[string][]string
		parent, state, baggage string
	}{
		"small":                             {map[string][]string{"traceparent": {parent}, "tracestate": {"a=1"}, "baggage": {"k=v"}}, parent, "a=1", "k=v"},
		"as OpenTelemetry's carrier writes": {map[string][]string{"Traceparent": {parent}, "Tracestate": {"a=1"}, "Baggage": {"k=v"}}, parent, "a=1", "k=v"},
		"in capitals":                       {map[string][]string{"TRACEPARENT": {parent}, "TraceState": {"a=1"}, "bAGGAGE": {"k=v"}}, parent, "a=1", "k=v"},
		"spaces around it":                  {map[string][]string{"Traceparent": {" " + parent + " "}}, parent, "", ""},
		"lists in several headers":          {map[string][]string{"traceparent": {parent}, "tracestate": {"a=1", "b=2"}, "baggage": {"k=v", "l=w"}}, parent, "a=1,b=2", "k=v,l=w"},
		"none":                              {nil, schema.DerivedTraceparent(key), "", ""},
		"one that is not valid":             {map[string][]string{"traceparent": {"nonsense"}, "tracestate": {"a=1"}, "baggage": {"k=v"}}, schema.DerivedTraceparent(key), "", "k=v"},
		"two of them":                       {map[string][]string{"traceparent": {parent, parent}}, schema.DerivedTraceparent(key), "", ""},
		"small wins over capitals":          {map[string][]string{"traceparent": {parent}, "Traceparent": {"nonsense"}}, parent, "", ""},
		"what no header of a call can have": {map[string][]string{"traceparent": {parent}, "tracestate": {"a=\r\nb"}, "baggage": {"k=é"}}, parent, "", ""},
		"what is too long to be carried on": {map[string][]string{"traceparent": {parent}, "tracestate": {strings.Repeat("a=1,", 513)}, "baggage": {strings.Repeat("k=v,", 2049)}}, parent, "", ""},
	} {
		s := schema.Step{ProjectID: "acme", ID: "s1"}
		s.ReadTrace(c.header)
		if got, want := []string{s.Traceparent, s.Tracestate, s.Baggage}, []string{c.parent, c.state, c.baggage}; !cmp.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestADerivedTraceIsTheSameForAStepAndNotSampled(t *testing.T) {
	t.Parallel()
	one := schema.DerivedTraceparent("acme:s1")
	if one != schema.DerivedTraceparent("acme:s1") || one == schema.DerivedTraceparent("acme:s2") || !strings.HasSuffix(one, "-00") {
		t.Error(one)
	}
	if got, ok := schema.SplitTraceparent(one); !ok || string(got.Append(nil)) != one {
		t.Errorf("%+v %v", got, ok)
	}
}

func TestResultsCarryTheTraceInItsOwnLetterCase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ own, want map[string][]string }{
		"small":     {map[string][]string{"traceparent": {parent}, "other": {"x"}}, map[string][]string{"traceparent": {parent}}},
		"canonical": {map[string][]string{"Traceparent": {parent}, "Tracestate": {"a=1"}, "Baggage": {"k=v"}}, map[string][]string{"Traceparent": {parent}, "Tracestate": {"a=1"}, "Baggage": {"k=v"}}},
		"none":      {nil, map[string][]string{"traceparent": {schema.DerivedTraceparent("acme:s1")}}},
	} {
		s := schema.Step{ProjectID: "acme", ID: "s1"}
		s.ReadTrace(c.own)
		got := map[string][]string{}
		s.WriteTrace(got, c.own)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
