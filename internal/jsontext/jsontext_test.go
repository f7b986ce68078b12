package jsontext

import (
	"encoding/json"
	"strings"
	"testing"
)

// seeds are texts at the edges of what JSON is.
var seeds = []string{
	`{}`, `[]`, `""`, `0`, `-0`, `-`, `01`, `1.`, `.5`, `1.5e+10`, `1e`, `1e+`, `1E5`, `true`, `tru`, `truex`, `null`, `nul`, `false`,
	`{"a":1}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a" : [1 , {"b" : null}] }`, `[1,]`, `[,1]`, `[1 2]`, `[`, `{`, `]`,
	`"\u00e9"`, `"\u00g9"`, `"\u00"`, `"\x"`, `"\"`, `"a`, "\"\x01\"", "\"\x7f\xff\"", `"\ud800"`, ` 1 `, "\t[\r\n]", "", " ", `1 2`, `{"a":1}}`,
}

func whole[T Text](s T) error {
	end, err := Value(s, Space(s, 0), 10_000)
	if err != nil {
		return err
	}
	return End(s, end)
}

func FuzzValue(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := whole(data)
		if (err == nil) != json.Valid(data) {
			t.Fatalf("%q: %v, but encoding/json says valid: %v", data, err, json.Valid(data))
		}
		if again := whole(string(data)); (again == nil) != (err == nil) {
			t.Fatalf("%q: %v as bytes, %v as text", data, err, again)
		}
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"a comma before the end":   {`{"a":1,}`, Fault(7)},
		"a number with a zero":     {`[01]`, Fault(2)},
		"a string that never ends": {`"abc`, Fault(4)},
		"nothing":                  {``, Fault(0)},
		"something behind it":      {`{} x`, Fault(3)},
	} {
		if err := whole(c.text); err != c.want {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(`[`, 5) + strings.Repeat(`]`, 5)
	if _, err := Value(text, 0, 5); err != nil {
		t.Errorf("5 levels where 5 are allowed: %v", err)
	}
	if _, err := Value(text, 0, 4); err != ErrDepth {
		t.Errorf("5 levels where 4 are allowed: %v", err)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	text := `{ "a" : 1 ,"b\n":{"c":[2]}, "a":"x" }`
	var got []string
	end, err := Members(text, 0, func(key, keyEnd, value int) (int, error) {
		end, err := Value(text, value, 64)
		got = append(got, text[key:keyEnd]+"="+text[value:end])
		return end, err
	})
	if err != nil || end != len(text) {
		t.Fatal(end, err)
	}
	if all, want := strings.Join(got, " "), `"a"=1 "b\n"={"c":[2]} "a"="x"`; all != want {
		t.Errorf("got %s, want %s", all, want)
	}
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "q\"\\/", "\x00\x1f\b\f\n\r\t\x7f", "é\u2028😀", "\xff", "a\xc3", "\xed\xa0\x80b"} {
		got := AppendString([]byte("x"), s)
		if got[0] != 'x' {
			t.Fatalf("%q: what was there is gone", s)
		}
		var back string
		if err := json.Unmarshal(got[1:], &back); err != nil {
			t.Errorf("%q is written as %s: %v", s, got[1:], err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); back != want && back != string([]rune(s)) {
			t.Errorf("%q comes back as %q", s, back)
		}
	}
}
