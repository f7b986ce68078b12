package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/schema"
)

type tailCmd struct {
	What    string        `arg:"" enum:"results,notifications,attempts" help:"results, notifications or attempts."`
	Project string        `arg:"" optional:"" help:"Only this project's."`
	Since   time.Duration `default:"0s" help:"Begin with what came in this time before now."`
	Count   int           `short:"n" help:"Stop after so many."`
	Out     string        `name:"output" short:"o" enum:"text,json,yaml" default:"text" help:"${enum}."`
}

func (tailCmd) Help() string {
	return `Examples:
  hookctl tail results acme
  hookctl tail attempts acme --since 1h -o json`
}

func (c *tailCmd) Run(s *session) error {
	if c.Project != "" && !schema.ValidID(c.Project) {
		return fmt.Errorf("%w: %q is not a project", errUsage, c.Project)
	}
	js, err := s.jetstream()
	if err != nil {
		return err
	}
	stream, subject, show := c.source(s.names())
	cfg := jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, DeliverPolicy: jetstream.DeliverNewPolicy}
	if c.Since > 0 {
		from := time.Now().Add(-c.Since)
		cfg.DeliverPolicy, cfg.OptStartTime = jetstream.DeliverByStartTimePolicy, &from
	}
	cons, err := js.OrderedConsumer(s.ctx, stream, cfg)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("there is no stream %s yet; a worker makes it when it starts", stream)
	}
	if err != nil {
		return fmt.Errorf("follow %s: %w", stream, err)
	}
	msgs, err := cons.Messages()
	if err != nil {
		return fmt.Errorf("follow %s: %w", stream, err)
	}
	defer msgs.Stop()
	for n := 0; c.Count == 0 || n < c.Count; n++ {
		msg, err := msgs.Next(jetstream.NextContext(s.ctx))
		if s.ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("follow %s: %w", stream, err)
		}
		if err := c.print(s.stdout, msg.Data(), show); err != nil {
			return err
		}
	}
	return nil
}

// print writes an entry: a line each, or a YAML document.
func (c *tailCmd) print(out io.Writer, data []byte, show func([]byte) string) error {
	text := string(data)
	switch c.Out {
	case "text":
		text = show(data)
	case "yaml":
		document, err := yaml.JSONToYAML(data)
		if err != nil {
			return fmt.Errorf("write an entry as YAML: %w", err)
		}
		text = "---\n" + strings.TrimSuffix(string(document), "\n")
	}
	_, err := fmt.Fprintln(out, text)
	return err
}

// source is the stream, the subjects in it, and how an entry reads for people.
func (c *tailCmd) source(n schema.Names) (stream, subject string, show func([]byte) string) {
	project := c.Project
	if project == "" {
		project = "*"
	}
	switch c.What {
	case "results":
		return n.Results(), n.All("results." + project), line(resultLine)
	case "attempts":
		return n.Attempts(), n.All("attempts." + project), line(attemptLine)
	}
	return n.Notifications(), n.NotificationSubject(project), line(notificationLine)
}

func line[T any](format func(T) string) func([]byte) string {
	return func(data []byte) string {
		var v T
		if err := json.Unmarshal(data, &v); err != nil {
			return string(data)
		}
		return format(v)
	}
}
