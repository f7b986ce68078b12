package handlebars

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestHelpersTakeAnything calls every helper with every kind of value: it may fail with an
// error, and must not do worse.
func TestHelpersTakeAnything(t *testing.T) {
	t.Parallel()
	arguments := []string{"s", "e", "n", "d", "z", "no", "l", "o", "t", "big", "date", `"x"`, `""`, "0", "-3", "1.5", "true", "null", "undefined", "this", "@index", `"+"`, `"yyyy"`}
	data := `{"s":"añb 😀","e":"","n":7,"d":-1.25,"z":null,"l":[3,null,"a",{"x":1},[1]],"o":{"x":{"y":1}},"t":true,"big":1e308,"date":"2024-02-29"}`
	rapid.Check(t, func(r *rapid.T) {
		names := sortedNames(namesOfHelpers())
		h := rapid.SampledFrom(names).Draw(r, "helper")
		helper := helpers[h]
		n := rapid.IntRange(helper.min, min(helper.max, helper.min+2)).Draw(r, "n")
		call := h
		for range n {
			call += " " + rapid.SampledFrom(arguments).Draw(r, "argument")
		}
		for _, name := range helper.named {
			if rapid.Bool().Draw(r, "named") {
				call += " " + name + "=" + rapid.SampledFrom(arguments).Draw(r, "value")
			}
		}
		for _, source := range []string{"{{" + call + "}}", "{{#if (" + call + ")}}1{{/if}}", "{{#" + call + "}}{{this}}{{else}}-{{/" + h + "}}"} {
			tmpl, err := Compile(source, Form, Options{})
			if err != nil {
				continue
			}
			event := eventData(t, data)
			out, _, err := tmpl.Execute(nil, event)
			again, _, errAgain := tmpl.Execute(nil, event)
			if string(out) != string(again) || fmt.Sprint(err) != fmt.Sprint(errAgain) {
				r.Fatalf("%s: %s %v, then %s %v", source, out, err, again, errAgain)
			}
		}
	})
}

func namesOfHelpers() map[string]bool {
	names := map[string]bool{}
	for name := range helpers {
		names[name] = true
	}
	return names
}

func TestWhiteSpace(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"a\n  {{#if t}}  \n  x\n  {{else}}\n  y\n  {{/if}}\nb": "a\n  x\nb",
		"{{#if t}}\nx\n{{/if}}":                                "x\n",
		"a {{#if t}}\nx\n{{/if}} b":                            "a \nx\n b",
		"a\n{{! note }}\nb":                                    "a\nb",
		"a\r\n\t{{!-- note --}}\r\nb":                          "a\r\nb",
		"a\n{{s}}\nb":                                          "a\nv\nb",
		"a \n {{~s~}} \n b":                                    "avb",
		"a {{~#if t~}} x {{~else~}} y {{~/if~}} b":             "axb",
		"{{#each l}}\n{{this}}\n{{/each}}\n":                   "1\n2\n",
		"{{#if f}}\na\n{{else if t}}\nb\n  {{/if}}\nc":         "b\nc",
		"x {{^f}} a {{~else~}} b {{/f}} y":                     "x  a y",
		"x {{^t}} a {{~else~}} b {{/t}} y":                     "x b  y",
	} {
		out, _, err := compiled(t, source, Form).Execute(nil, eventData(t, `{"t":true,"s":"v","l":[1,2]}`))
		if err != nil || string(out) != want {
			t.Errorf("%q: got %q, %v, want %q", source, out, err, want)
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	tmpl := compiled(t, `{{a.b}}{{profile.c}}{{event.d.e}}{{#each f as |x|}}{{x.g}}{{this.h}}{{/each}}{{upper i}}{{@root.j}}{{#if (eq k l)}}{{/if}}{{join m prefix=n}}`, Form)
	if got := strings.Join(tmpl.Fields(), " "); got != "a c d f h i j k l m n" {
		t.Error(got)
	}
	if tmpl.Static() || !compiled(t, "x{{! y }}", Form).Static() {
		t.Error("static is wrong")
	}
}

// Quotes in a date's pattern, as Java's SimpleDateFormat has them.
func TestQuotesInDatePatterns(t *testing.T) {
	t.Parallel()
	const open = "fault: has a pattern in which quoted text is not closed; write two quotes for one"
	for pattern, want := range map[string]string{
		`'o''clock'`:        "o'clock",
		`h 'o''clock' a`:    "1 o'clock PM",
		`''yy`:              "'24",
		`yyyy''MM`:          "2024'02",
		`'''quoted'''`:      "'quoted'",
		`'a''''b'`:          "a''b",
		`''''`:              "''",
		`'yyyy' yyyy`:       "yyyy 2024",
		`yyyy'é😀'MM`:        "2024é😀02",
		`yyyy年MM月`:          "2024年02月",
		`d 'de' MMMM`:       "29 de February",
		`'week''s day' EEE`: "week's day Thu",
		`HH:mm'`:            open,
		`'''`:               open,
		`'it's`:             "it10", // the s is outside of the quotes
		`o'clock'`:          "fault: doesn't know the letter o",
	} {
		got, fault := formatTime(time.Date(2024, 2, 29, 13, 45, 10, 0, time.UTC), pattern)
		if fault != "" {
			got = "fault: " + string(fault)
		}
		if got != want && (fault == "" || !strings.HasPrefix(got, want)) {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
	if _, err := Compile(`{{now "HH 'Uhr"}}`, Form, Options{}); err == nil || !strings.Contains(err.Error(), "not closed") {
		t.Errorf("an open quote is taken at save: %v", err)
	}
	out, _, err := compiled(t, `{{dateFormat "2024-02-29" p}}`, Form).Execute(nil, eventData(t, `{"p":"'secret"}`))
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("an open quote in data: %s %v", out, err)
	}
}
