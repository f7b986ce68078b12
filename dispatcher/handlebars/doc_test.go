package handlebars

import (
	"os"
	"strings"
	"testing"
)

// TestGuide runs the examples of docs/webhooks.md: a block of a place and the result block
// behind it, and lines of "template → result".
func TestGuide(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]Place{"url": URL, "header": Header, "form": Form, "json": JSON}
	var profile, trigger, source, place string
	examples := 0
	for _, b := range fencedBlocks(string(page)) {
		switch b.info {
		case "json profile":
			profile = b.text
		case "json trigger":
			trigger = b.text
		case "url", "header", "form", "json":
			place, source = b.info, b.text
		case "result":
			examples++
			if got := renderExample(t, source, places[place], profile, trigger); got != b.text {
				t.Errorf("%s\ngot  %s\nwant %s", source, got, b.text)
			}
		case "examples":
			for line := range strings.SplitSeq(b.text, "\n") {
				template, want, ok := strings.Cut(line, " → ")
				if !ok {
					t.Errorf("%s is no example", line)
				}
				examples++
				template = strings.TrimSpace(template)
				got := strings.TrimSpace(renderExample(t, template, Form, profile, trigger))
				if got != strings.TrimSpace(want) {
					t.Errorf("%s\ngot  %s\nwant %s", template, got, want)
				}
			}
		}
	}
	if examples < 100 {
		t.Errorf("only %d examples were found", examples)
	}
	for name := range helpers {
		if !strings.Contains(string(page), "{{"+name+" ") && !strings.Contains(string(page), "{{#"+name) {
			t.Errorf("%s is not explained", name)
		}
	}
}

type fencedBlock struct{ info, text string }

func fencedBlocks(page string) []fencedBlock {
	var blocks []fencedBlock
	parts := strings.Split("\n"+page, "\n```")
	for i := 1; i < len(parts); i += 2 {
		info, text, _ := strings.Cut(parts[i], "\n")
		blocks = append(blocks, fencedBlock{info, text})
	}
	return blocks
}

func renderExample(t *testing.T, source string, place Place, profile, trigger string) string {
	t.Helper()
	tmpl, err := Compile(source, place, Options{})
	if err != nil {
		return "refused: " + err.Error()
	}
	data, err := NewData([]byte(profile), []byte(trigger), User{Email: "test.user@example.com", UserID: "u_1"}, reached)
	if err != nil {
		t.Fatal(err)
	}
	out, present, err := tmpl.Execute(nil, data)
	switch {
	case err != nil:
		return "error: " + err.Error()
	case !present:
		return "(left out)"
	}
	return string(out)
}
