package console

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/natstest"
)

// Whatever the windows' length, each record is in one of them, and the newest ones come first.
func TestWindowsHoldEachRecordOnce(t *testing.T) {
	t.Parallel()
	js := natstest.Start(t)
	ctx := t.Context()
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "R", Subjects: []string{"r"}}); err != nil {
		t.Fatal(err)
	}
	const records = 40
	var middle time.Time
	for n := range records {
		if n == records/2 {
			middle = time.Now()
		}
		if _, err := js.Publish(ctx, "r", []byte(strconv.Itoa(n))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	for what, c := range map[string]struct {
		search   search
		from, to int
	}{
		"all":              {search{}, 0, records},
		"since the middle": {search{since: middle}, records / 2, records},
		"until the middle": {search{until: middle}, 0, records / 2},
	} {
		for _, stride := range []time.Duration{time.Millisecond, 30 * time.Millisecond, time.Hour} {
			t.Run(fmt.Sprintf("%s by %s", what, stride), func(t *testing.T) {
				c.search.stream, c.search.subject = "R", "r"
				w, err := openWindows(ctx, js, c.search)
				if err != nil {
					t.Fatal(err)
				}
				var got []int
				for reached := ceil(time.Now().Add(time.Hour)); w.next(); reached = w.reached() {
					w.stride = stride
					if w.reached().After(reached) {
						t.Errorf("from %s back to %s", reached, w.reached())
					}
					var part []int
					if err := w.read(ctx, func(m jetstream.Msg) bool {
						n, _ := strconv.Atoi(string(m.Data()))
						part = append(part, n)
						return true
					}); err != nil {
						t.Fatal(err)
					}
					got = append(part, got...)
				}
				want := []int{}
				for n := c.from; n < c.to; n++ {
					want = append(want, n)
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
			})
		}
	}
}

// Windows that are read quickly grow until a week needs few of them; slow ones shrink.
func TestPace(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{
		10 * time.Millisecond:  80 * time.Second,
		100 * time.Millisecond: 20 * time.Second,
		500 * time.Millisecond: 10 * time.Second,
		2 * time.Second:        5 * time.Second,
	} {
		w := windows{stride: 10 * time.Second}
		if w.pace(took); w.stride != want {
			t.Errorf("after %s: %s, want %s", took, w.stride, want)
		}
	}
	now := time.Now()
	w := windows{now: now, from: now, oldest: now.Add(-7 * 24 * time.Hour), stride: firstStride}
	n := 0
	for w.next() {
		n++
	}
	if n > 8 || !w.from.Equal(w.oldest) {
		t.Errorf("a week without records takes %d windows, back to %s", n, w.from)
	}
}

func TestMayHold(t *testing.T) {
	t.Parallel()
	const record = `{"user":{"email":"Pat.O'Brien+news@Example.com"},"webhookId":"crm"}`
	for search, want := range map[search]bool{
		{}:                                      true,
		{containing: "crm"}:                     true,
		{containing: "CRM"}:                     false,
		{email: "pat.o'brien+news@example.COM"}: true,
		{email: "pat@example.org"}:              true, // a part of it is there; whoever decodes it sees more
		{email: "pat@another.com"}:              false,
		{email: "@@"}:                           true,
		{email: "ÄÖÜÄÖÜÄÖÜ@example.com"}: true,
	} {
		if got := search.mayHold([]byte(record)); got != want {
			t.Errorf("%+v: %v", search, got)
		}
	}
}
