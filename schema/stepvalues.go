package schema

import (
	"strconv"
	"strings"
	"time"
)

// wholeNumber reads a JSON number by its value, so that 12345.0 and 1e3 are whole numbers: from 0 to 2^63-1 (C54).
func wholeNumber(s string) (n int64, ok bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, n >= 0
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(s), "e")
	digits, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, false // no number
	}
	digits = strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return 0, true
	}
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil {
			return 0, false // far too large or too small
		}
	}
	shift -= len(fraction)
	significant := strings.TrimRight(digits, "0")
	shift += len(digits) - len(significant)
	const most = len("9223372036854775807")
	if negative || shift < 0 || shift > most || len(significant)+shift > most {
		return 0, false
	}
	n, err := strconv.ParseInt(significant+strings.Repeat("0", shift), 10, 64)
	return n, err == nil
}

// parseTime reads RFC 3339, which [time.Parse] is both too lenient and too strict for: t and z may be small, and a
// leap second is the moment after the 59th (C54).
func parseTime(s string) (time.Time, bool) {
	if !hasTimeForm(s) {
		return time.Time{}, false
	}
	const seconds = len("2006-01-02T15:04:")
	leap := s[seconds:seconds+2] == "60"
	if leap {
		s = s[:seconds] + "59" + s[seconds+2:]
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	if err != nil {
		return time.Time{}, false
	}
	if leap {
		if at := t.UTC(); at.Hour() != 23 || at.Minute() != 59 {
			return time.Time{}, false
		}
		if after := t.Add(time.Second); after.Year() <= 9999 { // RFC 3339 writes no later year
			t = after
		}
	}
	return t, true
}

// hasTimeForm reports whether digits and separators stand where RFC 3339 has them; it leaves their ranges to others, but
// for those of the offset.
func hasTimeForm(s string) bool {
	const form = "0000-00-00T00:00:00"
	if len(s) <= len(form) || !matches(s[:len(form)], form) {
		return false
	}
	zone := s[len(form):]
	if fraction, ok := strings.CutPrefix(zone, "."); ok {
		if zone = strings.TrimLeft(fraction, "0123456789"); len(zone) == len(fraction) {
			return false
		}
	}
	if zone == "Z" || zone == "z" {
		return true
	}
	return len(zone) == len("+00:00") && (zone[0] == '+' || zone[0] == '-') && matches(zone[1:], "00:00") && zone[1:3] <= "23" && zone[4:] <= "59"
}

// matches compares bytes with a form of the same length, in which 0 is any digit and T also t.
func matches(s, form string) bool {
	for i := range len(form) {
		switch c := s[i]; form[i] {
		case '0':
			if c < '0' || c > '9' {
				return false
			}
		case 'T':
			if c != 'T' && c != 't' {
				return false
			}
		default:
			if c != form[i] {
				return false
			}
		}
	}
	return true
}
