package handlebars

import (
	"strings"
	"testing"
	"time"
)

// TestBlocks holds what handlebars.js does at the edges, each seen there.
func TestBlocks(t *testing.T) {
	t.Parallel()
	const event = `{"zero":0,"no":false,"e":"","s":"añb","n":5,"l":["p","q"],"o":{"k":"v","n":null},"t":"top","huge":1e308,"nums":[0,-1],"none":[]}`
	for name, c := range map[string]struct{ source, want string }{
		"with goes inside of 0":                   {`{{#with zero}}W{{this}}{{else}}N{{/with}}`, "W0"},
		"with as a name for 0":                    {`{{#with zero as |x|}}{{x}}{{/with}}`, "0"},
		"a section on 0":                          {`{{#zero}}B{{else}}I{{/zero}}`, "I"},
		"the smallest element is 0":               {`{{#maxInList nums}}{{this}}{{/maxInList}}`, "0"},
		"unless with zero included":               {`{{#unless zero includeZero=true}}U{{else}}N{{/unless}}`, "N"},
		"unless without":                          {`{{#unless zero includeZero=false}}U{{else}}N{{/unless}}`, "U"},
		"unless with a text":                      {`{{#unless e includeZero=true}}U{{else}}N{{/unless}}`, "U"},
		"unless the other way round":              {`{{^unless no}}U{{else}}N{{/unless}}`, "N"},
		"else unless":                             {`{{#if no}}a{{else unless zero}}b{{else}}c{{/if}}`, "b"},
		"a character of a text":                   {`{{s.[1]}}{{lookup s 0}}{{s.2}}`, "ñab"},
		"no character there":                      {`{{s.[9]}}{{s.[-1]}}{{s.[+1]}}{{lookup s ""}}{{s.x}}{{n.[0]}}|`, "|"},
		"a name in brackets with nothing in it":   {`{{o.[]}}{{s.[]}}{{#with s}}{{lookup this ""}}{{/with}}|`, "|"},
		"the same text again adds no level":       {`{{#each l}}{{#with this}}{{../t}}{{/with}}{{/each}}`, "toptop"},
		"the same object again adds no level":     {`{{#with o}}{{#with this}}{{../t}}{{/with}}{{/with}}`, "top"},
		"an equal text adds one":                  {`{{#with o}}{{#with k}}{{#with @root.o.k}}{{../../k}}{{/with}}{{/with}}{{/with}}`, "v"},
		"another value adds one":                  {`{{#with o}}{{#with k}}{{../k}}{{../../t}}{{/with}}{{/with}}`, "vtop"},
		"an index behind a list that is long":     {`{{#each l}}{{lookup @root.l @index}}{{/each}}`, "pq"},
		"a list of nothing joined":                {`{{join none ", " prefix="(" suffix=")"}}|`, "|"},
		"characters beyond ASCII in a date":       {`{{dateFormat "2026-11-23" "yyyy年MM月dd日 – d"}}`, "2026年11月23日 – 23"},
		"a sort of plain elements, largest first": {`{{#each (sortBy nums "" "desc")}}{{this}} {{/each}}`, "0 -1 "},
		"a slug":                      {`{{slugify " Héllo  World 2! "}}|{{slugify l}}`, "héllo--world-|p-q"},
		"too many digits asked for":   {`{{numberFormat 1 maximumFractionDigits=huge}}`, "error: numberFormat: maximumFractionDigits must be a number from 0 to 20"},
		"a negative number of digits": {`{{numberFormat 1 maximumFractionDigits=-3}}`, "error: numberFormat: maximumFractionDigits must be a number from 0 to 20"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := renderExample(t, c.source, Form, "", event); got != c.want {
				t.Errorf("%s\ngot  %s\nwant %s", c.source, got, c.want)
			}
		})
	}
}

// TestDatesDependOnNoMachine reads dates where the machine's own zone has the offsets that
// stand in them. It sets that zone, so it runs alone.
func TestDatesDependOnNoMachine(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	machine := time.Local
	t.Cleanup(func() { time.Local = machine })
	time.Local = berlin
	const event = `{"at":"2026-03-28T12:00:00+01:00","own":"Local","link":"localtime","plain":"2026-03-28 12:00"}`
	unknown := "it is written like \"America/Los_Angeles\""
	for source, want := range map[string]string{
		`{{dateFormat at "HH:mm z XXX"}} {{dateMath at "+1d"}}`:   "12:00 +0100 +01:00 2026-03-29T12:00:00+01:00",
		`{{dateFormat plain "HH:mm z"}} {{dateMath plain "+1d"}}`: "12:00 UTC 2026-03-29T12:00:00Z",
		`{{dateFormat 1774695600 "HH:mm z"}} {{now "HH:mm z"}}`:   "11:00 UTC 12:00 UTC",
		`{{dateFormat at "HH:mm z" tz="Europe/Berlin"}}`:          "12:00 CET",
		`{{dateFormat at "HH:mm" tz="Local"}}`:                    "refused: 1:3: dateFormat doesn't know the time zone Local; " + unknown,
		`{{now "HH:mm" tz="localtime"}}`:                          "refused: 1:3: now doesn't know the time zone localtime; " + unknown,
		`{{dateFormat at "HH:mm" tz=own}}`:                        "error: dateFormat: own is no time zone",
		`{{dateFormat at "HH:mm" tz=link}}`:                       "error: dateFormat: link is no time zone",
	} {
		if got := renderExample(t, source, Form, "", event); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", source, got, want)
		}
	}
}

// TestContains asks for elements as forgivingly as ifEq compares.
func TestContains(t *testing.T) {
	t.Parallel()
	const event = `{"gaps":["a",null],"nums":[3,1,2.50],"texts":["3","x","02139"],"o":{"":1,"3":2},"t":"null 3","n":2.5,"flags":[true,[3]]}`
	for source, want := range map[string]string{
		`#ifContains gaps no`:                "n",
		`#ifContains gaps null`:              "n",
		`#ifContains gaps "a"`:               "y",
		`#ifContains nums "3"`:               "y",
		`#ifContains nums "2.5"`:             "y",
		`#ifContains nums "three"`:           "n",
		`#ifContains texts 3`:                "y",
		`#ifContains texts "3.0"`:            "y",
		`#ifContains texts 2139`:             "n",
		`#ifContains texts "02139"`:          "y",
		`#ifContains flags "true"`:           "n",
		`#ifContains flags 3`:                "n",
		`#ifContains (lookup this "nums") n`: "y",
		`#ifContains o 3`:                    "y",
		`#ifContains o no`:                   "n",
		`#ifContains o null`:                 "n",
		`#ifContains t null`:                 "n",
		`#ifContains t 3`:                    "y",
		`#ifContains no no`:                  "n",
	} {
		if got := renderExample(t, "{{"+source+"}}y{{else}}n{{/ifContains}}", Form, "", event); got != want {
			t.Errorf("%s: got %s", source, got)
		}
	}
}

// TestNamedArguments are arguments like any other: a helper without one of them is missing.
func TestNamedArguments(t *testing.T) {
	t.Parallel()
	const event = `{"day":"2026-11-23T12:00:00Z","l":["a","b"],"x":"x","z":null,"zone":"Europe/Berlin","p":"<"}`
	for source, want := range map[string]string{
		`{{dateFormat day "HH:mm" tz=no}}`:                      "(left out)",
		`{{dateFormat day "HH:mm" tz=zone}}`:                    "13:00",
		`{{now "HH:mm" tz=no}}`:                                 "(left out)",
		`{{now format=no}}`:                                     "(left out)",
		`{{dateMath day "+1d" format=no}}`:                      "(left out)",
		`{{sha256 x encoding=no}}`:                              "(left out)",
		`{{hmacSHA1 x "key" encoding=z}}`:                       "(left out)",
		`{{join l "|" prefix=no}}`:                              "(left out)",
		`{{join l "|" prefix=p suffix=(upper no)}}`:             "(left out)",
		`{{join l "|" prefix=(join l "" prefix=p) suffix=">"}}`: "<aba|b>",
		`{{numberFormat 1 maximumFractionDigits=no}}`:           "(left out)",
		`{{capitalize x fully=no}}`:                             "(left out)",
		`{{capitalize x fully=(defaultIfEmpty no false)}}`:      "X",
		`{{eq x "x" yes=no no="n"}}|{{eq x "y" yes=no no="n"}}`: "|n",
		`{{defaultIfEmpty (dateFormat day tz=no) "no date"}}`:   "no date",
	} {
		if got := renderExample(t, source, Form, "", event); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", source, got, want)
		}
	}
	missing := compiled(t, `{{join l "|" prefix=p suffix=(upper no)}}{{now tz=zone.x}}`, Form).Missing(eventData(t, event))
	if got := strings.Join(missing, " "); got != "no zone.x" {
		t.Errorf("missing: %s", got)
	}
	deep := "x"
	for range 30 {
		deep = `(join l "|" prefix=` + deep + `)`
	}
	if got := renderExample(t, "{{#if "+deep+"}}yes{{/if}}", Form, "", event); got != "yes" {
		t.Errorf("a prefix of a prefix: %s", got)
	}
}

// TestHelpersAtTheEdges renders arguments that are easy to get wrong.
func TestHelpersAtTheEdges(t *testing.T) {
	t.Parallel()
	const event = `{"id":9007199254740993,"text":"9007199254740993","half":0.5,"neg":-12.75,"n":1234.5678,"day":"2026-11-23","at":"2026-11-23T02:00Z","z":null,"none":[],
		"list":["b","a"],"mixed":[{"v":"10"},{"v":9},{},{"v":null},{"v":"x"}],"ms":1709214310000,"s":1709214310,"ts":"1709214310"}`
	for source, want := range map[string]string{
		`{{math id "+" 0}} {{math id "/" 1}} {{math id "%" 10}} {{math text "*" 10}}`: "9007199254740993 9007199254740993 3 90071992547409930",
		`{{math 7 "/" 2}} {{math -7 "%" 3}} {{math neg "%" 5}} {{math 1 "/" 3}}`:      "3.5 -1 -2.75 0.333333333333333",
		`{{math 1 "/" z}}|`:     "|",
		`{{math 1 "%" 0}}`:      "error: math: 0 is zero, nothing can be divided by it",
		`{{math half "/" 0.0}}`: "error: math: 0.0 is zero, nothing can be divided by it",
		`{{#ifModEq id 2 1}}odd{{else}}even{{/ifModEq}}{{#ifModEq half 0.5 0}} ok{{/ifModEq}}{{#ifModEq id 0 0}}x{{/ifModEq}}`: "odd ok",

		`{{#ifGte z none.x}}1{{/ifGte}}{{#ifLte z z}}2{{/ifLte}}{{#ifEq z none.x}}3{{/ifEq}}{{#if (eq z none.x)}}4{{/if}}`: "4",
		`{{#ifGt "10" 9}}1{{/ifGt}}{{#ifGt "b" "a"}}2{{/ifGt}}{{#ifEq "1.0" 1}}3{{/ifEq}}`:                                 "123",

		`{{numberFormat neg "CURRENCY" "en_US"}} {{numberFormat n "default"}}`:                                                           "-$12.75 1,234.568",
		`{{numberFormat n "¤#,##0.00" "en_GB"}} {{numberFormat n "#,##0 'pts'"}}`:                                                        "£1,234.57 1,235 pts",
		`{{numberFormat 0.256 "0.0 %"}} {{numberFormat 0.256 "%0.0"}} {{numberFormat 0.256 "0.0'%'"}} {{numberFormat 0.256 "0 o''c %"}}`: "25.6 % %25.6 0.3% 26 o'c %",
		`{{numberFormat 0.256 "0 ‰"}} {{numberFormat 0.256 "'a%'0"}}`:                                                                    "256 ‰ a%0",
		`{{numberFormat 0 "#,###"}} {{numberFormat 0 "#"}} {{numberFormat 0.4 "#"}} {{numberFormat 0 "#.##"}}`:                           "0 0 0 0",
		`{{numberFormat half "#.##"}} {{numberFormat half "#,###.##"}} {{numberFormat half "#.00"}} {{numberFormat 0 "#.00"}}`:           "0.5 0.5 .50 .00",
		`{{numberFormat half ".##"}} {{numberFormat 0 ".##"}} {{numberFormat 0 minimumIntegerDigits=0}} {{numberFormat 12 "#.##"}}`:      ".5 .0 0 12",
		`{{numberFormat n "#,##0.00;(#)"}}`:          `refused: 1:3: numberFormat: "#,##0.00;(#)" is no pattern: use "integer", "percent", "currency" or one like "#,##0.00"`,
		`{{numberFormat n "0.#E0"}}`:                 `refused: 1:3: numberFormat: "0.#E0" is no pattern: use "integer", "percent", "currency" or one like "#,##0.00"`,
		`{{numberFormat n roundingMode="sideways"}}`: "refused: 1:3: numberFormat: roundingMode is none of up, down, ceiling, floor, half_up, half_down, half_even",
		`{{numberFormat neg "integer" roundingMode="UP"}} {{numberFormat half "0"}} {{numberFormat text "#"}}`: "-13 0 9007199254740993",

		`{{dateFormat day "yyyy-MM-dd" tz="America/Los_Angeles"}} {{dateFormat at "yyyy-MM-dd" tz="America/Los_Angeles"}}`: "2026-11-23 2026-11-22",
		`{{dateFormat ms "iso"}} {{dateFormat s "iso"}} {{dateFormat ts "iso"}}`:                                           "2024-02-29T13:45:10Z 2024-02-29T13:45:10Z 2024-02-29T13:45:10Z",
		`{{dateFormat day "YYYY-MM-DD"}}`:                     `refused: 1:3: dateFormat doesn't know the letter Y in its pattern, which is like "yyyy-MM-dd HH:mm"; text in it stands in '…'`,
		`{{now format="HH:MM:ssT"}}`:                          `refused: 1:3: now doesn't know the letter T in its pattern, which is like "yyyy-MM-dd HH:mm"; text in it stands in '…'`,
		`{{dateMath day "tomorrow"}}`:                         `refused: 1:3: dateMath: "tomorrow" is no span: it is written like "+7d", "-1M" or "+2h30m"`,
		`{{dateMath day "7d"}} {{dateMath day "+1h"}}`:        "2026-11-30 2026-11-23T01:00:00Z",
		`{{sha256 id encoding="hax"}}`:                        `refused: 1:3: sha256: encoding must be "hex" or "base64"`,
		`{{abbreviate text 3}}`:                               "refused: 1:3: abbreviate: the width must be 4 or more",
		`{{abbreviate text "10"}} {{substring text "2" 4.0}}`: "9007199... 07",
		`{{#each (sortBy mixed "v")}}{{v}},{{/each}}`:         "9,10,x,,,",
		`{{#minInList list}}{{this}}{{/minInList}}{{#minInList none}}x{{else}}-{{/minInList}}{{minInList mixed "v.x"}}|`: "a-|",
	} {
		if got := renderExample(t, source, Form, "", event); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", source, got, want)
		}
	}
}
