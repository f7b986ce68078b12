package console_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	_ "github.com/oapi-codegen/runtime" // what a generated client is built with

	"github.com/journeyhook/journeyhook/console"
	"github.com/journeyhook/journeyhook/schema"
)

// A stock generator reads the API's description, and the client that it makes works.
func TestAGeneratedClient(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("a generator and a client are built, which takes a while at first")
	}
	w := newWorld(t)
	dir := t.TempDir()
	description, client := filepath.Join(dir, "openapi.yaml"), filepath.Join(dir, "client.gen.go")
	if err := os.WriteFile(description, []byte(w.want(200, w.call("GET", "/api/openapi.yaml", "")).body), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"tool", "oapi-codegen", "-generate", "types,client", "-package", "main", "-o", client, description},
		{"run", "testdata/client/main.go", client, w.base, w.tokens[console.Editor]},
	} {
		if args[0] == "run" { // both files in one folder, as go run asks for
			text, err := os.ReadFile(args[1])
			if err == nil {
				args[1] = filepath.Join(dir, "main.go")
				err = os.WriteFile(args[1], text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if out, err := exec.CommandContext(t.Context(), "go", args...).CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", args[0], err, out)
		}
	}
}

// Each operation has a name of its own, from which generators make a function's.
func TestEveryOperationHasAName(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	for path, ops := range openAPI(t).paths {
		for method, op := range ops {
			if method == "parameters" {
				continue
			}
			name, _ := op.(map[string]any)["operationId"].(string)
			if !regexp.MustCompile(`^[a-z][A-Za-z]+$`).MatchString(name) || names[name] != "" {
				t.Errorf("%s %s has the operationId %q, as has %q", method, path, name, names[name])
			}
			names[name] = method + " " + path
		}
	}
	if text := string(schema.OpenAPIWhole()); regexp.MustCompile(`\$ref: ["']?json/|type: \[`).MatchString(text) {
		t.Error("the whole document refers to other files, or has a type that is a list")
	}
}
