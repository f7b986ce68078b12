package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
)

// loseBucket deletes the bucket of webhooks, and puts it back from a copy after a while, as an operator would. Steps wait
// meanwhile, and nobody exits since his webhook is gone.
func (w *world) loseBucket(ctx context.Context, p Planned) (Fault, error) {
	for _, id := range []string{hookEdited, hookPaused, hookRecreated} {
		w.hooksMu[id].Lock()
		defer w.hooksMu[id].Unlock()
	}
	w.natsMu.Lock()
	defer w.natsMu.Unlock()
	bucket := w.names.WebhooksBucket()
	f := Fault{Kind: p.Kind, Target: bucket, From: time.Now()}
	var copied map[string][]byte
	if err := w.insist(ctx, func(ctx context.Context) (err error) {
		copied, err = entries(ctx, w.store.KV)
		return err
	}); err != nil {
		return f, err
	}
	f.From = time.Now()
	if err := w.insist(ctx, func(ctx context.Context) error {
		if err := w.js.DeleteKeyValue(ctx, bucket); !errors.Is(err, jetstream.ErrBucketNotFound) {
			return err
		}
		return nil
	}); err != nil {
		return f, err
	}
	_ = pause(ctx, p.For)
	err := w.restore(ctx, bucket, copied)
	f.Until = time.Now()
	if err != nil {
		return f, err
	}
	return f, w.recovered(ctx, &f, hookSteady)
}

// entries are what a bucket has, sealed as it is.
func entries(ctx context.Context, kv jetstream.KeyValue) (map[string][]byte, error) {
	keys, err := kv.Keys(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, key := range keys {
		entry, err := kv.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		all[key] = entry.Value()
	}
	return all, nil
}

// restore makes the bucket anew, puts back what it had, and lets an operator say that it is the right one, where hookctl
// has a command for that.
func (w *world) restore(ctx context.Context, bucket string, copied map[string][]byte) error {
	for _, config := range app.Buckets(w.stores) {
		if config.Bucket != bucket {
			continue
		}
		if err := w.insist(ctx, func(ctx context.Context) error {
			_, err := w.js.CreateOrUpdateKeyValue(ctx, config)
			return err
		}); err != nil {
			return err
		}
	}
	for key, value := range copied {
		if err := w.insist(ctx, func(ctx context.Context) error {
			_, err := w.store.KV.Put(ctx, key, value)
			return err
		}); err != nil {
			return err
		}
	}
	if help, err := w.hookctl(ctx, "--help"); err != nil || !strings.Contains(help, "\n  adopt") {
		return err
	}
	_, err := w.hookctl(ctx, "adopt", "--yes")
	return err
}

// hookctl runs the operator's program with the run's settings and returns what it says.
func (w *world) hookctl(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.operator, args...)
	cmd.Env = child.Command([]string{
		"JOURNEYHOOK_NATS_URL=" + w.stores.NATSURL, "JOURNEYHOOK_SECRET_KEYS=" + w.key,
		"JOURNEYHOOK_REPLICAS=" + fmt.Sprint(w.run.copies()), "JOURNEYHOOK_DUPLICATE_WINDOW=" + duplicateWindow.String(),
	}, w.operator).Env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("hookctl %v: %w: %s", args, err, out)
	}
	return string(out), nil
}
