package webhooks

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/journeyhook/journeyhook/schema"
)

// facts are what a service's own documents say of it.
type facts struct {
	Source    string          `yaml:"source"`
	Kind      string          `yaml:"kind"` // of an OpenAPI document, where the service has one
	Auth      schema.AuthType `yaml:"auth"`
	Endpoints []string        `yaml:"endpoints"`
	Calls     map[string]struct {
		Required []string `yaml:"required"`
		Answers  []int    `yaml:"answers"`
	} `yaml:"calls"`
	Form    bool   `yaml:"form"`
	Retries []int  `yaml:"retries"`
	Once    string `yaml:"once"` // what a repeated call is told by: a field of the body, or header for the Idempotency-Key
}

func readFacts(t *testing.T, destination string) facts {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "vendors", destination+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var f facts
	if err := yaml.UnmarshalWithOptions(data, &f, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return f
}

// Each preset asks for what its service's documents require, no more and no less (B2).
func TestPresetsAgreeWithTheVendorsDocuments(t *testing.T) {
	t.Parallel()
	presets, err := loadPresets()
	if err != nil {
		t.Fatal(err)
	}
	for destination, p := range presets {
		f, w := readFacts(t, destination), New(destination)
		if p.Needs.Auth != f.Auth || (w.Body.Type == schema.BodyURLEncoded) != f.Form {
			t.Errorf("%s: auth %q, body %s", destination, p.Needs.Auth, w.Body.Type)
		}
		for _, endpoint := range append(f.Endpoints, p.Needs.Example) {
			if p.Needs.address(endpoint) != known {
				t.Errorf("%s is not called at %s", destination, endpoint)
			}
		}
		for endpoint, call := range f.Calls {
			got, want := p.Needs.bodyAt(endpoint), slices.Clone(call.Required)
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); p.Needs.address(endpoint) != known || diff != "" && len(got)+len(want) > 0 {
				t.Errorf("%s: %s (-documented +asked for):\n%s", destination, endpoint, diff)
			}
			for _, status := range call.Answers {
				if !w.Success.Match(status) {
					t.Errorf("%s: %s answers %d, which is no success", destination, endpoint, status)
				}
			}
		}
		for _, status := range f.Retries {
			if !slices.Contains(w.Retry.Statuses, status) {
				t.Errorf("%s: %d is not tried again", destination, status)
			}
		}
		if f.Once != "" && f.Once != "header" && !strings.Contains(p.Sample, strconv.Quote(f.Once)+`: "{{@stepId}}"`) {
			t.Errorf("%s drops what it has had already, by %s, and its sample has none of the step's (C52)", destination, f.Once)
		}
	}
}

// A webhook can be pointed at a test URL and keeps what its destination fills in (B64); a slip is refused.
func TestPresetsAtATestURL(t *testing.T) {
	t.Parallel()
	for endpoint, refused := range map[string]bool{
		"https://webhook.site/0000":                                      false,
		"http://127.0.0.1:8080/hooks/lob":                                false,
		"https://[::1]:8443/x":                                           false,
		"https://api.lob.com.capture.test/v1/letters/x":                  false,
		"https://API.LOB.COM/v1/postcards":                               false,
		"https://api.lob.com:443/v1/postcards":                           false,
		"https://api.lob.com/v2/postcards":                               true,
		"https://lob.com/v1/postcards":                                   true,
		"https://dashboard.lob.com/v1/postcards":                         true,
		"https://example.com/":                                           true,
		"https://{{host}}/v1/postcards":                                  true,
		"https://api.lob.com.{{host}}/v1/postcards":                      true,
		"https:///v1/postcards":                                          true,
		"http://api.lob.com/v1/postcards":                                true,
		"https://capture.test/?forward=https://api.lob.com/v1/postcards": false,
	} {
		text := presetHead + "destination: lob\nendpoint: \"" + endpoint + "\"\nallowDynamicHost: true\nhosts: [\"*.capture.test\"]\nauth: {token: dGVzdDo=}\n" +
			"body: {json: '{\"to\": 1, \"from\": 1, \"file\": 1, \"color\": true, \"front\": 1, \"back\": 1, \"use_type\": \"marketing\"}'}\n"
		all, err := Parse("x.yaml", []byte(text), nil)
		if slip := err != nil && strings.Contains(err.Error(), "endpoint: lob is called at a URL like"); slip != refused {
			t.Errorf("%s: %v", endpoint, err)
			continue
		}
		if err != nil {
			continue
		}
		w := all[0]
		if w.Destination != "lob" || w.Auth.Type != schema.AuthBasic || !slices.Contains(w.Retry.Statuses, 500) {
			t.Errorf("%s: the preset's defaults are lost: %s", endpoint, jsonOf(t, w))
		}
		isTest := !strings.HasPrefix(strings.ToLower(endpoint), "https://api.lob.com/") && !strings.HasPrefix(endpoint, "https://api.lob.com:443/")
		if warned := len(Warnings(w)) > 0; warned != isTest {
			t.Errorf("%s: warnings %v", endpoint, Warnings(w))
		}
	}
}
