package schema_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/journeyhook/journeyhook/schema"
)

// constantsOf are the values of a type's constants in Go files, however each is declared.
func constantsOf(t *testing.T, typ string, files ...*ast.File) []string {
	t.Helper()
	var values []string
	named := func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.Ident:
			return e.Name == typ
		case *ast.SelectorExpr:
			return e.Sel.Name == typ
		}
		return false
	}
	literal := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, text)
		}
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec: // const X Reason = "x"
				if n.Type != nil && named(n.Type) {
					for _, v := range n.Values {
						literal(v)
					}
				}
			case *ast.CallExpr: // Reason("x")
				if named(n.Fun) && len(n.Args) == 1 {
					literal(n.Args[0])
				}
			}
			return true
		})
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// filesUnder are the Go files of a folder and those in it that are no tests.
func filesUnder(t *testing.T, folder string) []*ast.File {
	t.Helper()
	var files []*ast.File
	err := filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		files = append(files, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestConstantsAreFoundHoweverTheyAreDeclared(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
const A Reason = "a"
const (
	B, C Reason = "b", "c"
	D = Reason("d")
	E Kind = "no"
)
var f = schema.Reason("f")
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(constantsOf(t, "Reason", file), " "); got != "a b c d f" {
		t.Errorf("found %s", got)
	}
}

// The set of reasons is closed: a constant that the table lacks, or a row that no constant has, fails here.
func TestTheTableHasEveryReason(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(constantsOf(t, "Reason", filesUnder(t, "..")...), schema.ReasonNames()); diff != "" {
		t.Errorf("reasons (-constants +table):\n%s", diff)
	}
	for _, m := range schema.Reasons {
		if m.What == "" || m.Reason.Meaning() != m || m.Outcome == "" && !m.Attempts || m.Outcome == schema.Exit && m.Mend == "" && m.Reason != schema.ReasonSkipped {
			t.Errorf("%+v", m)
		}
	}
	if got := schema.Reason("of_a_newer_release").Meaning(); got.What != "of_a_newer_release" || got.Mend != "" {
		t.Errorf("a reason that is not known: %+v", got)
	}
}

// reasonsThat are the names of the table's rows that a message can have, in the table's order.
func reasonsThat(has func(schema.ReasonMeaning) bool) []any {
	var names []any
	for _, m := range schema.Reasons {
		if has(m) {
			names = append(names, string(m.Reason))
		}
	}
	return names
}

func TestTheSchemasFollowTheTable(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]any{
		"result":       reasonsThat(func(m schema.ReasonMeaning) bool { return m.Outcome != "" }),
		"attempt":      reasonsThat(func(m schema.ReasonMeaning) bool { return m.Attempts }),
		"notification": append(reasonsThat(func(schema.ReasonMeaning) bool { return true }), ""), // backlog_growing has none
	} {
		reason := load(t, name)["properties"].(map[string]any)["reason"].(map[string]any)
		if diff := cmp.Diff(want, reason["enum"]); diff != "" {
			t.Errorf("%s (-table +schema):\n%s", name, diff)
		}
	}
	kind := load(t, "notification")["properties"].(map[string]any)["kind"].(map[string]any)
	var kinds []string
	for _, k := range kind["enum"].([]any) {
		kinds = append(kinds, fmt.Sprint(k))
	}
	slices.Sort(kinds)
	if diff := cmp.Diff(constantsOf(t, "Kind", filesUnder(t, ".")...), kinds); diff != "" {
		t.Errorf("kinds (-constants +schema):\n%s", diff)
	}
}

// The guide's table has a row for each reason that a result can have, and names those that only attempts have.
func TestTheGuideFollowsTheTable(t *testing.T) {
	t.Parallel()
	var got []any
	for _, row := range guideTable(t, "How a step ends") {
		got = append(got, row[0])
		if len(row) != 3 || row[1] == "" {
			t.Errorf("a row without what happened or what to do: %q", row)
		}
	}
	if diff := cmp.Diff(reasonsThat(func(m schema.ReasonMeaning) bool { return m.Outcome != "" }), got); diff != "" {
		t.Errorf("reasons (-table +guide):\n%s", diff)
	}
	text := page(t, "webhooks")
	for _, m := range schema.Reasons {
		goesOn := strings.Contains(text, "A person goes on with `"+string(m.Reason)+"` and exits with everything else.")
		if goesOn != (m.Outcome == schema.Continue) {
			t.Errorf("what the guide says of %s is not what the table says: %s", m.Reason, m.Outcome)
		}
	}
	_, rest, _ := strings.Cut(text, "An attempt that is tried again has one of three more:")
	more, _, _ := strings.Cut(rest, "; or `status`.")
	var only []any
	for _, name := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(more, -1) {
		only = append(only, name[1])
	}
	if diff := cmp.Diff(reasonsThat(func(m schema.ReasonMeaning) bool { return m.Outcome == "" }), only); diff != "" {
		t.Errorf("reasons of attempts alone (-table +guide):\n%s", diff)
	}
}
