package webhooks

import (
	"encoding/json"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/journeyhook/journeyhook/schema"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*Server).startGoRoutine.func1"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.init.0.func1"))
}

// example has every kind of field but presets'.
func example() *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name = "acme", "welcome-crm", "Welcome CRM sync"
	w.Method, w.Endpoint = "POST", "https://api.example.com/update?email={{#urlEncode}}{{email}}{{/urlEncode}}"
	w.Auth = schema.Auth{
		Type: schema.AuthOAuth2, ClientID: "crm", ClientSecret: schema.NewSecret("canary-client"), TokenURL: "https://auth.example.com/token",
	}
	w.Headers = []schema.Header{
		{Name: "X-Api-Key", Value: schema.SecretValue("canary-header"), Secret: true},
		{Name: "X-Plan", Value: schema.PlainValue("{{plan}}")},
	}
	w.Body.JSON, w.Body.UserFields = `{"city": "{{city}}"}`, []string{"state"}
	w.Signing.Secrets = []schema.Secret{schema.NewSecret("whsec_" + strings.Repeat("Y2FuYXJ5", 4))}
	w.Normalize()
	return w
}

type fataler interface {
	Helper()
	Fatal(...any)
}

func jsonOf(t fataler, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func lineOfText(text, begin string) string {
	before, _, _ := strings.Cut(text, "\n"+begin)
	return strconv.Itoa(strings.Count(before, "\n") + 2)
}

func testKeys(t testing.TB) *schema.Keys {
	t.Helper()
	keys, err := schema.ParseKeys([]string{schema.NewKey()})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// natsServer is an embedded server that can be restarted with what it stored.
type natsServer struct {
	*server.Server
	opts *server.Options
}

func startNATS(t testing.TB) *natsServer {
	t.Helper()
	s := &natsServer{opts: &server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true}}
	s.start(t)
	s.opts.Port = s.Addr().(*net.TCPAddr).Port
	t.Cleanup(s.stop)
	return s
}

func (s *natsServer) start(t testing.TB) {
	t.Helper()
	srv, err := server.NewServer(s.opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = srv
	srv.Start()
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the embedded NATS server did not come up")
	}
}

func (s *natsServer) stop() {
	s.Shutdown()
	s.WaitForShutdown()
}

func connect(t testing.TB, s *natsServer) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(s.ClientURL(), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

var bucketConfig = jetstream.KeyValueConfig{Bucket: "journeyhook_webhooks", History: 10, Storage: jetstream.FileStorage}

func createBucket(t testing.TB, js jetstream.JetStream) jetstream.KeyValue {
	t.Helper()
	kv, err := js.CreateKeyValue(t.Context(), bucketConfig)
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

// newStore is a store on a bucket of its own.
func newStore(t testing.TB) *Store {
	return &Store{KV: createBucket(t, connect(t, startNATS(t))), Keys: testKeys(t)}
}
