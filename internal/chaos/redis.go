package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// startRedis starts a real redis-server where there is one, always empty and always on the same port.
func (w *world) startRedis(ctx context.Context) error {
	var err error
	if w.redisPort == 0 {
		if w.redisPort, err = child.FreePort(); err != nil {
			return err
		}
	}
	cmd, err := devstack.RedisServerCommand(w.dir, w.redisPort)
	if errors.Is(err, devstack.ErrNoRedisServer) {
		return w.startEmbedded()
	}
	w.redisAddr = fmt.Sprintf("127.0.0.1:%d", w.redisPort)
	if w.redis, err = w.start("redis", cmd); err != nil {
		return err
	}
	return child.Listening(ctx, w.redisPort)
}

func (w *world) startEmbedded() (err error) {
	if w.embedded != nil {
		w.embedded.FlushAll()
		return w.embedded.Restart()
	}
	if w.embedded, err = devstack.StartRedis(); err == nil {
		w.redisAddr = w.embedded.Addr()
	}
	return err
}

func (w *world) stopRedis() {
	if w.redis == nil {
		w.embedded.Miniredis.Close()
		return
	}
	w.redis.Kill()
}

// hurtRedis takes Redis away, or makes it refuse, and gives it back.
func (w *world) hurtRedis(ctx context.Context, p Planned) (Fault, error) {
	w.redisMu.Lock()
	defer w.redisMu.Unlock()
	f := Fault{Kind: p.Kind, Target: "redis", From: time.Now()}
	harm, heal := w.remedy(p.Kind)
	if err := harm(); err != nil {
		return f, err
	}
	_ = pause(ctx, p.For)
	if err := heal(ctx); err != nil {
		return f, err
	}
	f.Until = time.Now()
	return f, w.recovered(ctx, &f, hookOrders)
}

// remedy is how Redis is hurt, and how that is undone.
func (w *world) remedy(k Kind) (harm func() error, heal func(context.Context) error) {
	switch {
	case k == LinkRedis:
		return func() error { return w.redisLink.cut(true) }, func(context.Context) error { return w.redisLink.mend() }
	case k == RedisSlow:
		return func() error { return w.redisLink.slow(slowRedis) }, func(context.Context) error { return w.redisLink.mend() }
	case k == RedisFull && w.redis != nil:
		return func() error { return w.tellRedis("config", "set", "maxmemory", "1", "maxmemory-policy", "noeviction") },
			func(context.Context) error { return w.tellRedis("config", "set", "maxmemory", "0") }
	case k == RedisReadonly && w.redis != nil:
		return func() error { return w.tellRedis("replicaof", "127.0.0.1", "1") },
			func(context.Context) error { return w.tellRedis("replicaof", "no", "one") }
	case k == RedisFull, k == RedisReadonly:
		return func() error { w.embedded.SetError("OOM command not allowed"); return nil },
			func(context.Context) error { w.embedded.SetError(""); return nil }
	}
	return func() error { w.stopRedis(); return nil }, w.startRedis
}

// slowRedis is how much later everything from and to Redis arrives, in milliseconds.
const slowRedis = 700

func (w *world) tellRedis(words ...any) error {
	rdb := redis.NewClient(&redis.Options{Addr: w.redisAddr})
	defer rdb.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := rdb.Do(ctx, words...).Err(); err != nil {
		return fmt.Errorf("redis %v: %w", words, err)
	}
	return nil
}
