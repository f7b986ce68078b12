package notifications

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/journeyhook/journeyhook/schema"
)

// bubble runs a center without Redis in invented time.
func bubble(t *testing.T, test func(t *testing.T, c *Center, b *board, stop func())) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &board{}
		c := &Center{Publisher: b}
		stop := run(t, c)
		defer stop()
		test(t, c, b, stop)
	})
}

func TestTheFirstAtOnceAndTheCountAtTheWindowsEnd(t *testing.T) { // C26, C44
	bubble(t, func(t *testing.T, c *Center, b *board, _ func()) {
		began := time.Now().UTC()
		c.Raise(trouble("a"))
		synctest.Wait()
		b.want(t, 1)
		for range 41 {
			time.Sleep(10 * time.Second)
			c.Raise(trouble("a"))
		}
		time.Sleep(7 * time.Minute)
		b.want(t, 1)
		time.Sleep(2 * time.Minute)
		b.want(t, 1, 42)
		want := trouble("a")
		want.Count, want.FirstAt, want.LastAt = 42, began, began.Add(410*time.Second)
		if diff := cmp.Diff(want, b.posted[1]); diff != "" {
			t.Errorf("the last notification (-want +got):\n%s", diff)
		}
		want.Count, want.LastAt = 1, began
		if diff := cmp.Diff(want, b.posted[0]); diff != "" {
			t.Errorf("the first notification (-want +got):\n%s", diff)
		}
		time.Sleep(time.Hour)
		b.want(t, 1, 42)
		c.Raise(trouble("a"))
		synctest.Wait()
		b.want(t, 1, 42, 1)
	})
}

func TestOneAloneIsNotRepeated(t *testing.T) {
	bubble(t, func(t *testing.T, c *Center, b *board, stop func()) {
		c.Raise(trouble("a"))
		time.Sleep(time.Hour)
		b.want(t, 1)
		stop()
		if n := len(c.own.(*ownWindows).open); n != 0 {
			t.Errorf("%d windows are kept", n)
		}
	})
}

func TestDifferentTroublesAreDifferentNotifications(t *testing.T) {
	bubble(t, func(t *testing.T, c *Center, b *board, _ func()) {
		changes := []func(*schema.Notification){
			func(*schema.Notification) {},
			func(n *schema.Notification) { n.ProjectID = "other" },
			func(n *schema.Notification) { n.WebhookID = "b" },
			func(n *schema.Notification) { n.Kind = schema.KindTokenFailed },
			func(n *schema.Notification) { n.Reason = schema.ReasonTLSFailed },
		}
		for _, change := range changes {
			n := trouble("a")
			change(&n)
			c.Raise(n)
			n.Status = 404 // makes no difference
			c.Raise(n)
		}
		time.Sleep(time.Second)
		b.want(t, 1, 1, 1, 1, 1)
		time.Sleep(20 * time.Minute)
		b.want(t, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2)
	})
}

func TestAFloodIsCountedWithoutWaiting(t *testing.T) {
	bubble(t, func(t *testing.T, c *Center, b *board, _ func()) {
		var wg sync.WaitGroup
		began := time.Now()
		for range 8 {
			wg.Go(func() {
				for range 10_000 {
					c.Raise(trouble("a"))
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); took > 0 {
			t.Errorf("raising waited %v", took)
		}
		time.Sleep(20 * time.Minute)
		b.want(t, 1, 80_000)
	})
}

func TestMoreKindsOfTroubleThanAreKept(t *testing.T) {
	t.Parallel()
	c := &Center{Publisher: &board{}}
	for i := range keysLimit + 5 {
		c.Raise(trouble(fmt.Sprint("w", i)))
	}
	if len(c.pending) != keysLimit || c.dropped != 5 {
		t.Errorf("%d kept, %d dropped", len(c.pending), c.dropped)
	}
}

func TestWhatCouldNotBePublishedIsTriedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, c *Center, b *board, _ func()) {
		b.setDown(true)
		c.Raise(trouble("a"))
		c.Raise(trouble("a"))
		time.Sleep(time.Minute)
		b.want(t)
		b.setDown(false)
		time.Sleep(2 * time.Second)
		b.want(t, 1)
		b.setDown(true)
		time.Sleep(time.Hour)
		b.setDown(false)
		time.Sleep(2 * time.Second)
		b.want(t, 1, 2)
	})
}

func TestAnOutageLongerThanTheWindowLeavesTheCount(t *testing.T) {
	bubble(t, func(t *testing.T, c *Center, b *board, _ func()) {
		b.setDown(true)
		for range 3 {
			c.Raise(trouble("a"))
		}
		time.Sleep(20 * time.Minute)
		b.setDown(false)
		time.Sleep(time.Minute)
		var total int64
		for _, n := range b.counts() {
			total = max(total, n)
		}
		if total != 3 {
			t.Errorf("the counts posted are %v, want 3 at last", b.counts())
		}
	})
}

func TestAWorkerWithoutRedisEndsItsWindowsWithItself(t *testing.T) {
	bubble(t, func(t *testing.T, c *Center, b *board, stop func()) {
		c.Raise(trouble("a"))
		synctest.Wait()
		c.Raise(trouble("a"))
		c.Raise(trouble("b"))
		stop()
		if got := fmt.Sprint(b.counts()); got != "[1 1 2]" {
			t.Errorf("the counts posted are %s", got)
		}
	})
}

func TestWhatBelongsToNoProjectIsNotPublished(t *testing.T) {
	bubble(t, func(t *testing.T, c *Center, b *board, _ func()) {
		n := trouble("a")
		n.ProjectID = ""
		c.Raise(n)
		c.Raise(trouble("a"))
		time.Sleep(time.Hour)
		b.want(t, 1)
	})
}
