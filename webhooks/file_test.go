package webhooks

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/journeyhook/journeyhook/schema"
)

func TestWhatIsWrittenCanBeReadAgain(t *testing.T) {
	t.Parallel()
	odd := rapid.OneOf(rapid.String(), rapid.StringMatching(`[-a-z0-9 '"\\:#{}\[\]&*!|>%@.,~\n\t\r<=]{0,12}`),
		rapid.SampledFrom([]string{"012", "1e3", ".inf", "null", "~", "---", "...", "yes", "a: b", "\n a", "\ttab", "a\r\nb", "{{x}}", "'", "<b>&", "\u2028", "\u0085", "*a", "|\n", "=", "+Inf", "nan", "- a", "2026-01-01"}))
	rapid.Check(t, func(rt *rapid.T) {
		w := example()
		text := func(label string) string { return strings.ToValidUTF8(odd.Draw(rt, label), "") }
		w.Body.JSON = text("json")
		w.Endpoint = "https://example.com/" + text("endpoint")
		w.Headers = []schema.Header{{Name: "X-Plain", Value: schema.PlainValue(text("header"))}}
		w.Body.UserFields = []string{"f" + text("field")}
		w.Auth.Params = nil
		data, err := WriteYAML(w, w)
		if err != nil {
			rt.Fatal(err)
		}
		second := strings.Replace(string(data), "\n---\n", "\n---\n# a comment\n---\n", 1)
		second = second[:strings.LastIndex(second, "id: ")] + strings.Replace(second[strings.LastIndex(second, "id: "):], "welcome-crm", "other", 1)
		again, err := Parse("x.yaml", []byte(second), nil)
		if err != nil {
			rt.Fatalf("%v\nin\n%s", err, second)
		}
		if len(again) != 2 {
			rt.Fatalf("%d webhooks, want 2", len(again))
		}
		again[1].ID = again[0].ID
		for _, got := range again {
			if diff := cmp.Diff(jsonOf(rt, w), jsonOf(rt, got)); diff != "" {
				rt.Fatalf("read again (-want +got):\n%s\nfrom\n%s", diff, data)
			}
		}
	})
}

func TestFilesAreReadStrictly(t *testing.T) {
	t.Parallel()
	const good = "project: acme\nid: a\nname: A\nmethod: GET\nendpoint: https://example.com/\n"
	for name, tc := range map[string]struct {
		text string
		want []string // faults, as file:line: path: …
	}{
		"an unknown key":                      {good + "nmae: x\n", []string{"x.yaml:6: nmae: is not a known key"}},
		"a key in another letter case":        {good + "allow_dynamic_host: true\n", []string{"x.yaml:6: allow_dynamic_host: is not a known key; it is written allowDynamicHost"}},
		"an unknown key inside":               {good + "retry:\n  max: 1\n  dealy: 3m\n", []string{"x.yaml:8: retry.dealy: is not a known key; there are delay"}},
		"an unknown key in a list":            {good + "headers:\n  - name: A\n    val: x\n", []string{"x.yaml:8: headers[0].val: is not"}},
		"a wrong type":                        {good + "retry: {max: lots}\n", []string{`x.yaml:6: retry.max: must be a whole number, not "lots"`}},
		"text for fields":                     {good + "auth: basic\n", []string{"x.yaml:6: auth: must hold fields, not text"}},
		"fields for text":                     {good + "timeout: {s: 1}\n", []string{"x.yaml:6: timeout: must be text, not fields"}},
		"text for a list":                     {good + "success: 200\n", []string{"x.yaml:6: success: must be a list, not text"}},
		"a list for text":                     {strings.Replace(good, "name: A", "name: [A]", 1), []string{"x.yaml:3: name: must be text, not a list"}},
		"an unknown status":                   {good + "success: [200, 999]\n", []string{"x.yaml:6: success[1]: \"999\" is not an HTTP status"}},
		"a number without a unit":             {good + "timeout: 10\n", []string{"x.yaml:6: timeout: \"10\" is not a duration"}},
		"yes for true":                        {good + "allowDynamicHost: yes\n", []string{"x.yaml:6: allowDynamicHost: must be true or false"}},
		"a rule of the definition":            {good + "retry:\n  delay: 3m\n  max: 11\n", []string{"x.yaml:8: retry.max: 11 is out of range"}},
		"something missing":                   {strings.Replace(good, "name: A\n", "", 1), []string{"x.yaml:1: name: is missing"}},
		"something missing inside":            {good + "auth:\n  type: oauth2\n  clientId: x\n", []string{"x.yaml:6: auth.clientSecret: is missing", "x.yaml:6: auth.tokenUrl: is missing"}},
		"several faults in several documents": {good + "nmae: x\nretry: {max: -1, max2: 0}\n---\nproject: acme\nid: b\n", []string{"x.yaml:6: nmae", "x.yaml:7: retry.max2", "x.yaml:7: retry.max: -1 is out of range", "x.yaml:9: name: is missing", "x.yaml:9: method", "x.yaml:9: endpoint"}},
		"a wrong type beside a broken rule":   {strings.Replace(good, "GET", "FETCH", 1) + "retry: {max: lots, delay: 9h}\nheaders: [A, {name: Host}]\ntimeout: 1h\n", []string{"x.yaml:4: method", "x.yaml:6: retry.max: must be", "x.yaml:7: headers[0]: must hold fields", "x.yaml:7: headers[1].name: Host is set", "x.yaml:8: timeout: 1h"}},
		"a key that is there twice":           {good + "name: B\n", []string{"x.yaml:6: mapping key \"name\" already defined"}},
		"broken YAML in the second document":  {good + "---\na: b: c\n", []string{"x.yaml:7: "}},
		"the same webhook twice":              {good + "---\n" + good, []string{"x.yaml:8: id: acme.a is defined at x.yaml:2 already"}},
		"a text":                              {"hello", []string{"x.yaml:1: must hold fields, not text"}},
		"nothing":                             {"# empty\n", []string{"x.yaml:1: there is no webhook in it"}},
		"an empty document only":              {"---\n---\n", []string{"x.yaml:1: there is no webhook in it"}},
		"a merge key":                         {good + "retry:\n  <<: {max: 3}\n", []string{"x.yaml:7: retry.<<: is not a known key"}},
		"a tag":                               {good + "state: !!str paused\n", []string{"x.yaml:6: state: must be text, not a value with a tag"}},
		"an alias to nothing":                 {good + "state: *x\n", []string{"x.yaml:6: state: there is no anchor named x before it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("x.yaml", []byte(tc.text), nil)
			if err == nil {
				t.Fatal("it was read")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tc.want) {
				t.Fatalf("%d faults, want %d:\n%v", len(lines), len(tc.want), err)
			}
			for i, want := range tc.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("%s\nwant %s", lines[i], want)
				}
			}
		})
	}
}

func TestTextIsTakenAsWritten(t *testing.T) {
	t.Parallel()
	all, err := Parse("x.yaml", []byte(`
project: 007
id: 0x10
name: 1_000
method: post
endpoint: https://example.com/
auth: {type: basic, token: 0123}
headers: [{name: A, value: 1e3}, {name: B, value: true}, {name: C, value: &v 012}, {name: D, value: *v}, {name: E, value: .inf}]
retry: {statuses: ["503", 429], delay: ~}
limits:
body: {json: "{\"a\": \"\u00e4\ud83d\ude00\"}"}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := all[0]
	got := []string{w.Project, w.ID, w.Name, w.Method, w.Auth.Token.Reveal(), w.Headers[0].Value.Text(), w.Headers[1].Value.Text(),
		w.Headers[2].Value.Text(), w.Headers[3].Value.Text(), w.Headers[4].Value.Text(), w.Retry.Delay.String(), w.Body.JSON}
	want := []string{"007", "0x10", "1_000", "POST", "0123", "1e3", "true", "012", "012", ".inf", "3m", `{"a": "ä😀"}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if w.Retry.Max != 3 || w.Retry.Statuses[0] != 503 || w.Timeout.String() != "10s" {
		t.Errorf("%+v, %v", w.Retry, w.Timeout)
	}
}

func TestJSONFiles(t *testing.T) {
	t.Parallel()
	one := "{\n\t\"project\": \"acme\", \"id\": \"a\",\n\t\"name\": \"a\\/b\", \"method\": \"GET\", \"endpoint\": \"https://example.com/\"\n}\n"
	for name, text := range map[string]string{"one": one, "a list": "[" + one + "]"} {
		all, err := Parse("x.json", []byte(text), nil)
		if err != nil || len(all) != 1 || all[0].Name != "a/b" {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
	_, err := Parse("x.json", []byte(strings.Replace(one, `"name"`, `"Name"`, 1)), nil)
	if err == nil || !strings.HasPrefix(err.Error(), "x.json:3: Name: is not a known key; it is written name") {
		t.Errorf("%v", err)
	}
}

func TestTheCallersCheckGetsALine(t *testing.T) {
	t.Parallel()
	data, err := WriteYAML(example())
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse("x.yaml", data, func(*schema.Webhook) error { return schema.Faults{{Path: "body.json", Message: "no"}} })
	want := "x.yaml:" + lineOfText(string(data), "  json:") + ": body.json: no"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestSyntaxFaultsQuoteNothing(t *testing.T) {
	t.Parallel()
	_, err := Parse("x.yaml", []byte("auth:\n  token: canary\n bad: [canary\n"), nil)
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("project: acme\nid: a\nretry: {max: 1}\n---\nheaders: [{name: &a x, value: *a}]\n"))
	f.Add([]byte(`[{"project":"acme","success":["2xx"]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := Parse("x", data, nil)
		if err == nil && len(all) == 0 {
			t.Error("neither a webhook nor a fault")
		}
	})
}

// C51: the parser would replace what is no UTF-8, so that the definition would be another one.
func TestFilesThatAreNotUTF8AreRefused(t *testing.T) {
	t.Parallel()
	good := "project: acme\nid: a\nname: \"Zürich\"\nmethod: POST\nendpoint: https://h.example/\n"
	if _, err := Parse("x.yaml", []byte(good), nil); err != nil {
		t.Fatal(err)
	}
	latin1 := strings.Replace(good, "ü", "\xfc", 1)
	for text, want := range map[string]string{
		latin1:                        "x.yaml:3: this is not UTF-8; save the file as UTF-8",
		good + "---\n" + latin1:       "x.yaml:9: this is not UTF-8",
		"{\"project\": \"ac\xedme\"}": "x.yaml:1: this is not UTF-8",
		good + "# Z\xfcrich\n":        "x.yaml:6: this is not UTF-8",
		strings.Replace(good, "Z", "\xed\xa0\x80", 1): "x.yaml:3: this is not UTF-8",
	} {
		all, err := Parse("x.yaml", []byte(text), nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v %v, want %s", text, all, err, want)
		}
	}
}
