// Command hookctl is the operator's program: it manages webhooks, sends steps, follows what workers
// publish, and runs a whole system on one machine (hookctl dev).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
	"github.com/nats-io/nats.go"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app.KeepLibrariesQuiet(os.Stderr)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// cli is every command. Settings are the worker's; what a command has no use for is ignored.
type cli struct {
	app.Stores
	EgressAllow []string `name:"egress-allow" help:"CIDRs and host names that may be called though private (for try)."`
	EgressCA    string   `name:"egress-ca" placeholder:"FILE" help:"Extra CA bundle (PEM) for endpoints and token servers (for try)."`
	EgressProxy string   `name:"egress-proxy" placeholder:"URL" help:"Proxy for calls: http://, https:// or socks5:// (for try)."`
	Actor       string   `name:"actor" help:"Who the audit records name; the system's user@host if not given."`

	Dev           devCmd                    `cmd:"" help:"Run a whole system here and watch it work."`
	Apply         applyCmd                  `cmd:"" help:"Create and change webhooks from files."`
	Validate      validateCmd               `cmd:"" help:"Say what is wrong with definitions in files, offline."`
	Get           getCmd                    `cmd:"" help:"Print one webhook."`
	List          listCmd                   `cmd:"" help:"List a project's webhooks."`
	Copy          copyCmd                   `cmd:"" help:"Copy a webhook, without its authentication settings."`
	Delete        deleteCmd                 `cmd:"" help:"Delete webhooks."`
	History       historyCmd                `cmd:"" help:"List a webhook's revisions, what each changed, and who made it."`
	Rollback      rollbackCmd               `cmd:"" help:"Store an earlier revision of a webhook anew."`
	Pause         pauseCmd                  `cmd:"" help:"Let a webhook's steps wait."`
	Resume        resumeCmd                 `cmd:"" help:"Let a paused webhook's steps go on."`
	Tiles         tilesCmd                  `cmd:"" help:"List the journey tiles that use a webhook."`
	Notifications notificationsCmd          `cmd:"" help:"List a project's notifications, and acknowledge them."`
	Attempts      attemptsCmd               `cmd:"" help:"List attempts, by webhook, step, reason, status and time."`
	Results       resultsCmd                `cmd:"" help:"List results, of one user by email."`
	Send          sendCmd                   `cmd:"" help:"Publish a step and wait for its result."`
	Tail          tailCmd                   `cmd:"" help:"Follow results, notifications or attempts."`
	Explain       explainCmd                `cmd:"" help:"Say where a step is, what was attempted, and what came of it."`
	Preview       previewCmd                `cmd:"" help:"Show the request a step would make; nothing is sent."`
	Try           tryCmd                    `cmd:"" help:"Make a test send: a real call, and what the journey would do."`
	Test          testCmd                   `cmd:"" help:"Test definitions offline, with answers from a file."`
	Audit         auditCmd                  `cmd:"" help:"List who changed what."`
	Tokens        tokensCmd                 `cmd:"" help:"Make, list and revoke access tokens of the console."`
	Streams       streamsCmd                `cmd:"" help:"Print the streams, consumers and buckets that workers make."`
	Adopt         adoptCmd                  `cmd:"" help:"Make what was lost in NATS, and give your word for what is there."`
	Secrets       secretsCmd                `cmd:"" help:"Make keys that seal secrets."`
	Reseal        resealCmd                 `cmd:"" help:"Seal stored secrets with the newest key."`
	Console       consoleCmd                `cmd:"" help:"Serve the console and its API."`
	Completion    kongcompletion.Completion `cmd:"" help:"Print a script that completes commands in a shell."`

	Version kong.VersionFlag `help:"Print the version."`
}

const description = `Manage journeyhook's webhooks, send steps, follow results. Settings are flags or JOURNEYHOOK_… variables, as
for the worker.

Exit codes: 0 done; 1 refused or failed, why is on stderr; 2 called the wrong way.`

// errUsage marks mistakes in how a command was called: exit code 2.
var errUsage = errors.New("usage")

// exitSignal carries kong's wish to exit (after --help) up to run.
type exitSignal int

// run is the whole program: exit code 0 done, 1 refused or failed, 2 called the wrong way.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			exit, ok := r.(exitSignal)
			if !ok {
				panic(r)
			}
			code = int(exit)
		}
	}()
	var c cli
	parser, err := kong.New(&c, kong.Name("hookctl"),
		kong.Description(description),
		kong.DefaultEnvars("JOURNEYHOOK"), kong.Writers(stdout, stderr), kong.Vars{"version": app.Version},
		kong.Exit(func(code int) { panic(exitSignal(code)) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(stderr, "hookctl:", err)
		return 2
	}
	kongcompletion.Register(parser)
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "hookctl: %s\nRun hookctl --help, or hookctl COMMAND --help for an example.\n", schema.Visible(err.Error()))
		return 2
	}
	s := &session{ctx: ctx, cli: &c, environ: os.Environ(), variables: app.Variables(parsed), stdin: stdin, stdout: stdout, stderr: stderr}
	defer s.close()
	if err := parsed.Run(s); err != nil {
		fmt.Fprintln(stderr, "hookctl:", schema.Visible(connectionLost(c.Unreached(err)).Error()))
		if errors.Is(err, errUsage) {
			return 2
		}
		return 1
	}
	return 0
}

// connectionLost says what the NATS client's words for it mean to the person who called.
func connectionLost(err error) error {
	if errors.Is(err, nats.ErrReconnectBufExceeded) {
		return fmt.Errorf("the connection to NATS was lost; when it is back, look at what was done before you run this again (%w)", err)
	}
	return err
}
