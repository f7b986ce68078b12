package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/journeyhook/journeyhook/schema"
)

func diffExample() *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Method, w.Endpoint = "acme", "crm", "CRM", "POST", "https://api.example.com"
	w.Auth = schema.Auth{Type: schema.AuthBasic, Token: schema.NewSecret("t0ken")}
	w.Headers = []schema.Header{{Name: "X-Plan", Value: schema.PlainValue("gold")}, {Name: "x-api-key", Value: schema.SecretValue("k3y"), Secret: true}}
	w.Signing.Secrets = []schema.Secret{schema.NewSecret("whsec_s1gn")}
	w.Normalize()
	return w
}

func TestDiff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(*schema.Webhook)
		want string // path: old → new, by path
	}{
		"nothing":                           {func(*schema.Webhook) {}, ""},
		"a field":                           {func(w *schema.Webhook) { w.Name = "New" }, `name: "CRM" → "New"`},
		"a field of a part":                 {func(w *schema.Webhook) { w.Retry.Max = 1 }, `retry.max: 3 → 1`},
		"one more in a list":                {func(w *schema.Webhook) { w.Body.UserFields = []string{"city"} }, `body.userFields: null → ["city"]`},
		"one less":                          {func(w *schema.Webhook) { w.Retry.Statuses = w.Retry.Statuses[:3] }, `retry.statuses[3]: 504 → null`},
		"another secret":                    {func(w *schema.Webhook) { w.Auth.Token = schema.NewSecret("n3w") }, `auth.token: "***" → "***"`},
		"the same secret written as ***":    {func(w *schema.Webhook) { w.Auth.Token = schema.NewSecret(schema.Masked) }, ""},
		"another secret header":             {func(w *schema.Webhook) { w.Headers[1].Value = schema.SecretValue("n3w") }, `headers[1].value: "***" → "***"`},
		"another signing secret":            {func(w *schema.Webhook) { w.Signing.Secrets[0] = schema.NewSecret("whsec_n3w") }, `signing.secrets[0]: "***" → "***"`},
		"a secret more":                     {func(w *schema.Webhook) { w.Signing.Secrets = append(w.Signing.Secrets, schema.NewSecret("n3w")) }, `signing.secrets[1]: null → "***"`},
		"a plain header":                    {func(w *schema.Webhook) { w.Headers[0].Value = schema.PlainValue("silver") }, `headers[0].value: "gold" → "silver"`},
		"a plain header that became secret": {func(w *schema.Webhook) { w.Headers[0].Secret = true; w.Normalize() }, `headers[0].secret: null → true`},
		"a secret one that became plain":    {func(w *schema.Webhook) { w.Headers[1].Secret = false; w.Normalize() }, `headers[1].secret: true → null`},
	} {
		before, after := diffExample(), diffExample()
		c.edit(after)
		var lines []string
		for _, d := range schema.Diff(before, after) {
			old, _ := json.Marshal(d.Old)
			now, _ := json.Marshal(d.New)
			lines = append(lines, d.Path+": "+string(old)+" → "+string(now))
		}
		if got := strings.Join(lines, "; "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// Whatever is compared, no secret is in the outcome, open or sealed.
func TestDiffHoldsNoSecret(t *testing.T) {
	t.Parallel()
	sealed := diffExample()
	for _, s := range sealed.Secrets() {
		*s = schema.SealedSecret("c1pher" + s.Reveal())
	}
	other := diffExample()
	other.Auth = schema.Auth{Type: schema.AuthNone}
	other.Headers, other.Signing = nil, schema.Signing{}
	for _, pair := range [][2]*schema.Webhook{{nil, diffExample()}, {diffExample(), nil}, {nil, sealed}, {sealed, diffExample()}, {diffExample(), other}, {other, sealed}} {
		raw, err := json.Marshal(schema.Diff(pair[0], pair[1]))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"t0ken", "k3y", "s1gn", "c1pher"} {
			if strings.Contains(string(raw), secret) {
				t.Errorf("%s is in %s", secret, raw)
			}
		}
	}
}
