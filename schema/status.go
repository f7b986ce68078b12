package schema

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Status is an HTTP status or a whole class of them: "200" or "2xx".
type Status struct {
	from, to int
}

// StatusOf is exactly one status.
func StatusOf(code int) Status { return Status{code, code} }

// ParseStatus reads "200" or "2xx".
func ParseStatus(text string) (Status, error) {
	if len(text) == 3 && strings.EqualFold(text[1:], "xx") && text[0] >= '1' && text[0] <= '5' {
		from := int(text[0]-'0') * 100
		return Status{from, from + 99}, nil
	}
	code, err := strconv.Atoi(text)
	if err != nil || len(text) != 3 || code < 100 || code > 599 {
		return Status{}, fmt.Errorf("%q is not an HTTP status; write one like 200 or a class like 2xx", text)
	}
	return StatusOf(code), nil
}

// Matches reports whether code is the status or in the class.
func (s Status) Matches(code int) bool { return s.from <= code && code <= s.to }

func (s Status) overlaps(o Status) bool { return s.from <= o.to && o.from <= s.to }

func (s Status) String() string {
	if s.from != s.to {
		return strconv.Itoa(s.from/100) + "xx"
	}
	return strconv.Itoa(s.from)
}

// MarshalJSON writes a string, as in contract files: "200", "2xx".
func (s Status) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalYAML writes the same.
func (s Status) MarshalYAML() ([]byte, error) { return []byte(strconv.Quote(s.String())), nil }

// UnmarshalJSON reads "200", 200 or "2xx".
func (s *Status) UnmarshalJSON(raw []byte) error { return s.read(raw) }

// UnmarshalYAML reads the same from YAML.
func (s *Status) UnmarshalYAML(raw []byte) error { return s.read(raw) }

func (s *Status) read(raw []byte) error {
	parsed, err := ParseStatus(strings.Trim(strings.TrimSpace(string(raw)), `"'`))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}

// Statuses is a list of statuses and classes.
type Statuses []Status

// Match reports whether code is in the list.
func (l Statuses) Match(code int) bool {
	for _, s := range l {
		if s.Matches(code) {
			return true
		}
	}
	return false
}

func (l Statuses) overlap(o Statuses) (Status, bool) {
	for _, a := range l {
		for _, b := range o {
			if a.overlaps(b) {
				return b, true
			}
		}
	}
	return Status{}, false
}
