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
	case s == "" && required:
		fs.Add(path, "is empty")
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
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil || n < 0 {
		fs.Add("workflowId", "must be a whole number from 0 to 2^63-1")
		return 0
	}
	return n
}

func readTile(fs *Faults, raw []byte) Tile {
	var id, kind []byte
	if !readObject(fs, "tile", raw, true, func(key, value []byte) {
		switch string(key) {
		case "id":
			id = value
		case "type":
			kind = value
		}
	}) {
		return Tile{}
	}
	t := Tile{ID: readID(fs, "tile.id", id, ValidID, idRule)}
	t.Type = TileType(readText(fs, "tile.type", kind, true))
	if t.Type != "" && t.Type != CallWebhook && t.Type != UserProfile {
		fs.Add("tile.type", "must be %s or %s", CallWebhook, UserProfile)
	}
	return t
}

func readUser(fs *Faults, raw []byte) User {
	var email, userID, profile []byte
	if !readObject(fs, "user", raw, true, func(key, value []byte) {
		switch string(key) {
		case "email":
			email = value
		case "userId":
			userID = value
		case "profile":
			profile = value
		}
	}) {
		return User{}
	}
	return User{
		Email:   readText(fs, "user.email", email, true),
		UserID:  readText(fs, "user.userId", userID, false),
		Profile: readData(fs, "user.profile", profile),
	}
}

func readTrigger(fs *Faults, raw []byte) Trigger {
	var kind, dataFields []byte
	if !readObject(fs, "trigger", raw, false, func(key, value []byte) {
		switch string(key) {
		case "type":
			kind = value
		case "dataFields":
			dataFields = value
		}
	}) {
		return Trigger{}
	}
	return Trigger{
		Type:       readText(fs, "trigger.type", kind, false),
		DataFields: readData(fs, "trigger.dataFields", dataFields),
	}
}

// readObject hands an object's members to f; false when there is nothing to read.
func readObject(fs *Faults, path string, raw []byte, required bool, f func(key, value []byte)) bool {
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
	members(raw, f)
	return true
}

// readData keeps a JSON object of the user's as it is; missing or null is empty.
func readData(fs *Faults, path string, raw []byte) json.RawMessage {
	if absent(raw) {
		return nil
	}
	if raw[0] != '{' {
		fs.Add(path, "must be an object, not %s", kindOf(raw))
		return nil
	}
	return raw
}

func readTime(fs *Faults, raw []byte) time.Time {
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

// validObject says why data is not one JSON object; null counts as an empty one.
func validObject(data []byte) error {
	if i := skipSpace(data, 0); json.Valid(data) && i < len(data) && (data[i] == '{' || data[i] == 'n') {
		return nil
	}
	var object struct{}
	return json.Unmarshal(data, &object)
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
