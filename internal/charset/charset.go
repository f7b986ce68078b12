// Package charset turns an answer into UTF-8.
//
// What comes out is the text that was meant: bytes that the charset has no character for are an error and are
// never replaced (C51).
package charset

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// marks are the byte order marks. Those of UTF-32 come before the ones they begin with.
var marks = []struct {
	mark string
	name string
	of   encoding.Encoding // nil is UTF-8
}{
	{"\xef\xbb\xbf", "UTF-8", nil},
	{"\xff\xfe\x00\x00", "UTF-32", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
	{"\x00\x00\xfe\xff", "UTF-32", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
	{"\xff\xfe", "UTF-16", littleEndian},
	{"\xfe\xff", "UTF-16", bigEndian},
}

var (
	littleEndian = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	bigEndian    = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
)

// ToUTF8 returns an answer's text in UTF-8. Its charset is the one of its byte order mark, which is no content, else the
// one that the Content-Type declares, else UTF-8. The error is a sentence for details: it repeats nothing
// of the answer but the registered name of a charset.
func ToUTF8(contentType string, body []byte) ([]byte, error) {
	for _, m := range marks {
		if rest, ok := bytes.CutPrefix(body, []byte(m.mark)); ok {
			return decode(m.name, m.of, rest)
		}
	}
	label := declared(contentType)
	name, enc, known := lookup(label, body)
	if known {
		return decode(name, enc, body)
	}
	if utf8.Valid(body) {
		return body, nil
	}
	return nil, fmt.Errorf("declares a charset that can't be read here%s, and is not UTF-8", name)
}

// declared is the charset parameter of a Content-Type, also of one that is not quite well-formed.
func declared(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	label := params["charset"]
	if err != nil {
		for part := range strings.SplitSeq(contentType, ";") {
			name, value, _ := strings.Cut(part, "=")
			if strings.EqualFold(strings.TrimSpace(name), "charset") && label == "" {
				label = value
			}
		}
	}
	return strings.Trim(label, " \t\"'")
}

// lookup finds a charset as browsers do, which take ISO-8859-1 for windows-1252, else in the register of names. A nil
// encoding is UTF-8, of which ASCII is a part. For a charset that is not known, name is how to tell of it.
func lookup(label string, body []byte) (name string, enc encoding.Encoding, known bool) {
	switch strings.ToLower(label) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return "UTF-8", nil, true
	case "utf-16":
		return "UTF-16", pick(body, 2, littleEndian, bigEndian), true
	case "utf-32":
		return "UTF-32", pick(body, 4, utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)), true
	case "utf-32le":
		return "UTF-32", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), true
	case "utf-32be":
		return "UTF-32", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), true
	}
	enc, err := htmlindex.Get(label)
	if err != nil || enc == encoding.Replacement {
		enc, err = ianaindex.IANA.Encoding(label)
	}
	switch {
	case err != nil:
		return "", nil, false // the name may be anything, so that it is not told
	case enc == nil:
		return " (" + strings.ToUpper(label) + ")", nil, false
	case enc == unicode.UTF8:
		return "UTF-8", nil, true
	}
	return strings.ToUpper(label), enc, true
}

// pick tells the order of bytes: JSON begins with an ASCII character.
func pick(body []byte, size int, little, big encoding.Encoding) encoding.Encoding {
	if len(body) >= size && body[0] != 0 && body[size-1] == 0 {
		return little
	}
	return big
}

func decode(name string, enc encoding.Encoding, body []byte) ([]byte, error) {
	if enc == nil {
		if !utf8.Valid(body) {
			return nil, errors.New("is not UTF-8, and declares no other charset")
		}
		return body, nil
	}
	text, err := enc.NewDecoder().Bytes(body)
	if err == nil && bytes.ContainsRune(text, utf8.RuneError) { // of the answer, or in the place of what is no character
		back, unencodable := enc.NewEncoder().Bytes(text)
		if unencodable != nil || !bytes.Equal(back, body) {
			err = errors.New("replaced")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("has bytes that are no text in the charset it declares (%s)", name)
	}
	return bytes.TrimPrefix(text, []byte("\uFEFF")), nil
}
