package app

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/redis/go-redis/v9"
)

// natsTLS is whom NATS connections trust and what they show. The files are read now, so that a fault is told at
// once, and again at each reconnect, so that they may be renewed.
func (s Stores) natsTLS() ([]nats.Option, error) {
	var opts []nats.Option
	var faults []error
	add := func(setting string, opt nats.Option) {
		if err := opt(&nats.Options{}); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", setting, err))
		}
		opts = append(opts, opt)
	}
	if s.NATSTLSCA != "" {
		add("nats-tls-ca", nats.RootCAs(s.NATSTLSCA))
	}
	switch {
	case s.NATSTLSCert != "" && s.NATSTLSKey != "":
		add("nats-tls-cert, nats-tls-key", nats.ClientCert(s.NATSTLSCert, s.NATSTLSKey))
	case s.NATSTLSCert != "":
		faults = append(faults, errors.New("nats-tls-cert: needs its private key; set nats-tls-key, too"))
	case s.NATSTLSKey != "":
		faults = append(faults, errors.New("nats-tls-key: belongs to a certificate; set nats-tls-cert, too"))
	}
	return opts, errors.Join(faults...)
}

// redis is where Redis is and whom its connections trust.
func (s Stores) redis() (*redis.UniversalOptions, error) {
	opts, err := redisOptions(s.RedisURL)
	if err != nil {
		return nil, fmt.Errorf("redis-url: %w", err)
	}
	if s.RedisTLSCA == "" {
		return opts, nil
	}
	if opts.TLSConfig == nil {
		return nil, errors.New("redis-tls-ca: nothing is encrypted to be checked; begin redis-url with rediss")
	}
	pem, err := os.ReadFile(s.RedisTLSCA)
	if err != nil {
		return nil, fmt.Errorf("redis-tls-ca: %w", err)
	}
	opts.TLSConfig.RootCAs = x509.NewCertPool()
	if !opts.TLSConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("redis-tls-ca: %s holds no PEM certificate", s.RedisTLSCA)
	}
	return opts, nil
}
