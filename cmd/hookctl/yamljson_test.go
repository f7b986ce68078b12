package main

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml/parser"
)

func jsonOfYAML(t *testing.T, text string) (string, error) {
	t.Helper()
	file, err := parser.ParseBytes([]byte(text), 0)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	y, err := newYAMLJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := y.write(file.Docs[0].Body)
	return string(raw), err
}

func TestYAMLKeepsDigitsAndTypesAsJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: 12345678901234567890123":            `{"a":12345678901234567890123}`,
		"a: -12345678901234567890123.50":        `{"a":-12345678901234567890123.50}`,
		"a: 18446744073709551616":               `{"a":18446744073709551616}`,
		"a: 1e21":                               `{"a":1e21}`,
		"a: 1E+2":                               `{"a":1E+2}`,
		"a: -1e-3":                              `{"a":-1e-3}`,
		"a: 1e400":                              `{"a":1e400}`,
		"a: 1.10":                               `{"a":1.10}`,
		"a: 1.0":                                `{"a":1.0}`,
		"a: -0":                                 `{"a":-0}`,
		"a: -0.0":                               `{"a":-0.0}`,
		"a: 0":                                  `{"a":0}`,
		"a: +5":                                 `{"a":5}`,
		"a: .5":                                 `{"a":0.5}`,
		"a: -.5e3":                              `{"a":-0.5e3}`,
		"a: 5.":                                 `{"a":5}`,
		"a: 0x1F":                               `{"a":31}`,
		"a: 0xFFFFFFFFFFFFFFFFFF":               `{"a":4722366482869645213695}`,
		"a: 0o17":                               `{"a":15}`,
		"a: 0b11":                               `{"a":3}`,
		"a: 1_000":                              `{"a":1000}`,
		"a: '1'":                                `{"a":"1"}`,
		`a: "1.10"`:                             `{"a":"1.10"}`,
		"a: !!str 12":                           `{"a":"12"}`,
		"a: true":                               `{"a":true}`,
		"a: 'true'":                             `{"a":"true"}`,
		"a: null":                               `{"a":null}`,
		"a:":                                    `{"a":null}`,
		"a: ~":                                  `{"a":null}`,
		"a: 2026-11-23":                         `{"a":"2026-11-23"}`,
		"a: 1:30":                               `{"a":"1:30"}`,
		"a: 1.2.3":                              `{"a":"1.2.3"}`,
		"a: e5":                                 `{"a":"e5"}`,
		"a: |\n  1\n":                           `{"a":"1\n"}`,
		"a: <b>&":                               `{"a":"<b>&"}`,
		"z: 1\na: 2\nm: [3, {y: 4, b: 5.0}]":    `{"z":1,"a":2,"m":[3,{"y":4,"b":5.0}]}`,
		"1: a\n1.10: b\ntrue: c":                `{"1":"a","1.10":"b","true":"c"}`,
		"a: &x {q: 1.10}\nb: *x":                `{"a":{"q":1.10},"b":{"q":1.10}}`,
		"a: &x {q: 1, r: 2}\nb: {<<: *x, r: 3}": `{"a":{"q":1,"r":2},"b":{"q":1,"r":3}}`,
		"a: &x {q: 1}\nb: {r: 3, q: 2, <<: *x}": `{"a":{"q":1},"b":{"r":3,"q":2}}`,
		"a: &n 1e21\nb: [*n]":                   `{"a":1e21,"b":[1e21]}`,
		`{"a": 1.50, "b": [1e2]}`:               `{"a":1.50,"b":[1e2]}`,
	} {
		got, err := jsonOfYAML(t, text)
		if err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"a: .inf":          "line 1: .inf is no number in JSON",
		"a: -.INF":         "is no number in JSON",
		"a: .nan":          "is no number in JSON",
		"zip: 01234":       "begins with 0",
		"zip: 08":          "begins with 0",
		"a: !!binary aGk=": "a tag like !!binary",
	} {
		if got, err := jsonOfYAML(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestBodiesAreComparedByValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want, got string
		same      bool
	}{
		{`{"a":1,"b":[1.10,null]}`, `{"b":[1.1,null],"a":1.0}`, true},
		{`12345678901234567890123`, `12345678901234567890124`, false},
		{`1e21`, `1000000000000000000000`, true},
		{`-0`, `0`, true},
		{`1`, `"1"`, false},
		{`1e999999999`, `1e999999999`, true},
		{`1e999999999`, `1e999999998`, false},
		{`{"a":1}`, `{"a":1,"b":2}`, false},
		{`[1]`, `[1] x`, false},
		{`{}`, ``, false},
	} {
		if got := (&testBody{c.want, true}).same(c.got); got != c.same {
			t.Errorf("%s and %s: %v", c.want, c.got, got)
		}
	}
	if text := (&testBody{text: "1.0"}); text.same("1") || !text.same("1.0") {
		t.Error("text is not compared byte for byte")
	}
}
