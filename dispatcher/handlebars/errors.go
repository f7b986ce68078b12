package handlebars

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError says why a template was refused when it was saved, and where.
type SyntaxError struct {
	Line, Column int // from 1; columns count characters
	Message      string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// RenderError says why a template could not be rendered for one user. It is permanent: the
// same step fails again. It names fields, never values.
type RenderError struct {
	Message string
	Missing []string // the fields that were needed and missing, if that was the reason
}

func (e *RenderError) Error() string {
	if len(e.Missing) == 0 {
		return e.Message
	}
	return e.Message + ": " + strings.Join(e.Missing, ", ")
}

// URLError says that expressions in the host of a URL made a host that can't be called.
type URLError struct{ Message string }

func (e *URLError) Error() string { return e.Message }

// SkipError is how {{skip "reason"}} ends an execution.
type SkipError struct{ Reason string }

func (e *SkipError) Error() string { return "skipped: " + e.Reason }

// syntaxError makes the error for a byte offset of the source.
func syntaxError(source string, offset int, format string, args ...any) *SyntaxError {
	before := source[:min(offset, len(source))]
	lineStart := strings.LastIndexByte(before, '\n') + 1
	return &SyntaxError{
		Line:    1 + strings.Count(before, "\n"),
		Column:  1 + utf8.RuneCountInString(before[lineStart:]),
		Message: fmt.Sprintf(format, args...),
	}
}
