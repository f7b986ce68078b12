package dispatcher

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/journeyhook/journeyhook/internal/redact"
	"github.com/journeyhook/journeyhook/schema"
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
		"a basic token's password":           {"dXNlcjpwYS9zcw==", `{"user":"user","password":"pa\/ss"}`, `{"user":"user","password":"***"}`},
		"a value that looks percent-encoded": {"41ab%2Fcd", `x%41ab%2Fcd`, `x%***`},
		"a short value":                      {"a+b", `a%2Bb`, `***`},
		"half a surrogate pair":              {"abcd", `\ud83dabcd\ud83d`, `\ud83d***\ud83d`},
		"an escape cut short":                {"abcd", `\u00zz abcd %4 & \`, `\u00zz *** %4 & \`},
		"what is no secret stays as it came": {"abcd", `{"a":"\u00fc\/ \"b\" %20 &amp; C:\\temp"}`, `{"a":"\u00fc\/ \"b\" %20 &amp; C:\\temp"}`},
	} {
		if got := snippet([]byte(c.answer), false, []string{c.value}, nil); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if got := snippet([]byte(c.answer), false, nil, []string{c.value}); got != strings.ReplaceAll(c.want, "***", redact.Hidden) {
			t.Errorf("%s, of a person: %s", name, got)
		}
	}
}

func TestEchoesThatOverlapAreCoveredWhole(t *testing.T) {
	t.Parallel()
	got := snippet([]byte("for abcdefgh."), false, []string{"abcdef", "cdefgh"}, []string{"for abc"})
	if want := redact.Hidden + "***."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Wherever an answer is cut off, nothing of a value that it began stays.
func TestACutAnswerShowsNoPartOfAValue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ value, spelling string }{
		"as it is":              {"dXNl/cj+w==", `dXNl/cj+w==`},
		"PHP's and .NET's":      {"dXNl/cj+w==", `dXNl\/cj\u002Bw==`},
		"JSON inside JSON":      {"dXNl/cj+w==", `dXNl\\\/cj\\u002Bw==`},
		"percent-encoded":       {"dXNl/cj+w==", `%64%58%4E%6C%2F%63%6a%2b%77%3D%3D`},
		"entities":              {"dXNl/cj+w==", `&#100;X&#x4e;l&#47;cj&plus;w==`},
		"in base64":             {"tok/en+1", `dG9rL2VuKzE`},
		"a surrogate pair":      {"path😀x", `path\ud83d\ude00x`},
		"characters in UTF-8":   {"möwe😀ü", `möwe😀ü`},
		"a value longer by far": {strings.Repeat("0123456789", 2000), `0123456789012345`},
	} {
		for i := range len(c.spelling) + 1 {
			for _, secret := range []bool{true, false} {
				secrets, personal, want := []string{c.value}, []string(nil), "kept ***"
				if !secret {
					secrets, personal, want = nil, secrets, "kept …"
				}
				if got := snippet([]byte("kept "+c.spelling[:i]), true, secrets, personal); !strings.HasPrefix(want, got) {
					t.Errorf("%s, after %d bytes: %s", name, i, got)
				}
				long := strings.Repeat("long", (maxEchoBytes-5-i)/4)
				body := fmt.Sprintf("%s%*s%s", long, maxEchoBytes-i-len(long), "kept ", c.spelling+" and on")
				if got := strings.TrimLeft(snippet([]byte(body), false, secrets, append(personal, "long")), "… "); !strings.HasPrefix(want, got) {
					t.Errorf("%s, after %d bytes of a long answer: %s", name, i, got)
				}
			}
		}
	}
}

func FuzzSnippet(f *testing.F) {
	f.Add([]byte(`{"a":"\u0061bcd\/%61&amp;&#97;\ud83d\ude00+\\\"","abcd":1}`), "abcd", false)
	f.Add([]byte("abc\xc3\xbc%c3%bc\\u00"), "abcdefgh", true)
	f.Fuzz(func(t *testing.T, body []byte, value string, cut bool) {
		got := snippet(body, cut, []string{value}, []string{"pers", value + "x"})
		if len(got) > maxSnippetBytes || !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
		if letters := strings.Trim(value, "abcdefghijklmnopqrstuvwxyz") == ""; letters && value != "" && strings.Contains(got, value) {
			t.Errorf("%q shows %q: %q", body, value, got)
		}
	})
}

func prepared(t testing.TB, hook *schema.Webhook, step *schema.Step) *request {
	t.Helper()
	plan, err := compile(hook, false)
	if err != nil {
		t.Fatal(err)
	}
	r, err := new(Dispatcher).prepare(plan, step)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A user's data and an answer can be made so that every value seems to start everywhere. The worker has other calls to make.
func TestLookingForTheUsersDataIsBounded(t *testing.T) {
	t.Parallel()
	hook := schema.NewWebhook()
	hook.Endpoint = "https://api.example.com/"
	for name, c := range map[string]struct {
		value, text string
		different   bool
		want        string
	}{
		"the same value many times":     {"aaaa", strings.Repeat("a", maxEchoBytes), false, redact.Hidden},
		"values that start alike":       {"aaaa", strings.Repeat("a", maxEchoBytes), true, notShown},
		"values that are long, too":     {strings.Repeat("a", maxEchoBytes-8), strings.Repeat("a", maxEchoBytes), true, notShown},
		"many values that are not here": {"bcde", "nothing of it", true, "nothing of it"},
	} {
		var list strings.Builder
		for i := 0; list.Len() < 900<<10; i++ {
			list.WriteString(`,"` + c.value)
			if c.different {
				fmt.Fprint(&list, i)
			}
			list.WriteByte('"')
		}
		start := time.Now()
		r := prepared(t, hook, &schema.Step{Trigger: schema.Trigger{DataFields: []byte(`{"l":[` + list.String()[1:] + `]}`)}})
		if got := snippet([]byte(c.text), len(c.text) == maxEchoBytes, nil, r.personal()); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %.80s", name, got)
		}
		if took := time.Since(start); took > time.Minute { // without a bound it is hours; BenchmarkSnippet says how fast it is
			t.Errorf("%s: it took %s", name, took)
		}
	}
}

// A failed call is not to cost more than a good one by much.
func BenchmarkSnippet(b *testing.B) {
	const about16KiB = 16 << 10
	for _, fields := range []int{20, 200} {
		var profile, answer strings.Builder
		for i := range fields / 2 {
			fmt.Fprintf(&profile, `,"field%d":"value %d of a person, and a number","count%d":%d`, i, i, i, 1_000_000+i)
		}
		for i := 0; answer.Len() < about16KiB; i++ {
			fmt.Fprintf(&answer, `{"error":"line %d of a stack trace \u0026 more","path":"\/srv\/app\/%d","for":"value %d of a person, and a number"},`, i, i, i)
		}
		hook := schema.NewWebhook()
		hook.Endpoint, hook.Body.UserFields = "https://api.example.com/", []string{"field1", "field2"}
		step := &schema.Step{User: schema.User{Email: "pat@example.com", UserID: "u_1234", Profile: []byte("{" + profile.String()[1:] + "}")}}
		request := prepared(b, hook, step)
		body := []byte(answer.String()[:about16KiB])
		b.Run(fmt.Sprint(fields, " fields"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				snippet(body, false, []string{"dXNl/cj+w==", "another secret"}, request.personal())
			}
		})
	}
}
