package handlebars

import (
	"math"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // for machines that have no time zones of their own
)

var dateHelpers = map[string]*helper{
	"dateFormat": {usage: "dateFormat x \"yyyy-MM-dd\" tz=\"America/Los_Angeles\"", min: 1, max: 2, named: dateArguments, prepare: prepareDate,
		run: func(x *exec, e *expr, args []value) value {
			if d, ok := x.date(e, args[0]); ok {
				return x.formatDate(e, args, d, "medium")
			}
			return nothing
		}},
	"dateMath": {usage: "dateMath x \"+7d\" format=\"yyyy-MM-dd\"", min: 2, max: 2, named: dateArguments, prepare: prepareDate, run: dateMath},
	"now": {usage: "now \"yyyy-MM-dd\" tz=\"America/Los_Angeles\"", min: 0, max: 1, named: dateArguments, prepare: prepareDate, clock: true,
		run: func(x *exec, e *expr, args []value) value {
			d := date{time: x.data.now.UTC()}
			return x.formatDate(e, append([]value{nothing}, args...), d, "")
		}},
	"timestamp": {usage: "timestamp x", min: 0, max: 1, clock: true,
		run: func(x *exec, e *expr, args []value) value {
			d := date{time: x.data.now}
			if len(args) == 1 {
				var ok bool
				if d, ok = x.date(e, args[0]); !ok {
					return nothing
				}
			}
			return value{kind: number, text: strconv.FormatInt(d.time.UnixMilli(), 10)}
		}},
}

var dateArguments = []string{"format", "tz"}

// date is a point in time, or a day if that is all that was written.
type date struct {
	time    time.Time
	dayOnly bool
}

// prepareDate checks the time zone, the pattern and the span that are written out.
func prepareDate(_ *compiler, e *expr) string {
	pattern, ok := "", false
	switch e.name {
	case "dateFormat":
		pattern, ok = e.written(1)
	case "now":
		pattern, ok = e.written(0)
	case "dateMath":
		if span, ok := e.written(1); ok {
			if _, ok := (date{}).plus(span); !ok {
				return e.name + ": " + e.label(1) + " is no span: " + spans
			}
		}
	}
	if format := e.namedArg("format"); format != nil && format.kind == exprLiteral {
		pattern, ok = format.value.text, true
	}
	if ok {
		if _, fault := formatTime(time.Time{}, pattern); fault != "" {
			return e.name + " " + string(fault)
		}
	}
	if tz := e.namedArg("tz"); tz != nil && tz.kind == exprLiteral {
		if _, ok := findZone(tz.value.text); !ok {
			return e.name + " doesn't know the time zone " + tz.value.text + "; it is written like \"America/Los_Angeles\""
		}
	}
	return ""
}

// findZone finds a time zone by its name. The machine's own is none: the same data must render
// the same everywhere.
func findZone(name string) (*time.Location, bool) {
	if name == "Local" || name == "localtime" {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

var dateLayouts = [...]string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05Z0700",
	"2006-01-02 15:04:05 -07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04",
}

// date reads a date: ISO 8601 with or without time, or a number of seconds or, from 10^11
// on, milliseconds since 1970. A written offset never becomes the machine's zone.
func (x *exec) date(e *expr, v value) (date, bool) {
	s := strings.TrimSpace(x.textOf(v))
	if n, ok := x.number(v); ok && !(v.kind == text && len(s) < 9) {
		ms := toFloat(n)
		if math.Abs(ms) < 1e11 {
			ms *= 1000
		}
		if math.Abs(ms) < 1e14 {
			return date{time: time.UnixMilli(int64(ms)).UTC()}, true
		}
	}
	if day, err := time.ParseInLocation(time.DateOnly, s, time.UTC); err == nil {
		return date{day, true}, true
	}
	for _, layout := range dateLayouts {
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			return date{time: t}, true
		}
	}
	x.broken(e, "%s is no date: it is written like 2026-11-23 or 2026-11-23T12:00:00Z", e.label(0))
	return date{}, false
}

// formatDate writes a date as the pattern asks that is the second argument or format=. By
// default it stays what it is: a day, or RFC 3339.
func (x *exec) formatDate(e *expr, args []value, d date, pattern string) value {
	if len(args) > 1 && e.name != "dateMath" {
		pattern = x.textOf(args[1])
	}
	if e.namedArg("format") != nil {
		pattern = x.textOf(x.option(e, "format"))
	}
	if tz := e.namedArg("tz"); tz != nil {
		zone, ok := findZone(x.textOf(x.option(e, "tz")))
		if !ok || !x.step(50) {
			return x.broken(e, "%s is no time zone", tz.name)
		}
		if !d.dayOnly {
			d.time = d.time.In(zone)
		}
	}
	switch {
	case pattern != "":
		out, fault := formatTime(d.time, pattern)
		if fault != "" { // which may tell of data
			return x.broken(e, "the date pattern has a letter that means nothing, or quoted text that is not closed; text in it stands in '…'")
		}
		return textValue(out)
	case d.dayOnly:
		return textValue(d.time.Format(time.DateOnly))
	}
	return textValue(d.time.Format(time.RFC3339))
}

// dateMath adds years (y), months (M), weeks (w), days (d), hours (h), minutes (m) and
// seconds (s) to a date: "+1M -1d".
func dateMath(x *exec, e *expr, args []value) value {
	d, ok := x.date(e, args[0])
	if !ok {
		return nothing
	}
	span := x.textOf(args[1])
	if !x.step(len(span) / 2) {
		return nothing
	}
	if d, ok = d.plus(span); !ok {
		return x.broken(e, "%s is no span: %s", e.label(1), spans)
	}
	return x.formatDate(e, args, d, "")
}

const spans = "it is written like \"+7d\", \"-1M\" or \"+2h30m\""

func (d date) plus(span string) (date, bool) {
	for rest := strings.ReplaceAll(span, " ", ""); rest != ""; {
		end := strings.IndexAny(rest, "yMwdhms")
		if end < 1 {
			return d, false
		}
		n, err := strconv.Atoi(rest[:end])
		if err != nil || n > 1e6 || n < -1e6 {
			return d, false
		}
		d = d.add(n, rest[end])
		rest = rest[end+1:]
	}
	return d, true
}

func (d date) add(n int, unit byte) date {
	switch unit {
	case 'y':
		d.time = addMonths(d.time, 12*n)
	case 'M':
		d.time = addMonths(d.time, n)
	case 'w':
		d.time = d.time.AddDate(0, 0, 7*n)
	case 'd':
		d.time = d.time.AddDate(0, 0, n)
	case 'h':
		d = date{time: d.time.Add(time.Duration(n) * time.Hour)}
	case 'm':
		d = date{time: d.time.Add(time.Duration(n) * time.Minute)}
	default:
		d = date{time: d.time.Add(time.Duration(n) * time.Second)}
	}
	return d
}

// addMonths keeps the day of the month where the other month has it, else takes its last.
func addMonths(t time.Time, n int) time.Time {
	first := t.AddDate(0, 0, 1-t.Day()).AddDate(0, n, 0)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}
