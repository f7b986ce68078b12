package app

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
)

// redisFailures counts commands that Redis did not carry out, whoever sent them: it was away, slow, full or
// read-only. Every caller goes on without it, so this is where it shows.
type redisFailures struct{ failed prometheus.Counter }

func newRedisFailures(r prometheus.Registerer) redisFailures {
	failed := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "journeyhook_redis_failures_total", Help: "Commands that Redis did not carry out.",
	})
	r.MustRegister(failed)
	return redisFailures{failed}
}

func (f redisFailures) note(ctx context.Context, err error) {
	if err == nil || errors.Is(err, redis.Nil) || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	if redis.HasErrorPrefix(err, "NOSCRIPT") || strings.HasPrefix(err.Error(), "ERR unknown ") {
		return // the script is sent along with the next one; an old server does not know all that a client says of itself
	}
	f.failed.Inc()
}

// DialHook changes nothing: the command that needs the connection fails, too.
func (f redisFailures) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessHook looks at one command's error.
func (f redisFailures) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		f.note(ctx, err)
		return err
	}
}

// ProcessPipelineHook looks at the first error of several commands.
func (f redisFailures) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		f.note(ctx, err)
		return err
	}
}
