package schema_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/journeyhook/journeyhook/internal/jsontext"
	"github.com/journeyhook/journeyhook/schema"
)

var documents = map[string]any{
	"step": schema.Step{}, "result": schema.Result{}, "profile-update": schema.ProfileUpdate{},
	"notification": schema.Notification{}, "attempt": schema.Attempt{}, "webhook": schema.Webhook{}, "change": schema.Change{},
}

func load(t *testing.T, name string) map[string]any {
	t.Helper()
	raw, err := schema.JSONSchemas.ReadFile("json/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return doc
}

func compile(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	raw, _ := schema.JSONSchemas.ReadFile("json/" + name + ".json")
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatalf("%s is not a JSON Schema: %v", name, err)
	}
	return s
}

// The schemas and the Go types name the same properties, at every depth.
func TestSchemasNameTheTypesFields(t *testing.T) {
	t.Parallel()
	for name, v := range documents {
		doc := load(t, name)
		compile(t, name)
		compareProperties(t, name, doc, reflect.TypeOf(v))
	}
}

func compareProperties(t *testing.T, path string, doc map[string]any, typ reflect.Type) {
	t.Helper()
	props, ok := doc["properties"].(map[string]any)
	if !ok {
		if items, isList := doc["items"].(map[string]any); isList && typ.Kind() == reflect.Slice {
			compareProperties(t, path+"[]", items, typ.Elem())
		}
		return
	}
	var want, got []string
	for key := range props {
		want = append(want, key)
	}
	for field := range fields(typ) {
		got = append(got, field)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: schema (-) and Go type (+) differ:\n%s", path, diff)
	}
	for key, sub := range props {
		if f, ok := fields(typ)[key]; ok {
			compareProperties(t, path+"."+key, sub.(map[string]any), f)
		}
	}
}

func fields(typ reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "-" {
			out[name] = f.Type
		}
	}
	return out
}

// What the Go types write is what the schemas allow.
func TestSchemasAcceptWhatTypesWrite(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	hook := schema.NewWebhook()
	hook.Project, hook.ID, hook.Name, hook.Method, hook.Endpoint = "acme", "crm", "CRM", "POST", "https://api.example.com"
	for name, v := range map[string]any{
		"step":           json.RawMessage(contractStep),
		"webhook":        hook,
		"result":         schema.Result{StepID: "s", ProjectID: "acme", Outcome: schema.Continue, Reason: schema.ReasonDelivered, FinishedAt: now},
		"profile-update": schema.ProfileUpdate{StepID: "s", ProjectID: "acme", Fields: json.RawMessage(`{}`), Ignored: []string{}, At: now},
		"notification":   schema.Notification{ProjectID: "acme", Kind: schema.KindWebhookFailing, Reason: schema.ReasonStatus, Count: 1, FirstAt: now, LastAt: now},
		"change":         schema.Change{ID: "c", ProjectID: "acme", Action: schema.ActionCreate, Actor: "pat", Via: "api", Diff: schema.Diff(nil, hook), At: now},
		"attempt":        schema.Attempt{StepID: "s", ProjectID: "acme", WebhookID: "crm", Attempt: 1, Reason: schema.ReasonTimeout, Next: schema.NextRetry, At: now},
	} {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		doc, _ := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
		if err := compile(t, name).Validate(doc); err != nil {
			t.Errorf("%s: %s\n%v", name, raw, err)
		}
	}
}

// Every step the schema refuses the decoder refuses too, and the other way round.
func TestSchemaAndDecoderAgreeOnSteps(t *testing.T) {
	t.Parallel()
	s := compile(t, "step")
	for name, text := range stepCases() {
		_, err := schema.DecodeStep([]byte(text))
		doc, parseErr := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if parseErr != nil || !utf8.ValidString(text) || jsontext.Unpaired(text) >= 0 {
			continue // not JSON, or no text: only the decoder is asked
		}
		if refused := s.Validate(doc) != nil; refused != (err != nil) {
			t.Errorf("%s: schema refuses: %v, decoder: %v\n%s", name, refused, err, text)
		}
	}
}

// The AsyncAPI document names the subjects that the Go code builds, and files that exist.
func TestAsyncAPINamesTheSubjects(t *testing.T) {
	t.Parallel()
	var doc struct {
		Channels map[string]struct{ Address string }
	}
	if err := yaml.Unmarshal(schema.AsyncAPI, &doc); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, c := range doc.Channels {
		got[name] = strings.NewReplacer("{project}", "p", "{webhook}", "w", "{lane}", "3m", "{workflowId}", "7",
			"{outcome}", "exit", "{reason}", "unreadable").Replace(c.Address)
	}
	n := schema.Names{}
	want := map[string]string{
		"steps": n.StepSubject("p", "w"), "retries": n.RetrySubject(schema.Lanes[3], "p", "w"),
		"backlog": n.BacklogSubject("p", "w"), "results": n.ResultSubject("p", 7, schema.Exit),
		"profiles": n.ProfileSubject("p"), "notifications": n.NotificationSubject("p"),
		"attempts": n.AttemptSubject("p", "w"), "dead": n.DeadSubject("unreadable"),
		"audit": n.AuditSubject("p"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("subjects (-code +asyncapi):\n%s", diff)
	}
	for _, ref := range strings.Split(string(schema.AsyncAPI), "$ref: json/")[1:] {
		name, _, _ := strings.Cut(ref, ".json")
		load(t, name)
	}
}
