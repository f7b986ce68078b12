package handlebars

import "testing"

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
