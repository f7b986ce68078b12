package tokencache

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/journeyhook/journeyhook/schema"
)

// failedPrefix begins the value of a lock that was given back after a failed fetch.
const failedPrefix = "failed:"

// redisStore keeps a token as sealed JSON under <prefix>:token:{<identity>}, and beside it its lock.
// The braces keep the two on one node of a cluster.
type redisStore struct {
	client  redis.UniversalClient
	keys    *schema.Keys
	prefix  string
	running *sync.WaitGroup // of operations, which may outlast the time they are waited for
}

// kept is a token as Redis holds it, before sealing.
type kept struct {
	Access    string        `json:"access"`
	FetchedAt time.Time     `json:"fetchedAt"`
	ExpiresIn time.Duration `json:"expiresIn,omitempty"`
}

func (s *redisStore) key(id identity) string {
	return cmp.Or(s.prefix, "journeyhook") + ":token:{" + hex.EncodeToString(id[:]) + "}"
}

func (s *redisStore) get(ctx context.Context, id identity) (schema.Token, bool, error) {
	key := s.key(id)
	sealed, err := within(ctx, s.running, func(ctx context.Context) (string, error) {
		text, err := s.client.Get(ctx, key).Result()
		if errors.Is(err, redis.Nil) {
			return "", nil
		}
		return text, err
	})
	if err != nil {
		return schema.Token{}, false, fmt.Errorf("tokencache: read from Redis: %w", err)
	}
	t, found := s.open(sealed, key)
	return t, found, nil
}

// open reads what put wrote. What was sealed with a key that is gone counts as none, and is replaced.
func (s *redisStore) open(sealed, key string) (schema.Token, bool) {
	text, err := s.keys.Open(sealed, key)
	if err != nil {
		return schema.Token{}, false
	}
	var k kept
	if err := json.Unmarshal([]byte(text), &k); err != nil || k.Access == "" {
		return schema.Token{}, false
	}
	return schema.Token{Access: schema.NewSecret(k.Access), FetchedAt: k.FetchedAt, ExpiresIn: k.ExpiresIn}, true
}

func (s *redisStore) lock(ctx context.Context, id identity, past string) (lock, error) {
	key, proof := s.key(id)+":lock", rand.Text()
	l, err := within(ctx, s.running, func(ctx context.Context) (lock, error) {
		holder, err := take.Run(ctx, s.client, []string{key}, proof, failedPrefix+past, lockLife.Milliseconds()).Text()
		switch {
		case err != nil:
			return lock{}, err
		case holder == proof && ctx.Err() != nil: // too late for the one who waited
			return lock{}, unlock.Run(context.WithoutCancel(ctx), s.client, []string{key}, proof).Err()
		case holder == proof:
			return lock{mine: proof}, nil
		}
		failure, failed := strings.CutPrefix(holder, failedPrefix)
		if !failed {
			failure = ""
		}
		return lock{failure: failure}, nil
	})
	if err != nil {
		return lock{}, fmt.Errorf("tokencache: lock in Redis: %w", err)
	}
	return l, nil
}

// take sets a lock that nobody has and returns whose it is.
var take = redis.NewScript(`
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[2] then return holder end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[3])
return ARGV[1]`)

// unlock deletes a lock that is still the caller's.
var unlock = redis.NewScript(`
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`)

// fail turns a lock that is still the caller's into the failure's notice.
var fail = redis.NewScript(`
if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3]) end
return 0`)

func (s *redisStore) finish(ctx context.Context, id identity, l lock, r result) error {
	key := s.key(id)
	lockKey := []string{key + ":lock"}
	_, err := within(ctx, s.running, func(ctx context.Context) (struct{}, error) {
		if r.failure != "" {
			return struct{}{}, fail.Run(ctx, s.client, lockKey, l.mine, failedPrefix+r.failure, failurePause.Milliseconds()).Err()
		}
		if !r.token.Access.IsZero() {
			if err := s.put(ctx, key, r.token); err != nil {
				return struct{}{}, err
			}
		}
		if l.mine == "" {
			return struct{}{}, nil
		}
		return struct{}{}, unlock.Run(ctx, s.client, lockKey, l.mine).Err()
	})
	if err != nil {
		return fmt.Errorf("tokencache: write to Redis: %w", err)
	}
	return nil
}

// put keeps a token that was fetched a moment ago.
func (s *redisStore) put(ctx context.Context, key string, t schema.Token) error {
	text, err := json.Marshal(kept{Access: t.Access.Reveal(), FetchedAt: t.FetchedAt, ExpiresIn: t.ExpiresIn})
	if err != nil {
		return err
	}
	return s.client.Set(ctx, key, s.keys.Seal(string(text), key), tokenLife).Err()
}

// within runs one operation and waits for it no longer than redisTime, whatever timeouts the client
// was made with.
func within[T any](ctx context.Context, running *sync.WaitGroup, op func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, redisTime)
	defer cancel()
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	running.Go(func() {
		value, err := op(ctx)
		answered <- answer{value, err}
	})
	select {
	case a := <-answered:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
