package hostname

import "testing"

func TestNamesOfOtherScripts(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"api.example.com":       "api.example.com",
		"API.Example.com.":      "API.Example.com.",
		"my_service.internal":   "my_service.internal",
		"bücher.example":        "xn--bcher-kva.example",
		"BÜCHER.example":        "xn--bcher-kva.example",
		"bücher.example.":       "xn--bcher-kva.example.",
		"straße.example":        "xn--strae-oqa.example",
		"例え.テスト":                "xn--r8jz45g.xn--zckzah",
		"bücher。example":        "xn--bcher-kva.example",
		"xn--bcher-kva.example": "xn--bcher-kva.example",
		"１２７.０.０.１":             "127.0.0.1",
		"ｌｏｃａｌｈｏｓｔ":             "localhost",
		"a／b.example":           "",
		"a＠b.example":           "",
		"ü..example":            "",
		"-ü.example":            "",
		"\u200bü.example":       "xn--tda.example",
		"ü\u00ad.example":       "xn--tda.example",
		"ü b.example":           "",
		"\xfc.example":          "",
	} {
		got, err := ASCII(name)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
	}
	for host, want := range map[string]string{
		"bücher.example:8443": "xn--bcher-kva.example:8443", "a.example:1": "a.example:1", "[::1]:80": "[::1]:80", "ü.example:８０": "", "ü.example:": "xn--tda.example:",
	} {
		if got, err := Authority(host); got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v; want %q", host, got, err, want)
		}
	}
	for name, want := range map[string]string{"Api.Example.COM.": "api.example.com", "BÜCHER.example.": "xn--bcher-kva.example", "XN--BCHER-KVA.example": "xn--bcher-kva.example"} {
		if got, err := Key(name); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", name, got, err, want)
		}
	}
}
