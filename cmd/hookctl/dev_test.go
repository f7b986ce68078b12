package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
)

// What dev prints to be pasted makes hookctl a program of the same system: a webhook with a secret that it stores is
// used by dev's worker.
func TestAnotherTerminalUsesTheDevSystem(t *testing.T) {
	t.Setenv("JOURNEYHOOK_NATS_DOMAIN", "hub") // another system's, in both terminals
	var stderr bytes.Buffer
	s := &session{ctx: t.Context(), stderr: &stderr, cli: &cli{Stores: app.Stores{NATSDomain: "hub", Prefix: "journeyhook", Replicas: 1, DuplicateWindow: 5 * time.Minute, Provision: true}}}
	d, err := (&devCmd{Dir: t.TempDir()}).start(s)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if err := d.ready(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var shown bytes.Buffer
	d.invite(&shown)
	exports := regexp.MustCompile(`(?m)^  export (JOURNEYHOOK_\w+)=(\S*)$`).FindAllStringSubmatch(shown.String(), -1)
	if len(exports) != 7 {
		t.Fatalf("seven settings are to be pasted:\n%s", shown.String())
	}
	for _, e := range exports {
		t.Setenv(e[1], e[2])
	}
	const definition = `{project: demo, id: secret, name: Secret, method: POST, endpoint: "ENDPOINT/ok", auth: {type: basic, token: dXNlcjpwYXNz}}`
	file := t.TempDir() + "/secret.yaml"
	if err := os.WriteFile(file, []byte(strings.Replace(definition, "ENDPOINT", d.endpoint.URL, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"apply", "-f", file},
		{"try", "demo/secret", "--user", "pat@example.com"},
		{"send", "--to", "demo/secret", "--user", "pat@example.com", "--wait", "20s"},
	} {
		var out bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(""), &out, &out); code != 0 {
			t.Errorf("hookctl %s: exit %d\n%s", strings.Join(args, " "), code, out.String())
		}
	}
	for _, call := range d.endpoint.Calls() {
		if got := call.Header.Get("Authorization"); got != "Basic dXNlcjpwYXNz" {
			t.Errorf("the call says %q", got)
		}
	}

	// A key that was given is its giver's to tell.
	s.cli.SecretKeys = []string{schema.NewKey()}
	given := &devStack{nats: d.nats}
	if given.config = given.settings(s, "redis://127.0.0.1:1/0"); strings.Contains(given.exports(), s.cli.SecretKeys[0]) {
		t.Errorf("a key that was given is printed:\n%s", given.exports())
	}
}
