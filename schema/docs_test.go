package schema_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// The guide explains every reason a result can have.
func TestTheGuideExplainsEveryReason(t *testing.T) {
	t.Parallel()
	var got []any
	for _, row := range guideTable(t, "How a step ends") {
		got = append(got, row[0])
	}
	reason := load(t, "result")["properties"].(map[string]any)["reason"].(map[string]any)
	if diff := cmp.Diff(reason["enum"], any(got)); diff != "" {
		t.Errorf("reasons (-schema +guide):\n%s", diff)
	}
}

// guideTable is the table of a section of docs/webhooks.md: the cells of each row, the first without its quotes.
func guideTable(t *testing.T, section string) [][]string {
	t.Helper()
	page, err := os.ReadFile("../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\n## "+section+"\n")
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
