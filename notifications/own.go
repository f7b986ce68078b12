package notifications

import (
	"context"
	"crypto/rand"
	"strconv"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// ownWindows are one worker's. They end with it.
type ownWindows struct {
	length time.Duration
	open   map[key]*ownWindow
}

type ownWindow struct {
	n    schema.Notification
	id   string
	ends time.Time
	told bool // the first report was published
}

func (o *ownWindows) add(_ context.Context, n schema.Notification) (*report, error) {
	k, now := keyOf(n), time.Now()
	w, ok := o.open[k]
	if ok {
		w.n = merge(w.n, n)
	} else {
		w = &ownWindow{n: n, id: k.String() + ":" + strconv.FormatInt(now.UnixMilli(), 10) + ":" + rand.Text(), ends: now.Add(o.length)}
		o.open[k] = w
	}
	if w.told {
		return nil, nil
	}
	return &report{n: first(w.n), window: w.id}, nil
}

func (o *ownWindows) due(context.Context) ([]report, error) {
	return o.reports(func(w *ownWindow) bool { return !time.Now().Before(w.ends) }), nil
}

// all are the last reports of every window, ended or not.
func (o *ownWindows) all() []report { return o.reports(func(*ownWindow) bool { return true }) }

func (o *ownWindows) reports(ended func(*ownWindow) bool) []report {
	var reports []report
	for k, w := range o.open {
		switch {
		case !ended(w):
		case w.told && w.n.Count == 1:
			delete(o.open, k)
		default:
			reports = append(reports, report{n: w.n, window: w.id, last: true})
		}
	}
	return reports
}

func (o *ownWindows) done(_ context.Context, r report) error {
	k := keyOf(r.n)
	switch w, ok := o.open[k]; {
	case !ok || w.id != r.window:
	case r.last:
		delete(o.open, k)
	default:
		w.told = true
	}
	return nil
}

// first is the report that opens a window: of one event, whatever was counted with it.
func first(n schema.Notification) schema.Notification {
	n.Count, n.LastAt = 1, n.FirstAt
	return n
}
