package console

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/journeyhook/journeyhook/schema"
)

// fullWebhook has every field that a form shows, each with another value than its default.
func fullWebhook(t *testing.T, edit func(*schema.Webhook)) *schema.Webhook {
	t.Helper()
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Destination, w.Method, w.Endpoint, w.AllowDynamicHost = "acme", "crm", "CRM", "slack", "PUT", "https://a.example/", true
	w.Auth = schema.Auth{
		Type: schema.AuthOAuth2, ClientID: "crm", ClientSecret: schema.NewSecret(schema.Masked), TokenURL: "https://a.example/t", Scope: "a", Audience: "b",
		Params: []schema.Pair{{Name: "p", Value: "1"}}, ClientAuth: "basic", HonorExpiresIn: true,
	}
	w.Headers = []schema.Header{{Name: "X-A", Value: schema.PlainValue("a")}, {Name: "X-B", Value: schema.SecretValue(schema.Masked), Secret: true}}
	w.Body = schema.Body{Type: schema.BodyJSON, JSON: "{}", UserFields: []string{"city"}, IncludeEmailAndWorkflowID: true}
	w.Success = schema.Statuses{schema.StatusOf(201)}
	w.Retry = schema.Retry{Statuses: []int{500}, Delay: schema.Duration(1e9), Max: 7}
	w.Timeout, w.Limits, w.State, w.Log.Bodies = schema.Duration(2e9), schema.Limits{Rate: 0.5, Concurrency: 3}, schema.Paused, true
	w.Signing.Secrets = []schema.Secret{schema.NewSecret(schema.Masked)}
	edit(w)
	w.Normalize()
	return w
}

// variants are definitions that together have every field.
func variants(t *testing.T) map[string]*schema.Webhook {
	t.Helper()
	return map[string]*schema.Webhook{
		"oauth2 and JSON": fullWebhook(t, func(*schema.Webhook) {}),
		"basic and a form": fullWebhook(t, func(w *schema.Webhook) {
			w.Auth = schema.Auth{Type: schema.AuthBasic, Token: schema.NewSecret(schema.Masked)}
			w.Body = schema.Body{Type: schema.BodyURLEncoded, Form: []schema.Pair{{Name: "a", Value: "b"}, {Name: "a", Value: "c"}}}
		}),
	}
}

// leaves are the paths of a type's fields, as JSON names them; a list is one field.
func leaves(typ reflect.Type, path string) []string {
	var all []string
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if f := typ.Field(i).Type; f.Kind() == reflect.Struct && f != reflect.TypeFor[schema.Secret]() {
			all = append(all, leaves(f, path+name+".")...)
			continue
		}
		all = append(all, path+name)
	}
	return all
}

// grown is a definition as a release with more fields would store it: one more in every object.
func grown(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = grown(inner)
		}
		v["later"] = []any{json.Number("1")}
	case []any:
		for i := range v {
			v[i] = grown(v[i])
			if entry, ok := v[i].(map[string]any); ok {
				entry["later"] = []any{json.Number(strconv.Itoa(i))}
			}
		}
	}
	return v
}

// A form that was not touched changes nothing, also of what it does not show.
func TestAnUntouchedFormChangesNothing(t *testing.T) {
	t.Parallel()
	for name, w := range variants(t) {
		for _, more := range []bool{false, true} {
			stored, err := fieldsOf(w)
			if err != nil {
				t.Fatal(err)
			}
			if more {
				stored = grown(stored).(map[string]any)
			}
			form := readForm(formValues(w))
			form.stored = stored
			text, err := form.definition("acme")
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := decodeNumbers(text, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(compact(stored), compact(got)); diff != "" {
				t.Errorf("%s, one more field: %v (-stored +saved):\n%s", name, more, diff)
			}
		}
	}
}

// compact leaves out what says no more than its absence, such as an empty list.
func compact(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			if c := compact(inner); c != nil && c != false && !reflect.DeepEqual(c, []any{}) && !reflect.DeepEqual(c, map[string]any{}) {
				out[key] = c
			}
		}
		return out
	case []any:
		out := []any{}
		for _, inner := range v {
			out = append(out, compact(inner))
		}
		return out
	}
	return v
}

// Every field of a definition is in the form, or is known here to be kept as it is.
func TestTheFormShowsEveryField(t *testing.T) {
	t.Parallel()
	kept := []string{"project"} // by the address
	all := leaves(reflect.TypeFor[schema.Webhook](), "")
	for _, path := range all {
		if !slices.Contains(formShows, path) && !slices.Contains(kept, path) {
			t.Errorf("the form does not show %s; show it, or say here that a save leaves it as it is", path)
		}
		used := false
		for _, w := range variants(t) {
			now, err := fieldsOf(w)
			if err != nil {
				t.Fatal(err)
			}
			fresh, err := fieldsOf(schema.NewWebhook())
			if err != nil {
				t.Fatal(err)
			}
			used = used || !reflect.DeepEqual(at(now, path), at(fresh, path))
		}
		if !used {
			t.Errorf("no definition of these tests has a %s", path)
		}
	}
	for _, path := range formShows {
		if !slices.Contains(all, path) {
			t.Errorf("the form shows %s, which no definition has", path)
		}
	}
}

func TestWhatAFormEmptiesIsGone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ stored, wrote, want string }{
		"an emptied text":              {`{"auth":{"type":"oauth2","scope":"a"}}`, `{"auth":{"type":"oauth2"}}`, `{"auth":{"type":"oauth2"}}`},
		"another authentication":       {`{"auth":{"type":"oauth2","later":1}}`, `{"auth":{"type":"none"}}`, `{"auth":{"type":"none"}}`},
		"a row that was taken out":     {`{"headers":[{"name":"a","later":1},{"name":"b","later":2}]}`, `{"headers":[{"name":"b","value":"x"}]}`, `{"headers":[{"later":2,"name":"b","value":"x"}]}`},
		"a row that was renamed":       {`{"headers":[{"name":"a","later":1}]}`, `{"headers":[{"name":"c"}]}`, `{"headers":[{"name":"c"}]}`},
		"all rows":                     {`{"headers":[{"name":"a"}]}`, `{"headers":[]}`, `{"headers":[]}`},
		"a text that became a form":    {`{"body":{"type":"json","json":"{}","later":1}}`, `{"body":{"type":"urlencoded","form":[]}}`, `{"body":{"form":[],"later":1,"type":"urlencoded"}}`},
		"a flag that was switched off": {`{"log":{"bodies":true}}`, `{"log":{"bodies":false}}`, `{"log":{"bodies":false}}`},
		"what the form never shows":    {`{"hosts":["a"],"retry":{"holdFor":"1h"}}`, `{"retry":{"max":1}}`, `{"hosts":["a"],"retry":{"holdFor":"1h","max":1}}`},
	} {
		var stored, wrote map[string]any
		if err := decodeNumbers([]byte(c.stored), &stored); err != nil {
			t.Fatal(err)
		}
		if err := decodeNumbers([]byte(c.wrote), &wrote); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(over(stored, wrote))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		var before map[string]any
		if err := decodeNumbers([]byte(c.stored), &before); err != nil || !reflect.DeepEqual(before, stored) {
			t.Errorf("%s: the stored document became %v", name, stored)
		}
	}
}
