package journeyhook_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/journeyhook/journeyhook"

// mayImport says which packages of the project each one may import. The middle floor knows the ground
// floor only; the parts meet in internal/app and the programs.
var mayImport = map[string][]string{
	"internal/jsontext":     {},
	"internal/charset":      {},
	"internal/sabotage":     {},
	"internal/stall":        {"internal/sabotage"},
	"internal/directget":    {},
	"internal/moment":       {},
	"internal/walljump":     {},
	"internal/formtext":     {},
	"internal/hostname":     {},
	"internal/kv":           {},
	"internal/redact":       {"schema"},
	"schema":                {"internal/hostname", "internal/jsontext"},
	"dispatcher/handlebars": {"internal/hostname", "internal/jsontext"},
	"dispatcher/wire":       {},
	"dispatcher":            {"schema", "dispatcher/handlebars", "dispatcher/wire", "internal/charset", "internal/formtext", "internal/hostname", "internal/jsontext", "internal/redact", "internal/stall"},
	"consumer":              {"schema", "internal/directget", "internal/moment", "internal/sabotage"},
	"tokencache":            {"schema", "internal/charset", "internal/formtext", "internal/hostname", "internal/jsontext", "internal/moment", "internal/redact", "internal/stall"},
	"webhooks":              {"schema", "internal/hostname", "internal/jsontext", "internal/kv"},
	"notifications":         {"schema"},
	"limits":                {"schema"},
	"console":               {"schema", "internal/directget", "internal/jsontext", "internal/kv"},
	"internal/busiest":      {},
	"internal/child":        {},
	"internal/h2peer":       {},
	"internal/pipenet":      {},
	"internal/raced":        {},
	"internal/devstack":     {"internal/child"},
	"internal/natstest":     {"internal/child", "internal/devstack"},
	"internal/app":          {"schema", "consumer", "dispatcher", "tokencache", "webhooks", "notifications", "limits", "console"},
	"bench":                 {"schema", "webhooks", "internal/app", "internal/busiest", "internal/child", "internal/devstack"},
	"internal/chaos":        {"schema", "webhooks", "internal/app", "internal/busiest", "internal/child", "internal/devstack", "internal/h2peer"},
	"cmd/worker":            {"internal/app"},
	"cmd/hookctl":           {"schema", "dispatcher", "webhooks", "console", "internal/app", "internal/devstack"},
}

// mayNotLink says which modules must stay out of a program, and why.
var mayNotLink = map[string]map[string]string{
	"cmd/worker": {
		"github.com/nats-io/nats-server": "the production worker talks to a server, it does not carry one",
		"github.com/alicebob/miniredis":  "the embedded Redis is for dev mode and tests",
	},
}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestLayers(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if name == "" {
			continue
		}
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("%s is not in the table of layers; say what it may import", name)
			continue
		}
		for _, i := range p.Imports {
			inside, ours := strings.CutPrefix(i, module+"/")
			if ours && !slices.Contains(allowed, inside) {
				t.Errorf("%s may not import %s", name, inside)
			}
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for program, modules := range mayNotLink {
		for _, p := range list(t, "./"+program) {
			for _, dep := range p.Deps {
				for m, why := range modules {
					if strings.HasPrefix(dep, m) {
						t.Errorf("%s links %s: %s", program, dep, why)
					}
				}
			}
		}
	}
}
