package webhooks

import (
	"errors"
	"strings"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

// unreadable are stored values that are no definition, by what is wrong with them.
func unreadable(t *testing.T) map[string]string {
	t.Helper()
	data, err := encode(withoutSecretFields())
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	edit := func(old, now string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%s is not in %s", old, good)
		}
		return strings.Replace(good, old, now, 1)
	}
	return map[string]string{
		"nothing":                   "",
		"a text":                    "see the wiki",
		"bytes":                     "\xff\x00\xfe",
		"half of it":                good[:len(good)/2],
		"a list":                    "[" + good + "]",
		"null":                      "null",
		"a number":                  "12",
		"an empty object":           "{}",
		"a null success":            edit(`"success":["200"]`, `"success":[null]`),
		"a success that is none":    edit(`"success":["200"]`, `"success":["0"]`),
		"a list where fields are":   edit(`"retry":{`, `"retry":[],"other":{`),
		"a text where a list is":    edit(`"statuses":[429,502,503,504]`, `"statuses":"5xx"`),
		"a text where a number is":  edit(`"max":3`, `"max":"three"`),
		"a wait that is none":       edit(`"delay":"3m"`, `"delay":"soon"`),
		"bytes that are no UTF-8":   edit(`"name":"`, "\"name\":\"Z\xfcrich "),
		"half of a character":       edit(`"name":"`, `"name":"\ud83d `),
		"a number beyond all":       edit(`"rate":0`, `"rate":1e400`),
		"one and a half":            good + good[:9],
		"nesting without an end":    strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
		"a definition of elsewhere": edit(`"id":"welcome-crm"`, `"id":"other"`),
	}
}

func withoutSecretFields() *schema.Webhook {
	w := example()
	w.Auth, w.Headers, w.Signing = schema.Auth{Type: schema.AuthNone}, nil, schema.Signing{}
	return w
}

func TestAStoredValueThatCantBeReadIsNoDeadEnd(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const id = "welcome-crm"
	for name, value := range unreadable(t) {
		_ = s.Delete(t.Context(), "acme", id) // none at first
		before := mustCreate(t, s, example())
		put := func() uint64 {
			t.Helper()
			revision, err := s.KV.Put(t.Context(), "acme."+id, []byte(value))
			if err != nil {
				t.Fatal(err)
			}
			return revision
		}
		bad := put()
		for what, err := range map[string]error{
			"get": second(s.Get(t.Context(), "acme", id)), "load": second(s.Load(t.Context(), "acme", id)),
			"reseal": third(s.Reseal(t.Context(), "acme", id)),
			"copy":   third(s.Copy(t.Context(), Name{Project: "acme", ID: id}, Name{Project: "acme", ID: "copy"})),
		} {
			var unreadable *schema.UnreadableError
			if !errors.As(err, &unreadable) || unreadable.Revision != bad || !strings.Contains(err.Error(), "acme."+id) || !strings.Contains(err.Error(), "delete it") {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
		all, err := s.List(t.Context(), "acme")
		if err != nil || len(all) != 1 || all[0].ID != id || !all[0].Unreadable || all[0].Revision != bad || !strings.Contains(all[0].Fault, "can't be read") {
			t.Errorf("%s: listed %v, %v", name, all, err)
		}
		if versions, err := s.History(t.Context(), "acme", id); err != nil || !versions[len(versions)-1].Webhook.Unreadable {
			t.Errorf("%s: history: %v", name, err)
		}

		masked := example()
		mask(masked)
		if _, _, err := s.Put(t.Context(), masked); err == nil || !strings.Contains(err.Error(), "can't be read; write the secret itself") {
			t.Errorf("%s: *** over it: %v", name, err)
		}
		if _, err := s.Resolve(t.Context(), example()); err != nil {
			t.Errorf("%s: resolve: %v", name, err)
		}
		if revision, changed, err := s.Put(t.Context(), example()); err != nil || !changed || revision <= bad {
			t.Errorf("%s: put: revision %d, changed %v, %v", name, revision, changed, err)
		}
		bad = put()
		_, err = s.Update(t.Context(), example(), bad-1)
		wantErr(t, err, ErrConflict)
		if _, err := s.Update(t.Context(), example(), bad); err != nil {
			t.Errorf("%s: update: %v", name, err)
		}
		bad = put()
		_, err = s.Rollback(t.Context(), "acme", id, before, bad-1)
		wantErr(t, err, ErrConflict)
		if _, err := s.Rollback(t.Context(), "acme", id, before, bad); err != nil {
			t.Errorf("%s: rollback: %v", name, err)
		}
		if got := mustLoad(t, s, id); !equal(got, example()) {
			t.Errorf("%s: rolled back to %s", name, jsonOf(t, got))
		}
		bad = put()
		if err := s.Remove(t.Context(), "acme", id, bad); err != nil {
			t.Errorf("%s: delete: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }

// Ciphertext that is none is like that of a lost key: what holds it can be shown, replaced and deleted.
func TestDamagedCiphertextIsNoDeadEnd(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := example()
	mustCreate(t, s, w)
	entry, err := s.KV.Get(t.Context(), w.Key())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.KV.Put(t.Context(), w.Key(), []byte(strings.ReplaceAll(string(entry.Value()), `"sealed:`, `"sealed:!`))); err != nil {
		t.Fatal(err)
	}
	_, err = s.Load(t.Context(), "acme", w.ID)
	wantErr(t, err, schema.ErrWrongKey)
	if _, err := s.Get(t.Context(), "acme", w.ID); err != nil {
		t.Error(err)
	}
	if _, changed, err := s.Put(t.Context(), w); err != nil || !changed {
		t.Errorf("new secrets: changed %v, %v", changed, err)
	}
}

func TestNullIsRefusedWhereverADefinitionMayHoldIt(t *testing.T) {
	t.Parallel()
	const begin = "project: acme\nid: a\nname: A\nmethod: POST\nendpoint: https://a.example/\n"
	for name, c := range map[string]struct{ text, want string }{
		"an empty item of success":   {"success:\n  -\n", "x.yaml:7: success[0]: is null"},
		"null among successes":       {"success: ['200', null]\n", "success[1]: is null"},
		"a tilde among statuses":     {"retry: {statuses: [429, ~]}\n", "retry.statuses[1]: is null"},
		"an empty header":            {"headers:\n  -\n  - {name: X, value: y}\n", "headers[0]: is null"},
		"a header without a value":   {"headers:\n  - {name: X, value: }\n", "headers[0].value: is null"},
		"an empty pair":              {"body: {type: urlencoded, form: [null]}\n", "body.form[0]: is null"},
		"a pair without a value":     {"body: {type: urlencoded, form: [{name: a, value: null}]}\n", "body.form[0].value: is null"},
		"an empty user field":        {"body: {userFields: [null]}\n", "body.userFields[0]: is null"},
		"an empty parameter":         {"auth: {type: oauth2, clientId: a, clientSecret: b, tokenUrl: 'https://a.example/t', params: [null]}\n", "auth.params[0]: is null"},
		"an empty signing secret":    {"signing: {secrets: [null]}\n", "signing.secrets[0]: is null"},
		"null by an alias in a list": {"success: [&n null, *n]\n", "success[1]: is null"},
		"a tag":                      {"success: [!!null '']\n", "success[0]: must be text"},
		"as JSON":                    {"", "success[0]: is null"},
	} {
		text := begin + c.text
		if c.text == "" {
			text = `{"project":"acme","id":"a","name":"A","method":"POST","endpoint":"https://a.example/","success":[null]}`
		}
		_, err := Parse("x.yaml", []byte(text), nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestNullLeavesADefault(t *testing.T) {
	t.Parallel()
	const begin = "project: acme\nid: a\nname: A\nmethod: POST\nendpoint: https://a.example/\n"
	plain, err := Parse("x.yaml", []byte(begin), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"success:\n", "headers: null\n", "retry: ~\n", "retry: {statuses: , max: null, delay: ~}\n", "timeout: &t null\nstate: *t\n", "limits: null\n",
		"allowDynamicHost: null\n", "auth: {type: null, params: null}\n", "body: {form: null, userFields: null, json: null}\n", "signing: {secrets: null}\n",
	} {
		got, err := Parse("x.yaml", []byte(begin+text), nil)
		if err != nil || !equal(got[0], plain[0]) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
