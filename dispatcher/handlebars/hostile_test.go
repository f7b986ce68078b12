package handlebars

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func compiled(t testing.TB, source string, place Place) *Template {
	t.Helper()
	tmpl, err := Compile(source, place, Options{})
	if err != nil {
		t.Fatalf("%.200s: %v", source, err)
	}
	return tmpl
}

func eventData(t testing.TB, event string) *Data {
	t.Helper()
	d, err := NewData(nil, []byte(event), User{}, reached)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// list is a JSON array of n times the element.
func list(n int, element string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]"
}

func TestHostileTemplates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ source, want string }{
		"a comment of 64 KiB of spaces":       {"{{!" + strings.Repeat(" ", 65000) + "}}x", ""},
		"an open comment of spaces":           {"{{!" + strings.Repeat(" ", 65000), "1:1: the comment is not closed: }} is missing"},
		"a tag of 64 KiB of spaces":           {"{{" + strings.Repeat(" ", 65000) + "x}}", ""},
		"a template that is too large":        {strings.Repeat("x", maxSource+1), "1:1: the template is larger than 64 KiB"},
		"33 levels of blocks":                 {strings.Repeat("{{#if x}}", 33), "1:289: blocks are nested deeper than 32 levels"},
		"10,000 levels of parentheses":        {"{{upper " + strings.Repeat("(upper ", 8000) + "x" + strings.Repeat(")", 8000), "1:1: the tag is not closed: }} is missing"},
		"9,000 closed parentheses":            {"{{upper " + strings.Repeat("(upper ", 7000) + "x" + strings.Repeat(")", 7000) + "}}", "1:233: expressions are nested deeper than 32 levels"},
		"a long chain of else if":             {"{{#if x}}" + strings.Repeat("{{else if x}}", 4500) + "{{/if}}", ""},
		"open brackets without end":           {"{{" + strings.Repeat("[", 65000) + "}}", "1:3: the path [ is not complete: a name is missing in it"},
		"quotes in turns":                     {"{{x " + strings.Repeat(`"'`, 30000) + "}}", ""},
		"a path of 30,000 steps":              {"{{" + strings.Repeat("a.", 30000) + "a}}", ""},
		"a pattern RE2 refuses":               {`{{#ifMatchesRegexStr x "(a+)+\1"}}{{/ifMatchesRegexStr}}`, "1:4: ifMatchesRegexStr can't use this pattern: invalid escape sequence: `\\1`"},
		"a pattern with a gigantic repeat":    {`{{#ifMatchesRegexStr x "(((a{99}){99}){99})"}}{{/ifMatchesRegexStr}}`, "1:4: ifMatchesRegexStr can't use this pattern: invalid repeat count: `{99}`"},
		"nothing but braces":                  {strings.Repeat("{", 60000), "1:1: raw blocks {{{{…}}}} are not supported"},
		"65,000 closing braces":               {strings.Repeat("}", 65000), ""},
		"NUL and other control bytes in tags": {"{{a\x00b}}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Compile(c.source, Form, Options{})
			switch {
			case c.want == "" && err != nil && !strings.HasPrefix(name, "quotes"):
				t.Errorf("got %.200s", err)
			case c.want != "" && (err == nil || err.Error() != c.want):
				t.Errorf("got %.200v, want %s", err, c.want)
			}
		})
	}
}

// TestEveryPrefix cuts templates off everywhere: each piece compiles or is refused, and what
// compiles renders or fails, the same way twice.
func TestEveryPrefix(t *testing.T) {
	t.Parallel()
	data := dataOf(t, []byte(contractData))
	for place, source := range map[Place]string{
		URL:    `https://h.example/{{#if isVip}}a{{else if (eq age 34)}}{{{amp}}}{{/if}}?x={{#urlEncode}}{{city}}{{/urlEncode}}&{{#each tags as |t i|}}t{{i}}={{t}}&{{/each}}#{{nick}}`,
		Header: `a {{~#each items~}} {{@index}}:{{lookup this "sku"}}{{!-- c }} --}} {{/each}} \{{x}} \\{{age}}`,
		Form:   `{{#with addr as |a|}}{{a.geo.lat}}{{../age}}{{^}}-{{/with}}{{math age '+' (length tags)}}{{dateFormat "2024-02-29" "yyyy"}}`,
		JSON:   `{"a":"x{{firstName}}","l":[{{#each items}}{"s":"{{sku}}"},{{/each}}],{{#if isVip}}"{{nick}}k": {{age}},{{/if}}"r":{{{json}}},"n":{{mid}},"e":"\u00e9\n"}`,
	} {
		for i := range source {
			tmpl, err := Compile(source[:i], place, Options{})
			again, err2 := Compile(source[:i], place, Options{})
			if fmt.Sprint(err) != fmt.Sprint(err2) {
				t.Fatalf("%s: %v, then %v", source[:i], err, err2)
			}
			if err != nil {
				continue
			}
			out, present, err := tmpl.Execute(nil, data)
			out2, present2, err2 := again.Execute(nil, data)
			if string(out) != string(out2) || present != present2 || fmt.Sprint(err) != fmt.Sprint(err2) {
				t.Fatalf("%s: %s %v, then %s %v", source[:i], out, err, out2, err2)
			}
			if place == JSON && present && !json.Valid(out) {
				t.Fatalf("%s: %s is not JSON", source[:i], out)
			}
		}
	}
}

func TestDataThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	for name, raw := range map[string]string{
		"in a text": "{\"x\":\"a\xffb\"}", "cut short": "{\"x\":[\"\xc3\"]}", "in a key": "{\"\x80\":1}", "a surrogate": "{\"x\":\"\xed\xa0\x80\"}",
	} {
		if _, err := NewData([]byte(raw), nil, User{}, reached); err == nil {
			t.Errorf("%s: a profile with it is read", name)
		}
		if _, err := NewData(nil, []byte(raw), User{}, reached); err == nil {
			t.Errorf("%s: a trigger with it is read", name)
		}
		if _, err := ParseObject([]byte(raw)); err == nil {
			t.Errorf("%s: an object with it is read", name)
		}
	}
	if _, err := Compile("x\n{{a}}\xff", Form, Options{}); err == nil || !strings.Contains(err.Error(), "2:6") {
		t.Errorf("a template that is no UTF-8: %v", err)
	}
}

func TestHostileData(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)
	for name, c := range map[string]struct{ place, source, event, want string }{
		"null elements":             {"form", "{{#each l}}[{{this}}{{a}}]{{/each}}", `{"l":[null,{"a":1},null]}`, `[][{"a":1}1][]`},
		"negative indexes":          {"form", "{{l.[-1]}}{{lookup l -1}}{{l.-1}}|", `{"l":[1,2]}`, "|"},
		"an index beyond the list":  {"form", "{{l.[99999999999999999999]}}{{lookup l 2}}|", `{"l":[1,2]}`, "|"},
		"60 levels of objects":      {"json", `{"x": {{x}} }`, `{"x":` + deep + `}`, `{"x":` + deep + `}`},
		"duplicate keys in data":    {"json", `{"x": {{x}} }`, `{"x":1,"x":2}`, `{"x":2}`},
		"a key made by data":        {"json", `{"a":1,"{{k}}":2}`, `{"k":"a"}`, "error: for this user the body has the same key twice in one object"},
		"a key made twice":          {"json", `{"{{k}}":1,"{{j}}":2}`, `{"k":"x","j":"x"}`, "error: for this user the body has the same key twice in one object"},
		"a key escaped differently": {"json", `{"\u0061":1,"{{k}}":2}`, `{"k":"a"}`, "error: for this user the body has the same key twice in one object"},
		"members in {{{x}}}":        {"json", `{"a":{{{x}}} }`, `{"x":"1,\"b\":2"}`, "error: x must be JSON where {{{…}}} stands outside of quotes"},
		"keys twice in {{{x}}}":     {"json", `{"a":{{{x}}} }`, `{"x":" {\"k\" : 1, \"l\":[{\"m\":1.50,\"\\u006d\":{}}],\"k\":\"\\/\"} "}`, `{"a":{"k":"/","l":[{"m":{}}]}}`},
		"quotes in a string":        {"json", `{"a":"{{x}}"}`, `{"x":"\",\"b\":\"\\"}`, `{"a":"\",\"b\":\"\\"}`},
		"NUL and CRLF in JSON":      {"json", `{"a":"{{x}}"}`, `{"x":"\u0000\r\n\u007f"}`, `{"a":"\u0000\r\n` + "\x7f" + `"}`},
		"NUL and CRLF in a header":  {"header", `{{x}}`, `{"x":"a\u0000\r\nSet-Cookie: 1\u007fb"}`, `a Set-Cookie: 1 b`},
		"NUL and CRLF in a URL":     {"url", `https://h.example/?a={{x}}&b={{{x}}}`, `{"x":"\u0000\r\n"}`, `https://h.example/?a=%00%0D%0A&b=%00%0D%0A`},
		"half a pair in JSON":       {"json", `{"a":"{{x}}!","b": {{x}} ,"c": {{l}},"{{k}}": {{defaultIfEmpty x 1}},"d":"{{toJson o}}" }`, `{"x":"\uD800","l":["\udc00x","\ud83d\ude00"],"k":"\udfff","o":{"\ud800":"é\udbff"}}`, `{"a":"\ud800!","b":"\ud800","c":["\udc00x","\ud83d\ude00"],"\udfff":"\ud800","d":"{\"\\ud800\":\"é\\udbff\"}"}`},
		"half a pair in {{{x}}}":    {"json", `{"a": {{{x}}} }`, `{"x":"[\"\ud800\",\"\\udc00\"]"}`, `{"a":["\ud800","\udc00"]}`},
		"half a pair twice":         {"json", `{"a":"{{x}}"}`, `{"x":"\udc00\ud800 \ud7ff\ue000 \\ud800"}`, `{"a":"\udc00\ud800 ` + "\ud7ff\ue000" + ` \\ud800"}`},
		"two keys of half a pair":   {"json", `{"{{k}}":1,"{{j}}":2}`, `{"k":"\ud800","j":"\udc00"}`, `{"\ud800":1,"\udc00":2}`},
		"half a pair in a URL":      {"url", `https://h.example/?a={{x}}`, `{"x":"a\ud800"}`, "error: " + errHalfPair.Message},
		"half a pair in a URL, raw": {"url", `https://h.example/?a={{{x}}}`, `{"x":"a\ud800"}`, "error: " + errHalfPair.Message},
		"half a pair, encoded":      {"json", `{"u":"{{#urlEncode}}{{x}}{{/urlEncode}}"}`, `{"x":"a\ud800"}`, "error: " + errHalfPair.Message},
		"half a pair in a header":   {"header", `v {{x}}`, `{"x":"\udc00"}`, "error: " + errHalfPair.Message},
		"half a pair in a form":     {"form", `{{l}}`, `{"l":["\udc00"]}`, "error: " + errHalfPair.Message},
		"half a pair in a helper":   {"json", `{"a":"{{upper x}}"}`, `{"x":"é\udc00"}`, "error: " + errHalfPair.Message},
		"half a pair in a digest":   {"json", `{"a":"{{md5 x}}"}`, `{"x":"\udc00"}`, "error: " + errHalfPair.Message},
		"a byte of half a pair":     {"json", `{"a":"{{x.0}}"}`, `{"x":"\udc00"}`, "error: " + errHalfPair.Message},
		"half a pair nobody asks":   {"form", `{{y}}`, `{"x":"\udc00","y":1}`, "1"},
		"a number of 400 digits":    {"json", `{"a": {{x}} ,"b":"{{x}}"}`, `{"x":` + strings.Repeat("9", 400) + `}`, `{"a":` + strings.Repeat("9", 400) + `,"b":"` + strings.Repeat("9", 400) + `"}`},
		"an exponent out of range":  {"form", `{{x}} {{math x "*" 2}}`, `{"x":1e999999999}`, `error: math: the result is too large`},
		"a number to format":        {"form", `{{numberFormat x "integer"}}`, `{"x":1e300000000}`, `error: numberFormat: x is too large`},
		"dots in a path":            {"url", `https://h.example/a/{{x}}/b`, `{"x":".."}`, "error: a segment of the URL path can't be . or .."},
		"encoded dots in a path":    {"url", `https://h.example/a/{{{x}}}/b`, `{"x":"%2E%2e"}`, "error: a segment of the URL path can't be . or .."},
		"dots in two halves":        {"url", `https://h.example/a/.{{x}}`, `{"x":"."}`, "error: a segment of the URL path can't be . or .."},
		"a body deeper than 64":     {"json", strings.Repeat("[", 5) + "{{x}}" + strings.Repeat("]", 5), `{"x":` + deep + `}`, "error: for this user the body is nested deeper than 64 levels"},
		"self-reference":            {"form", "{{#with this}}{{#with this}}{{this.this.a}}{{/with}}{{/with}}", `{"a":"{{a}}"}`, "{{a}}"},
		"a list instead of a field": {"form", "{{upper l.x}}{{l.x.y}}|", `{"l":[1]}`, "|"},
		"prototype names":           {"form", "{{constructor}}{{__proto__}}{{x.constructor}}|", `{"x":{}}`, "|"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			places := map[string]Place{"url": URL, "header": Header, "form": Form, "json": JSON}
			out, _, err := compiled(t, c.source, places[c.place]).Execute(nil, eventData(t, c.event))
			got := string(out)
			if err != nil {
				got = "error: " + err.Error()
			}
			if got != c.want {
				t.Errorf("got  %.500s\nwant %.500s", got, c.want)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	tooMany := "the template takes more than 200,000 steps for this user; shorten its loops"
	big := `{"l":` + list(100_000, "1") + `,"s":"` + strings.Repeat("x", 900_000) + `","line":"` + strings.Repeat("y", 9000) + `"}`
	for name, c := range map[string]struct {
		place        Place
		source, want string
	}{
		"a loop of 100,000 elements":     {Form, "{{#each l}}{{this}}{{/each}}", tooMany},
		"a loop in a loop":               {Form, "{{#each l}}{{#each ../l}}{{/each}}{{/each}}", tooMany},
		"a loop that prints nothing":     {Form, "{{#each l}}{{#if false}}{{/if}}{{#if false}}{{/if}}{{/each}}", tooMany},
		"a large text, many times":       {Form, "{{#each l}}{{#if (eq (upper ../s) 1)}}{{/if}}{{/each}}", tooMany},
		"a large list, many times":       {Form, "{{#each l}}{{#if (join ../l)}}{{/if}}{{/each}}", tooMany},
		"a large list sorted":            {Form, "{{#each (sortBy l)}}{{/each}}", tooMany},
		"a body beyond 1 MiB":            {JSON, `["{{s}}","{{s}}"]`, "the rendered body is larger than 1 MiB"},
		"a form value beyond 1 MiB":      {Form, `{{s}}{{s}}`, "the rendered value is larger than 1 MiB"},
		"a header beyond 8 KiB":          {Header, `{{line}}`, "the rendered value is larger than 8 KiB"},
		"a URL beyond 8 KiB":             {URL, `https://h.example/?a={{line}}`, "the rendered URL is longer than 8 KiB"},
		"a replace that explodes":        {Form, `{{replace s "x" "0123456789"}}`, "replace makes a text larger than 1 MiB"},
		"a text captured beyond 1 MiB":   {Form, `{{#assign "a"}}{{s}}{{s}}{{/assign}}`, "the rendered value is larger than 1 MiB"},
		"a pattern over a large text":    {Form, `{{#ifMatchesRegexStr s "(x+x+)+y"}}{{/ifMatchesRegexStr}}`, ""},
		"100,000 keys made by data":      {JSON, `{ {{#each l}}"k{{@index}}":1,{{/each}} }`, "the rendered body is larger than 1 MiB"},
		"equality of two large lists":    {Form, `{{#each l}}{{#if (eq ../l ../l)}}{{/if}}{{/each}}`, tooMany},
		"a large object looked through":  {Form, `{{#each l}}{{lookup @root this}}{{/each}}`, tooMany},
		"a large list printed in a loop": {Form, `{{#each l}}{{#if (upper ../l)}}{{/if}}{{/each}}`, tooMany},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmpl := compiled(t, c.source, c.place)
			for range 2 {
				_, _, err := tmpl.Execute(nil, eventData(t, big))
				if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
					t.Errorf("got %v, want %s", err, c.want)
				}
			}
		})
	}
}

// TestFailedCompilesLeaveNothing also holds raymond's parser to it, which leaks a goroutine
// for every input it refuses.
func TestFailedCompilesLeaveNothing(t *testing.T) {
	broken := []string{"{{#if x}}", "{{a b}}", "{{upper (lower x}}", "{{upper x=}}", "{{upper 1 2 3}}", "{{upper x ) }}", "{{if x}}", "{{@x}}", `{"a":{{x}}{{y}}}`}
	before := runtime.NumGoroutine()
	var start, end runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&start)
	for i := range 10_000 {
		if _, err := Compile(broken[i%len(broken)], JSON, Options{}); err == nil {
			t.Fatal(broken[i%len(broken)])
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&end)
	if n := runtime.NumGoroutine(); n > before+10 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	if end.HeapAlloc > start.HeapAlloc+4<<20 {
		t.Errorf("%d bytes more in use", end.HeapAlloc-start.HeapAlloc)
	}
}

func TestBadData(t *testing.T) {
	t.Parallel()
	tooDeep := `{"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + "}"
	for _, raw := range []string{"", "[]", "null", `"x"`, "{", `{"a"}`, `{"a":1,}`, `{"a":1}x`, `{"a":01}`, `{"a":"\x"}`, "{\"a\":\"\n\"}", `{a:1}`, tooDeep} {
		if _, err := NewData([]byte(raw), nil, User{}, reached); err == nil && raw != "" && raw != "null" {
			t.Errorf("profile %.20s is accepted", raw)
		}
		if _, err := ParseObject([]byte(raw)); err == nil {
			t.Errorf("object %.20s is accepted", raw)
		}
	}
	if _, err := NewData(nil, nil, User{}, reached); err != nil {
		t.Error(err)
	}
}

// TestErrorsKeepValuesToThemselves renders what fails with a canary in every field.
func TestErrorsKeepValuesToThemselves(t *testing.T) {
	t.Parallel()
	data := eventData(t, `{"w":1,"x":"c4nary","l":["c4nary"],"o":{"c4nary":"c4nary"}}`)
	for _, source := range []string{
		`{{gt x 1}}`, `{{math x "+" 1}}`, `{{math 1 x 1}}`, `{{numberFormat x}}`, `{{numberFormat 1 x}}`, `{{numberFormat 1 "" x}}`,
		`{{dateFormat x}}`, `{{dateFormat "2024-01-01" x}}`, `{{dateFormat "2024-01-01" tz=x}}`, `{{dateMath "2024-01-01" x}}`,
		`{{substring x 1 99}}`, `{{substring x x}}`, `{{abbreviate x w}}`, `{{sortBy x}}`, `{{sha256 x encoding=x}}`, `{{numberFormat 1 roundingMode=x}}`,
	} {
		_, _, err := compiled(t, source, Form).Execute(nil, data)
		var broken *RenderError
		if !errors.As(err, &broken) || strings.Contains(err.Error(), "c4nary") {
			t.Errorf("%s: %v", source, err)
		}
		if !utf8.ValidString(fmt.Sprint(err)) {
			t.Errorf("%s: %q", source, err)
		}
	}
}
