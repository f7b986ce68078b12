package webhooks

import (
	"cmp"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/journeyhook/journeyhook/schema"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// preset is a destination's data file (B2).
type preset struct {
	Docs     string        `yaml:"docs"`     // where the service says so
	Defaults yaml.MapSlice `yaml:"defaults"` // a definition's fields, filled in where the file leaves them out
	Needs    needs         `yaml:"needs"`
	Sample   string        `yaml:"sample"` // of a JSON body, for people to begin with
}

// needs is what the author must bring.
type needs struct {
	Endpoint []string        `yaml:"endpoint"` // the URL starts with one of these; a * stands for a part of the host
	Example  string          `yaml:"example"`  // of the endpoint
	Auth     schema.AuthType `yaml:"auth"`
	AuthHint string          `yaml:"authHint"`
	Body     []string        `yaml:"body"` // names in the body; "From|MessagingServiceSid" needs one of them
	At       []address       `yaml:"at"`   // and what only some of its addresses need
}

// address is some of a service's addresses, and what the body needs there besides.
type address struct {
	URL  string   `yaml:"url"` // part of the endpoint
	Body []string `yaml:"body"`
}

// bodyAt is what the body needs at an endpoint.
func (n *needs) bodyAt(endpoint string) []string {
	names := slices.Clone(n.Body)
	for _, p := range n.At {
		if strings.Contains(endpoint, p.URL) {
			names = append(names, p.Body...)
		}
	}
	return names
}

var loadPresets = sync.OnceValues(func() (map[string]*preset, error) {
	all := map[string]*preset{}
	for _, name := range schema.Destinations {
		if name == "custom" {
			continue
		}
		data, err := presetFiles.ReadFile("presets/" + name + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("webhooks: preset %s: %w", name, err)
		}
		p := &preset{}
		if err := yaml.UnmarshalWithOptions(data, p, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("webhooks: preset %s: %w", name, err)
		}
		all[name] = p
	}
	return all, nil
})

// New is a definition for a destination with every field filled in that the destination knows. One that
// is not known is like custom, and refused when the definition is checked.
func New(destination string) *schema.Webhook {
	w := schema.NewWebhook()
	presets, err := loadPresets()
	if err != nil {
		panic(err) // the files are part of the program
	}
	p, ok := presets[destination]
	if !ok {
		return w
	}
	data, err := yaml.Marshal(p.Defaults)
	if err == nil {
		err = yaml.UnmarshalWithOptions(data, w, yaml.Strict())
	}
	if err != nil {
		panic(fmt.Errorf("webhooks: preset %s: %w", destination, err))
	}
	w.Destination = destination
	return w
}

// Guide says what a destination asks for at its usual address; of custom and of one that is not known there is nothing to say.
func Guide(destination string) schema.Guide {
	g := schema.Guide{Destination: destination, Body: [][]string{}}
	presets, err := loadPresets()
	if err != nil {
		panic(err) // the files are part of the program
	}
	if p, ok := presets[destination]; ok {
		g.Docs, g.Example, g.Auth, g.AuthHint, g.Sample = p.Docs, p.Needs.Example, p.Needs.Auth, p.Needs.AuthHint, p.Sample
		for _, names := range p.Needs.bodyAt(p.Needs.Example) {
			g.Body = append(g.Body, strings.Split(names, "|"))
		}
	}
	return g
}

// checkPreset refuses a definition that lacks what its destination needs.
func checkPreset(w *schema.Webhook) error {
	presets, err := loadPresets()
	if err != nil {
		return err
	}
	p, ok := presets[w.Destination]
	if !ok {
		return nil
	}
	var faults schema.Faults
	n := p.Needs
	if w.Endpoint != "" && n.address(w.Endpoint) == strange {
		faults.Add("endpoint", "%s is called at a URL like %s, or at a test URL of another host; use destination custom for anything else", w.Destination, n.Example)
	}
	if n.Auth != "" && w.Auth.Type != n.Auth {
		faults.Add("auth.type", "%s needs %s: %s", w.Destination, n.Auth, n.AuthHint)
	}
	for _, names := range n.bodyAt(cmp.Or(w.Endpoint, n.Example)) {
		if !bodyHasOne(&w.Body, strings.Split(names, "|")) {
			faults.Add("body", "%s needs %s in the body", w.Destination, strings.ReplaceAll(names, "|", " or "))
		}
	}
	return faults.Err()
}

var jsonEscape = regexp.MustCompile(`\\u[0-9a-fA-F]{4}`)

// bodyHasOne looks for a name as far as that can be known before templates are rendered.
func bodyHasOne(b *schema.Body, names []string) bool {
	text := jsonEscape.ReplaceAllStringFunc(b.JSON, func(escape string) string {
		r, _ := strconv.ParseUint(escape[2:], 16, 16) // four digits
		return string(rune(r))
	})
	for _, name := range names {
		if strings.Contains(text, `"`+name+`"`) || name == "email" && b.IncludeEmailAndWorkflowID {
			return true
		}
		for _, field := range b.UserFields {
			if field == name {
				return true
			}
		}
		for _, pair := range b.Form {
			if pair.Name == name {
				return true
			}
		}
	}
	return false
}
