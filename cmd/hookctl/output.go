package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/goccy/go-yaml"

	"github.com/journeyhook/journeyhook/schema"
)

// table prints rows in columns for people, and says so when there are none but the names of the columns.
func (s *session) table(rows [][]string) {
	if len(rows) == 1 {
		s.none()
	}
	w := tabwriter.NewWriter(s.stdout, 0, 4, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush()
}

// none says that there is nothing to show, where a program does not read it.
func (s *session) none() { fmt.Fprintln(s.stderr, "none") }

// about is an error of one webhook, which is not named twice.
func (a address) about(err error) error {
	if inner := errors.Unwrap(err); inner != nil && err.Error() == a.project+"."+a.webhook+": "+inner.Error() {
		err = inner
	}
	if unreadable, ok := errors.AsType[*schema.UnreadableError](err); ok {
		return fmt.Errorf("%s, revision %d: %s", a, unreadable.Revision, unreadable.Why)
	}
	return fmt.Errorf("%s: %w", a, err)
}

// data prints a value for programs, as json or yaml.
func (s *session) data(format string, v any) error {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write the answer as JSON: %w", err)
	}
	text := out.Bytes()
	if format == "yaml" {
		var err error
		if text, err = yaml.JSONToYAML(text); err != nil {
			return fmt.Errorf("write the answer as YAML: %w", err)
		}
	}
	_, err := s.stdout.Write(text)
	return err
}
