package schema_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/journeyhook/journeyhook/schema"
)

// pools are what the fields of a generated step are: as JSON, "" where the field is left out. The first one is good.
var pools = map[string][]string{
	"id": {
		`"s1"`, `"a.b_c:d-e"`, `"\u0061"`, `""`, `"a b"`, `"é"`, `"~"`, `7`, `null`, ``, `["s1"]`,
		`"` + strings.Repeat("x", 128) + `"`, `"` + strings.Repeat("x", 129) + `"`,
	},
	"project": {`"acme"`, `"a_-9"`, `"a.b"`, `""`, `null`, ``, `1`, `"` + strings.Repeat("x", 64) + `"`, `"` + strings.Repeat("x", 65) + `"`},
	"workflow": {
		`12345`, `0`, `-0`, `12345.0`, `1e3`, `1E+3`, `1.5e1`, `120e-1`, `0.0`, `-0.0e5`, `0e400`, `1000e-3`, `9223372036854775807`,
		`9223372036854775807.000`, `9.223372036854775807e18`, `92233720368547758070e-1`, `9223372036854775808`, `9.3e18`, `1e19`, `1e400`, `1e-1`, `1e-400`,
		`1.5`, `12345.01`, `-1`, `-1.0`, `-1e-3`, `"12345"`, `null`, ``, `true`, `[1]`, `{}`,
	},
	"tile":    {`{"id":"7","type":"callWebhook"}`, `{"type":"userProfile","id":"A_-"}`, `{"id":"7","type":"callWebhook","x":1}`, `{"id":7,"type":"callWebhook"}`, `{"id":"7","type":"email"}`, `{"id":"7","type":null}`, `{"id":"7"}`, `{}`, `[]`, `null`, ``, `{"id":"a.b","type":"callWebhook"}`},
	"webhook": {`"crm"`, `"a/b"`, `""`, `null`, ``, `{}`},
	"email":   {`"a@x.com"`, `"é"`, `" "`, `""`, `null`, ``, `5`, `"` + strings.Repeat("é", 1024) + `"`, `"` + strings.Repeat("é", 1025) + `"`, `"` + strings.Repeat(`\ud83d\ude00`, 1024) + `"`},
	"userId":  {`"u_1"`, ``, `null`, `""`, `5`, `[]`, `"` + strings.Repeat("x", 1025) + `"`},
	"profile": {`{}`, `{"a":[1,{"b":null}]}`, ``, `null`, `[]`, `"x"`, `7`, `false`},
	"trigger": {`{"type":"apiCall","dataFields":{"a":1}}`, `{}`, ``, `null`, `{"type":null,"dataFields":null}`, `{"type":5}`, `{"type":""}`, `{"dataFields":[]}`, `[]`, `"x"`},
	"reached": {
		`"2026-11-23T12:00:00Z"`, ``, `null`, `"2026-11-23t12:00:00z"`, `"2026-11-23T12:00:00.123456789012Z"`, `"2026-11-23T12:00:00+05:30"`, `"2026-11-23T12:00:00-00:00"`,
		`"2026-11-23T12:00:00+23:59"`, `"2024-02-29T00:00:00Z"`, `"1990-12-31T23:59:60Z"`, `"1990-12-31T23:59:60.5z"`, `"1990-12-31T15:59:60-08:00"`, `"1991-01-01T00:59:60+01:00"`,
		`"0000-01-01T00:00:00Z"`, `"9999-12-31T23:59:59Z"`, `""`, `" "`, `"2026-11-23"`, `"2026-11-23T12:00Z"`, `"2026-11-23T12:00:00"`, `"2026-11-23 12:00:00Z"`,
		`"2026-11-23T12:00:00+24:00"`, `"2026-11-23T12:00:00+05:60"`, `"2026-11-23T12:00:00+0530"`, `"2026-11-23T12:00:00+05"`, `"2026-11-23T12:00:00,5Z"`,
		`"2026-11-23T12:00:00.Z"`, `"2026-11-23T1:00:00Z"`, `"2026-11-23T24:00:00Z"`, `"2026-11-23T12:60:00Z"`, `"2026-11-23T12:00:61Z"`, `"1990-12-31T22:59:60Z"`,
		`"1990-12-31T23:58:60Z"`, `"2026-02-29T12:00:00Z"`, `"2026-13-01T12:00:00Z"`, `"2026-11-31T12:00:00Z"`, `"26-11-23T12:00:00Z"`, `"12026-11-23T12:00:00Z"`,
		`"2026-11-23T12:00:00Z "`, `"２026-11-23T12:00:00Z"`, `"soon"`, `1764000000`, `{}`, `["2026-11-23T12:00:00Z"]`,
	},
}

// generated makes a step of a few odd values among good ones.
func generated(r *rand.Rand, picked map[string]string) string {
	member := func(key, field string) string {
		pool := pools[field]
		value := pool[0]
		if forced, ok := picked[field]; ok {
			value = forced
		} else if r.IntN(6) == 0 {
			value = pool[r.IntN(len(pool))]
		}
		if value == "" {
			return `"` + key + `x":0`
		}
		return `"` + key + `":` + value
	}
	return fmt.Sprintf(`{%s,%s,%s,%s,%s,"user":{%s,%s,%s},%s,%s}`, member("id", "id"), member("projectId", "project"), member("workflowId", "workflow"),
		member("tile", "tile"), member("webhookId", "webhook"), member("email", "email"), member("userId", "userId"), member("profile", "profile"),
		member("trigger", "trigger"), member("reachedAt", "reached"))
}

// C54: the schema and the decoder agree about every value of every field, and about steps of several odd ones.
func TestSchemaAndDecoderAgreeOnGeneratedSteps(t *testing.T) {
	t.Parallel()
	s := compile(t, "step")
	agree := func(text string) (good bool) {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		refusal := s.Validate(doc)
		_, fault := schema.DecodeStep([]byte(text))
		if (refusal == nil) != (fault == nil) {
			t.Errorf("%s\nschema: %v\ndecoder: %v", text, refusal, fault)
		}
		return fault == nil
	}
	never := rand.New(rand.NewPCG(1, 1))
	for field, pool := range pools {
		for _, value := range pool {
			all := map[string]string{}
			for other, pool := range pools {
				all[other] = pool[0]
			}
			all[field] = value
			agree(generated(never, all))
		}
	}
	random, good := rand.New(rand.NewPCG(2, 54)), 0
	const steps = 2000
	for range steps {
		if agree(generated(random, nil)) {
			good++
		}
	}
	if good < steps/10 || good > steps*9/10 {
		t.Errorf("%d of %d steps are good: too few or too many to tell anything", good, steps)
	}
}

func TestWholeNumbersAndTimesAreReadByTheirValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"12345.0": 12345, "1e3": 1000, "1.5e1": 15, "120e-1": 12, "-0": 0, "0e999999999999999999999": 0, "0.000e-99999999999": 0,
		"9.223372036854775807e18": 9223372036854775807, "100000000000000000000e-19": 10,
	} {
		if got, err := schema.DecodeStep([]byte(edit("12345", text))); err != nil || got.WorkflowID != want {
			t.Errorf("%s: %d %v", text, got.WorkflowID, err)
		}
	}
	for _, text := range []string{"1e999999999", "1e99999999999999999999", "1e-999999999", "-1e-99999999999999999999", "1" + strings.Repeat("0", 100_000) + "e-100001"} {
		if _, err := schema.DecodeStep([]byte(edit("12345", text))); err == nil {
			t.Errorf("%.30s is a whole number", text)
		}
	}
	for text, want := range map[string]string{
		"2026-11-23t12:00:00z":              "2026-11-23T12:00:00Z",
		"1990-12-31T23:59:60Z":              "1991-01-01T00:00:00Z",
		"9999-12-31T23:59:60Z":              "9999-12-31T23:59:59Z",
		"1990-12-31t15:59:60.25-08:00":      "1991-01-01T00:00:00.25Z",
		"2026-11-23T12:00:00.123456789999Z": "2026-11-23T12:00:00.123456789Z",
	} {
		got, err := schema.DecodeStep([]byte(edit("2026-11-23T12:00:00Z", text)))
		if at := got.ReachedAt.UTC().Format("2006-01-02T15:04:05.999999999Z07:00"); err != nil || at != want {
			t.Errorf("%s: %s %v", text, at, err)
		}
	}
}
