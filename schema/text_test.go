package schema_test

import (
	"strings"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

func TestInvisibleCharactersAreShown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "",
		"a\tb c\nd":              "a\tb c\nd",
		"Zürich ÄÖ 東京 🙂":         "Zürich ÄÖ 東京 🙂",
		"\ufeffproject":          "<U+FEFF>project",
		"na\u200bme":             "na<U+200B>me",
		"no\u00a0break":          "no<U+00A0>break",
		"soft\u00adhyphen":       "soft<U+00AD>hyphen",
		"right\u202eleft":        "right<U+202E>left",
		"join\u200der\u2060":     "join<U+200D>er<U+2060>",
		"filler\u3164\u115f":     "filler<U+3164><U+115F>",
		"variant\ufe0f":          "variant<U+FE0F>",
		"tag\U000e0041":          "tag<U+E0041>",
		"bell\x07, escape\x1b[m": "bell<U+0007>, escape<U+001B>[m",
		"line\u2028break\r":      "line<U+2028>break<U+000D>",
		"latin \xfc":             "latin <byte FC>",
	} {
		if got := schema.Visible(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	var fs schema.Faults
	fs.Add("na\u200bme", "has %s", "\u00a0")
	fs.AddAt("body.json", 1, 2, "unexpected \u200b")
	if got := fs.Error(); got != "na<U+200B>me: has <U+00A0>; body.json: line 1, column 2: unexpected <U+200B>" {
		t.Error(got)
	}
}

func TestAByteOrderMarkIsNoContent(t *testing.T) {
	t.Parallel()
	for name, text := range stepCases() {
		if strings.HasPrefix(text, "\ufeff") {
			continue // a second mark is content
		}
		_, want := schema.DecodeStep([]byte(text))
		_, got := schema.DecodeStep([]byte("\ufeff" + text))
		if (want == nil) != (got == nil) {
			t.Errorf("%s: %v, with a mark before it %v", name, want, got)
		}
	}
	s, err := schema.DecodeStep([]byte("\ufeff \n" + contractStep))
	if err != nil || s.ID == "" || !strings.Contains(string(s.User.Profile), "Test") {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := schema.DecodeStep([]byte("\ufeff\ufeff" + contractStep)); err == nil {
		t.Error("two marks were taken for one")
	}
}
