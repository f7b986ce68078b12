package schema_test

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/journeyhook/journeyhook/schema"
)

// The guide lists every field of a definition, with the default that the schema gives it.
func TestTheGuideListsEveryField(t *testing.T) {
	t.Parallel()
	rows := guideTable(t, "The definition")
	got, want := map[string]string{}, map[string]string{}
	for _, row := range rows {
		got[row[0]] = row[2]
	}
	addDefaults(want, "", load(t, "webhook"), func(field, part string) {
		if !slices.ContainsFunc(rows, func(row []string) bool { return row[0] == field && strings.Contains(row[1], "`"+part+"`") }) {
			t.Errorf("the guide does not say that each of %s has a %s", field, part)
		}
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields and their defaults (-schema +guide):\n%s", diff)
	}
}

// addDefaults collects a schema's fields, each as the guide should show its default, and names the parts of
// those that are lists of objects.
func addDefaults(into map[string]string, path string, doc map[string]any, part func(field, name string)) {
	required, _ := doc["required"].([]any)
	for name, one := range doc["properties"].(map[string]any) {
		property, field := one.(map[string]any), path+name
		if _, isObject := property["properties"]; isObject {
			addDefaults(into, field+".", property, part)
			continue
		}
		into[field] = "–"
		if preset, ok := property["default"]; ok {
			text, _ := json.Marshal(preset)
			into[field] = "`" + strings.ReplaceAll(strings.Trim(string(text), `"`), ",", ", ") + "`"
		}
		if slices.Contains(required, any(name)) {
			into[field] = "required"
		}
		items, _ := property["items"].(map[string]any)
		parts, _ := items["properties"].(map[string]any)
		for inner := range parts {
			part(field, inner)
		}
	}
}

// The examples for those who write and read messages are such messages, without a field that nobody knows.
func TestTheMessagesAreWhatTheSchemasAllow(t *testing.T) {
	t.Parallel()
	types := map[string]any{"tile": schema.TileUse{}}
	for name := range documents {
		types[name] = documents[name]
	}
	shown := map[string]any{}
	for _, block := range regexp.MustCompile("(?s)```json (\\S+)\n(.*?)```").FindAllStringSubmatch(page(t, "messages"), -1) {
		name, text := block[1], block[2]
		v := reflect.New(reflect.TypeOf(types[name]))
		strict := json.NewDecoder(strings.NewReader(text))
		strict.DisallowUnknownFields()
		if err := strict.Decode(v.Interface()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		shown[name] = v.Elem().Interface()
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err == nil && name != "tile" {
			err = compile(t, name).Validate(doc)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"step", "result", "profile-update", "notification", "tile"} {
		if shown[name] == nil {
			t.Fatalf("docs/messages.md shows no %s", name)
		}
	}
	step, result := shown["step"].(schema.Step), shown["result"].(schema.Result)
	want := schema.Result{
		StepID: step.ID, ProjectID: step.ProjectID, WorkflowID: step.WorkflowID, TileID: step.Tile.ID, WebhookID: step.WebhookID,
		User: schema.Person{Email: step.User.Email, UserID: step.User.UserID}, Outcome: schema.Continue, Reason: schema.ReasonDelivered,
		Status: result.Status, Attempts: result.Attempts, Revision: result.Revision, FinishedAt: result.FinishedAt,
	}
	if diff := cmp.Diff(want, result); diff != "" {
		t.Errorf("the result is not the step's (-want +page):\n%s", diff)
	}
}

// page is a file of docs.
func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/" + name + ".md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// guideTable is the table of a section of docs/webhooks.md: the cells of each row, the first without its quotes.
func guideTable(t *testing.T, section string) [][]string {
	t.Helper()
	_, rest, found := strings.Cut(page(t, "webhooks"), "\n## "+section+"\n")
	if !found {
		t.Fatalf("docs/webhooks.md has no section %q", section)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	var rows [][]string
	for line := range strings.SplitSeq(text, "\n") {
		if cells, isRow := strings.CutPrefix(line, "| `"); isRow {
			row := strings.Split(cells, " | ")
			row[0] = strings.TrimSuffix(row[0], "`")
			rows = append(rows, row)
		}
	}
	return rows
}
