package notifications

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/journeyhook/journeyhook/schema"
)

const (
	lease    = 30 * time.Second // to publish the last report of a window, before another worker may
	leftover = 24 * time.Hour   // after its end a window that nobody ended is dropped
	dueBatch = 100
)

// redisWindows are all workers'. A window is a hash <prefix>:{notifications}:<key>; its end is a member
// of the sorted set <prefix>:{notifications}:due. The braces keep all of them on one node of a cluster.
//
// A window that ended is renamed before its last report is published, so that what is raised meanwhile
// opens the next one.
type redisWindows struct {
	client redis.UniversalClient
	length time.Duration
	prefix string
}

func (s *redisWindows) space() string { return s.prefix + ":{notifications}:" }

// addScript counts in a window. KEYS: the window, the due set. ARGV: the window's name, the
// notification, count, firstAt, lastAt and now in ms, the window's length and the life of a leftover.
// It returns the window's first notification and when it was opened, or nothing once that was published.
var addScript = redis.NewScript(`
if redis.call('hsetnx', KEYS[1], 'n', ARGV[2]) == 1 then
  redis.call('hset', KEYS[1], 'opened', ARGV[6], 'first', ARGV[4], 'last', ARGV[5])
  redis.call('pexpire', KEYS[1], ARGV[7] + ARGV[8])
  redis.call('zadd', KEYS[2], ARGV[6] + ARGV[7], ARGV[1])
end
redis.call('hincrby', KEYS[1], 'count', ARGV[3])
if tonumber(ARGV[4]) < tonumber(redis.call('hget', KEYS[1], 'first')) then redis.call('hset', KEYS[1], 'first', ARGV[4]) end
if tonumber(ARGV[5]) > tonumber(redis.call('hget', KEYS[1], 'last')) then redis.call('hset', KEYS[1], 'last', ARGV[5]) end
if redis.call('hexists', KEYS[1], 'told') == 1 then return {} end
return redis.call('hmget', KEYS[1], 'n', 'opened')`)

func (s *redisWindows) add(ctx context.Context, n schema.Notification) (*report, error) {
	data, err := json.Marshal(first(n))
	if err != nil {
		return nil, fmt.Errorf("notifications: write as JSON: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	name := keyOf(n).String()
	got, err := addScript.Run(ctx, s.client, []string{s.space() + name, s.space() + "due"},
		name, data, n.Count, n.FirstAt.UnixMilli(), n.LastAt.UnixMilli(), time.Now().UnixMilli(), s.length.Milliseconds(), leftover.Milliseconds()).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("notifications: count in Redis: %w", err)
	}
	if len(got) < 2 {
		return nil, nil
	}
	r := &report{window: name + ":" + got[1]}
	if err := json.Unmarshal([]byte(got[0]), &r.n); err != nil {
		return nil, fmt.Errorf("notifications: read from Redis: %w", err)
	}
	return r, nil
}

// dueScript takes windows that ended. KEYS: the due set. ARGV: the key space, now in ms, the lease in
// ms, how many at most. A taken window is renamed to ended:<name>:<opened> and stays due until it is
// done. Each is returned as its name and its hash's n, first, last and count.
var dueScript = redis.NewScript(`
local taken = {}
for _, name in ipairs(redis.call('zrangebyscore', KEYS[1], '-inf', ARGV[2], 'limit', 0, ARGV[4])) do
  redis.call('zrem', KEYS[1], name)
  local h = redis.call('hmget', ARGV[1] .. name, 'n', 'first', 'last', 'count', 'opened', 'told')
  if h[1] and h[6] and h[4] == '1' then
    redis.call('del', ARGV[1] .. name)
  elseif h[1] then
    local ended = name
    if string.sub(name, 1, 6) ~= 'ended:' then
      ended = 'ended:' .. name .. ':' .. h[5]
      redis.call('rename', ARGV[1] .. name, ARGV[1] .. ended)
    end
    redis.call('zadd', KEYS[1], ARGV[2] + ARGV[3], ended)
    taken[#taken + 1] = {ended, h[1], h[2], h[3], h[4]}
  end
end
return taken`)

func (s *redisWindows) due(ctx context.Context) ([]report, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	taken, err := dueScript.Run(ctx, s.client, []string{s.space() + "due"},
		s.space(), time.Now().UnixMilli(), lease.Milliseconds(), dueBatch).Slice()
	if err != nil {
		return nil, fmt.Errorf("notifications: look for windows that ended in Redis: %w", err)
	}
	reports := make([]report, 0, len(taken))
	for _, one := range taken {
		r, err := readDue(one)
		if err != nil {
			return nil, fmt.Errorf("notifications: read from Redis: %w", err)
		}
		reports = append(reports, r)
	}
	return reports, nil
}

func readDue(one any) (report, error) {
	var texts []string
	if list, ok := one.([]any); ok {
		for _, v := range list {
			text, _ := v.(string)
			texts = append(texts, text)
		}
	}
	if len(texts) != 5 {
		return report{}, fmt.Errorf("a window has %d fields, not 5", len(texts))
	}
	r := report{window: strings.TrimPrefix(texts[0], "ended:"), last: true}
	if err := json.Unmarshal([]byte(texts[1]), &r.n); err != nil {
		return report{}, err
	}
	var numbers [3]int64
	for i, text := range texts[2:] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return report{}, err
		}
		numbers[i] = n
	}
	r.n.FirstAt, r.n.LastAt = time.UnixMilli(numbers[0]).UTC(), time.UnixMilli(numbers[1]).UTC()
	r.n.Count = numbers[2]
	return r, nil
}

// toldScript notes that a window's first report was published, if it is still that window. KEYS: the
// window. ARGV: when it was opened.
var toldScript = redis.NewScript(`
if redis.call('hget', KEYS[1], 'opened') == ARGV[1] then redis.call('hset', KEYS[1], 'told', 1) end
return 0`)

// endScript forgets a window. KEYS: the window, the due set. ARGV: its name.
var endScript = redis.NewScript(`
redis.call('del', KEYS[1])
return redis.call('zrem', KEYS[2], ARGV[1])`)

func (s *redisWindows) done(ctx context.Context, r report) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var err error
	if r.last {
		name := "ended:" + r.window
		err = endScript.Run(ctx, s.client, []string{s.space() + name, s.space() + "due"}, name).Err()
	} else {
		at := strings.LastIndexByte(r.window, ':')
		err = toldScript.Run(ctx, s.client, []string{s.space() + r.window[:at]}, r.window[at+1:]).Err()
	}
	if err != nil {
		return fmt.Errorf("notifications: note in Redis what was published: %w", err)
	}
	return nil
}
