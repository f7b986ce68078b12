package charset

import (
	"strings"
	"testing"
	"unicode/utf16"
)

func utf16Bytes(s string, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			b.WriteByte(byte(u >> 8))
		}
		b.WriteByte(byte(u))
		if !big {
			b.WriteByte(byte(u >> 8))
		}
	}
	return b.String()
}

func utf32Bytes(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.Write([]byte{byte(r >> 24), byte(r >> 16), byte(r >> 8), byte(r)})
	}
	return b.String()
}

func TestToUTF8(t *testing.T) {
	t.Parallel()
	const text = `{"city":"Zürich 😀"}`
	for name, c := range map[string]struct{ contentType, body, want string }{
		"nothing declared":                     {"", text, text},
		"a byte order mark is no content":      {"", "\xef\xbb\xbf" + text, text},
		"only one byte order mark":             {"", "\xef\xbb\xbf\xef\xbb\xbf{}", "\ufeff{}"},
		"a mark against what is declared":      {"application/json; charset=ISO-8859-1", "\xef\xbb\xbf" + text, text},
		"ISO-8859-1":                           {"application/json; charset=ISO-8859-1", "Z\xfcrich", "Zürich"},
		"its name in quotes, in capitals":      {`application/json;Charset="LATIN1"`, "Z\xfcrich", "Zürich"},
		"in single quotes":                     {`application/json; charset='iso-8859-1'`, "Z\xfcrich", "Zürich"},
		"behind a broken parameter":            {`application/json; q=;charset=iso-8859-1`, "Z\xfcrich", "Zürich"},
		"windows-1252":                         {"text/json; charset=windows-1252", "\x80 5", "€ 5"},
		"ISO-8859-15":                          {"application/json; charset=iso-8859-15", "\xa4", "€"},
		"Shift_JIS":                            {"application/json; charset=Shift_JIS", "\x93\x8c\x8b\x9e", "東京"},
		"GB18030":                              {"application/json; charset=gb18030", "\xb1\xb1\x84\x31\xa4\x37", "北\ufffd"},
		"KOI8-R":                               {"application/json; charset=koi8-r", "\xed", "М"},
		"an old IBM charset":                   {"application/json; charset=IBM850", "Z\x81rich", "Zürich"},
		"UTF-16 with a mark":                   {"", "\xff\xfe" + utf16Bytes(text, false), text},
		"UTF-16, the other order":              {"", "\xfe\xff" + utf16Bytes(text, true), text},
		"UTF-16 declared, without a mark":      {"application/json; charset=utf-16", utf16Bytes(text, false), text},
		"likewise, the other order":            {"application/json; charset=utf-16", utf16Bytes(text, true), text},
		"UTF-16LE declared, with a mark":       {"application/json; charset=utf-16le", "\xff\xfe" + utf16Bytes(text, false), text},
		"UTF-16BE declared":                    {"application/json; charset=utf-16be", utf16Bytes(text, true), text},
		"UTF-16 with a U+FFFD of its own":      {"", "\xfe\xff" + utf16Bytes("\ufffd", true), "\ufffd"},
		"UTF-32 with a mark":                   {"", "\x00\x00\xfe\xff" + utf32Bytes(text), text},
		"UTF-32 declared":                      {"application/json; charset=UTF-32", utf32Bytes(text), text},
		"ASCII that is UTF-8":                  {"application/json; charset=us-ascii", text, text},
		"an unknown charset that is UTF-8":     {"application/json; charset=klingon", text, text},
		"an unsupported charset that is UTF-8": {"application/json; charset=utf-7", text, text},

		"no UTF-8, nothing declared":    {"application/json", "Z\xfcrich", "error: is not UTF-8"},
		"no UTF-8, though declared":     {"application/json; charset=utf-8", "Z\xfcrich", "error: is not UTF-8"},
		"half a surrogate pair":         {"", "a\xed\xa0\x80", "error: is not UTF-8"},
		"an unknown charset":            {"application/json; charset=klingon", "Z\xfcrich", "error: declares a charset that can't be read here, and"},
		"an unsupported one":            {"application/json; charset=utf-7", "Z\xfcrich", "error: declares a charset that can't be read here (UTF-7), and"},
		"half a character of Shift_JIS": {"application/json; charset=Shift_JIS", "\x93", "error: has bytes that are no text in the charset it declares (SHIFT_JIS)"},
		"half a pair of UTF-16":         {"", "\xfe\xff\xd8\x00\x00a", "error: has bytes that are no text"},
		"an odd byte of UTF-16":         {"", "\xfe\xff\x00a\x00", "error: has bytes that are no text"},
		"a byte that ISO-8859-7 lacks":  {"application/json; charset=iso-8859-7", "\xff", "error: has bytes that are no text"},
		"too large for UTF-32":          {"application/json; charset=utf-32be", "\x00\x11\x00\x00", "error: has bytes that are no text"},
	} {
		out, err := ToUTF8(c.contentType, []byte(c.body))
		got := string(out)
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != c.want && (err == nil || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
