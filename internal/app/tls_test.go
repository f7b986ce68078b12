package app_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/devstack"
)

// authority signs certificates and keeps them in files.
type authority struct {
	file string
	pool *x509.CertPool
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.cert)
	a.file = writePEM(t, "ca.pem", "CERTIFICATE", der)
	return a
}

// sign makes a certificate for 127.0.0.1, for servers and clients alike.
func (a *authority) sign(t *testing.T) (cert, key string, both tls.Certificate) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, a.cert, secret.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	return writePEM(t, "cert.pem", "CERTIFICATE", der), writePEM(t, "key.pem", "PRIVATE KEY", sealed),
		tls.Certificate{Certificate: [][]byte{der}, PrivateKey: secret}
}

func writePEM(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A NATS whose authority the machine does not know, and that asks for a certificate.
func TestNATSOverTLS(t *testing.T) {
	t.Parallel()
	trusted, stranger := newAuthority(t), newAuthority(t)
	_, _, served := trusted.sign(t)
	srv, err := devstack.StartNATSWith(t.TempDir(), &server.Options{Port: -1, TLS: true, TLSVerify: true, TLSTimeout: 5, TLSConfig: &tls.Config{
		Certificates: []tls.Certificate{served}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted.pool, MinVersion: tls.VersionTLS12,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	cert, key, _ := trusted.sign(t)
	strangeCert, strangeKey, _ := stranger.sign(t)
	for name, c := range map[string]struct {
		stores app.Stores
		fails  bool
	}{
		"its authority, and a certificate of it": {stores: app.Stores{NATSTLSCA: trusted.file, NATSTLSCert: cert, NATSTLSKey: key}},
		"no certificate":                         {stores: app.Stores{NATSTLSCA: trusted.file}, fails: true},
		"a stranger's certificate":               {stores: app.Stores{NATSTLSCA: trusted.file, NATSTLSCert: strangeCert, NATSTLSKey: strangeKey}, fails: true},
		"another authority":                      {stores: app.Stores{NATSTLSCA: stranger.file, NATSTLSCert: cert, NATSTLSKey: key}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wait := 20 * time.Second
			if c.fails {
				wait = 2 * time.Second
			}
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			defer cancel()
			c.stores.NATSURL = srv.URL()
			nc, err := app.ConnectNATS(ctx, c.stores, "test", zerolog.Nop())
			if nc != nil {
				nc.Close()
			}
			if err != nil != c.fails {
				t.Errorf("error: %v", err)
			}
		})
	}
}

func TestRedisOverTLS(t *testing.T) {
	t.Parallel()
	trusted, stranger := newAuthority(t), newAuthority(t)
	_, _, served := trusted.sign(t)
	server := miniredis.NewMiniRedis()
	if err := server.StartTLS(&tls.Config{Certificates: []tls.Certificate{served}, MinVersion: tls.VersionTLS12}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	for name, c := range map[string]struct {
		ca    string
		fails bool
	}{
		"its authority":        {ca: trusted.file},
		"another one":          {ca: stranger.file, fails: true},
		"those of the machine": {fails: true},
	} {
		rdb, err := app.ConnectRedis(app.Stores{RedisURL: "rediss://" + server.Addr() + "/0", RedisTLSCA: c.ca})
		if err != nil {
			t.Fatal(err)
		}
		if err := rdb.Ping(t.Context()).Err(); err != nil != c.fails {
			t.Errorf("%s: error: %v", name, err)
		}
		_ = rdb.Close()
	}
}

// Files that can't be used are told before anything is connected, with the setting that names them.
func TestTLSSettingsAreChecked(t *testing.T) {
	t.Parallel()
	cert, key, _ := newAuthority(t).sign(t)
	_, otherKey, _ := newAuthority(t).sign(t)
	for name, c := range map[string]struct {
		edit func(*app.Stores)
		says string
	}{
		"no such authority":           {func(s *app.Stores) { s.NATSTLSCA = "nowhere.pem" }, "nats-tls-ca: "},
		"an authority that is none":   {func(s *app.Stores) { s.NATSTLSCA = key }, "nats-tls-ca: "},
		"a certificate without a key": {func(s *app.Stores) { s.NATSTLSCert = cert }, "nats-tls-cert: needs its private key; set nats-tls-key, too"},
		"a key without a certificate": {func(s *app.Stores) { s.NATSTLSKey = key }, "nats-tls-key: belongs to a certificate; set nats-tls-cert, too"},
		"another certificate's key":   {func(s *app.Stores) { s.NATSTLSCert, s.NATSTLSKey = cert, otherKey }, "nats-tls-cert, nats-tls-key: "},
		"Redis without TLS":           {func(s *app.Stores) { s.RedisTLSCA = cert }, "redis-tls-ca: nothing is encrypted to be checked; begin redis-url with rediss"},
		"no such authority of Redis":  {func(s *app.Stores) { s.RedisURL, s.RedisTLSCA = "rediss+cluster://a:1,b:1", "nowhere.pem" }, "redis-tls-ca: open nowhere.pem"},
		"one of Redis that is none":   {func(s *app.Stores) { s.RedisURL, s.RedisTLSCA = "rediss://a:1", key }, "holds no PEM certificate"},
		"a Redis URL that is none":    {func(s *app.Stores) { s.RedisURL = "redis.example.com" }, "redis-url: must start with redis://"},
	} {
		cfg := app.Config{Stores: app.Stores{Prefix: "journeyhook", Replicas: 1, DuplicateWindow: time.Minute, NATSURL: "nats://127.0.0.1:1", RedisURL: "redis://127.0.0.1:1"},
			MaxInFlight: 1, ShutdownGrace: time.Second, NotificationWindow: time.Second}
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		c.edit(&cfg.Stores)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
}
