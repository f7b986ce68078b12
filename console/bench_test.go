package console_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/console"
)

// fill stores n webhooks as another program would have.
func (w *world) fill(n int) {
	w.t.Helper()
	kv, err := w.js.KeyValue(context.Background(), w.names.WebhooksBucket())
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range n {
		id := fmt.Sprintf("hook-%05d", i)
		if _, err := w.js.PublishAsync("$KV."+kv.Bucket()+".acme."+id, []byte(w.definition(id)), jetstream.WithStallWait(time.Minute)); err != nil {
			w.t.Fatal(err)
		}
	}
	<-w.js.PublishAsyncComplete()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		projects := w.call("GET", "/api/v1/projects", "").body
		if projects == fmt.Sprintf(`{"items":[{"id":"acme","webhooks":%d}]}`+"\n", n) {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("not all %d webhooks were seen: %s", n, projects)
		}
	}
}

// BenchmarkAnswers asks over HTTP, with authentication, in a project of 10,000 webhooks.
func BenchmarkAnswers(b *testing.B) {
	w := newWorld(b)
	w.fill(10_000)
	for name, path := range map[string]string{
		"list by name":  hooks,
		"search":        hooks + "?q=hook-0123",
		"last page":     hooks + "?sort=-revision&offset=9950",
		"one":           hooks + "/hook-05000",
		"history":       hooks + "/hook-05000/history",
		"tiles":         hooks + "/hook-05000/tiles",
		"backlog":       hooks + "/hook-05000/backlog",
		"notifications": "/api/v1/projects/acme/notifications",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				req, err := http.NewRequest(http.MethodGet, w.base+path, nil)
				if err != nil {
					b.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer "+w.tokens[console.Viewer])
				resp, err := w.client.Do(req)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					b.Fatalf("status %d", resp.StatusCode)
				}
			}
		})
	}
}
