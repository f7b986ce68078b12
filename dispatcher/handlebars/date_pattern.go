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

// patternFault says what is wrong with a date's pattern; "" is nothing.
type patternFault string

// formatTime writes a time by a pattern of letters, as SimpleDateFormat of Java knows them. What stands in '…' is text, and two
// quotes are one, in such text as well as outside of it.
func formatTime(t time.Time, pattern string) (_ string, fault patternFault) {
	if named, ok := datePatterns[pattern]; ok {
		pattern = named
	}
	var b strings.Builder
	quoted := false
	for i := 0; i < len(pattern); {
		c, n := pattern[i], 1
		switch {
		case strings.HasPrefix(pattern[i:], "''"):
			b.WriteByte(c)
			n = 2
		case c == '\'':
			quoted = !quoted
		case quoted || c|0x20 < 'a' || c|0x20 > 'z':
			b.WriteByte(c)
		default:
			for i+n < len(pattern) && pattern[i+n] == c {
				n++
			}
			part, ok := datePart(t, c, n)
			if !ok {
				return "", patternFault("doesn't know the letter " + string(c) + " in its pattern, which is like \"yyyy-MM-dd HH:mm\"; text in it stands in '…'")
			}
			b.WriteString(part)
		}
		i += n
	}
	if quoted {
		return "", "has a pattern in which quoted text is not closed; write two quotes for one"
	}
	return b.String(), ""
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
