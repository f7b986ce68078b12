package webhooks

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/journeyhook/journeyhook/schema"
)

// What the JSON Schema refuses the reader refuses too, and the other way round; but a field that is null has its default.
func TestTheSchemaAndTheReaderAgree(t *testing.T) {
	t.Parallel()
	raw, err := schema.JSONSchemas.ReadFile("json/webhook.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("webhook.json", doc); err != nil {
		t.Fatal(err)
	}
	described, err := c.Compile("webhook.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		fields string // over those of a good definition
		ok     bool
	}{
		"a good one":                       {`{}`, true},
		"a name of true":                   {`{"name":true}`, false},
		"a name of a number":               {`{"name":12}`, false},
		"an id of a number":                {`{"id":7}`, false},
		"a list for a name":                {`{"name":["A"]}`, false},
		"an unknown field":                 {`{"colour":"red"}`, false},
		"an unknown field inside":          {`{"retry":{"times":3}}`, false},
		"an unknown field in a header":     {`{"headers":[{"name":"X","value":"y","val":"z"}]}`, false},
		"a header without a value":         {`{"headers":[{"name":"X"}]}`, false},
		"a header without a name":          {`{"headers":[{"value":"y"}]}`, false},
		"a header with an empty value":     {`{"headers":[{"name":"X","value":""}]}`, true},
		"a header whose value is true":     {`{"headers":[{"name":"X","value":true}]}`, false},
		"a header whose value is 1":        {`{"headers":[{"name":"X","value":1}]}`, false},
		"secret as a text":                 {`{"headers":[{"name":"X","value":"y","secret":"true"}]}`, false},
		"a null header":                    {`{"headers":[null]}`, false},
		"a pair without a value":           {`{"body":{"type":"urlencoded","form":[{"name":"a"}]}}`, false},
		"a pair of numbers":                {`{"body":{"type":"urlencoded","form":[{"name":"a","value":1}]}}`, false},
		"a parameter without a value":      {`{"auth":{"type":"oauth2","clientId":"a","clientSecret":"b","tokenUrl":"https://a.example/","params":[{"name":"p"}]}}`, false},
		"a token of a number":              {`{"auth":{"type":"basic","token":123}}`, false},
		"a token":                          {`{"auth":{"type":"basic","token":"123"}}`, true},
		"statuses in each form":            {`{"success":["200",201,"3xx","1XX"]}`, true},
		"a success of true":                {`{"success":[true]}`, false},
		"a success out of range":           {`{"success":[99]}`, false},
		"a success of a part":              {`{"success":[200.5]}`, false},
		"no success":                       {`{"success":[]}`, false},
		"a null success":                   {`{"success":[null]}`, false},
		"retried statuses as texts":        {`{"retry":{"statuses":["503"]}}`, false},
		"retried statuses":                 {`{"retry":{"statuses":[503]}}`, true},
		"a number of retries as a text":    {`{"retry":{"max":"3"}}`, false},
		"a delay of a number":              {`{"retry":{"delay":3}}`, false},
		"a flag as a text":                 {`{"allowDynamicHost":"true"}`, false},
		"a flag as a number":               {`{"log":{"bodies":1}}`, false},
		"a rate as a text":                 {`{"limits":{"rate":"1"}}`, false},
		"a rate":                           {`{"limits":{"rate":0.5}}`, true},
		"a rate with an exponent":          {`{"limits":{"rate":1E3}}`, true},
		"a rate beyond all numbers":        {`{"limits":{"rate":1e400}}`, false},
		"a number of calls by its value":   {`{"limits":{"concurrency":1.0e2}}`, true},
		"half a call":                      {`{"limits":{"concurrency":0.5}}`, false},
		"a number of retries by its value": {`{"retry":{"max":3.0}}`, true},
		"retries with an exponent":         {`{"retry":{"max":30e-1}}`, true},
		"a part of a retry":                {`{"retry":{"max":25e-1}}`, false},
		"retried statuses by their value":  {`{"retry":{"statuses":[503.0,5.04e2]}}`, true},
		"successes by their value":         {`{"success":[200.0,2.01e2]}`, true},
		"a success out of range by value":  {`{"success":[2e3]}`, false},
		"a success of a text of a part":    {`{"success":["200.0"]}`, false},
		"a name of a number with an e":     {`{"name":1e3}`, false},
		"user fields of numbers":           {`{"body":{"userFields":[1]}}`, false},
		"signing secrets of numbers":       {`{"signing":{"secrets":[1]}}`, false},
		"a body that is an object":         {`{"body":{"json":{"a":1}}}`, false},
		"a destination that is not known":  {`{"destination":"fax"}`, false},
	} {
		fields := map[string]json.RawMessage{"project": []byte(`"acme"`), "id": []byte(`"a"`), "name": []byte(`"A"`), "method": []byte(`"POST"`), "endpoint": []byte(`"https://a.example/"`)}
		if err := json.Unmarshal([]byte(tc.fields), &fields); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if err := described.Validate(value); (err == nil) != tc.ok {
			t.Errorf("%s: the schema says %v", name, err)
		}
		if _, err := Parse("x.json", text, nil); (err == nil) != tc.ok {
			t.Errorf("%s: the reader says %v", name, err)
		}
	}
}

func TestInYAMLTextNeedsNoQuotesButTrueDoes(t *testing.T) {
	t.Parallel()
	const good = "project: acme\nid: a\nname: A\nmethod: POST\nendpoint: https://a.example/\n"
	for text, want := range map[string]string{
		strings.Replace(good, "name: A", "name: true", 1):   "x.yaml:3: name: must be text, not true or false; what is text stands in quotes",
		strings.Replace(good, "name: A", "name: 'true'", 1): "",
		strings.Replace(good, "name: A", "name: 12", 1):     "",
		good + "headers: [{name: X, value: true}]\n":        "",
		good + "headers: [{name: true, value: x}]\n":        "headers[0].name: must be text",
		good + "headers: [{name: X}]\n":                     `headers[0].value: is missing; an empty one is written ""`,
		good + "headers: [{name: X, value: ''}]\n":          "",
		good + "body: {userFields: [false]}\n":              "body.userFields[0]: must be text",
	} {
		_, err := Parse("x.yaml", []byte(text), nil)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
