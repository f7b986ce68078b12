package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// startRedis starts a redis-server, always empty and always on the same port.
func (w *world) startRedis(ctx context.Context) error {
	var err error
	if w.redisPort == 0 {
		if w.redisPort, err = child.FreePort(); err != nil {
			return err
		}
	}
	cmd, err := devstack.RedisServerCommand(w.dir, w.redisPort)
	if err != nil {
		return fmt.Errorf("%w: apt-get install redis-server", err)
	}
	if w.redis, err = w.start("redis", cmd); err != nil {
		return err
	}
	return child.Listening(ctx, w.redisPort)
}

func (w *world) redisAddr() string { return fmt.Sprintf("127.0.0.1:%d", w.redisPort) }

// hurtRedis takes Redis away from all workers or one, or makes it refuse, and gives it back.
func (w *world) hurtRedis(ctx context.Context, p Planned) (Fault, error) {
	w.redisMu.Lock()
	defer w.redisMu.Unlock()
	f := Fault{Kind: p.Kind, Target: "redis", From: time.Now()}
	if p.Kind == LinkRedisOne {
		f.Target = w.workers[p.Target].name
	}
	harm, heal := w.remedy(p)
	if err := harm(); err != nil {
		return f, err
	}
	_ = pause(ctx, p.For)
	if err := heal(ctx); err != nil {
		return f, err
	}
	f.Until = time.Now()
	return f, w.redisServes(ctx, &f)
}

// remedy is how Redis is hurt, and how that is undone.
func (w *world) remedy(p Planned) (harm func() error, heal func(context.Context) error) {
	ways := w.workers
	if p.Kind == LinkRedisOne {
		ways = ways[p.Target:][:1]
	}
	each := func(do func(*link) error) (err error) {
		for _, k := range ways {
			err = errors.Join(err, do(k.redis))
		}
		return err
	}
	mend := func(context.Context) error { return each((*link).mend) }
	switch p.Kind {
	case LinkRedis, LinkRedisOne:
		return func() error { return each(func(l *link) error { return l.cut(true) }) }, mend
	case RedisSlow:
		return func() error { return each(func(l *link) error { return l.slow(slowRedis) }) }, mend
	case RedisFull:
		return func() error { return w.tellRedis("config", "set", "maxmemory", "1", "maxmemory-policy", "noeviction") },
			func(context.Context) error { return w.tellRedis("config", "set", "maxmemory", "0") }
	case RedisReadonly:
		return func() error { return w.tellRedis("replicaof", "127.0.0.1", "1") },
			func(context.Context) error { return w.tellRedis("replicaof", "no", "one") }
	}
	return func() error { w.redis.Kill(); return nil }, w.startRedis
}

// slowRedis is how much later everything from and to Redis arrives, in milliseconds.
const slowRedis = 700

func (w *world) tellRedis(words ...any) error {
	rdb := redis.NewClient(&redis.Options{Addr: w.redisAddr()})
	defer rdb.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := rdb.Do(ctx, words...).Err(); err != nil {
		return fmt.Errorf("redis %v: %w", words, err)
	}
	return nil
}

// redisQuiet is how long no worker's command may fail before Redis counts as back: workers that call the limited
// webhook ask it four times a second.
const redisQuiet = 600 * time.Millisecond

// redisServes waits until no worker's commands fail any more. What recovered is when the last one did.
func (w *world) redisServes(ctx context.Context, f *Fault) error {
	last, before := f.Until, w.redisFailures(ctx)
	err := child.Until(ctx, recoverWithin, "Redis used again", func() bool {
		_ = pause(ctx, 50*time.Millisecond)
		said := w.redisFailures(ctx)
		for name, n := range said {
			if was, known := before[name]; known && n > was {
				last = time.Now()
			}
			before[name] = n
		}
		return len(said) > 0 && time.Since(last) > redisQuiet
	})
	f.Recovered = last.Sub(f.Until)
	return err
}

// redisFailures are how many commands Redis did not carry out, by the workers that can say so.
func (w *world) redisFailures(ctx context.Context) map[string]float64 {
	var mu sync.Mutex
	failed := map[string]float64{}
	var asking sync.WaitGroup
	for _, k := range w.workers {
		asking.Go(func() {
			if n, err := k.metric(ctx, "journeyhook_redis_failures_total"); err == nil {
				mu.Lock()
				defer mu.Unlock()
				failed[k.name] = n
			}
		})
	}
	asking.Wait()
	return failed
}
