package console

import (
	"fmt"
	"strings"
	"time"
)

const (
	chartWidth  = 600 // of the drawing, in its own units
	chartHeight = 96
	chartTook   = 44 // height of the latency's strip
	chartStep   = chartWidth / healthMinutes
)

// chart is a drawing of the last hour: a bar for each minute's outcomes, and a line for how long calls took.
type chart struct {
	Bars    []bar
	Line    string // points of the mean latency, in pieces: where nothing was called there is no line
	Most    int64  // attempts in the busiest minute
	Slowest float64
	Words   string // what it shows, for those who don't see it
}

// bar is one outcome's part of a minute.
type bar struct {
	X, Y, Width, Height float64
	Class               string
	Title               string
}

func newChart(minutes []Minute) chart { return chartAt(minutes, time.Now()) }

func chartAt(minutes []Minute, now time.Time) chart {
	var c chart
	var sum Counts
	for _, m := range minutes {
		c.Most = max(c.Most, m.Continue+m.Retry+m.Exit)
		c.Slowest = max(c.Slowest, m.MeanMS)
		sum.add(m.Counts)
	}
	c.Words = fmt.Sprintf("The last hour: %d attempts let the user continue, %d are tried again, %d let the user exit. The slowest minute's calls took %s on average.",
		sum.Continue, sum.Retry, sum.Exit, milliseconds(c.Slowest))
	var line strings.Builder
	before := -2
	for _, m := range minutes {
		at := healthMinutes - 1 - int(now.Unix()/60-m.At.Unix()/60)
		if at < 0 || at >= healthMinutes {
			continue
		}
		x, y := float64(at*chartStep), float64(chartHeight)
		title := fmt.Sprintf("%s UTC: %d continued, %d retried, %d exited; %s on average", m.At.Format("15:04"), m.Continue, m.Retry, m.Exit, milliseconds(m.MeanMS))
		for _, part := range []struct {
			n     int64
			class string
		}{{m.Continue, "good"}, {m.Retry, "fair"}, {m.Exit, "bad"}} {
			if part.n == 0 {
				continue
			}
			height := max(2, float64(part.n)/float64(c.Most)*(chartHeight-4))
			y -= height
			c.Bars = append(c.Bars, bar{x + 1, max(y, 0), chartStep - 2, height, part.class, title})
		}
		word := "L"
		if at != before+1 {
			word = "M"
		}
		before = at
		mid, high := x+chartStep/2, chartTook-2-m.MeanMS/max(c.Slowest, 0.001)*(chartTook-6)
		fmt.Fprintf(&line, "%s%.1f %.1f", word, mid, high)
		if word == "M" {
			fmt.Fprintf(&line, "h0.01") // a minute alone is a dot
		}
	}
	c.Line = line.String()
	return c
}
