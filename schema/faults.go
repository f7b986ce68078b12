package schema

import (
	"fmt"
	"strings"
)

// Fault is one thing wrong with a document: where, and what to do about it.
type Fault struct {
	Path    string // dotted, e.g. "retry.delay" or "headers[2].name"
	Message string

	Line, Column int // in the field's own text, from 1; 0 where the fault is the whole field
}

func (f Fault) String() string {
	if f.Path == "" {
		return f.Message
	}
	return f.Path + ": " + f.Message
}

// Faults is everything wrong with one document. It is an error when it is not empty; see [Faults.Err].
type Faults []Fault

// Add appends a fault at path. What nobody could see in it is shown, see [Visible].
func (fs *Faults) Add(path, format string, args ...any) {
	*fs = append(*fs, Fault{Path: Visible(path), Message: Visible(fmt.Sprintf(format, args...))})
}

// AddAt appends a fault at a place in a field's text.
func (fs *Faults) AddAt(path string, line, column int, message string) {
	*fs = append(*fs, Fault{Path: Visible(path), Message: Visible(fmt.Sprintf("line %d, column %d: %s", line, column, message)), Line: line, Column: column})
}

// Err is nil when there are no faults, so that a nil error means "usable".
func (fs Faults) Err() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}

func (fs Faults) Error() string {
	parts := make([]string, len(fs))
	for i, f := range fs {
		parts[i] = f.String()
	}
	return strings.Join(parts, "; ")
}
