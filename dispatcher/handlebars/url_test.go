package handlebars

import (
	"errors"
	"testing"
)

func TestURLs(t *testing.T) {
	t.Parallel()
	const event = `{"a":"x y","host":"eu-1","port":8443,"bad":"evil.example/","url":"https://h.example:8080/p/q?x=1&y=2#f",
		"path":"a/b","empty":"","qs":"a=1&b=2","to":"to=/","rest":"p?a=1#frag","open":"a=1&b=","dot":".","http":"http://h.example/","js":"javascript:alert(1)","l":[],"pct":"%",
		"idn":"bücher","idnURL":"https://BÜCHER.example:8443/ü","wide":"１２７.０.０.１","slash":"a／b","half":"b\u00fc"}`
	dynamic := Options{AllowDynamicHost: true}
	for name, c := range map[string]struct {
		options             Options
		source, url, logged string
	}{
		"fixed text stays in logs, values don't": {
			source: `https://h.example/a/{{a}}/b?c={{a}}&d=1&e={{{qs}}}#{{a}}`,
			url:    `https://h.example/a/x%20y/b?c=x%20y&d=1&e=a=1&b=2#x%20y`,
			logged: `https://h.example/a/…/b?c=…&d=1&e=…#…`,
		},
		"fixed text in urlEncode is encoded":     {source: `https://h.example/{{#urlEncode}}a b/{{a}}{{/urlEncode}}`, url: `https://h.example/a%20b%2Fx%20y`, logged: `https://h.example/a%20b%2F…`},
		"urlEncode in urlEncode encodes once":    {source: `https://h.example/{{#urlEncode}}{{urlEncode a}}{{/urlEncode}}`, url: `https://h.example/x%20y`, logged: `https://h.example/…`},
		"fixed text may have spaces and accents": {source: `https://h.example/é a?b='c'`, url: `https://h.example/%C3%A9%20a?b=%27c%27`, logged: `https://h.example/%C3%A9%20a?b=%27c%27`},
		"a percent sign that starts no escape":   {source: `https://h.example/100%/%2f/%2{{a}}?b=%{{{pct}}}2e&c=5%`, url: `https://h.example/100%25/%2f/%252x%20y?b=%25%252e&c=5%25`, logged: `https://h.example/100%25/%2f/%252…?b=%25…2e&c=5%25`},
		"white space around the URL":             {source: "\n https://h.example/{{a}}\n", url: `https://h.example/x%20y`, logged: `https://h.example/…`},
		"the last pair is missing":               {source: `https://h.example/?a=1&b={{no}}`, url: `https://h.example/?a=1`, logged: `https://h.example/?a=1`},
		"the first pair is missing":              {source: `https://h.example/?a={{no}}&b=2`, url: `https://h.example/?b=2`, logged: `https://h.example/?b=2`},
		"every pair is missing, with a fragment": {source: `https://h.example/?a={{no}}&b={{no}}#f`, url: `https://h.example/#f`, logged: `https://h.example/#f`},
		"a pair's name is missing":               {source: `https://h.example/?{{no}}=1&b=2`, url: `https://h.example/?b=2`, logged: `https://h.example/?b=2`},
		"a pair without a value is missing":      {source: `https://h.example/?{{no}}&b`, url: `https://h.example/?b`, logged: `https://h.example/?b`},
		"a value of missing words":               {source: `https://h.example/?a={{no}}+{{no}}%20{{no}}&b=+`, url: `https://h.example/?b=+`, logged: `https://h.example/?b=+`},
		"a missing fragment":                     {source: `https://h.example/#{{no}}`, url: `https://h.example/`, logged: `https://h.example/`},
		"a query right behind the host":          {source: `https://h.example?a={{a}}`, url: `https://h.example?a=x%20y`, logged: `https://h.example?a=…`},
		"an equals sign in a value":              {source: `https://h.example/?a=b=={{no}}`, url: `https://h.example/?a=b==`, logged: `https://h.example/?a=b==`},
		"a loop leaves an ampersand":             {source: `https://h.example/?{{#each l}}{{/each}}&{{#if a}}a=1&{{/if}}`, url: `https://h.example/?a=1`, logged: `https://h.example/?a=1`},
		"dots that are no segment":               {source: `https://h.example/{{dot}}{{a}}/..a`, url: `https://h.example/.x%20y/..a`, logged: `https://h.example/……/..a`},
		"a piece of the query, then nothing":     {source: `https://h.example/?{{{qs}}}{{no}}&c=3`, url: `https://h.example/?a=1&b=2&c=3`, logged: `https://h.example/?…&c=3`},
		"a piece that ends in a slash":           {source: `https://h.example/?{{{to}}}{{no}}`, url: `https://h.example/?to=/`, logged: `https://h.example/?…`},
		"a piece with a fragment, then nothing":  {source: `https://h.example/{{{rest}}}{{no}}`, url: `https://h.example/p?a=1#frag`, logged: `https://h.example/…`},
		"a piece that leaves a value open":       {source: `https://h.example/?{{{open}}}{{no}}`, url: `https://h.example/?a=1`, logged: `https://h.example/?…`},
		"what assign keeps encoded":              {source: `https://h.example/?{{#assign "q"}}{{#urlEncode}}{{a}}{{/urlEncode}}{{/assign}}q={{q}}`, url: `https://h.example/?q=x%20y`, logged: `https://h.example/?q=…`},
		"encoded in two ways":                    {source: `https://h.example/?{{#assign "q"}}{{#urlEncode}}é/{{a}}{{/urlEncode}}{{urlEncode a}}{{/assign}}q={{q}}&r={{{q}}}`, url: `https://h.example/?q=%C3%A9%2Fx%20yx%20y&r=%C3%A9%2Fx%20yx%20y`, logged: `https://h.example/?q=…&r=…`},
		"encoded and kept twice":                 {source: `https://h.example/?{{#assign "q"}}{{#urlEncode}}{{a}}{{/urlEncode}}{{/assign}}{{#assign "r"}}{{q}}{{/assign}}q={{#urlEncode}}{{r}}{{/urlEncode}}`, url: `https://h.example/?q=x%20y`, logged: `https://h.example/?q=…`},
		"kept with other text":                   {source: `https://h.example/?{{#assign "q"}}% {{#urlEncode}}{{a}}{{/urlEncode}}{{/assign}}q={{q}}`, url: `https://h.example/?q=%25%20x%2520y`, logged: `https://h.example/?q=…`},
		"kept with another value":                {source: `https://h.example/?{{#assign "q"}}{{#urlEncode}}{{a}}{{/urlEncode}}{{qs}}{{/assign}}q={{q}}`, url: `https://h.example/?q=x%2520ya%3D1%26b%3D2`, logged: `https://h.example/?q=…`},
		"plain text kept between encoded":        {source: `https://h.example/?{{#assign "q"}}{{#assign "r"}} {{/assign}}{{#urlEncode}}{{a}}{{/urlEncode}}{{/assign}}q={{q}}{{r}}`, url: `https://h.example/?q=x%20y%20`, logged: `https://h.example/?q=……`},
		"a value in the host":                    {options: dynamic, source: `https://{{host}}.h.example:{{port}}/x`, url: `https://eu-1.h.example:8443/x`, logged: `https://….h.example:…/x`},
		"the whole URL":                          {options: dynamic, source: `{{url}}`, url: `https://h.example:8080/p/q?x=1&y=2#f`, logged: `…`},
		"text behind the whole URL":              {options: dynamic, source: `{{{url}}}g`, url: `https://h.example:8080/p/q?x=1&y=2#fg`, logged: `…g`},
		"plain http":                             {options: Options{AllowHTTP: true}, source: `http://h.example/{{a}}`, url: `http://h.example/x%20y`, logged: `http://h.example/…`},
		"a host of another script":               {source: `https://bücher.example:8443/ü/{{a}}`, url: `https://xn--bcher-kva.example:8443/%C3%BC/x%20y`, logged: `https://xn--bcher-kva.example:8443/%C3%BC/…`},
		"another script, nothing behind it":      {source: `https://例え.テスト`, url: `https://xn--r8jz45g.xn--zckzah`, logged: `https://xn--r8jz45g.xn--zckzah`},
		"another script in a fixed dynamic host": {options: dynamic, source: `https://bücher.example/{{a}}`, url: `https://xn--bcher-kva.example/x%20y`, logged: `https://xn--bcher-kva.example/…`},
		"another script from an expression":      {options: dynamic, source: `https://{{idn}}.example/{{a}}`, url: `https://xn--bcher-kva.example/x%20y`, logged: `https://….example/…`},
		"another script beside an expression":    {options: dynamic, source: `https://straße.{{host}}.example/`, url: `https://xn--strae-oqa.eu-1.example/`, logged: `https://stra%C3%9Fe.….example/`},
		"a label of both":                        {options: dynamic, source: `https://{{half}}cher.example?a={{a}}`, url: `https://xn--bcher-kva.example?a=x%20y`, logged: `https://…cher.example?a=…`},
		"the whole URL in another script":        {options: dynamic, source: `{{idnURL}}`, url: `https://xn--bcher-kva.example:8443/%C3%BC`, logged: `…`},
		"digits of another width":                {options: dynamic, source: `https://{{wide}}/`, url: `https://127.0.0.1/`, logged: `https://…/`},
		"an IPv6 host":                           {source: `https://[::1]:8443/{{a}}`, url: `https://[::1]:8443/x%20y`, logged: `https://[::1]:8443/…`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmpl, err := Compile(c.source, URL, c.options)
			if err != nil {
				t.Fatal(err)
			}
			url, logged, err := tmpl.ExecuteURL([]byte("<"), []byte(">"), eventData(t, event))
			if err != nil || string(url) != "<"+c.url || string(logged) != ">"+c.logged {
				t.Errorf("got  %s %s %v\nwant %s %s", url, logged, err, c.url, c.logged)
			}
			if out, _, _ := tmpl.Execute(nil, eventData(t, event)); string(out) != c.url {
				t.Errorf("Execute: %s", out)
			}
		})
	}
	for name, source := range map[string]string{
		"a slash in the host":      `https://{{bad}}h.example/`,
		"user info in the host":    `https://x@{{host}}/`,
		"a port that is no number": `https://h.example:{{host}}/`,
		"an empty host":            `https://{{empty}}/`,
		"a slash of another width": `https://{{slash}}.example/`,
		"an encoded slash":         `https://a%2f{{host}}.example/`,
		"another scheme":           `{{js}}`,
		"text without a scheme":    `{{path}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tmpl, err := Compile(source, URL, dynamic)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = tmpl.Execute(nil, eventData(t, event))
			var bad *URLError
			if !errors.As(err, &bad) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestHostsThatHaveNoFormInDNS(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"a／b.example", "ü..example", "-ü.example", "ü_.example", "ü.example:８０", "b%C3%BCcher.example"} {
		if _, err := Compile("https://"+host+"/", URL, Options{}); err == nil {
			t.Errorf("%s is accepted", host)
		}
	}
	_, err := Compile("https://bücher.example/ü\n{{a}}", URL, Options{})
	var bad *SyntaxError
	if !errors.As(err, &bad) || bad.Line != 1 || bad.Column != 25 {
		t.Errorf("a fault behind the host: %v", err)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"h.example", "a-b.h_1.example.", "127.0.0.1", "[::1]", "h:1", "h:65535", "[fe80::1]:443"} {
		if !validHost(host) {
			t.Errorf("%s is refused", host)
		}
	}
	for _, host := range []string{"", ".", "a..b", "-a.example", "a-", "h:", "h:0", "h:65536", "h:+1", "h:1:2", "u@h", "h h", "[::1", "[x]", "[::1]x", "é.example", "h\\x", "h%2e"} {
		if validHost(host) {
			t.Errorf("%s is accepted", host)
		}
	}
}

func TestPairsThatTheTemplateNames(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source, q string
		want      bool
	}{
		"its own":                        {"https://h.example/?a={{q}}&email={{q}}", "1", true},
		"in an encoding block":           {"https://h.example/?{{#urlEncode}}email{{/urlEncode}}={{q}}", "1", true},
		"of data":                        {"https://h.example/?a={{{q}}}", "1&email=x", false},
		"of data in an encoding block":   {"https://h.example/?{{#urlEncode}}{{q}}{{/urlEncode}}=1", "email", false},
		"of data that was encoded":       {`https://h.example/?{{{urlEncode q}}}=1`, "email", false},
		"its own, left out":              {"https://h.example/?email={{nobody}}", "1", false},
		"its own, left out and there":    {"https://h.example/?email={{nobody}}&email={{q}}", "1", true},
		"in a fragment":                  {"https://h.example/?a=1#email={{q}}", "1", false},
		"of a dynamic host's own query":  {"https://{{q}}/?email=1", "h.example", true},
		"behind an expression for a URL": {"{{{q}}}&email=1", "https://h.example/?a=1", true},
	} {
		tmpl, err := Compile(c.source, URL, Options{AllowDynamicHost: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		data, err := NewData(nil, []byte(`{"q":"`+c.q+`"}`), User{}, reached)
		if err != nil {
			t.Fatal(err)
		}
		out, _, named, err := tmpl.ExecuteURLNaming(nil, nil, data, "email")
		if err != nil || named != c.want {
			t.Errorf("%s: %s: %v %v", name, out, named, err)
		}
	}
}
