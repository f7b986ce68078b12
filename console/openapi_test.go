package console_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/journeyhook/journeyhook/schema"
)

// apiDocument is openapi.yaml, to hold answers to. OpenAPI 3.1's schemas are JSON Schema 2020-12, so its parts
// are compiled where they stand.
type apiDocument struct {
	paths    map[string]map[string]any
	patterns map[string]*regexp.Regexp
	seen     map[string]bool // operations that were answered with success

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

func openAPI(t testing.TB) *apiDocument {
	t.Helper()
	raw, err := yaml.YAMLToJSON(schema.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	d := &apiDocument{patterns: map[string]*regexp.Regexp{}, compiled: map[string]*jsonschema.Schema{}, seen: map[string]bool{}, compiler: jsonschema.NewCompiler()}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("https://api/openapi.yaml", doc); err != nil {
		t.Fatal(err)
	}
	files, err := schema.JSONSchemas.ReadDir("json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, _ := schema.JSONSchemas.ReadFile("json/" + f.Name())
		part, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.compiler.AddResource("https://api/json/"+f.Name(), part); err != nil {
			t.Fatal(err)
		}
	}
	var parsed struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(raw, &parsed); err != nil {
		t.Fatal(err)
	}
	d.paths = parsed.Paths
	for path := range d.paths {
		d.patterns[path] = regexp.MustCompile("^" + regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "[^/]+") + "$")
	}
	return d
}

// check holds an answer to what the document says of its operation and status.
func (d *apiDocument) check(method, target string, a answer) error {
	path, _, _ := strings.Cut(target, "?")
	if method == "HEAD" {
		return nil // as GET, without the body
	}
	template := d.find(path)
	if template == "" {
		if a.status == 404 {
			return nil
		}
		return fmt.Errorf("the path is not described")
	}
	op, ok := d.paths[template][strings.ToLower(method)].(map[string]any)
	if !ok {
		if a.status == 405 {
			return nil
		}
		return fmt.Errorf("the method is not described")
	}
	responses := op["responses"].(map[string]any)
	pointer := "#/paths/" + escape(template) + "/" + strings.ToLower(method) + "/responses/"
	code := strconv.Itoa(a.status)
	if _, ok := responses[code]; !ok {
		if code = "default"; a.status < 400 {
			return fmt.Errorf("status %d is not described", a.status)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if a.status < 300 {
		d.seen[method+" "+template] = true
	}
	response := responses[code].(map[string]any)
	if ref, ok := response["$ref"].(string); ok {
		pointer = ref
		response = nil
	} else {
		pointer += code
	}
	kind, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	if response != nil && response["content"] == nil || kind == "text/event-stream" {
		return nil
	}
	return d.validate(pointer+"/content/"+escape(kind)+"/schema", a.body)
}

func (d *apiDocument) find(path string) string {
	best := ""
	for template, pattern := range d.patterns {
		if pattern.MatchString(path) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	return best
}

func escape(part string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(part)
}

func (d *apiDocument) validate(pointer, body string) error {
	s, ok := d.compiled[pointer]
	if !ok {
		var err error
		if s, err = d.compiler.Compile("https://api/openapi.yaml" + pointer); err != nil {
			return err
		}
		d.compiled[pointer] = s
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

// Every route is described, and everything described is a route.
func TestRoutesAndDescriptionAgree(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(`" + project + "`, "/api/v1/projects/{project}", `" + hook + "`, "/api/v1/projects/{project}/webhooks/{id}",
		`" + hook,`, `/api/v1/projects/{project}/webhooks/{id}",`).Replace(string(source))
	routes := map[string]bool{}
	for _, m := range regexp.MustCompile(`\{"([A-Z]+ /api/[^"]+)"`).FindAllStringSubmatch(text, -1) {
		routes[m[1]] = true
	}
	d := openAPI(t)
	for path, ops := range d.paths {
		for method := range ops {
			if method == "parameters" {
				continue
			}
			name := strings.ToUpper(method) + " " + path
			if !routes[name] {
				t.Errorf("%s is described and is no route", name)
			}
			delete(routes, name)
		}
	}
	for name := range routes {
		t.Errorf("%s is a route and not described", name)
	}
}
