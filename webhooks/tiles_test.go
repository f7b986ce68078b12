package webhooks

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

func stepAt(webhook string, workflow int64, tile string) *schema.Step {
	return &schema.Step{ProjectID: "acme", WebhookID: webhook, WorkflowID: workflow, Tile: schema.Tile{ID: tile, Type: schema.CallWebhook}}
}

func newTiles(t *testing.T) *Tiles {
	kv, err := connect(t, startNATS(t)).CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "journeyhook_tiles"})
	if err != nil {
		t.Fatal(err)
	}
	return &Tiles{KV: kv}
}

func runTiles(t *testing.T, tiles *Tiles) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := tiles.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func tilesOf(t *testing.T, tiles *Tiles, webhook string) []Tile {
	t.Helper()
	all, err := tiles.Of(t.Context(), "acme", webhook)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTilesAreLearnedFromSteps(t *testing.T) { // B61
	t.Parallel()
	tiles := newTiles(t)
	runTiles(t, tiles)
	second := &Tiles{KV: tiles.KV} // another worker
	runTiles(t, second)
	for range 3 {
		for _, worker := range []*Tiles{tiles, second} {
			worker.Learn(stepAt("a", 12345, "7"))
			worker.Learn(stepAt("a", 99, "z"))
			worker.Learn(stepAt("b", 1, "1"))
		}
	}
	if _, err := tiles.KV.Put(t.Context(), "acme.a.5.engine", []byte(`{"type":"userProfile","name":"ours"}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := tiles.KV.Put(t.Context(), "acme.a.five.engine", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "learning", 5*time.Second, func() bool { return len(tilesOf(t, tiles, "a")) == 3 && len(tilesOf(t, tiles, "b")) == 1 })
	got := tilesOf(t, tiles, "a")
	want := []Tile{
		{WorkflowID: 5, TileID: "engine", Type: schema.UserProfile},
		{WorkflowID: 99, TileID: "z", Type: schema.CallWebhook},
		{WorkflowID: 12345, TileID: "7", Type: schema.CallWebhook},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Tile{}, "FirstSeen")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, tile := range got {
		if tile.FirstSeen.IsZero() {
			t.Errorf("%s was never seen", tile.TileID)
		}
	}
	if status, err := tiles.KV.Status(t.Context()); err != nil || status.Values() != 5 {
		t.Errorf("%d values, %v", status.Values(), err)
	}
	if all := tilesOf(t, tiles, ">"); all != nil {
		t.Errorf("%v", all)
	}
}

func TestLearningNeverWaits(t *testing.T) {
	t.Parallel()
	tiles := newTiles(t)
	for i := range tilesWaiting + 100 { // nobody writes yet
		tiles.Learn(stepAt("a", int64(i), "1"))
	}
	runTiles(t, tiles)
	eventually(t, "writing the first ones", 10*time.Second, func() bool { return len(tiles.queue) == 0 })
	for i := range tilesWaiting + 100 {
		tiles.Learn(stepAt("a", int64(i), "1"))
	}
	eventually(t, "writing the others", 10*time.Second, func() bool { return len(tilesOf(t, tiles, "a")) == tilesWaiting+100 })
}

func TestATileThatCouldNotBeWrittenIsLearnedAgain(t *testing.T) {
	t.Parallel()
	srv := startNATS(t)
	js := connect(t, srv)
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "journeyhook_tiles"})
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteKeyValue(t.Context(), "journeyhook_tiles"); err != nil {
		t.Fatal(err)
	}
	tiles := &Tiles{KV: kv}
	runTiles(t, tiles)
	tiles.Learn(stepAt("a", 1, "1"))
	eventually(t, "giving up", 10*time.Second, func() bool {
		tiles.mu.Lock()
		defer tiles.mu.Unlock()
		return len(tiles.seen) == 0
	})
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "journeyhook_tiles"}); err != nil {
		t.Fatal(err)
	}
	tiles.Learn(stepAt("a", 1, "1"))
	eventually(t, "writing", 5*time.Second, func() bool { return len(tilesOf(t, tiles, "a")) == 1 })
}

func TestRememberedTilesAreBounded(t *testing.T) {
	t.Parallel()
	tiles := &Tiles{seen: map[tileKey]struct{}{}}
	for i := range tilesRemembered {
		tiles.seen[tileKey{workflow: int64(i), tile: "x"}] = struct{}{}
	}
	tiles.Learn(stepAt("a", 1, "1"))
	if n := len(tiles.seen); n != 1 {
		t.Errorf("%d tiles remembered, want 1", n)
	}
}
