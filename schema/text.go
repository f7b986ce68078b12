package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var byteOrderMark = []byte("\ufeff")

// Content is a text without the byte order mark that some editors write before it (C51).
func Content(text []byte) []byte { return bytes.TrimPrefix(text, byteOrderMark) }

// JSON is a value as JSON whose texts are as they were written: [json.Marshal] makes \u0026 of an &, also in raw JSON,
// and that is what an endpoint would get.
func JSON(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// Visible shows each character of a message that a person can't see, such as a zero-width space, as its code
// point: <U+200B>. Spaces and line breaks stay.
func Visible(message string) string {
	if !strings.ContainsFunc(message, invisible) && utf8.ValidString(message) {
		return message
	}
	var out strings.Builder
	for i := 0; i < len(message); {
		r, size := utf8.DecodeRuneInString(message[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, "<byte %02X>", message[i])
		case invisible(r):
			fmt.Fprintf(&out, "<%U>", r)
		default:
			out.WriteRune(r)
		}
		i += size
	}
	return out.String()
}

func invisible(r rune) bool {
	if r == ' ' || r == '\n' || r == '\t' {
		return false
	}
	return !strconv.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
