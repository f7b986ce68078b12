package directget_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/directget"
	"github.com/journeyhook/journeyhook/internal/natstest"
)

const messages = 1200 // more than two pages

// stored is a stream of messages on q.a and q.b by turns; the payload is a number, from 1.
func stored(t *testing.T, cfg jetstream.StreamConfig) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	js := natstest.Start(t)
	cfg.Name, cfg.Subjects = "Q", []string{"q.>"}
	stream, err := js.CreateStream(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for n := range messages {
		msg := &nats.Msg{Subject: "q." + string("ab"[n%2]), Data: []byte(strconv.Itoa(n + 1)), Header: nats.Header{"Nats-Subject": {"not this"}, "X": {"y"}}}
		if _, err := js.PublishMsgAsync(msg); err != nil {
			t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	return js, stream
}

func read(t *testing.T, js jetstream.JetStream, subject string, s directget.Span, upTo int) []int {
	t.Helper()
	got := []int{}
	err := directget.Read(t.Context(), js, "Q", subject, s, func(m *directget.Message) bool {
		n, err := strconv.Atoi(string(m.Data))
		if err != nil || m.Sequence != uint64(n) || m.Subject != "q."+string("ab"[(n-1)%2]) || m.Header.Get("X") != "y" || time.Since(m.Stored).Abs() > time.Minute {
			t.Errorf("message %d: %+v", n, m)
		}
		got = append(got, n)
		return n < upTo
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// spaced are the numbers from one to another in steps.
func spaced(from, to, step int) []int {
	all := []int{}
	for n := from; n <= to; n += step {
		all = append(all, n)
	}
	return all
}

func TestRead(t *testing.T) {
	t.Parallel()
	js, _ := stored(t, jetstream.StreamConfig{Retention: jetstream.WorkQueuePolicy, AllowDirect: true})
	for what, c := range map[string]struct {
		subject string
		span    directget.Span
		upTo    int
		want    []int
	}{
		"everything":                       {"q.*", directget.Span{From: 1}, messages, spaced(1, messages, 1)},
		"from a time":                      {"q.>", directget.Span{Since: time.Now().Add(-time.Hour)}, messages, spaced(1, messages, 1)},
		"one subject":                      {"q.b", directget.Span{From: 1}, messages, spaced(2, messages, 2)},
		"a part, and the rest of its page": {"q.*", directget.Span{From: 5, To: 6}, messages, spaced(5, 516, 1)},
		"until there is enough":            {"q.*", directget.Span{From: 1}, 700, spaced(1, 700, 1)},
		"behind the end":                   {"q.*", directget.Span{From: messages + 1}, messages, []int{}},
		"a subject without messages":       {"q.c", directget.Span{From: 1}, messages, []int{}},
	} {
		if got := read(t, js, c.subject, c.span, c.upTo); !slices.Equal(got, c.want) {
			t.Errorf("%s: %d messages, want %d", what, len(got), len(c.want))
		}
	}
}

func TestNotAllowed(t *testing.T) {
	t.Parallel()
	js, _ := stored(t, jetstream.StreamConfig{})
	err := directget.Read(t.Context(), js, "Q", "q.>", directget.Span{From: 1}, func(*directget.Message) bool { return true })
	if !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("a stream without direct gets: %v", err)
	}
}

func TestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	js, _ := stored(t, jetstream.StreamConfig{AllowDirect: true})
	ctx, cancel := context.WithCancel(t.Context())
	err := directget.Read(ctx, js, "Q", "q.>", directget.Span{From: 1}, func(m *directget.Message) bool {
		if m.Sequence == 600 {
			cancel()
		}
		return true
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A server before 2.11 answers with one message, and does not say how many are left.
func TestServerWithoutBatches(t *testing.T) {
	t.Parallel()
	js, stream := stored(t, jetstream.StreamConfig{})
	var requests atomic.Int64
	_, err := js.Conn().Subscribe("$JS.API.DIRECT.GET.Q", func(m *nats.Msg) {
		requests.Add(1)
		var request struct {
			Sequence uint64 `json:"seq"`
			Subject  string `json:"next_by_subj"`
		}
		answer := nats.NewMsg(m.Reply)
		if err := json.Unmarshal(m.Data, &request); err != nil {
			t.Error(err)
		}
		if found, err := stream.GetMsg(t.Context(), request.Sequence, jetstream.WithGetMsgSubject(request.Subject)); err == nil {
			answer.Header, answer.Data = found.Header, found.Data
			answer.Header.Add("Nats-Subject", found.Subject)
			answer.Header.Add("Nats-Sequence", fmt.Sprint(found.Sequence))
			answer.Header.Add("Nats-Time-Stamp", found.Time.Format(time.RFC3339Nano))
		} else {
			answer.Header.Set("Status", "404")
		}
		if err := js.Conn().PublishMsg(answer); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, js, "q.a", directget.Span{From: 1001}, messages); !slices.Equal(got, spaced(1001, messages, 2)) {
		t.Errorf("%d messages", len(got))
	}
	if n := requests.Load(); n != 101 {
		t.Errorf("%d requests for 100 messages", n)
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	js, stream := stored(t, jetstream.StreamConfig{AllowDirect: true})
	if err := stream.DeleteMsg(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	for sequence, want := range map[uint64]bool{1: true, 7: false, messages: true, messages + 1: false} {
		if got, err := directget.Has(t.Context(), js, "Q", sequence); err != nil || got != want {
			t.Errorf("message %d: %v, %v", sequence, got, err)
		}
	}
	if _, err := directget.Has(t.Context(), js, "Q", 0); err == nil {
		t.Error("a request that can't be answered was")
	}
	if _, err := directget.Has(t.Context(), js, "ANOTHER", 1); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("a stream that is not there: %v", err)
	}
}
