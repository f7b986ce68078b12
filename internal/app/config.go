package app

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/schema"
)

// Config is every setting of a worker. Each flag --a-b has the environment twin JOURNEYHOOK_A_B; the
// help texts are the manual.
type Config struct {
	Stores

	MaxInFlight        int           `name:"max-in-flight" default:"1024" help:"Calls at once in this worker."`
	EgressAllow        []string      `name:"egress-allow" help:"CIDRs and host names that may be called though private."`
	EgressCA           string        `name:"egress-ca" placeholder:"FILE" help:"Extra CA bundle (PEM) for endpoints and token servers."`
	EgressProxy        string        `name:"egress-proxy" placeholder:"URL" help:"Proxy for calls: http://, https:// or socks5://."`
	AdminAddr          string        `name:"admin-addr" default:":8081" help:"Where /healthz, /readyz and /metrics are served."`
	ShutdownGrace      time.Duration `name:"shutdown-grace" default:"25s" help:"How long calls in flight may finish after SIGTERM; at least 1s."`
	NotificationWindow time.Duration `name:"notification-window" default:"15m" help:"At most one notification per webhook and reason in this time, and one with the count at its end."`
	LogLevel           string        `name:"log-level" default:"info" enum:"trace,debug,info,warn,error" help:"Least level logged: ${enum}."`
	LogFormat          string        `name:"log-format" default:"json" enum:"json,console" help:"${enum}."`
}

// Stores is what worker and hookctl share: where things are, and what may be saved.
type Stores struct {
	NATSURL         string        `name:"nats-url" default:"nats://127.0.0.1:4222" help:"NATS servers, comma-separated."`
	NATSCreds       string        `name:"nats-creds" placeholder:"FILE" help:"NATS credentials file."`
	NATSTLSCA       string        `name:"nats-tls-ca" placeholder:"FILE" help:"CA bundle (PEM) of the NATS servers."`
	NATSTLSCert     string        `name:"nats-tls-cert" placeholder:"FILE" help:"Certificate (PEM) to show to the NATS servers; needs nats-tls-key."`
	NATSTLSKey      string        `name:"nats-tls-key" placeholder:"FILE" help:"Private key (PEM) of nats-tls-cert."`
	NATSDomain      string        `name:"nats-domain" placeholder:"NAME" help:"JetStream domain that streams and buckets are in, where NATS is reached through a leaf node of another one."`
	NATSAPIPrefix   string        `name:"nats-api-prefix" placeholder:"PREFIX" help:"Prefix of JetStream's API, like JS.acme.API, where another account's is imported; not beside nats-domain."`
	RedisURL        string        `name:"redis-url" default:"redis://127.0.0.1:6379/0" help:"Redis: redis://, rediss://, redis+cluster://host:port,… or redis+sentinel://host:port,…/master/db."`
	RedisTLSCA      string        `name:"redis-tls-ca" placeholder:"FILE" help:"CA bundle (PEM) of the Redis servers; needs a rediss… URL."`
	SecretKeys      []string      `name:"secret-keys" help:"Base64 32-byte keys: the first seals, all open. Make one with: hookctl secrets new-key"`
	Replicas        int           `name:"replicas" default:"1" help:"Replicas of streams and buckets that are made; workers raise those that have fewer, and nobody lowers any."`
	Prefix          string        `name:"prefix" default:"journeyhook" help:"Prefix of subjects, streams and buckets."`
	DuplicateWindow time.Duration `name:"duplicate-window" default:"5m" help:"How long a repeated publish is recognised."`
	Provision       bool          `name:"provision" default:"true" negatable:"" help:"Make missing streams, consumers and buckets at start; workers also change what they depend on in those that are there."`
	EgressAllowHTTP bool          `name:"egress-allow-http" help:"Allow plain http endpoints and token servers."`
	EgressKeyNames  []string      `name:"egress-key-names" help:"Query names refused in URLs; replaces the built-in list."`
}

// Names are the names that follow from the prefix.
func (s Stores) Names() schema.Names { return schema.Names{Prefix: s.Prefix} }

// Keys are the parsed secret keys; nil when there are none. An error names the setting and shows no key.
func (s Stores) Keys() (*schema.Keys, error) {
	keys, err := schema.ParseKeys(s.SecretKeys)
	if err != nil {
		return nil, fmt.Errorf("secret-keys (JOURNEYHOOK_SECRET_KEYS): %w", err)
	}
	return keys, nil
}

// Validate reports every setting that can't work.
func (c *Config) Validate() error {
	var faults []error
	add := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if err := c.Stores.validate(); err != nil {
		faults = append(faults, err)
	}
	if c.MaxInFlight < 1 || c.MaxInFlight > 100_000 {
		add("max-in-flight: %d is out of range; use 1 to 100000", c.MaxInFlight)
	}
	if c.ShutdownGrace < time.Second {
		add("shutdown-grace: %s is too short for any call; use at least 1s", c.ShutdownGrace)
	}
	if c.NotificationWindow < time.Second {
		add("notification-window: must be at least 1s")
	}
	return errors.Join(faults...)
}

func (s *Stores) validate() error {
	var faults []error
	if err := schema.ValidatePrefix(s.Prefix); err != nil {
		faults = append(faults, err)
	}
	if s.Replicas < 1 || s.Replicas > 5 {
		faults = append(faults, fmt.Errorf("replicas: %d is out of range; use 1, 3 or 5", s.Replicas))
	}
	if s.DuplicateWindow < 2*ackWait {
		faults = append(faults, fmt.Errorf("duplicate-window: %s is too short; a repeated publish can come %s (the ack wait) later, so use at least %s", s.DuplicateWindow, ackWait, 2*ackWait))
	}
	if _, err := s.Keys(); err != nil {
		faults = append(faults, err)
	}
	if err := s.natsURLs(); err != nil {
		faults = append(faults, err)
	}
	if err := s.whereJetStream(); err != nil {
		faults = append(faults, err)
	}
	if _, err := s.natsTLS(); err != nil {
		faults = append(faults, err)
	}
	if _, err := s.redis(); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// egress is the operator's word on what may be called, read from the settings.
func (c *Config) egress() (dispatcher.Egress, error) {
	e := dispatcher.Egress{Allow: c.EgressAllow}
	if c.EgressCA != "" {
		pem, err := os.ReadFile(c.EgressCA)
		if err != nil {
			return e, fmt.Errorf("egress-ca: %w", err)
		}
		if e.CA, err = x509.SystemCertPool(); err != nil {
			e.CA = x509.NewCertPool()
		}
		if !e.CA.AppendCertsFromPEM(pem) {
			return e, fmt.Errorf("egress-ca: %s holds no PEM certificate", c.EgressCA)
		}
	}
	if c.EgressProxy != "" {
		u, err := url.Parse(c.EgressProxy)
		if err != nil || u.Host == "" {
			return e, errors.New("egress-proxy: must be a URL like http://proxy:3128 or socks5://proxy:1080")
		}
		e.Proxy = u
	}
	return e, nil
}
