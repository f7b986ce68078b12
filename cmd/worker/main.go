// Command worker consumes steps, calls webhooks and publishes results. Run any number of it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/journeyhook/journeyhook/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app.KeepLibrariesQuiet(os.Stderr)
	ballast := newBallast()
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	runtime.KeepAlive(ballast)
	os.Exit(code)
}

// exitSignal carries kong's wish to exit (after --help) up to run.
type exitSignal int

// run is the whole program: exit code 0 after a clean stop, 1 when something broke, 2 for settings
// that can't be used.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			exit, ok := r.(exitSignal)
			if !ok {
				panic(r)
			}
			code = int(exit)
		}
	}()
	var flags struct {
		app.Config
		Version kong.VersionFlag `help:"Print the version."`
	}
	parser, err := kong.New(&flags, kong.Name("worker"),
		kong.Description("Consumes steps, calls webhooks, publishes results. Each flag --a-b can be set as JOURNEYHOOK_A_B."),
		kong.DefaultEnvars("JOURNEYHOOK"), kong.Writers(stdout, stderr), kong.Vars{"version": app.Version},
		kong.Exit(func(code int) { panic(exitSignal(code)) }))
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	called, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "worker:", err)
		return 2
	}
	if err := app.CheckEnvironment(environ, app.Variables(called)); err != nil {
		fmt.Fprintln(stderr, "worker:", err)
		return 2
	}
	if err := flags.Validate(); err != nil {
		fmt.Fprintln(stderr, "worker:", err)
		return 2
	}
	lines := &app.LogBuffer{To: stderr}
	defer func() { _ = lines.Flush() }()
	worker := app.Worker{Config: flags.Config, Log: app.NewLogger(flags.LogLevel, flags.LogFormat, lines)}
	if err := worker.Run(ctx); err != nil {
		worker.Log.Error().Err(err).Msg("worker failed")
		return 1
	}
	return 0
}
