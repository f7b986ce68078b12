package handlebars

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata/errors.golden and docs/template-errors.md")

const errorsPage = "../../docs/template-errors.md"

// brokenTemplates are what people write; each is refused with a message that says where and
// what to do.
var brokenTemplates = []struct {
	place  Place
	source string
}{
	{URL, `http://api.example.com/x`},
	{URL, `{{url}}`},
	{URL, `https://{{region}}.example.com/x`},
	{URL, `https://api.example.com{{path}}`},
	{URL, `https://api.example.com@evil.example/x`},
	{URL, `https://api example.com/x`},
	{URL, "https://api.example.com/a\nb"},
	{URL, `https://api.example.com/a/../b`},
	{Form, `Hello {{firstName`},
	{Form, `Hello {{firstName}`},
	{Form, `Hello {{{firstName}}`},
	{Form, `Hello {{}}`},
	{Form, `Hello {{first name}}`},
	{Form, `{{uper firstName}}`},
	{Form, `{{firstName.}}`},
	{Form, `{{address..zip}}`},
	{Form, `{{address/../zip}}`},
	{Form, `{{first-name!}}`},
	{Form, `{{@position}}`},
	{Form, `{{defaultIfEmpty firstName "there}}`},
	{Form, `{{defaultIfEmpty firstName}}`},
	{Form, `{{upper (lower firstName}}`},
	{Form, `{{join tags prefix=}}`},
	{Form, `{{join tags separator=", "}}`},
	{Form, `{{if isVip}}`},
	{Form, `{{#if isVip}}yes`},
	{Form, `{{#if isVip}}yes{{/each}}`},
	{Form, `{{#if}}yes{{/if}}`},
	{Form, `{{#if age "18"}}yes{{/if}}`},
	{Form, `yes{{/if}}`},
	{Form, `yes{{else}}no`},
	{Form, `{{#if a}}1{{else}}2{{else}}3{{/if}}`},
	{Form, `{{#upper firstName}}x{{/upper}}`},
	{Form, `{{#each items as |a b c|}}{{a}}{{/each}}`},
	{Form, `{{> footer}}`},
	{Form, `{{!-- a note }}`},
	{Form, `{{assign "total"}}`},
	{Form, `{{dateFormat signupDate tz="Paris"}}`},
	{Form, `{{dateFormat signupDate "YYYY-MM-DD"}}`},
	{Form, `{{dateMath signupDate "tomorrow"}}`},
	{Form, `{{math age "plus" 1}}`},
	{Form, `{{#ifMatchesRegexStr email "(.+"}}x{{/ifMatchesRegexStr}}`},
	{Form, `{{numberFormat total "currency" "en_XX"}}`},
	{Form, `{{numberFormat total "money"}}`},
	{JSON, `{"name":"{{firstName}}`},
	{JSON, `{"name":{{firstName}}{{lastName}}}`},
	{JSON, `{"name":Pat}`},
	{JSON, `{"name" "{{firstName}}"}`},
	{JSON, `{"a":1 "b":2}`},
	{JSON, `{"a":1,,"b":2}`},
	{JSON, `{"a":,"b":2}`},
	{JSON, `{"a":1,"b":2`},
	{JSON, `{"a":1}}`},
	{JSON, `{"a":1,"a":2}`},
	{JSON, `{"a":"{{#if isVip}}x"{{else}}y{{/if}}}`},
	{JSON, `{"a":{{#urlEncode}}{{email}}{{/urlEncode}}}`},
	{JSON, `{"path":"C:\data\{{userId}}"}`},
	{JSON, `[{{#each tags}}"{{this}}"{{/each}}]`},
}

func TestErrorMessages(t *testing.T) {
	t.Parallel()
	var golden, page strings.Builder
	page.WriteString(errorsIntro)
	names := map[Place]string{URL: "url", Header: "header", Form: "form", JSON: "json"}
	titles := map[Place]string{URL: "URLs", Form: "Expressions, in every place", JSON: "JSON bodies"}
	last := Place(-1)
	for _, b := range brokenTemplates {
		_, err := Compile(b.source, b.place, Options{})
		if err == nil {
			t.Errorf("%s is accepted", b.source)
			continue
		}
		fmt.Fprintf(&golden, "%s %q\n    %s\n", names[b.place], b.source, err)
		if b.place != last {
			last = b.place
			fmt.Fprintf(&page, "\n## %s\n\n", titles[b.place])
		}
		fmt.Fprintf(&page, "```\n%s\n```\n%s\n\n", b.source, err)
	}
	compareGolden(t, "testdata/errors.golden", golden.String())
	compareGolden(t, errorsPage, strings.TrimRight(page.String(), "\n")+"\n")
}

const errorsIntro = `# What the template checks say

A webhook is refused when it is saved if one of its templates can't work. The message starts
with where: the line and the column, counted from 1. These are templates with a mistake each,
and what is said about it. This page is made by a test of dispatcher/handlebars; run it with
` + "`-update`" + ` after changing a message.
`

func compareGolden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("../../docs", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not current, run the test with -update: %s", path, diff)
	}
}
