package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"github.com/journeyhook/journeyhook/console"
)

// ConsoleConfig is every setting of the console. Each flag has the environment twin JOURNEYHOOK_CONSOLE_…,
// which workers leave alone, so that one environment can serve both.
type ConsoleConfig struct {
	Addr         string   `name:"addr" env:"JOURNEYHOOK_CONSOLE_ADDR" default:"127.0.0.1:8080" help:"Where the console listens."`
	URL          string   `name:"url" env:"JOURNEYHOOK_CONSOLE_URL" placeholder:"URL" help:"Where browsers find it, like https://hooks.example.com; with https its cookies are sent on https only."`
	Access       string   `name:"access" env:"JOURNEYHOOK_CONSOLE_ACCESS" enum:"token,proxy,none" default:"token" help:"Who may use it: token (make one with hookctl tokens create), proxy (whoever an authenticating proxy names, and tokens) or none (everybody, on loopback only)."`
	ProxyHeader  string   `name:"proxy-header" env:"JOURNEYHOOK_CONSOLE_PROXY_HEADER" default:"X-Forwarded-User" help:"Header in which the proxy names the user."`
	ProxyRole    string   `name:"proxy-role" env:"JOURNEYHOOK_CONSOLE_PROXY_ROLE" enum:"viewer,editor,admin" default:"viewer" help:"What the proxy's users may do: ${enum}."`
	TrustedProxy []string `name:"trusted-proxy" env:"JOURNEYHOOK_CONSOLE_TRUSTED_PROXY" placeholder:"CIDR" help:"Addresses of proxies whose headers are believed, like 127.0.0.1 for one beside the console."`
	Rate         float64  `name:"rate" env:"JOURNEYHOOK_CONSOLE_RATE" default:"50" help:"Requests a second that one token or user may make."`
}

// ConsoleEnvPrefix begins the console's own variables.
const ConsoleEnvPrefix = EnvPrefix + "CONSOLE_"

func (c *ConsoleConfig) access() (console.Access, error) {
	a := console.Access{Mode: console.Mode(c.Access), Header: c.ProxyHeader, Role: console.Role(c.ProxyRole)}
	for _, text := range c.TrustedProxy {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			ip, ipErr := netip.ParseAddr(text)
			if ipErr != nil {
				return a, fmt.Errorf("trusted-proxy: %q is neither an address nor a CIDR like 192.0.2.0/28", text)
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		a.Proxies = append(a.Proxies, p.Masked())
	}
	if a.Mode == console.ModeProxy && len(a.Proxies) == 0 {
		return a, errors.New("access proxy needs --trusted-proxy (JOURNEYHOOK_CONSOLE_TRUSTED_PROXY): anyone else could name any user")
	}
	if c.Rate <= 0 {
		return a, errors.New("rate: must be more than 0 requests a second")
	}
	if c.URL != "" && !strings.HasPrefix(c.URL, "https://") && !strings.HasPrefix(c.URL, "http://") {
		return a, errors.New("url: must be an origin, like https://hooks.example.com")
	}
	return a, nil
}

// Console is a console process's worth of parts.
type Console struct {
	Config
	ConsoleConfig
	Log      zerolog.Logger
	Listener net.Listener    // nil listens on Addr
	Catcher  console.Catcher // nil but in the dev mode
}

// Run serves until ctx ends. An error means that it could not start, or that a part of it broke.
func (c *Console) Run(ctx context.Context) error {
	access, err := c.access()
	if err != nil {
		return err
	}
	keys, err := c.Keys()
	if err != nil {
		return err
	}
	sessions, err := console.SessionKeys(c.SecretKeys)
	if err != nil {
		return err
	}
	listener, err := listen(c.Listener, c.Addr, "console")
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := access.Refuse(listener.Addr()); err != nil {
		return err
	}
	nc, js, err := connectJetStream(ctx, c.Stores, "journeyhook-console", c.Log)
	if err != nil {
		return stopped(ctx, err)
	}
	defer nc.Close()
	ops, closed, err := c.Operations(ctx, js, c.Log)
	if err != nil {
		return stopped(ctx, c.Unreached(err))
	}
	defer closed()
	view := c.definitions(js, keys, c.Log)
	ops.Catcher = c.Catcher
	ops.Live, ops.Health = view, &console.Health{JS: js, Names: c.Names(), Log: c.Log}
	server := &console.Server{Ops: ops, Access: access, PublicURL: c.URL, SessionKeys: sessions, Rate: c.Rate, Log: c.Log}
	handler, err := server.Handler()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return view.Run(ctx) })
	group.Go(func() error { return ops.Health.Run(ctx) })
	group.Go(func() error {
		if !waitUntil(ctx, view.Loaded) {
			return nil
		}
		c.Log.Info().Str("addr", listener.Addr().String()).Str("access", c.Access).Int("webhooks", view.Len()).Msg("console started")
		return serveConsole(ctx, listener, handler)
	})
	return stopped(ctx, group.Wait())
}

// serveConsole serves until ctx ends; requests, and streams among them, end with it.
func serveConsole(ctx context.Context, listener net.Listener, h http.Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if server.Shutdown(last) != nil {
			_ = server.Close()
		}
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("console: %w", err)
	}
	<-ended
	return nil
}
