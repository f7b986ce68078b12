package main

import (
	"fmt"

	"github.com/journeyhook/journeyhook/internal/app"
)

type consoleCmd struct {
	app.ConsoleConfig
	LogLevel  string `name:"log-level" default:"info" enum:"trace,debug,info,warn,error" help:"Least level logged: ${enum}."`
	LogFormat string `name:"log-format" default:"json" enum:"json,console" help:"${enum}."`
}

func (consoleCmd) Help() string {
	return `Examples:
  hookctl tokens create me --role admin
  hookctl console
  hookctl console --addr 0.0.0.0:8080 --url https://hooks.example.com

The API is described at /api. Test sends take the workers' JOURNEYHOOK_EGRESS_… settings and secret keys. Behind
an authenticating proxy in the same pod or on the same machine: --access proxy --trusted-proxy 127.0.0.1. Whoever
sends from a trusted address may name any user, so never trust a network that others are in.`
}

func (c *consoleCmd) Run(s *session) error {
	if err := app.CheckConsoleEnvironment(s.environ, s.variables); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	served := &app.Console{Config: s.config(), ConsoleConfig: c.ConsoleConfig, Log: app.NewLogger(c.LogLevel, c.LogFormat, s.stderr)}
	return served.Run(s.ctx)
}
