package webhooks

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

// rotation is a bucket whose secrets an old key sealed, the store that has both keys, and the one that has
// only the new one.
func rotation(t *testing.T) (old, both, after *Store) {
	t.Helper()
	js := connect(t, startNATS(t))
	was, is := schema.NewKey(), schema.NewKey()
	bucket := createBucket(t, js)
	store := func(encoded ...string) *Store {
		keys, err := schema.ParseKeys(encoded)
		if err != nil {
			t.Fatal(err)
		}
		return &Store{KV: bucket, Keys: keys}
	}
	return store(was), store(is, was), store(is)
}

func resealed(t *testing.T, s *Store, id string) bool {
	t.Helper()
	before, now, err := s.Reseal(t.Context(), "acme", id)
	if err != nil {
		t.Fatal(err)
	}
	return now != before
}

func TestAfterResealingTheOldKeyIsNotNeeded(t *testing.T) {
	t.Parallel()
	old, both, after := rotation(t)
	mustCreate(t, old, example())
	_, err := after.Load(t.Context(), "acme", "welcome-crm")
	wantErr(t, err, schema.ErrWrongKey)
	if !resealed(t, both, "welcome-crm") {
		t.Error("nothing was sealed anew")
	}
	if got := mustLoad(t, after, "welcome-crm"); !equal(got, example()) {
		t.Errorf("loaded %s", jsonOf(t, got))
	}
	v := &View{Keys: after.Keys, Open: func(context.Context) (jetstream.KeyValue, error) { return after.KV, nil }}
	start(t, v)
	eventually(t, "a worker with the new key is ready", 5*time.Second, func() bool { return v.Ready() == nil })
	_, err = old.Load(t.Context(), "acme", "welcome-crm")
	wantErr(t, err, schema.ErrWrongKey)
	if resealed(t, both, "welcome-crm") || resealed(t, after, "welcome-crm") {
		t.Error("what the first key sealed was sealed again")
	}
}

func TestResealingChangesNothingElse(t *testing.T) {
	t.Parallel()
	old, both, after := rotation(t)
	w := example()
	w.Auth, w.Signing = schema.Auth{Type: schema.AuthNone}, schema.Signing{}
	mustCreate(t, old, w)
	entry, err := old.KV.Get(t.Context(), w.Key())
	if err != nil {
		t.Fatal(err)
	}
	// A newer release stored a field that we do not know.
	newer := strings.Replace(string(entry.Value()), "{", `{"later":{"sealed":"x"}, `, 1)
	if _, err := old.KV.Put(t.Context(), w.Key(), []byte(newer)); err != nil {
		t.Fatal(err)
	}
	if !resealed(t, both, w.ID) {
		t.Fatal("nothing was sealed anew")
	}
	entry, err = old.KV.Get(t.Context(), w.Key())
	if err != nil {
		t.Fatal(err)
	}
	before, now := strings.Split(newer, `"sealed:`), strings.Split(string(entry.Value()), `"sealed:`)
	if len(before) != 2 || len(now) != 2 || before[0] != now[0] || len(before[1]) != len(now[1]) || before[1] == now[1] {
		t.Errorf("stored %s\nbefore %s", entry.Value(), newer)
	}
	if got := mustLoad(t, after, w.ID); !equal(got, w) {
		t.Errorf("loaded %s", jsonOf(t, got))
	}
	w.ID, w.Headers = "open", nil
	mustCreate(t, old, w)
	if resealed(t, both, "open") {
		t.Error("a webhook without secrets was written")
	}
}

// busy is a bucket in which somebody edits a definition just before each of our first writes.
type busy struct {
	jetstream.KeyValue
	edits []func()
}

func (b *busy) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if len(b.edits) > 0 {
		b.edits[0]()
		b.edits = b.edits[1:]
	}
	return b.KeyValue.Update(ctx, key, value, revision)
}

func TestResealingLosesNoEdit(t *testing.T) {
	t.Parallel()
	old, both, after := rotation(t)
	others := &Store{KV: both.KV, Keys: both.Keys}
	edit := func(by *Store, name string) func() {
		return func() {
			w := mustLoad(t, by, "welcome-crm")
			w.Name, w.Auth.ClientSecret = name, schema.NewSecret("canary of "+name)
			if _, _, err := by.Put(t.Context(), w); err != nil {
				t.Error(err)
			}
		}
	}
	for name, c := range map[string]struct {
		edits []func()
		last  string
		want  bool
	}{
		"edits sealed with the old key":   {[]func(){edit(old, "first"), edit(old, "second")}, "second", true},
		"an edit sealed with the new key": {[]func(){edit(others, "third")}, "third", false},
		"one after the other":             {[]func(){edit(old, "fourth"), edit(others, "fifth")}, "fifth", false},
		"nobody edits":                    {nil, example().Name, true},
	} {
		_ = old.Delete(t.Context(), "acme", "welcome-crm")
		mustCreate(t, old, example())
		both.KV = &busy{old.KV, c.edits}
		if got := resealed(t, both, "welcome-crm"); got != c.want {
			t.Errorf("%s: sealed anew: %v", name, got)
		}
		if w := mustLoad(t, after, "welcome-crm"); w.Name != c.last || c.edits != nil && w.Auth.ClientSecret.Reveal() != "canary of "+c.last {
			t.Errorf("%s: an edit was lost: %s", name, jsonOf(t, w))
		}
	}
}

func TestWhatCantBeResealed(t *testing.T) {
	t.Parallel()
	old, _, after := rotation(t)
	mustCreate(t, old, example())
	_, _, err := after.Reseal(t.Context(), "acme", "welcome-crm")
	wantErr(t, err, schema.ErrWrongKey)
	if !strings.Contains(err.Error(), "auth.clientSecret of acme.welcome-crm") {
		t.Errorf("%v", err)
	}
	_, _, err = after.Reseal(t.Context(), "acme", "nobody")
	wantErr(t, err, ErrNotFound)
	if _, err := old.KV.Put(t.Context(), "acme.broken", []byte("{")); err != nil {
		t.Fatal(err)
	}
	if _, _, err = after.Reseal(t.Context(), "acme", "broken"); err == nil {
		t.Error("no word on what can't be read")
	}
	if got := secretsOf(mustLoad(t, old, "welcome-crm")); !maps.Equal(got, secretsOf(example())) {
		t.Errorf("secrets %v", got)
	}
}
