package app

import (
	"io"
	"time"

	"github.com/rs/zerolog"
)

// NewLogger writes JSON lines, or lines for people.
func NewLogger(level, format string, to io.Writer) zerolog.Logger {
	parsed, err := zerolog.ParseLevel(level)
	if err != nil {
		parsed = zerolog.InfoLevel
	}
	if format == "console" {
		to = zerolog.ConsoleWriter{Out: to, TimeFormat: time.TimeOnly}
	}
	return zerolog.New(to).Level(parsed).With().Timestamp().Logger()
}
