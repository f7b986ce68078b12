package dispatcher

import (
	"strings"
	"testing"
)

// C37: every encoder spells plain text in its own way.
func TestEchoesInEverySpelling(t *testing.T) {
	t.Parallel()
	const token = "dXNl/cj+w=="
	for name, c := range map[string]struct{ value, answer, want string }{
		"PHP's slash":                        {token, `{"auth":"Basic dXNl\/cj+w=="}`, `{"auth":"Basic ***"}`},
		".NET's plus":                        {token, `{"auth":"Basic dXNl/cj\u002Bw=="}`, `{"auth":"Basic ***"}`},
		".NET's quotes and brackets":         {`<p&"'>`, `{"a":"\u003Cp\u0026\u0022\u0027\u003E"}`, `{"a":"***"}`},
		"Go's brackets":                      {`<p&q>`, `{"a":"\u003cp\u0026q\u003e"}`, `{"a":"***"}`},
		"an encoder that escapes none":       {`<p&q>`, `{"a":"<p&q>"}`, `{"a":"***"}`},
		"Python's umlaut":                    {"müller", `{"a":"m\u00fcller"}`, `{"a":"***"}`},
		"an umlaut in capitals":              {"müller", `{"a":"m\u00FCller"}`, `{"a":"***"}`},
		"a surrogate pair":                   {"pat😀x", `{"a":"pat\ud83d\ude00x"}`, `{"a":"***"}`},
		"a surrogate pair in capitals":       {"pat😀x", `{"a":"pat\uD83D\uDE00x"}`, `{"a":"***"}`},
		"every letter escaped":               {"abcd", `\u0061\u0062\u0063\u0064`, `***`},
		"quotes, tabs and line ends":         {"a \"b\"\n\tc\\d", `{"a":"a \"b\"\n\tc\\d"}`, `{"a":"***"}`},
		"JSON inside JSON":                   {token, `{"error":"upstream said {\"auth\":\"dXNl\\\/cj\\u002bw==\"}"}`, `{"error":"upstream said {\"auth\":\"***\"}"}`},
		"a form's plus":                      {"p@ss word+1", `a=p%40ss+word%2B1&b=2`, `a=***&b=2`},
		"a path's %20":                       {"p@ss word+1", `/x/p%40ss%20word%2b1/y`, `/x/***/y`},
		"a percent sign encoded twice":       {"p@ss", `a=p%2540ss`, `a=***`},
		"percent-encoding of an umlaut":      {"müller", `a=m%C3%BCller`, `a=***`},
		"an HTML page":                       {`o'neil & "co"`, `<p>o&#39;neil &amp; &quot;co&quot;</p>`, `<p>***</p>`},
		"an HTML page in hexadecimal":        {`o'neil & sön`, `<p>o&#x27;neil &#38; s&ouml;n</p>`, `<p>***</p>`},
		"percent-encoding in an HTML page":   {"a&b c", `<a href="?q=a%26b+c&amp;x">a&amp;b c</a>`, `<a href="?q=***&amp;x">***</a>`},
		"in base64":                          {"tok/en+1", `{"a":"dG9rL2VuKzE"}`, `{"a":"***"}`},
		"in base64, percent-encoded":         {"k??k>>", `a=az8%2Faz4%2B`, `a=***`},
		"a basic token's user and password":  {"dXNlcjpwYS9zcw==", `{"user":"user:pa\/ss"}`, `{"user":"***"}`},
		"a value that looks percent-encoded": {"41ab%2Fcd", `x%41ab%2Fcd`, `x%***`},
		"a short value":                      {"a+b", `a%2Bb`, `***`},
		"half a surrogate pair":              {"abcd", `\ud83dabcd\ud83d`, `\ud83d***\ud83d`},
		"an escape cut short":                {"abcd", `\u00zz abcd %4 & \`, `\u00zz *** %4 & \`},
		"what is no secret stays as it came": {"abcd", `{"a":"\u00fc\/ \"b\" %20 &amp; C:\\temp"}`, `{"a":"\u00fc\/ \"b\" %20 &amp; C:\\temp"}`},
	} {
		if got := snippet([]byte(c.answer), []string{c.value}, nil); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if got := snippet([]byte(c.answer), nil, []string{c.value}); got != strings.ReplaceAll(c.want, "***", hidden) {
			t.Errorf("%s, of a person: %s", name, got)
		}
	}
}

func TestEchoesThatOverlapAreCoveredWhole(t *testing.T) {
	t.Parallel()
	got := snippet([]byte("for abcdefgh."), []string{"abcdef", "cdefgh"}, []string{"for abc"})
	if want := hidden + "***."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
