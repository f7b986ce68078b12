package handlebars

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// TestSmallTemplatesThatCost holds everything that takes longer for larger values to the
// number of steps: each of these would take seconds or minutes if it cost one.
func TestSmallTemplatesThatCost(t *testing.T) {
	t.Parallel()
	tooMany := "the template takes more than 200,000 steps for this user; shorten its loops"
	digits := strings.Repeat("9", 100_000)
	data := `{"l":` + list(50_000, "1") + `,"s":"` + strings.Repeat("é", 100_000) + `","words":` + list(2000, `{"a":"x"}`) + `,
		"n":` + digits + `8,"m":` + digits + `9,"fraction":1.` + digits + `,"zero":0.` + strings.Repeat("0", 100_000) + `,
		"digits":"` + digits + `x","n400":` + digits[:399] + `}`
	for name, source := range map[string]string{
		"the length of a text":       `{{../s.length}}`,
		"a character of a text":      `{{#if (lookup ../s 99999)}}{{/if}}`,
		"characters of characters":   `{{../s.` + strings.Repeat("0.", 10_000) + `0}}`,
		"equality of large numbers":  `{{#if (eq ../n ../m)}}{{/if}}`,
		"an order of large numbers":  `{{#if (gt ../n ../fraction)}}{{/if}}`,
		"a forgiving comparison":     `{{#ifGt ../n ../fraction}}{{/ifGt}}`,
		"a text of digits":           `{{#ifModEq ../digits 2 1}}{{/ifModEq}}`,
		"a condition on many zeros":  `{{#if ../zero}}{{/if}}`,
		"products of large numbers":  `{{#if (math ../n400 "*" ../n400)}}{{/if}}`,
		"large numbers written out":  `{{#if (numberFormat ../n400)}}{{/if}}`,
		"a sort by a path":           `{{#if (sortBy ../words "` + strings.Repeat("a.", 10_000) + `")}}{{/if}}`,
		"a large pattern on nothing": `{{#ifMatchesRegexStr "" "(.*.*.*.*.*.*.*.*){100}y"}}{{/ifMatchesRegexStr}}`,
		"a search among other kinds": `{{#ifContains ../l "x"}}{{/ifContains}}`,
		"a span of many parts":       `{{#if (dateMath "2024-01-01" "` + strings.Repeat("+1d", 10_000) + `")}}{{/if}}`,
		"a text in upper case":       `{{#if (upper ../s)}}{{/if}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := compiled(t, "{{#each l}}"+source+"{{/each}}", Form).Execute(nil, eventData(t, data))
			if err == nil || err.Error() != tooMany {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestPrintsThatCost prints what leaves little or nothing behind, again and again.
func TestPrintsThatCost(t *testing.T) {
	t.Parallel()
	tooMany := "the template takes more than 200,000 steps for this user; shorten its loops"
	chains := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	data := `{"l":` + list(240, "1") + `,"s":"` + strings.Repeat("x", 900_000) + `","n":0.` + strings.Repeat("0", 900_000) + `1,
		"o":{` + strings.Repeat(" ", 900_000) + `},"e":[` + strings.Repeat(" ", 900_000) + `],"chains":` + list(5_000, chains) + `}`
	twice := func(source string) string { return "{{#each l}}{{#each ../l}}" + source + "{{/each}}{{/each}}" }
	for name, c := range map[string]struct {
		place  Place
		source string
	}{
		"a number of many digits":                {Form, twice(`{{n}}`)},
		"a number of many digits in quotes":      {JSON, `["` + twice(`{{n}}`) + `"]`},
		"an object of spaces":                    {Form, twice(`{{o}}`)},
		"an object of spaces in JSON":            {JSON, "[" + twice(`{{o}},`) + "]"},
		"a list of spaces":                       {Form, twice(`{{e}}`)},
		"lists in lists of nothing":              {Form, twice(`{{chains}}`)},
		"lists in lists of nothing, in an order": {Form, `{{assign "c" (sortBy chains)}}` + twice(`{{c}}`)},
		"a member that is dropped":               {JSON, "{" + twice(`"{{nobody}}": {{s}},`) + "}"},
		"a member in quotes that is dropped":     {JSON, "{" + twice(`"{{nobody}}":"{{s}}",`) + "}"},
		"a member without a value":               {JSON, "{" + twice(`"{{s}}":{{#if nobody}}1{{/if}},`) + "}"},
		"JSON text that is dropped":              {JSON, `{{#assign "t"}}[{{#each l}}[],0,{{/each}}0]{{/assign}}{` + twice(`"{{nobody}}":{{{t}}},`) + "}"},
		"JSON text of spaces":                    {JSON, `{{#assign "t"}}` + strings.Repeat(" ", 60_000) + `{{/assign}}{{assign "t" (join t t t t t t t t "1" "")}}[` + twice(`{{{t}}},`) + "]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := compiled(t, c.source, c.place).Execute(nil, eventData(t, data))
			if err == nil || err.Error() != tooMany {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestJSONTextIsForgotten prints a JSON text of many lists several times: what it is taken apart
// into must not pile up.
func TestJSONTextIsForgotten(t *testing.T) {
	t.Parallel()
	source := `{{assign "t" "[],[],[],[],"}}` + strings.Repeat(`{{assign "t" (join t t "")}}`, 13) + `{{assign "u" (join "[" t "0]" "")}}{`
	d := eventData(t, `{"l":[[1],[2]]}`)
	once := compiled(t, source+strings.Repeat(`"{{nobody}}":{{{u}}},`, 5)+`"l":"{{l}}"}`, JSON)
	if out, _, err := once.Execute(nil, d); string(out) != `{"l":"1,2"}` || err != nil || cap(d.containers) > 16 || cap(d.store) > 64 {
		t.Errorf("%s, %v; room for %d lists with %d elements", out, err, cap(d.containers), cap(d.store))
	}
	_, _, err := compiled(t, source+strings.Repeat(`"{{nobody}}":{{{u}}},`, 100)+"}", JSON).Execute(nil, d)
	if err == nil || !strings.Contains(err.Error(), "200,000 steps") {
		t.Errorf("got %v", err)
	}
}

// TestResultsHaveAnEnd doubles a text until a helper refuses to make a larger one.
func TestResultsHaveAnEnd(t *testing.T) {
	t.Parallel()
	data := eventData(t, `{"s":"`+strings.Repeat(`\"`, 10_000)+`"}`)
	for _, helper := range []string{"hexEncode a", "base64 a", `join a a ""`, `replace a "\"" "\"0\""`} {
		source := `{{assign "a" s}}` + strings.Repeat(`{{assign "a" (`+helper+`)}}`, 40)
		_, _, err := compiled(t, source, Form).Execute(nil, data)
		if err == nil || !strings.Contains(err.Error(), "larger than 1 MiB") {
			t.Errorf("%s: %v", helper, err)
		}
	}
}

// TestNestedLoopsInJSON compiles what a checker that tries every loop twice would not finish.
func TestNestedLoopsInJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ open, inner, end string }{
		{"{{#each l}}", "1,", "{{/each}}"},
		{"{{#l}}", "1,", "{{/l}}"},
		{"{{#each l}}[{{#if x}}1,{{/if}}", "1,", "],{{/each}}"},
		{"{{#each l}}{{#if x}}[{{/if}}", "1,", "{{#if x}}],{{/if}}{{/each}}"},
	} {
		for _, depth := range []int{1, 2, 16, 31} {
			body := "[" + strings.Repeat(c.open, depth/strings.Count(c.open, "#")) + c.inner + strings.Repeat(c.end, depth/strings.Count(c.open, "#")) + "]"
			if _, err := Compile(body, JSON, Options{}); err != nil {
				t.Errorf("%s, %d deep: %v", c.open, depth, err)
			}
		}
	}
	want := "1:16: the body can't be JSON here: expected ',' or the closing bracket; each round of a loop must end with a comma, one too many does no harm"
	if _, err := Compile(`[{{#each tags}}"{{this}}"{{/each}}]`, JSON, Options{}); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestPatternsShareOneLimit(t *testing.T) {
	t.Parallel()
	block := `{{#ifMatchesRegexStr x "(.*){999}"}}{{/ifMatchesRegexStr}}`
	if _, err := Compile(block, Form, Options{}); err != nil {
		t.Error(err)
	}
	want := "ifMatchesRegexStr can't use this pattern: it is too large, or all of the template's patterns are together"
	if _, err := Compile(strings.Repeat(block, 10), Form, Options{}); err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

// TestDataForgetsLargeLists keeps one step's lists from costing the steps behind it.
func TestDataForgetsLargeLists(t *testing.T) {
	t.Parallel()
	tmpl := compiled(t, "{{l.length}}", Form)
	d := eventData(t, fmt.Sprintf(`{"l":%s}`, list(100_000, "1")))
	if out, _, err := tmpl.Execute(nil, d); string(out) != "100000" || err != nil {
		t.Fatal(string(out), err)
	}
	if err := d.Reset(nil, []byte(`{"l":[1]}`), User{}, reached); err != nil {
		t.Fatal(err)
	}
	if out, _, err := tmpl.Execute(nil, d); string(out) != "1" || err != nil || cap(d.store) > maxKept || cap(d.scratch) > maxKept {
		t.Error(string(out), err, cap(d.store), cap(d.scratch))
	}
}

// TestLargeListsAreOpenedOnce bounds the memory that a list of a megabyte takes. It measures,
// so it runs alone.
func TestLargeListsAreOpenedOnce(t *testing.T) {
	tmpl := compiled(t, "{{l.499999}}{{o.k9999.x}}", Form)
	var o strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&o, `"k%d": {"x": %d} ,`, i, i)
	}
	data := eventData(t, `{"l": `+list(500_000, " 1")+`,"o":{`+o.String()+`"k1":{}}}`)
	var before, behind runtime.MemStats
	runtime.ReadMemStats(&before)
	out, _, err := tmpl.Execute(nil, data)
	runtime.ReadMemStats(&behind)
	if string(out) != "19999" || err != nil {
		t.Errorf("%s, %v", out, err)
	}
	if mib := (behind.TotalAlloc - before.TotalAlloc) >> 20; mib > 80 {
		t.Errorf("%d MiB were allocated", mib)
	}
	if one := data.member(data.plain("o", markOf("o")), "k1"); one.text != "{}" {
		t.Errorf("of two members with the same key %s counts", one.text)
	}
}
