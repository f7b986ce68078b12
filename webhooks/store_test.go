package webhooks

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

func mustCreate(t testing.TB, s *Store, w *schema.Webhook) uint64 {
	t.Helper()
	revision, err := s.Create(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

func mustLoad(t testing.TB, s *Store, id string) *schema.Webhook {
	t.Helper()
	w, err := s.Load(t.Context(), "acme", id)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func secretsOf(w *schema.Webhook) map[string]string {
	texts := map[string]string{}
	for path, s := range w.Secrets() {
		texts[path] = s.Reveal()
	}
	return texts
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

func TestSecretsAreSealedInTheBucket(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := example()
	revision := mustCreate(t, s, w)
	entry, err := s.KV.Get(t.Context(), w.Key())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(entry.Value()), "canary") || strings.Count(string(entry.Value()), "sealed:") != 3 {
		t.Errorf("stored: %s", entry.Value())
	}
	got := mustLoad(t, s, w.ID)
	if !equal(got, w) || got.Revision != revision {
		t.Errorf("loaded revision %d: %s\nwant %d: %s", got.Revision, jsonOf(t, got), revision, jsonOf(t, w))
	}
	shown, err := s.Get(t.Context(), "acme", w.ID)
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range secretsOf(shown) {
		if text != schema.Masked {
			t.Errorf("%s is shown as %s", path, text)
		}
	}
}

func TestWithoutKeysSecretsAreRefused(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.Keys = nil
	_, err := s.Create(t.Context(), example())
	if err == nil || !strings.Contains(err.Error(), "hookctl secrets new-key") || !strings.Contains(err.Error(), "JOURNEYHOOK_SECRET_KEYS") {
		t.Errorf("%v", err)
	}
	open := example()
	open.Auth, open.Headers, open.Signing = schema.Auth{Type: schema.AuthNone}, nil, schema.Signing{}
	mustCreate(t, s, open)
}

func TestWritingStarsKeepsWhatIsStored(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := example()
	mustCreate(t, s, w)
	shown, err := s.Get(t.Context(), "acme", w.ID)
	if err != nil {
		t.Fatal(err)
	}
	revision, changed, err := s.Put(t.Context(), shown)
	if err != nil || changed || revision != shown.Revision {
		t.Errorf("an unchanged put: revision %d, changed %v, %v; want %d", revision, changed, err, shown.Revision)
	}
	shown.Name = "Renamed"
	shown.Headers[0], shown.Headers[1] = shown.Headers[1], shown.Headers[0]
	shown.Auth.ClientSecret = schema.NewSecret("new-client")
	revision, changed, err = s.Put(t.Context(), shown)
	if err != nil || !changed || revision <= shown.Revision {
		t.Fatalf("a put: revision %d, changed %v, %v", revision, changed, err)
	}
	want := secretsOf(w)
	want["auth.clientSecret"] = "new-client"
	if got := secretsOf(mustLoad(t, s, w.ID)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("secrets %v, want %v", got, want)
	}
	only := mustLoad(t, s, w.ID)
	only.Auth.ClientSecret = schema.NewSecret("newer")
	if _, changed, err = s.Put(t.Context(), only); err != nil || !changed {
		t.Errorf("a put that changes a secret only: changed %v, %v", changed, err)
	}
}

func TestStarsAndSealedTextThatCantBeKept(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	mustCreate(t, s, example())
	entry, err := s.KV.Get(t.Context(), "acme.welcome-crm")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := decode(entry.Value(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		edit func(*schema.Webhook)
		want string
	}{
		"*** in a new webhook": {
			func(w *schema.Webhook) { w.ID = "new"; mask(w) }, "auth.clientSecret: *** keeps the stored secret, and there is none",
		},
		"*** for a secret that is new": {
			func(w *schema.Webhook) { w.Headers[0].Name = "X-Other"; w.Headers[0].Value = schema.SecretValue("***") },
			"headers.X-Other: *** keeps the stored secret, and there is none",
		},
		"*** for a secret that would be shown": {
			func(w *schema.Webhook) {
				w.Headers[0] = schema.Header{Name: "X-Api-Key", Value: schema.PlainValue("***")}
			},
			"headers[0].value: *** keeps a stored secret, and this header is not one",
		},
		"the webhook's own ciphertext": {
			func(w *schema.Webhook) { w.Auth.ClientSecret = stored.Auth.ClientSecret }, "auth.clientSecret: starts with sealed:",
		},
		"ciphertext in a header that is shown": {
			func(w *schema.Webhook) { w.Headers[1].Value.Secret = stored.Auth.ClientSecret }, "headers[1].value: starts with sealed:",
		},
	} {
		w := example()
		tc.edit(w)
		if _, _, err := s.Put(t.Context(), w); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
}

// Whoever may edit a webhook can't have its secrets sent to a host of their own.
func TestASecretIsKeptForItsHostOnly(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	mustCreate(t, s, example())
	endpoint := func(to string) func(*schema.Webhook) { return func(w *schema.Webhook) { w.Endpoint = to } }
	const headers, client = "headers.X-Api-Key: *** keeps the stored secret for the host", "auth.clientSecret: *** keeps the stored secret for the host"
	for name, c := range map[string]struct {
		edit func(*schema.Webhook)
		want []string
	}{
		"another path":          {endpoint("https://api.example.com/elsewhere?x=1"), nil},
		"another spelling":      {endpoint("HTTPS://API.example.com/"), nil},
		"another width":         {endpoint("https://ａｐｉ.example.com/"), nil},
		"another host":          {endpoint("https://evil.example/v1"), []string{headers, client}},
		"another port":          {endpoint("https://api.example.com:8443/v1"), []string{headers, client}},
		"a host that goes on":   {endpoint("https://api.example.com{{email}}/v1"), []string{headers, client}},
		"a host in the user":    {endpoint("https://{{host}}/v1"), []string{headers, client}},
		"another token server":  {func(w *schema.Webhook) { w.Auth.TokenURL = "https://evil.example/token" }, []string{client}},
		"another token address": {func(w *schema.Webhook) { w.Auth.TokenURL += "/v2" }, nil},
	} {
		w := example()
		mask(w)
		c.edit(w)
		_, err := s.Resolve(t.Context(), w)
		if err == nil {
			err = errors.New("")
		}
		for _, want := range []string{headers, client} {
			if strings.Contains(err.Error(), want) != slices.Contains(c.want, want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if strings.Contains(err.Error(), "signing.secrets") {
			t.Errorf("%s: a secret that is not sent anywhere: %v", name, err)
		}
	}
}

func TestAShorterListKeepsNoSigningSecretByItsPlace(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := example()
	second := schema.NewSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte("a second one of more than 24 bytes")))
	w.Signing.Secrets = append(w.Signing.Secrets, second)
	mustCreate(t, s, w)
	w.Signing.Secrets = []schema.Secret{schema.NewSecret(schema.Masked)}
	if _, _, err := s.Put(t.Context(), w); err == nil || !strings.Contains(err.Error(), "write the secrets that stay") {
		t.Errorf("*** for one of two: %v", err)
	}
	w.Signing.Secrets = []schema.Secret{second}
	if _, _, err := s.Put(t.Context(), w); err != nil {
		t.Error(err)
	}
}

func TestCiphertextOpensNowhereElse(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := example()
	mustCreate(t, s, w)
	entry, err := s.KV.Get(t.Context(), w.Key())
	if err != nil {
		t.Fatal(err)
	}
	moved := strings.Replace(string(entry.Value()), `"id":"welcome-crm"`, `"id":"thief"`, 1)
	if _, err := s.KV.Put(t.Context(), "acme.thief", []byte(moved)); err != nil {
		t.Fatal(err)
	}
	_, err = s.Load(t.Context(), "acme", "thief")
	wantErr(t, err, schema.ErrWrongKey)
}

func TestALostKeyIsNoDeadEnd(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	mustCreate(t, s, example())
	other := &Store{KV: s.KV, Keys: testKeys(t)}
	shown, err := other.Get(t.Context(), "acme", "welcome-crm")
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = other.Put(t.Context(), shown)
	wantErr(t, err, schema.ErrWrongKey)
	if _, changed, err := other.Put(t.Context(), example()); err != nil || !changed {
		t.Errorf("new secrets: changed %v, %v", changed, err)
	}
	if got := mustLoad(t, other, "welcome-crm"); !equal(got, example()) {
		t.Errorf("loaded %s", jsonOf(t, got))
	}
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := example()
	_, err := s.Update(t.Context(), w, 1)
	wantErr(t, err, ErrNotFound)
	revision := mustCreate(t, s, w)
	_, err = s.Create(t.Context(), w)
	wantErr(t, err, ErrExists)
	w.Name = "Renamed"
	next, err := s.Update(t.Context(), w, revision)
	if err != nil || next <= revision {
		t.Fatalf("revision %d after %d, %v", next, revision, err)
	}
	w.Name = "Renamed again"
	_, err = s.Update(t.Context(), w, revision)
	wantErr(t, err, ErrConflict)
	w.Method = "FETCH"
	if _, err = s.Update(t.Context(), w, next); err == nil || !strings.Contains(err.Error(), "method") {
		t.Errorf("%v", err)
	}
	if err := s.Delete(t.Context(), "acme", w.ID); err != nil {
		t.Fatal(err)
	}
	wantErr(t, s.Delete(t.Context(), "acme", w.ID), ErrNotFound)
	_, err = s.Get(t.Context(), "acme", w.ID)
	wantErr(t, err, ErrNotFound)
	_, err = s.Get(t.Context(), "acme", "*")
	wantErr(t, err, ErrNotFound)
	if again := mustCreate(t, s, example()); again <= next {
		t.Errorf("revision %d of a webhook created again, after %d", again, next)
	}
	versions, err := s.History(t.Context(), "acme", w.ID)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range versions {
		if v.Webhook == nil {
			names = append(names, "deleted")
			continue
		}
		names = append(names, v.Webhook.Name)
		if v.Webhook.Auth.ClientSecret.Reveal() != schema.Masked {
			t.Error("the history shows a secret")
		}
	}
	if got := strings.Join(names, ", "); got != "Welcome CRM sync, Renamed, deleted, Welcome CRM sync" {
		t.Errorf("history: %s", got)
	}
	_, err = s.History(t.Context(), "acme", "never")
	wantErr(t, err, ErrNotFound)
}

func TestWritersAtOnceLoseNoEdit(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	revisions := map[uint64]bool{}
	for i := range 8 {
		wg.Go(func() {
			w := example()
			w.Name = fmt.Sprint("writer ", i)
			revision, changed, err := s.Put(context.Background(), w)
			mu.Lock()
			defer mu.Unlock()
			if err != nil || !changed || revisions[revision] {
				t.Errorf("writer %d: revision %d, changed %v, %v", i, revision, changed, err)
			}
			revisions[revision] = true
		})
	}
	wg.Wait()
}

func TestTheCheckOfTheCallerIsAsked(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.Check = func(w *schema.Webhook) error {
		if strings.Contains(w.Body.JSON, "{{#") {
			return schema.Faults{{Path: "body.json", Message: "a block is not closed"}}
		}
		return nil
	}
	w := example()
	w.Body.JSON, w.Name = "{{#if x}}", ""
	_, err := s.Create(t.Context(), w)
	var faults schema.Faults
	if !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("%v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, id := range []string{"b", "a", "c"} {
		w := example()
		w.ID = id
		mustCreate(t, s, w)
	}
	other := example()
	other.Project = "acme2"
	mustCreate(t, s, other)
	if err := s.Delete(t.Context(), "acme", "c"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.KV.Put(t.Context(), "acme.broken", []byte("{")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.KV.Put(t.Context(), "stray", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	for project, want := range map[string]string{"acme": "acme.a acme.b acme.broken!", "acme2": "acme2.welcome-crm", "none": "", "": "acme.a acme.b acme.broken! acme2.welcome-crm"} {
		all, err := s.List(t.Context(), project)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range all {
			name := w.Key()
			if w.Fault != "" {
				name += "!"
			} else if w.Auth.ClientSecret.Reveal() != schema.Masked {
				t.Error("a list shows a secret")
			}
			got = append(got, name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("project %q: %v, want %s", project, got, want)
		}
	}
	if _, err := s.List(t.Context(), ">"); err == nil {
		t.Error("project > was listed")
	}
}

func TestCopy(t *testing.T) { // B58, C23
	t.Parallel()
	s := newStore(t)
	mustCreate(t, s, example())
	from, to := Name{Project: "acme", ID: "welcome-crm"}, Name{Project: "acme", ID: "copy"}
	_, missing, err := s.Copy(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(missing, "; "); got != "auth; headers[0].value (X-Api-Key); signing.secrets" {
		t.Errorf("missing: %s", got)
	}
	want := example()
	want.ID, want.State, want.Auth, want.Signing = "copy", schema.Paused, schema.Auth{Type: schema.AuthNone}, schema.Signing{}
	want.Headers[0].Value = schema.SecretValue("")
	got := mustLoad(t, s, "copy")
	if !equal(got, want) {
		t.Errorf("copied %s\nwant %s", jsonOf(t, got), jsonOf(t, want))
	}
	_, _, err = s.Copy(t.Context(), from, to)
	wantErr(t, err, ErrExists)
	_, _, err = s.Copy(t.Context(), Name{Project: "acme", ID: "none"}, Name{Project: "acme", ID: "copy2"})
	wantErr(t, err, ErrNotFound)
	if _, _, err = s.Copy(t.Context(), from, Name{Project: "acme", ID: "a b"}); err == nil {
		t.Error("an id with a space was taken")
	}
}

// A copy that was active without its credentials would throw out every user who reaches it.
func TestACopyThatLacksSomethingIsPaused(t *testing.T) { // C47
	t.Parallel()
	s := newStore(t)
	for name, c := range map[string]struct {
		edit    func(*schema.Webhook)
		missing string
	}{
		"nothing":        {func(*schema.Webhook) {}, ""},
		"a plain header": {func(w *schema.Webhook) { w.Headers = []schema.Header{{Name: "X-Plan", Value: schema.PlainValue("a")}} }, ""},
		"a token":        {func(w *schema.Webhook) { w.Auth = schema.Auth{Type: schema.AuthBasic, Token: schema.NewSecret("t")} }, "auth"},
		"a client":       {func(w *schema.Webhook) { w.Auth = example().Auth }, "auth"},
		"a secret header": {
			func(w *schema.Webhook) {
				w.Headers = []schema.Header{{Name: "X-Api-Key", Value: schema.SecretValue("k"), Secret: true}}
			}, "headers[0].value (X-Api-Key)",
		},
		"a signing secret": {func(w *schema.Webhook) { w.Signing = example().Signing }, "signing.secrets"},
		"a preset's token": {
			func(w *schema.Webhook) {
				w.Destination, w.Endpoint, w.Body.JSON = "delighted", "https://api.delighted.com/v1/people.json", `{"email": "{{email}}"}`
				w.Auth = schema.Auth{Type: schema.AuthBasic, Token: schema.NewSecret("t")}
			}, "auth",
		},
	} {
		w := withoutSecretFields()
		w.ID = strings.ReplaceAll(strings.ReplaceAll(name, " ", "-"), "'", "")
		c.edit(w)
		mustCreate(t, s, w)
		_, missing, err := s.Copy(t.Context(), Name{Project: "acme", ID: w.ID}, Name{Project: "other", ID: w.ID})
		if err != nil || strings.Join(missing, "; ") != c.missing {
			t.Errorf("%s: missing %v, %v", name, missing, err)
			continue
		}
		want := schema.Active
		if c.missing != "" {
			want = schema.Paused
		}
		if got, err := s.Load(t.Context(), "other", w.ID); err != nil || got.State != want {
			t.Errorf("%s: the copy is %v, %v; want %s", name, got, err, want)
		}
	}
}
