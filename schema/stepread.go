package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

const idRule = "1 to 64 of A-Z a-z 0-9 _ -"

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// readText reads a JSON string; required ones must not be empty.
func readText(fs *Faults, path string, raw json.RawMessage, required bool) string {
	var s string
	switch {
	case absent(raw):
		if required {
			fs.Add(path, "is missing")
		}
		return ""
	case json.Unmarshal(raw, &s) != nil:
		fs.Add(path, "must be text, not %s", kindOf(raw))
	case s == "" && required:
		fs.Add(path, "is empty")
	}
	return s
}

// readID reads an id; one outside its pattern counts as unreadable (C42).
func readID(fs *Faults, path string, raw json.RawMessage, valid func(string) bool, rule string) string {
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

func readWorkflowID(fs *Faults, raw json.RawMessage) int64 {
	if absent(raw) {
		fs.Add("workflowId", "is missing")
		return 0
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 {
		fs.Add("workflowId", "must be a whole number from 0 to 2^63-1")
		return 0
	}
	return n
}

func readTile(fs *Faults, raw json.RawMessage) Tile {
	var parts struct{ ID, Type json.RawMessage }
	if !readObject(fs, "tile", raw, &parts, true) {
		return Tile{}
	}
	t := Tile{ID: readID(fs, "tile.id", parts.ID, ValidID, idRule)}
	t.Type = TileType(readText(fs, "tile.type", parts.Type, true))
	if t.Type != "" && t.Type != CallWebhook && t.Type != UserProfile {
		fs.Add("tile.type", "must be %s or %s", CallWebhook, UserProfile)
	}
	return t
}

func readUser(fs *Faults, raw json.RawMessage) User {
	var parts struct{ Email, UserID, Profile json.RawMessage }
	if !readObject(fs, "user", raw, &parts, true) {
		return User{}
	}
	return User{
		Email:   readText(fs, "user.email", parts.Email, true),
		UserID:  readText(fs, "user.userId", parts.UserID, false),
		Profile: readData(fs, "user.profile", parts.Profile),
	}
}

func readTrigger(fs *Faults, raw json.RawMessage) Trigger {
	var parts struct{ Type, DataFields json.RawMessage }
	if !readObject(fs, "trigger", raw, &parts, false) {
		return Trigger{}
	}
	return Trigger{
		Type:       readText(fs, "trigger.type", parts.Type, false),
		DataFields: readData(fs, "trigger.dataFields", parts.DataFields),
	}
}

// readObject reads an object's members as raw JSON; false when there is nothing to read further.
func readObject(fs *Faults, path string, raw json.RawMessage, into any, required bool) bool {
	if absent(raw) {
		if required {
			fs.Add(path, "is missing")
		}
		return false
	}
	if raw[0] != '{' || json.Unmarshal(raw, into) != nil {
		fs.Add(path, "must be an object, not %s", kindOf(raw))
		return false
	}
	return true
}

// readData keeps a JSON object of the user's as it is; missing or null is empty.
func readData(fs *Faults, path string, raw json.RawMessage) json.RawMessage {
	if absent(raw) {
		return nil
	}
	if raw[0] != '{' {
		fs.Add(path, "must be an object, not %s", kindOf(raw))
		return nil
	}
	return raw
}

func readTime(fs *Faults, raw json.RawMessage) time.Time {
	text := readText(fs, "reachedAt", raw, false)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		fs.Add("reachedAt", "must be a time like 2026-11-23T12:00:00Z")
	}
	return t
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

// jsonFault says where JSON broke without repeating any of the data.
func jsonFault(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("JSON syntax error at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return "it is a JSON " + kind.Value
	}
	return "unexpected end of JSON"
}
