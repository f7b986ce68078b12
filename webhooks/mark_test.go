package webhooks

import (
	"fmt"
	"strings"
	"testing"
)

func TestAByteOrderMarkIsNoContent(t *testing.T) { // C51
	t.Parallel()
	const mark, one, two = "\ufeff", "project: acme\nid: a\nname: A\nmethod: GET\nendpoint: https://a.example/\n", "project: acme\nid: b\nname: B\nmethod: GET\nendpoint: https://a.example/\n"
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"before YAML":                   {mark + one, 1},
		"before a marker":               {mark + "---\n" + one, 1},
		"behind a marker":               {"---\n" + mark + one, 1},
		"before each of two files":      {mark + one + mark + "---\n" + two, 2},
		"behind the marker of a second": {mark + one + "---\n" + mark + two, 2},
		"behind comments":               {"# a\n\n" + mark + one, 1},
		"behind comments of a second":   {one + "---\n# b\n" + mark + two, 2},
		"behind the end of a document":  {one + "...\n" + mark + "---\n" + two, 2},
		"behind an end without marker":  {one + "...\n" + mark + two, 2},
		"with Windows line ends":        {mark + strings.ReplaceAll(one, "\n", "\r\n"), 1},
		"before JSON":                   {mark + `{"project":"acme","id":"a","name":"A","method":"GET","endpoint":"https://a.example/"}`, 1},
		"before a JSON list":            {mark + `[{"project":"acme","id":"a","name":"A","method":"GET","endpoint":"https://a.example/"}]`, 1},
	} {
		all, err := Parse("x.yaml", []byte(c.text), nil)
		if err != nil || len(all) != c.want || all[0].ID != "a" {
			t.Errorf("%s: %d read, %v", name, len(all), err)
		}
	}
	all, err := Parse("x.yaml", []byte(strings.Replace(one, "name: A", "name: A"+mark, 1)), nil)
	if err != nil || all[0].Name != "A"+mark {
		t.Errorf("one inside a text: %v, %v", all, err)
	}
}

func TestAByteOrderMarkInTheBucketIsNoContent(t *testing.T) {
	t.Parallel()
	data, err := encode(withoutSecretFields())
	if err != nil {
		t.Fatal(err)
	}
	w, err := decode(append([]byte("\ufeff"), data...), 1)
	if err != nil || w.Key() != "acme.welcome-crm" {
		t.Errorf("%v, %v", w, err)
	}
}

func TestEscapedKeysAreTheKeysTheySpell(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"JSON":        `{"pro\u006aect":"acme","\u0069d":"a","n\u0061me":"A","metho\u0064":"GET","endpoint":"https://a.example/","retr\u0079":{"m\u0061x":1},"headers":[{"n\u0061me":"X","v\u0061lue":"y"}]}`,
		"YAML":        `{"pro\x6aect": acme, "\x69d": a, name: A, method: GET, endpoint: https://a.example/, "ret\u0072y": {max: 1}, headers: [{"nam\x65": X, value: y}]}`,
		"destination": `{"project":"acme","id":"a","name":"A","method":"POST","endpoint":"https://api.lob.com/v1/postcards","d\u0065stination":"custom","retry":{"max":1},"headers":[{"name":"X","value":"y"}]}`,
	} {
		all, err := Parse("x.json", []byte(text), nil)
		if err != nil || len(all) != 1 || all[0].Key() != "acme.a" || all[0].Retry.Max != 1 || all[0].Headers[0].Value.Text() != "y" {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
	_, err := Parse("x.json", []byte(`{"project":"acme","id":"a","name":"A","method":"GET","endpoint":"https://a.example/","n\u0061me":"B"}`), nil)
	if err == nil {
		t.Error("one key in two spellings was taken for two")
	}
	const delighted = `{"project":"acme","id":"a","name":"A","method":"POST","endpoint":"https://api.delighted.com/v1/people.json","destination":"delighted","auth":{"type":"basic","token":"x"},"body":{"includeEmailAndWorkflowId":false,"json":"{\"%s\": \"{{email}}\"}"}}`
	for key, ok := range map[string]bool{`em\\u0061il`: true, `em\\u0062il`: false} {
		if _, err := Parse("x.json", fmt.Appendf(nil, delighted, key), nil); (err == nil) != ok {
			t.Errorf("a body with the key %s: %v", key, err)
		}
	}
}

func TestAnEscapeOfNoCharacterIsRefused(t *testing.T) { // C51
	t.Parallel()
	for name, ok := range map[string]bool{
		`\udc00`: false, `\ud800`: false, `\udc00\ud800`: false, `\U0000D800`: false, `\U00110000`: false,
		`\ud83d\ude00`: true, `\ufffd`: true, `\uFFFD`: true, "\uFFFD": true, `\U0000FFFD`: true,
	} {
		for _, text := range []string{
			`{"project":"acme","id":"a","name":"` + name + `","method":"GET","endpoint":"https://a.example/"}`,
			"project: acme\nid: a\nname: \"" + name + "\"\nmethod: GET\nendpoint: https://a.example/\n",
			`{"project":"acme","id":"a","name":"a","method":"GET","endpoint":"https://a.example/","headers":[{"name":"X","value":"` + name + `"}]}`,
		} {
			if _, err := Parse("x.yaml", []byte(text), nil); (err == nil) != ok {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
}

func TestInvisibleCharactersAreShownInFaults(t *testing.T) {
	t.Parallel()
	const good = "project: acme\nid: a\nname: A\nmethod: GET\nendpoint: https://a.example/\n"
	for name, c := range map[string]struct{ text, want string }{
		"a key":                {good + "time\u200bout: 1s\n", "x.yaml:6: time<U+200B>out: is not a known key"},
		"a second mark":        {"\ufeff\ufeff" + good, "<U+FEFF>project: is not a known key"},
		"a space that is none": {good + "retry: {\u00a0max: 1}\n", "retry.<U+00A0>max: is not a known key"},
		"a value":              {strings.Replace(good, "GET", "G\u200bET", 1), `method: "G\u200bET" is not allowed`},
	} {
		_, err := Parse("x.yaml", []byte(c.text), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}
