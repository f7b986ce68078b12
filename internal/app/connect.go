package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/redis/go-redis/v9"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/webhooks"
)

// ConnectNATS connects and stays connected: it waits for a server that is not there yet or does not let us in, and
// reconnects for ever. Its error, when ctx ends first, says why it could not.
func ConnectNATS(ctx context.Context, s Stores, name string, log zerolog.Logger) (*nats.Conn, error) {
	failing := &unreached{log: log}
	opts := []nats.Option{
		nats.Name(name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(500 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 500*time.Millisecond),
		nats.RetryOnFailedConnect(true),
		nats.IgnoreAuthErrorAbort(), // a password may be changed there first, and a server may be wrong about one for a while
		nats.ReconnectErrHandler(failing.tried),
		nats.PingInterval(10 * time.Second),
		nats.MaxPingsOutstanding(3),
		nats.ReconnectBufSize(-1), // what is said while NATS is away may be wrong when it is back: a worker's hold has an end
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn().Err(err).Msg("NATS connection lost; reconnecting")
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) { log.Info().Msg("NATS connected again") }),
		nats.ErrorHandler(func(nc *nats.Conn, _ *nats.Subscription, err error) {
			if RefusedLogin(err) {
				failing.tried(nc, err)
				return
			}
			log.Warn().Err(err).Msg("NATS reports an error")
		}),
	}
	if s.NATSCreds != "" {
		opts = append(opts, nats.UserCredentials(s.NATSCreds))
	}
	if err := s.natsURLs(); err != nil {
		return nil, err
	}
	secure, err := s.natsTLS()
	if err != nil {
		return nil, err
	}
	nc, err := nats.Connect(s.NATSURL, append(opts, secure...)...)
	if err != nil {
		return nil, fmt.Errorf("connect to NATS at %s: %w", Redact(s.NATSURL), err)
	}
	for waited := false; !nc.IsConnected(); waited = true {
		if !waited {
			log.Warn().Str("url", Redact(s.NATSURL)).Msg("NATS is not there; waiting for it")
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			nc.Close()
			return nil, fmt.Errorf("NATS at %s: %w (%w)", Redact(s.NATSURL), ctx.Err(), cmp.Or(failing.why(), nc.LastError(), errNoServer))
		}
	}
	return nc, nil
}

// natsURLs says that a URL can't be read, in words of its own: the parser's would quote a password.
func (s *Stores) natsURLs() error {
	for part := range strings.SplitSeq(s.NATSURL, ",") {
		part = strings.TrimSpace(part)
		if !strings.Contains(part, "://") {
			part = "nats://" + part
		}
		if u, err := url.Parse(part); err != nil || u.Host == "" {
			return errors.New("nats-url: must be URLs like nats://user:password@host:4222, comma-separated; percent-encode what is special in a user name or password")
		}
	}
	return nil
}

var errNoServer = errors.New("no server answers")

// RefusedLogin reports whether NATS does not let us in, for now or for good.
func RefusedLogin(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) || errors.Is(err, nats.ErrAuthRevoked) || errors.Is(err, nats.ErrAccountAuthExpired)
}

// NoServer reports whether an error of [ConnectNATS] is that nobody answered, and not what a server said.
func NoServer(err error) bool {
	var dial *net.OpError
	return errors.Is(err, context.DeadlineExceeded) && (errors.Is(err, errNoServer) || errors.Is(err, nats.ErrNoServers) || errors.As(err, &dial) && dial.Op == "dial")
}

// connectJetStream is ConnectNATS and JetStream over it.
func connectJetStream(ctx context.Context, s Stores, name string, log zerolog.Logger) (*nats.Conn, jetstream.JetStream, error) {
	nc, err := ConnectNATS(ctx, s, name, log)
	if err != nil {
		return nil, nil, err
	}
	js, err := s.JetStream(nc)
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	return nc, js, nil
}

// definitions is every webhook in memory, once it runs.
func (c *Config) definitions(js jetstream.JetStream, keys *schema.Keys, log zerolog.Logger) *webhooks.View {
	return &webhooks.View{Keys: keys, Log: log, Open: func(ctx context.Context) (jetstream.KeyValue, error) {
		return js.KeyValue(ctx, c.Names().WebhooksBucket())
	}}
}

// listen is the listener that a caller brought, or a new one.
func listen(brought net.Listener, addr, what string) (net.Listener, error) {
	if brought != nil {
		return brought, nil
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return l, nil
}

// Redact drops user names and passwords from a list of URLs.
func Redact(list string) string {
	parts := strings.Split(list, ",")
	for i, p := range parts {
		if u, err := url.Parse(p); err == nil {
			u.User = nil
			parts[i] = u.String()
		} else {
			parts[i] = "(unreadable URL)"
		}
	}
	return strings.Join(parts, ",")
}

// quietRedis keeps go-redis from writing to stderr by itself: every failed command is an error its
// caller tells of.
var quietRedis = sync.OnceFunc(func() { redis.SetLogger(noLogger{}) })

type noLogger struct{}

func (noLogger) Printf(context.Context, string, ...any) {}

// ConnectRedis makes a client; it connects on first use, so a Redis that is away stops nothing.
func ConnectRedis(s Stores) (redis.UniversalClient, error) {
	quietRedis()
	opts, err := s.redis()
	if err != nil {
		return nil, err
	}
	opts.MaxRetries = -1 // the token cache decides what to do without Redis
	opts.DialTimeout, opts.ReadTimeout, opts.WriteTimeout = time.Second, time.Second, time.Second
	return redis.NewUniversalClient(opts), nil
}

// redisOptions reads redis://, rediss:// and the two forms with several hosts.
func redisOptions(raw string) (*redis.UniversalOptions, error) {
	scheme, rest, _ := strings.Cut(raw, "://")
	switch scheme {
	case "redis", "rediss":
		o, err := redis.ParseURL(raw)
		if err != nil {
			return nil, errors.New("must be a URL like redis://user:password@host:6379/0")
		}
		return &redis.UniversalOptions{
			Addrs: []string{o.Addr}, Username: o.Username, Password: o.Password, DB: o.DB, TLSConfig: o.TLSConfig,
		}, nil
	case "redis+cluster", "redis+sentinel", "rediss+cluster", "rediss+sentinel":
		return redisSeveral(scheme, rest)
	}
	return nil, errors.New("must start with redis://, rediss://, redis+cluster:// or redis+sentinel://")
}

func redisSeveral(scheme, rest string) (*redis.UniversalOptions, error) {
	authority, path, _ := strings.Cut(rest, "/")
	o := &redis.UniversalOptions{}
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		u, err := url.Parse("redis://" + authority[:at] + "@x")
		if err != nil {
			return nil, errors.New("its user name or password is not percent-encoded")
		}
		o.Username = u.User.Username()
		o.Password, _ = u.User.Password()
		authority = authority[at+1:]
	}
	o.Addrs = strings.Split(authority, ",")
	if strings.HasPrefix(scheme, "rediss") {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if strings.HasSuffix(scheme, "+cluster") {
		o.IsClusterMode = true
		return o, nil
	}
	master, db, _ := strings.Cut(path, "/")
	if master == "" {
		return nil, errors.New("names no master: redis+sentinel://host:26379,host:26379/mymaster/0")
	}
	o.MasterName = master
	if db != "" {
		n, err := strconv.Atoi(db)
		if err != nil {
			return nil, errors.New("the database must be a number")
		}
		o.DB = n
	}
	return o, nil
}
