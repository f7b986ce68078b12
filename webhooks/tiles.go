package webhooks

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/kv"
	"github.com/journeyhook/journeyhook/schema"
)

const (
	tilesRemembered = 100_000 // by a worker; more, and some are written again, which changes nothing
	tilesWaiting    = 1024    // to be written
	tileWriteTime   = 5 * time.Second
)

// Tile is a place in a journey that uses a webhook (B61).
type Tile = schema.TileUse

// Tiles knows which tiles use a webhook: from the journey engine, which may write the bucket, and from
// the steps that come by.
type Tiles struct {
	KV  jetstream.KeyValue
	Log zerolog.Logger

	once  sync.Once
	queue chan newTile

	mu   sync.Mutex
	seen map[tileKey]struct{}
}

type tileKey struct {
	project, webhook string
	workflow         int64
	tile             string
}

func (k tileKey) String() string {
	return k.project + "." + k.webhook + "." + strconv.FormatInt(k.workflow, 10) + "." + k.tile
}

type newTile struct {
	key tileKey
	Tile
}

func (t *Tiles) begin() {
	t.once.Do(func() { t.queue = make(chan newTile, tilesWaiting) })
}

// Learn notes a step's tile, to be written by Run. It never waits: what finds no room is noted when its
// next step comes.
func (t *Tiles) Learn(step *schema.Step) {
	t.begin()
	key := tileKey{step.ProjectID, step.WebhookID, step.WorkflowID, step.Tile.ID}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.seen[key]; known {
		return
	}
	select {
	case t.queue <- newTile{key, Tile{WorkflowID: key.workflow, TileID: key.tile, Type: step.Tile.Type, FirstSeen: time.Now().UTC()}}:
	default:
		return
	}
	if t.seen == nil || len(t.seen) >= tilesRemembered {
		t.seen = map[tileKey]struct{}{}
	}
	t.seen[key] = struct{}{}
}

// Run writes what was learned until ctx ends.
func (t *Tiles) Run(ctx context.Context) error {
	t.begin()
	for {
		select {
		case <-ctx.Done():
			return nil
		case tile := <-t.queue:
			if err := t.write(ctx, tile); err != nil && ctx.Err() == nil {
				t.forget(tile.key)
				t.Log.Warn().Err(err).Msg("a tile could not be written; its next step tries again")
			}
		}
	}
}

func (t *Tiles) write(ctx context.Context, tile newTile) error {
	ctx, cancel := context.WithTimeout(ctx, tileWriteTime)
	defer cancel()
	data, err := json.Marshal(tile.Tile)
	if err != nil {
		return fmt.Errorf("webhooks: write tile %s as JSON: %w", tile.key, err)
	}
	// The first to write it saw it first.
	if _, err = t.KV.Create(ctx, tile.key.String(), data); err != nil && !kv.Outrun(err) {
		return fmt.Errorf("webhooks: write tile %s: %w", tile.key, err)
	}
	return nil
}

func (t *Tiles) forget(key tileKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, key)
}

// Of lists the tiles that use a webhook, in the order of their journeys.
func (t *Tiles) Of(ctx context.Context, project, id string) ([]Tile, error) {
	if !schema.ValidID(project) || !schema.ValidID(id) {
		return nil, nil
	}
	key := Name{Project: project, ID: id}.String()
	var tiles []Tile
	err := kv.Each(ctx, t.KV, key+".*.*", func(entry jetstream.KeyValueEntry) {
		if tile, ok := readTile(entry); ok {
			tiles = append(tiles, tile)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("webhooks: list the tiles of %s: %w", key, err)
	}
	slices.SortFunc(tiles, func(a, b Tile) int {
		return cmp.Or(cmp.Compare(a.WorkflowID, b.WorkflowID), strings.Compare(a.TileID, b.TileID))
	})
	return tiles, nil
}

// readTile trusts the key only: the value may be another program's and lack things.
func readTile(entry jetstream.KeyValueEntry) (Tile, bool) {
	parts := strings.Split(entry.Key(), ".")
	workflow, err := strconv.ParseInt(parts[len(parts)-2], 10, 64)
	if err != nil {
		return Tile{}, false
	}
	var tile Tile
	if json.Unmarshal(entry.Value(), &tile) != nil || tile.FirstSeen.IsZero() {
		tile.FirstSeen = entry.Created().UTC()
	}
	tile.WorkflowID, tile.TileID = workflow, parts[len(parts)-1]
	return tile, true
}
