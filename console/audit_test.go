package console_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// A change whose record can't be published stands, and its record is in the log, whole.
func TestChangeWithoutItsRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.srv.spoilt = true
	w.create("crm")
	if err := w.js.DeleteStream(t.Context(), w.names.Audit()); err != nil {
		t.Fatal(err)
	}
	w.want(http.StatusOK, w.call("PATCH", hooks+"/crm", `{"name":"Renamed"}`, "If-Match", "*"))
	if got := w.call("GET", hooks+"/crm", "").json(t)["name"]; got != "Renamed" {
		t.Errorf("its name is %v", got)
	}
	log := w.logs.String()
	for _, want := range []string{`"level":"error"`, "could not be recorded in the audit stream", `"actor":"test editor"`, `{"path":"name","old":"The crm","new":"Renamed"}`} {
		if !strings.Contains(log, want) {
			t.Errorf("%s is not in the log: %s", want, log)
		}
	}
	w.want(http.StatusOK, w.call("GET", hooks+"/crm/history", "")) // without who it was
}

// An edit made here is in the memory of three workers within 200 ms (B63).
func TestEditsReachEveryWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create("crm")
	keys, err := schema.ParseKeys(w.config.SecretKeys)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	views, ended := make([]*webhooks.View, 3), make(chan error, 3)
	for i := range views {
		views[i] = &webhooks.View{Keys: keys, Log: zerolog.Nop(), Open: func(ctx context.Context) (jetstream.KeyValue, error) {
			return w.js.KeyValue(ctx, w.names.WebhooksBucket())
		}}
		go func() { ended <- views[i].Run(ctx) }()
	}
	defer func() {
		stop()
		for range views {
			<-ended
		}
	}()
	see := func(name string) bool {
		for _, v := range views {
			if hook, ok := v.Lookup("acme", "crm"); !ok || hook.Name != name {
				return false
			}
		}
		return true
	}
	for deadline := time.Now().Add(10 * time.Second); !see("The crm"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the workers did not load the webhook")
		}
	}
	fastest := time.Hour
	for _, name := range []string{"One", "Two", "Three"} { // the machine may be busy once
		w.want(http.StatusOK, w.call("PATCH", hooks+"/crm", `{"name":"`+name+`"}`, "If-Match", "*"))
		began := time.Now()
		for deadline := began.Add(5 * time.Second); !see(name) && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		fastest = min(fastest, time.Since(began))
	}
	if fastest > 200*time.Millisecond {
		t.Errorf("an edit took %s", fastest)
	}
}
