package handlebars

import "testing"

func TestJSONBodies(t *testing.T) {
	t.Parallel()
	const event = `{"t":true,"f":false,"s":"x","n":1,"z":null,"l":[1,2],"o":{"k":"v"},"sp":"a b","e":"","list":[{"k":"a"},{"k":null},{}]}`
	for name, c := range map[string]struct{ source, want string }{
		"a comma in front of a condition":       {`{"a":1{{#if f}},"b":2{{/if}}{{#if t}},"c":3{{/if}}}`, `{"a":1,"c":3}`},
		"a comma behind every condition":        {`{ {{#if f}}"a":1,{{/if}}{{#if t}}"b":2,{{/if}} }`, `{"b":2}`},
		"only the second of two, with a comma":  {`{ {{#if f}}"a":1{{/if}}{{#if t}},"b":2{{/if}} }`, `{"b":2}`},
		"a value that a condition leaves empty": {`{"a": {{#if f}}1{{/if}} ,"b":2}`, `{"b":2}`},
		"the last value left empty":             {`{"a":1,"b": {{#if f}}1{{/if}} }`, `{"a":1}`},
		"an element left empty":                 {`[1,{{#if f}}2{{/if}},3]`, `[1,3]`},
		"objects of a condition":                {`{"a": {{#if t}}{"x":{{n}}}{{else}}[]{{/if}}}`, `{"a":{"x":1}}`},
		"a body of a condition":                 {`{{#if t}}{"a":1}{{else}}{"b":2}{{/if}}`, `{"a":1}`},
		"a body of nothing":                     {`{{#if f}}{"a":1}{{/if}}`, "(left out)"},
		"a body that is white space":            {" \n ", "(left out)"},
		"a body of one value":                   {`{{o}}`, `{"k":"v"}`},
		"a condition around a quote":            {`{"a":{{#if t}}"x{{else}}"y{{/if}}z"}`, `{"a":"xz"}`},
		"a key of a missing field":              {`{"{{no}}":{"x":[1,{"y":{{n}}}]},"b":1}`, `{"b":1}`},
		"a missing field with a nested key":     {`{"a":{"b":{"c":"{{no}}"}},"d":[["{{no}}"]]}`, `{"a":{"b":{}},"d":[[]]}`},
		"a key of several parts":                {`{"{{s}}-{{n}}":1,"x-{{n}}y":2}`, `{"x-1":1,"x-1y":2}`},
		"a space between missing fields":        {`{"a":" {{no}} {{z}} ","b":1}`, `{"b":1}`},
		"a space around an empty text":          {`{"a":" {{e}}{{no}}"}`, `{"a":" "}`},
		"null typed and as text":                {`{"a": {{z}} ,"b":"{{z}}","c":"-{{z}}"}`, `{"a":null,"c":"-"}`},
		"a helper of null":                      {`{"a": {{upper z}} ,"b":"{{upper z}}"}`, `{"a":null}`},
		"a helper of a missing field":           {`{"a": {{upper no}} ,"b": {{math no "+" 1}} }`, `{}`},
		"typed results of helpers":              {`{"a": {{math n "+" 1}} ,"b": {{eq n 1}} ,"c": {{length l}} ,"d": {{upper s}} }`, `{"a":2,"b":true,"c":2,"d":"X"}`},
		"results of helpers in quotes":          {`{"a":"{{math n "+" 1}}","b":"{{eq n 1}}"}`, `{"a":"2","b":"true"}`},
		"a written default in quotes":           {`{"a":"{{defaultIfEmpty no false}}","b":"x{{defaultIfEmpty no 0}}","{{defaultIfEmpty no 7}}":1}`, `{"a":false,"b":"x0","7":1}`},
		"each with missing members":             {`[{{#each list}}{"k":"{{this.k}}","i":{{@index}}},{{/each}}]`, `[{"k":"a","i":0},{"i":1},{"i":2}]`},
		"each over an object":                   {`{ {{#each o}}"{{@key}}":"{{this}}",{{/each}} }`, `{"k":"v"}`},
		"each inside a string":                  {`{"a":"{{#each l}}{{this}}{{#unless @last}}-{{/unless}}{{/each}}"}`, `{"a":"1-2"}`},
		"white space is taken out":              {"{\n\t\"a\" : [ 1 , {{n}} , { } ] ,\r\n \"b c\" : \" {{sp}} \" }", `{"a":[1,1,{}],"b c":" a b "}`},
		"escapes in fixed text":                 {`{"\u00e9\/":"\n\u0001\ud83d\ude00\"{{s}}\\"}`, `{"é/":"\n\u0001😀\"x\\"}`},
		"a backslash before an expression":      {`{"a":"C:\\\{{s}}"}`, `{"a":"C:\\x"}`},
		"an expression written out":             {`{"a":"\{{s}}"}`, `{"a":"{{s}}"}`},
		"urlEncode in a string":                 {`{"a":"{{#urlEncode}}\"é {{sp}}{{/urlEncode}}","b":"{{urlEncode sp}}"}`, `{"a":"%22%C3%A9%20a%20b","b":"a%20b"}`},
		"assign in a body":                      {`{{assign "v" (math n "*" 2)}}{{#assign "w"}}"{{s}}"{{/assign}}{"v": {{v}} ,"w":"{{w}}"}`, `{"v":2,"w":"\"x\""}`},
		"skip in a body":                        {`{"a":{{#if t}}{{skip "x"}}{{/if}}1}`, `error: skipped: x`},
		"toJson of an object":                   {`{"a": {{toJson o}} ,"b":"{{toJson o}}","c":"{{toJson s}}"}`, `{"a":{"k":"v"},"b":"{\"k\":\"v\"}","c":"\"x\""}`},
		"a sorted list typed":                   {`{"a": {{sortBy l "" "desc"}} ,"b": {{sortBy l}} }`, `{"a":[2,1],"b":[1,2]}`},
		"two values without a comma":            {`[{{#if t}}1{{/if}} {{#if t}}2{{/if}}]`, `error: 1:29: for this user the body is not JSON here: expected ',' or the closing bracket`},
		"brackets that a condition leaves open": {`{{#if f}}{"a":[{{/if}}{{#if t}}{"a":1}{{/if}}`, `{"a":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := renderExample(t, c.source, JSON, "", event); got != c.want {
				t.Errorf("%s\ngot  %s\nwant %s", c.source, got, c.want)
			}
		})
	}
}

func TestManyKeys(t *testing.T) {
	t.Parallel()
	source := `{ {{#each l}}"k{{this}}":{{this}},{{/each}} }`
	if got := renderExample(t, source, JSON, "", `{"l":`+numbers(100)+`}`); got[:20] != `{"k0":0,"k1":1,"k2":` {
		t.Error(got)
	}
	twice := numbers(60)
	twice = twice[:len(twice)-1] + ",7]"
	want := "error: for this user the body has the same key twice in one object"
	if got := renderExample(t, source, JSON, "", `{"l":`+twice+`}`); got != want {
		t.Error(got)
	}
}

func numbers(n int) string {
	out := []byte{'['}
	for i := range n {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, intValue(i).text...)
	}
	return string(append(out, ']'))
}
