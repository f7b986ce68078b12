package schema_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/journeyhook/journeyhook/schema"
)

const contractStep = `{
  "id": "01JD8Q4W5C7Y3K2M9N6P8R1T0V", "projectId": "acme", "workflowId": 12345,
  "tile": {"id": "7", "type": "callWebhook"}, "webhookId": "welcome-crm",
  "user": {"email": "test.user@example.com", "userId": "u_1", "profile": {"firstName": "Test", "city": "San Francisco"}},
  "trigger": {"type": "apiCall", "dataFields": {"promotionId": 123, "color": "red"}},
  "reachedAt": "2026-11-23T12:00:00Z"
}`

func TestDecodeStepReadsTheContractsExample(t *testing.T) {
	t.Parallel()
	got, err := schema.DecodeStep([]byte(contractStep))
	if err != nil {
		t.Fatal(err)
	}
	want := schema.Step{
		ID: "01JD8Q4W5C7Y3K2M9N6P8R1T0V", ProjectID: "acme", WorkflowID: 12345,
		Tile: schema.Tile{ID: "7", Type: schema.CallWebhook}, WebhookID: "welcome-crm",
		User:      schema.User{Email: "test.user@example.com", UserID: "u_1", Profile: json.RawMessage(`{"firstName": "Test", "city": "San Francisco"}`)},
		Trigger:   schema.Trigger{Type: "apiCall", DataFields: json.RawMessage(`{"promotionId": 123, "color": "red"}`)},
		ReachedAt: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// edit is the example with one replacement.
func edit(old, with string) string {
	if !strings.Contains(contractStep, old) {
		panic("no " + old)
	}
	return strings.Replace(contractStep, old, with, 1)
}

// stepCases are steps good and bad; those with a fault name it in stepFaults.
func stepCases() map[string]string {
	all := map[string]string{
		"the contract's example":               contractStep,
		"a byte order mark before it":          "\ufeff" + contractStep,
		"an unknown field is ignored":          edit(`"projectId"`, `"color": "blue", "projectId"`),
		"no trigger is an empty one":           edit(`"trigger": {"type": "apiCall", "dataFields": {"promotionId": 123, "color": "red"}},`, ""),
		"a null profile is empty":              edit(`{"firstName": "Test", "city": "San Francisco"}`, `null`),
		"null dataFields are empty":            edit(`{"promotionId": 123, "color": "red"}`, `null`),
		"no userId":                            edit(`"userId": "u_1", `, ``),
		"no reachedAt":                         edit(",\n  \"reachedAt\": \"2026-11-23T12:00:00Z\"", ""),
		"the largest workflowId":               edit(`12345`, `9223372036854775807`),
		"workflowId 0":                         edit(`12345`, `0`),
		"an id of every allowed character":     edit(`01JD8Q4W5C7Y3K2M9N6P8R1T0V`, `aZ09._:-`),
		"a step id of 128 characters":          edit(`01JD8Q4W5C7Y3K2M9N6P8R1T0V`, strings.Repeat("x", 128)),
		"half a surrogate pair in the profile": edit(`"Test"`, `"\ud83d"`),
		"a whole surrogate pair as email":      edit(`test.user@example.com`, `\ud83d\ude00`),
		"a trigger with nothing in it is fine": edit(`{"type": "apiCall", "dataFields": {"promotionId": 123, "color": "red"}}`, `{}`),
	}
	for name, c := range stepFaults() {
		all[name] = c.text
	}
	return all
}

type stepFault struct{ text, want string }

func stepFaults() map[string]stepFault {
	return map[string]stepFault{
		"not JSON":                     {`{"id":`, "the step is not a JSON object: invalid JSON at byte 6"},
		"empty":                        {``, "the step is not a JSON object"},
		"no UTF-8 in the profile":      {edit(`"Test"`, "\"Zo\xeb\""), "the step is not UTF-8: its byte 246 begins no character"},
		"no UTF-8 in an unknown field": {edit(`"projectId"`, "\"x\": \"\xc3\", \"projectId\""), "the step is not UTF-8"},
		"no UTF-8 in a key":            {edit(`"color"`, "\"colo\xff\""), "the step is not UTF-8"},
		"no UTF-8 in the email":        {edit(`test.user`, "zo\xeb"), "user.email: is not UTF-8"},
		"half a pair in the email":     {edit(`test.user`, `zo\ud800`), `user.email: has half of a surrogate pair`},
		"half a pair in the userId":    {edit(`u_1`, `\udc00`), `user.userId: has half of a surrogate pair`},
		"half a pair in the type":      {edit(`apiCall`, `\udc00`), `trigger.type: has half of a surrogate pair`},
		"a list":                       {`[]`, "the step is not a JSON object: it is a list"},
		"null":                         {`null`, "id: is missing"},
		"text":                         {`"x"`, "the step is not a JSON object: it is text"},
		"no id":                        {edit(`"id": "01JD8Q4W5C7Y3K2M9N6P8R1T0V", `, ``), "id: is missing"},
		"an empty id":                  {edit(`01JD8Q4W5C7Y3K2M9N6P8R1T0V`, ``), "id: is empty"},
		"a number as id":               {edit(`"01JD8Q4W5C7Y3K2M9N6P8R1T0V"`, `7`), "id: must be text, not a number"},
		"an id with a space":           {edit(`01JD8Q4W5C7Y3K2M9N6P8R1T0V`, `a b`), "id: must be 1 to 128 of"},
		"an id of 129 characters":      {edit(`01JD8Q4W5C7Y3K2M9N6P8R1T0V`, strings.Repeat("x", 129)), "id: must be 1 to 128 of"},
		"no project":                   {edit(`"projectId": "acme", `, ``), "projectId: is missing"},
		"a project with a dot":         {edit(`"acme"`, `"ac.me"`), "projectId: must be 1 to 64 of"},
		"a workflowId in quotes":       {edit(`12345`, `"12345"`), "workflowId: must be a whole number"},
		"a negative workflowId":        {edit(`12345`, `-1`), "workflowId: must be a whole number"},
		"a fraction as workflowId":     {edit(`12345`, `1.5`), "workflowId: must be a whole number"},
		"a workflowId too large":       {edit(`12345`, `9223372036854775808`), "workflowId: must be a whole number"},
		"no tile":                      {edit(`"tile": {"id": "7", "type": "callWebhook"}, `, ``), "tile: is missing"},
		"a tile that is text":          {edit(`{"id": "7", "type": "callWebhook"}`, `"7"`), "tile: must be an object, not text"},
		"a tile id that is a number":   {edit(`"7"`, `7`), "tile.id: must be text, not a number"},
		"an unknown tile type":         {edit(`callWebhook`, `email`), "tile.type: must be callWebhook or userProfile"},
		"no tile type":                 {edit(`, "type": "callWebhook"`, ``), "tile.type: is missing"},
		"no webhook":                   {edit(`"webhookId": "welcome-crm",`, ``), "webhookId: is missing"},
		"a webhook with a star":        {edit(`welcome-crm`, `*`), "webhookId: must be 1 to 64 of"},
		"no user":                      {edit(`"user": {"email": "test.user@example.com", "userId": "u_1", "profile": {"firstName": "Test", "city": "San Francisco"}},`, ``), "user: is missing"},
		"no email":                     {edit(`"email": "test.user@example.com", `, ``), "user.email: is missing"},
		"an empty email":               {edit(`test.user@example.com`, ``), "user.email: is empty"},
		"a userId that is a number":    {edit(`"u_1"`, `1`), "user.userId: must be text, not a number"},
		"a profile that is a list":     {edit(`{"firstName": "Test", "city": "San Francisco"}`, `[]`), "user.profile: must be an object, not a list"},
		"dataFields that are text":     {edit(`{"promotionId": 123, "color": "red"}`, `"x"`), "trigger.dataFields: must be an object, not text"},
		"a trigger that is true":       {edit(`{"type": "apiCall", "dataFields": {"promotionId": 123, "color": "red"}}`, `true`), "trigger: must be an object, not true or false"},
		"a reachedAt that is no time":  {edit(`2026-11-23T12:00:00Z`, `yesterday`), "reachedAt: must be a time like"},
		"a reachedAt that is a number": {edit(`"2026-11-23T12:00:00Z"`, `1700000000`), "reachedAt: must be text, not a number"},
	}
}

func TestDecodeStepRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range stepFaults() {
		_, err := schema.DecodeStep([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want …%s…", name, err, c.want)
		}
	}
}

func TestDecodeStepReportsAllFaultsAndKeepsWhatItCouldRead(t *testing.T) {
	t.Parallel()
	step, err := schema.DecodeStep([]byte(`{"id":"s1","projectId":"acme","workflowId":"x","tile":{},"user":{"email":"a@b.c","profile":7}}`))
	want := "workflowId: must be a whole number from 0 to 2^63-1; tile.id: is missing; tile.type: is missing; webhookId: is missing; user.profile: must be an object, not a number"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if step.Key() != "acme:s1" || step.User.Email != "a@b.c" {
		t.Errorf("what could be read was dropped: %+v", step)
	}
}

func TestDecodeStepErrorsHoldNoData(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"id":"pat@example.com secret"}`, `{"user":{"email":"pat@example.com","userId":["pat@example.com"]}}`, `"pat@example.com`,
		`{"reachedAt":"pat@example.com"}`, `{"tile":{"id":"pat@example.com","type":"pat@example.com"}}`,
	} {
		if _, err := schema.DecodeStep([]byte(text)); err == nil || strings.Contains(err.Error(), "pat@") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzDecodeStep(f *testing.F) {
	for _, text := range stepCases() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		step, err := schema.DecodeStep(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(step)
		if err != nil {
			t.Fatalf("a usable step can't be written: %v", err)
		}
		if _, err := schema.DecodeStep(again); err != nil {
			t.Fatalf("a written step can't be read: %v\n%s", err, again)
		}
	})
}
