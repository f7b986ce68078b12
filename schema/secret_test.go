package schema_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

func TestSecretsPrintAsStarsEverywhere(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry"
	hook := schema.NewWebhook()
	hook.Auth = schema.Auth{Type: schema.AuthOAuth2, ClientID: "id", ClientSecret: schema.NewSecret(canary)}
	hook.Headers = []schema.Header{{Name: "X-Api-Key", Value: schema.SecretValue(canary), Secret: true}}
	hook.Signing.Secrets = []schema.Secret{schema.NewSecret(canary)}
	hook.Normalize()
	var log bytes.Buffer
	logger := zerolog.New(&log)
	logger.Info().Interface("hook", hook).Any("secret", hook.Auth.ClientSecret).Stringer("s", hook.Auth.ClientSecret).Msg("x")
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "hook", hook, "secret", hook.Auth.ClientSecret)
	asJSON, _ := json.Marshal(hook)
	asYAML, _ := yaml.Marshal(hook)
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", *hook), "%+v": fmt.Sprintf("%+v", hook), "%#v": fmt.Sprintf("%#v", *hook),
		"%s": fmt.Sprintf("%s", hook.Auth.ClientSecret), "%q": fmt.Sprintf("%q", hook.Auth.ClientSecret), "%x": fmt.Sprintf("%x", hook.Auth.ClientSecret),
		"json": string(asJSON), "yaml": string(asYAML), "logs": log.String(),
	} {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("%s shows the secret: %s", name, text)
		}
	}
	if !strings.Contains(string(asJSON), `"clientSecret":"***"`) || !strings.Contains(string(asYAML), "'***'") && !strings.Contains(string(asYAML), `"***"`) {
		t.Errorf("stars are missing:\n%s\n%s", asJSON, asYAML)
	}
}

func TestSealedSecretsSurviveJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(schema.SealedSecret("abc"))
	if err != nil {
		t.Fatal(err)
	}
	var back schema.Secret
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if text, sealed := back.Sealed(); !sealed || text != "abc" || back.Reveal() != "" {
		t.Errorf("%s came back as %q, sealed %v", raw, text, sealed)
	}
}

func TestKeysSealForOnePlace(t *testing.T) {
	t.Parallel()
	old, new := schema.NewKey(), schema.NewKey()
	parse := func(keys ...string) *schema.Keys {
		k, err := schema.ParseKeys(keys)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	sealed := parse(old).Seal("s3cret", "acme.crm:auth.token")
	if got, err := parse(new, old).Open(sealed, "acme.crm:auth.token"); err != nil || got != "s3cret" {
		t.Errorf("after rotation: %q, %v", got, err)
	}
	for name, open := range map[string]func() (string, error){
		"another place":  func() (string, error) { return parse(old).Open(sealed, "acme.other:auth.token") },
		"another key":    func() (string, error) { return parse(new).Open(sealed, "acme.crm:auth.token") },
		"no key":         func() (string, error) { return (*schema.Keys)(nil).Open(sealed, "acme.crm:auth.token") },
		"damaged text":   func() (string, error) { return parse(old).Open(sealed[:10]+"A"+sealed[11:]+"!", "acme.crm:auth.token") },
		"shortened text": func() (string, error) { return parse(old).Open(sealed[:8], "acme.crm:auth.token") },
	} {
		if got, err := open(); err == nil {
			t.Errorf("%s opened it: %q", name, got)
		}
	}
	for _, bad := range []string{"", "abc", "c2hvcnQ="} {
		if _, err := schema.ParseKeys([]string{bad}); err == nil || !strings.Contains(err.Error(), "hookctl secrets new-key") {
			t.Errorf("key %q: %v", bad, err)
		}
	}
}
