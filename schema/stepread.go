package schema

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/journeyhook/journeyhook/internal/jsontext"
)

const idRule = "1 to 64 of A-Z a-z 0-9 _ -"

func absent(raw []byte) bool { return len(raw) == 0 || string(raw) == "null" }

// readText reads a JSON string; required ones must not be empty.
func readText(fs *Faults, path string, raw []byte, required bool) string {
	if absent(raw) {
		if required {
			fs.Add(path, "is missing")
		}
		return ""
	}
	s, ok := text(raw)
	switch {
	case !ok:
		fs.Add(path, "must be text, not %s", kindOf(raw))
	case notUTF8(raw) >= 0:
		fs.Add(path, "is not UTF-8")
		return ""
	case jsontext.Unpaired(raw) >= 0:
		fs.Add(path, `has half of a surrogate pair, like \ud800, which is no character`)
		return ""
	case s == "" && required:
		fs.Add(path, "is empty")
	}
	return s
}

// longest is how many characters an email or a user id may have: they stand in every result, which must fit.
const longest = 1024

// readShort reads a text of bounded length; a longer one counts as unreadable.
func readShort(fs *Faults, path string, raw []byte, required bool) string {
	s := readText(fs, path, raw, required)
	if utf8.RuneCountInString(s) > longest {
		fs.Add(path, "has more than %d characters", longest)
		return ""
	}
	return s
}

// readID reads an id; one outside its pattern counts as unreadable (C42).
func readID(fs *Faults, path string, raw []byte, valid func(string) bool, rule string) string {
	before := len(*fs)
	s := readText(fs, path, raw, true)
	if len(*fs) > before {
		return ""
	}
	if !valid(s) {
		fs.Add(path, "must be %s", rule)
		return ""
	}
	return s
}

func readWorkflowID(fs *Faults, raw []byte) int64 {
	if absent(raw) {
		fs.Add("workflowId", "is missing")
		return 0
	}
	n, ok := wholeNumber(string(raw))
	if !ok {
		fs.Add("workflowId", "must be a whole number from 0 to 2^63-1")
		return 0
	}
	return n
}

func readTile(fs *Faults, raw *rawParts) Tile {
	if !isObject(fs, "tile", raw[partTile], true) {
		return Tile{}
	}
	t := Tile{ID: readID(fs, "tile.id", raw[partTileID], ValidID, idRule)}
	t.Type = TileType(readText(fs, "tile.type", raw[partTileType], true))
	if t.Type != "" && t.Type != CallWebhook && t.Type != UserProfile {
		fs.Add("tile.type", "must be %s or %s", CallWebhook, UserProfile)
	}
	return t
}

func readUser(fs *Faults, raw *rawParts) User {
	if !isObject(fs, "user", raw[partUser], true) {
		return User{}
	}
	return User{
		Email:   readShort(fs, "user.email", raw[partEmail], true),
		UserID:  readShort(fs, "user.userId", raw[partUserID], false),
		Profile: readData(fs, "user.profile", raw[partProfile]),
	}
}

func readTrigger(fs *Faults, raw *rawParts) Trigger {
	if !isObject(fs, "trigger", raw[partTrigger], false) {
		return Trigger{}
	}
	return Trigger{
		Type:       readText(fs, "trigger.type", raw[partTriggerType], false),
		DataFields: readData(fs, "trigger.dataFields", raw[partDataFields]),
	}
}

// isObject is false when there is nothing to read.
func isObject(fs *Faults, path string, raw []byte, required bool) bool {
	if absent(raw) {
		if required {
			fs.Add(path, "is missing")
		}
		return false
	}
	if raw[0] != '{' {
		fs.Add(path, "must be an object, not %s", kindOf(raw))
		return false
	}
	return true
}

// readData keeps a JSON object of the user's as it is; missing or null is empty.
func readData(fs *Faults, path string, raw []byte) json.RawMessage {
	if !isObject(fs, path, raw, false) {
		return nil
	}
	return raw
}

func readTime(fs *Faults, raw []byte) time.Time {
	if absent(raw) {
		return time.Time{}
	}
	before := len(*fs)
	t, ok := parseTime(readText(fs, "reachedAt", raw, false))
	if !ok && len(*fs) == before {
		fs.Add("reachedAt", "must be a time like 2026-11-23T12:00:00Z")
	}
	return t
}

// notUTF8 is where the first byte stands that begins no character, -1 if there is none.
func notUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	at := 0
	for {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

func kindOf(raw []byte) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "nothing"
	}
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// text decodes a JSON string.
func text(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	inner := raw[1 : len(raw)-1]
	for _, c := range inner {
		if c == '\\' || c >= utf8.RuneSelf {
			var s string
			err := json.Unmarshal(raw, &s)
			return s, err == nil
		}
	}
	return string(inner), true
}
