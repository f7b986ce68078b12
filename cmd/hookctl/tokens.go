package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/console"
)

type tokensCmd struct {
	Create createTokenCmd `cmd:"" help:"Make a token and print it, this once."`
	List   listTokensCmd  `cmd:"" help:"List tokens; what they are can't be shown again."`
	Revoke revokeTokenCmd `cmd:"" help:"End tokens, and the sessions that were begun with them."`
}

type createTokenCmd struct {
	Name    string        `arg:"" help:"Who or what it is for."`
	Role    string        `enum:"viewer,editor,admin" default:"viewer" help:"What it may do: viewer reads, editor also changes and sends, admin also reads the audit records."`
	Project []project     `help:"Only for these projects; all if not given."`
	Expires time.Duration `default:"0s" help:"How long it is valid, like 720h; 0 is for ever."`
	Out     string        `name:"output" short:"o" enum:"text,json,yaml" default:"text" help:"${enum}."`
}

func (createTokenCmd) Help() string {
	return `Examples:
  hookctl tokens create "CRM team" --role editor --project acme
  TOKEN=$(hookctl tokens create ci --role editor --expires 720h)

Only its SHA-256 is stored. Whoever can call hookctl with the NATS credentials can make tokens.`
}

func (c *createTokenCmd) Run(s *session) error {
	ops, err := s.writing()
	if err != nil {
		return err
	}
	token := console.Token{Name: c.Name, Role: console.Role(c.Role)}
	for _, p := range c.Project {
		token.Projects = append(token.Projects, string(p))
	}
	if c.Expires > 0 {
		token.ExpiresAt = time.Now().Add(c.Expires).UTC().Truncate(time.Second)
	}
	made, text, err := ops.CreateToken(s.ctx, s.by(), token)
	if err != nil {
		return err
	}
	if c.Out != "text" {
		return s.data(c.Out, struct {
			console.Token
			Text string `json:"token"`
		}{made, text})
	}
	fmt.Fprintln(s.stdout, text)
	fmt.Fprintf(s.stderr, "id %s; it is not shown again\n", made.ID)
	return nil
}

type listTokensCmd struct {
	Out string `name:"output" short:"o" enum:"table,json,yaml" default:"table" help:"${enum}."`
}

func (c *listTokensCmd) Run(s *session) error {
	ops, err := s.operations()
	if err != nil {
		return err
	}
	all, err := ops.Tokens.List(s.ctx)
	if err != nil {
		return err
	}
	if c.Out != "table" {
		return s.data(c.Out, all)
	}
	rows := [][]string{{"ID", "NAME", "ROLE", "PROJECTS", "CREATED", "BY", "EXPIRES"}}
	for _, t := range all {
		projects, expires := "all", "never"
		if len(t.Projects) > 0 {
			projects = strings.Join(t.Projects, ",")
		}
		if !t.ExpiresAt.IsZero() {
			expires = t.ExpiresAt.Format(time.RFC3339)
		}
		rows = append(rows, []string{t.ID, t.Name, string(t.Role), projects, t.CreatedAt.Format(time.RFC3339), t.CreatedBy, expires})
	}
	s.table(rows)
	return nil
}

type revokeTokenCmd struct {
	IDs []string `arg:"" name:"ID" help:"Ids of tokens, as the list shows them."`
}

func (c *revokeTokenCmd) Run(s *session) error {
	ops, err := s.writing()
	if err != nil {
		return err
	}
	for _, id := range c.IDs {
		err := ops.RevokeToken(s.ctx, s.by(), id)
		if errors.Is(err, console.ErrNoToken) {
			return fmt.Errorf("there is no token with the id %s; see: hookctl tokens list", id)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		fmt.Fprintf(s.stdout, "%s revoked\n", id)
	}
	return nil
}
