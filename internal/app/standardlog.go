package app

import (
	"bytes"
	"io"
	"log"
)

// KeepLibrariesQuiet makes the lines that libraries write to Go's standard log go to w, without what they repeat of
// an endpoint's answer: that may be a user's data.
func KeepLibrariesQuiet(w io.Writer) { log.SetOutput(libraryLines{w}) }

// libraryLines passes lines on. net/http ends one that quotes an answer nobody asked for with its first bytes.
type libraryLines struct{ to io.Writer }

func (l libraryLines) Write(line []byte) (int, error) {
	told := line
	if before, _, quotes := bytes.Cut(line, []byte(" starting with ")); quotes {
		told = append(bytes.Clone(before), '\n')
	}
	_, err := l.to.Write(told)
	return len(line), err
}
