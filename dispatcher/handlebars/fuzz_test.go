package handlebars

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/journeyhook/journeyhook/internal/jsontext"
)

// FuzzExecute compiles and renders anything: it must not panic, must keep to the limits and
// to the form of its place, and must come to the same verdict twice.
func FuzzExecute(f *testing.F) {
	for _, name := range []string{"contract", "webhook", "spec", "helpers"} {
		for i, c := range readCorpus(f, name) {
			if i%7 == 0 {
				f.Add(c.Template, []byte(c.Data), uint8(i))
			}
		}
	}
	f.Add(`{"user":{{{#if a}}"vip":true,{{/if}}}}`, []byte(`{"a":1}`), uint8(JSON))
	f.Fuzz(func(t *testing.T, source string, raw []byte, place uint8) {
		options := Options{AllowDynamicHost: place&8 != 0, AllowHTTP: place&16 != 0}
		tmpl, err := Compile(source, Place(place%4), options)
		if err != nil {
			var refused *SyntaxError
			if !errors.As(err, &refused) || refused.Line < 1 || refused.Column < 1 {
				t.Fatalf("%#v", err)
			}
			return
		}
		render := func() ([]byte, bool, error) {
			data, err := NewData(raw, raw, User{Email: "a@b.example"}, reached)
			if err != nil {
				data, _ = NewData(nil, nil, User{}, reached)
			}
			return tmpl.Execute([]byte("x"), data)
		}
		out, present, err := render()
		again, presentAgain, errAgain := render()
		if !bytes.Equal(out, again) || present != presentAgain || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("%q %v %v, then %q %v %v", out, present, err, again, presentAgain, errAgain)
		}
		if out[0] != 'x' || err != nil && (present || len(out) > 1) {
			t.Fatalf("%q %v %v", out, present, err)
		}
		if present && err == nil {
			checkPlace(t, tmpl.place, out[1:])
		}
	})
}

func checkPlace(t *testing.T, place Place, out []byte) {
	t.Helper()
	if !utf8.Valid(out) {
		t.Fatalf("%q is no UTF-8", out)
	}
	switch place {
	case JSON:
		var compact bytes.Buffer
		if len(out) > maxBody || !json.Valid(out) || json.Compact(&compact, out) != nil || !bytes.Equal(compact.Bytes(), out) {
			t.Fatalf("%q", out)
		}
	case Header:
		if len(out) > maxLine || bytes.ContainsFunc(out, func(r rune) bool { return r < ' ' || r == 0x7F }) {
			t.Fatalf("%q", out)
		}
	case URL:
		if len(out) > maxLine || bytes.ContainsFunc(out, func(r rune) bool { return r <= ' ' || r >= 0x7F || r == '"' || r == '\'' }) {
			t.Fatalf("%q", out)
		}
	case Form:
		if len(out) > maxBody {
			t.Fatalf("%d bytes", len(out))
		}
	}
}

// FuzzCannotEscape fills fixed templates with anything: what is around the values must stay.
func FuzzCannotEscape(f *testing.F) {
	f.Add(`","evil":"`, `1,"evil":2`, `/../`)
	f.Add("&evil=1#", "a\r\nEvil: 1", "//evil.example")
	f.Add(`\`, "\x00\u2028", "@evil.example:80?x")
	f.Add(`{"evil":1}`, "%2e%2e", "..")
	body := compiled(f, `{"a":"x{{a}}","b": {{b}} ,"c":["{{c}}", {{a}} ,{{toJson b}}],"d":"{{#urlEncode}}{{c}}{{/urlEncode}}","e":{"{{a}}k":1}}`, JSON)
	raw := compiled(f, `{"a":1,"b":{{{b}}},"c":[{{{c}}}],"d":4}`, JSON)
	header := compiled(f, "a {{a}} {{{b}}}{{c}}", Header)
	address := compiled(f, "https://api.example.com:8443/v/{{a}}/w{{{b}}}?a={{a}}&b={{b}}&c={{#urlEncode}}x{{{c}}}{{/urlEncode}}&d=1#{{a}}", URL)
	encoded := compiled(f, "https://api.example.com/v/x{{a}}/w?a=-{{a}}&b=-{{b}}&c=-{{c}}&d=1", URL)
	f.Fuzz(func(t *testing.T, a, b, c string) {
		event, err := json.Marshal(map[string]string{"a": a, "b": b, "c": c})
		if err != nil {
			t.Skip()
		}
		data := eventData(t, string(event))
		var decoded map[string]any
		_ = json.Unmarshal(event, &decoded) // what Marshal made of invalid UTF-8
		a, b, c = decoded["a"].(string), decoded["b"].(string), decoded["c"].(string)
		checkBody(t, body, data, a, b, c)
		if out, _, err := raw.Execute(nil, data); err == nil {
			keys, err := ParseObject(out)
			if err != nil || keys.Len() != 4 || !bytes.HasPrefix(out, []byte(`{"a":1,"b":`)) || !bytes.HasSuffix(out, []byte(`],"d":4}`)) {
				t.Fatalf("%s", out)
			}
		}
		if out, _, err := header.Execute(nil, data); err == nil {
			checkPlace(t, Header, out)
		}
		checkURL(t, address, data)
		out, _, err := encoded.Execute(nil, data)
		if err != nil {
			return
		}
		u, err := url.Parse(string(out))
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{"a": {"-" + a}, "b": {"-" + b}, "c": {"-" + c}, "d": {"1"}}
		if diff := cmp.Diff(want, u.Query()); diff != "" || u.Path != "/v/x"+a+"/w" || u.Fragment != "" {
			t.Fatalf("%s %s", out, diff)
		}
	})
}

func checkBody(t *testing.T, body *Template, data *Data, a, b, c string) {
	t.Helper()
	out, _, err := body.Execute(nil, data)
	if err != nil {
		return
	}
	encoded, _ := json.Marshal(b)
	var text string
	_ = json.Unmarshal(encoded, &text)
	var got any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	want := map[string]any{
		"a": "x" + a, "b": text, "c": []any{c, a, text}, "d": strings.ReplaceAll(url.QueryEscape(c), "+", "%20"),
		"e": map[string]any{a + "k": 1.0},
	}
	want["d"] = strings.ReplaceAll(strings.ReplaceAll(want["d"].(string), "~", "%7E"), "%2A", "*")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s %s", out, diff)
	}
}

func checkURL(t *testing.T, address *Template, data *Data) {
	t.Helper()
	out, masked, err := address.ExecuteURL(nil, nil, data)
	if err != nil {
		return
	}
	checkPlace(t, URL, out)
	u, err := url.Parse(string(out))
	if err != nil {
		if strings.Contains(err.Error(), "invalid URL escape") {
			return // {{{b}}} may hold a lone %, which the caller refuses
		}
		t.Fatalf("%s: %v", out, err)
	}
	if u.Scheme != "https" || u.Host != "api.example.com:8443" || u.User != nil || !strings.HasPrefix(u.Path, "/v/") {
		t.Fatalf("%s", out)
	}
	if string(masked) != "https://api.example.com:8443/v/…/w…?a=…&b=…&c=x…&d=1#…" {
		t.Fatalf("%s", masked)
	}
}

// FuzzDecode reads JSON objects and compares with encoding/json.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(contractData))
	f.Add([]byte(`{"a":"\ud83d\ude00\ud800\u00e9\/","b":[1e5,-0.0,{"c":null,"c":[]}],"a":1}`))
	f.Add([]byte("{\"\xff\":\"\xc3(\", \"x\" : [ ] }"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		object, err := ParseObject(raw)
		if !utf8.Valid(raw) || jsontext.Unpaired(raw) >= 0 {
			return // encoding/json replaces what is no character
		}
		var want map[string]any
		wantErr := json.Unmarshal(raw, &want)
		if errors.Is(err, errDepth) {
			return
		}
		if isObject := wantErr == nil && want != nil; isObject != (err == nil) {
			var outOfRange *json.UnmarshalTypeError
			if errors.As(wantErr, &outOfRange) && strings.HasPrefix(outOfRange.Value, "number") {
				return
			}
			t.Fatalf("got %v, encoding/json %v", err, wantErr)
		}
		if err != nil {
			return
		}
		if object.Len() != len(want) {
			t.Fatalf("%d members, want %d", object.Len(), len(want))
		}
		data, err := NewData(raw, nil, User{}, reached)
		if err != nil {
			t.Fatal(err)
		}
		x := newExec(&Template{slots: 1}, data, nil)
		defer x.release()
		var got map[string]any
		if err := json.Unmarshal(x.appendJSON(nil, data.root), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		for key, value := range object.All() {
			var one any
			if err := json.Unmarshal(value, &one); err != nil || !cmp.Equal(one, want[key]) {
				t.Fatalf("%s: %v %s", key, err, value)
			}
			opened := x.appendJSON(nil, reopened(data, data.plain(key, markOf(key))))
			if err := json.Unmarshal(opened, &one); err != nil || !cmp.Equal(one, want[key]) {
				t.Fatalf("%s: %v %s", key, err, opened)
			}
		}
	})
}

// reopened is v without the text it was read from, so that it is written from its members.
func reopened(d *Data, v value) value {
	if v.inner == nil {
		return v
	}
	members := []member{}
	for _, m := range d.members(v) {
		members = append(members, member{m.key, reopened(d, m.value)})
	}
	return value{kind: v.kind, inner: &container{members: members, opened: true}}
}
