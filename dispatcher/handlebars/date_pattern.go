package handlebars

import (
	"fmt"
	"strings"
	"time"
)

// datePatterns are the patterns that have names.
var datePatterns = map[string]string{
	"short":  "M/d/yy",
	"medium": "MMM d, yyyy",
	"long":   "MMMM d, yyyy",
	"full":   "EEEE, MMMM d, yyyy",
	"iso":    "yyyy-MM-dd'T'HH:mm:ssXXX",
}

// formatTime writes a time by a pattern of letters, as SimpleDateFormat of Java knows them.
// unknown is a letter in it that means nothing, if there is one.
func formatTime(t time.Time, pattern string) (_ string, unknown byte) {
	if named, ok := datePatterns[pattern]; ok {
		pattern = named
	}
	var b strings.Builder
	for i := 0; i < len(pattern); {
		c := pattern[i]
		if c == '\'' {
			text, size := quotedText(pattern[i:])
			b.WriteString(text)
			i += size
			continue
		}
		if c|0x20 < 'a' || c|0x20 > 'z' {
			b.WriteByte(c)
			i++
			continue
		}
		n := 1
		for i+n < len(pattern) && pattern[i+n] == c {
			n++
		}
		i += n
		part, ok := datePart(t, c, n)
		if !ok {
			return "", c
		}
		b.WriteString(part)
	}
	return b.String(), 0
}

// quotedText reads '…' at the start of s; two quotes are one.
func quotedText(s string) (text string, size int) {
	if strings.HasPrefix(s, "''") {
		return "'", 2
	}
	end := strings.IndexByte(s[1:], '\'')
	if end < 0 {
		return s[1:], len(s)
	}
	return s[1 : 1+end], end + 2
}

func datePart(t time.Time, letter byte, n int) (string, bool) {
	digits := func(v int) (string, bool) { return fmt.Sprintf("%0*d", min(n, 20), v), true }
	hour12 := (t.Hour()+11)%12 + 1
	switch letter {
	case 'y', 'u':
		if n == 2 {
			return fmt.Sprintf("%02d", t.Year()%100), true
		}
		return digits(t.Year())
	case 'M', 'L':
		if n >= 4 {
			return t.Month().String(), true
		}
		if n == 3 {
			return t.Month().String()[:3], true
		}
		return digits(int(t.Month()))
	case 'E':
		if n >= 4 {
			return t.Weekday().String(), true
		}
		return t.Weekday().String()[:3], true
	case 'd':
		return digits(t.Day())
	case 'D':
		return digits(t.YearDay())
	case 'H':
		return digits(t.Hour())
	case 'k':
		return digits((t.Hour()+23)%24 + 1)
	case 'h':
		return digits(hour12)
	case 'K':
		return digits(t.Hour() % 12)
	case 'm':
		return digits(t.Minute())
	case 's':
		return digits(t.Second())
	case 'S':
		return digits(t.Nanosecond() / int(time.Millisecond))
	case 'w':
		_, week := t.ISOWeek()
		return digits(week)
	case 'a':
		return t.Format("PM"), true
	}
	return zonePart(t, letter, n)
}

func zonePart(t time.Time, letter byte, n int) (string, bool) {
	switch {
	case letter == 'Z':
		return t.Format("-0700"), true
	case letter == 'z':
		return t.Format("MST"), true
	case letter == 'X' && n == 1:
		return t.Format("Z07"), true
	case letter == 'X' && n == 2:
		return t.Format("Z0700"), true
	case letter == 'X':
		return t.Format("Z07:00"), true
	}
	return "", false
}
