package app

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

var fitStores = Stores{Prefix: "journeyhook", Replicas: 1, DuplicateWindow: 5 * time.Minute}

func streamOf(t *testing.T, name string) jetstream.StreamConfig {
	t.Helper()
	for _, c := range Streams(fitStores) {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no stream %s", name)
	return jetstream.StreamConfig{}
}

func TestWhatStreamsLack(t *testing.T) {
	t.Parallel()
	n := fitStores.Names()
	for name, c := range map[string]struct {
		stream string
		edit   func(*jetstream.StreamConfig)
		want   string // part of what is said; "" when nothing is
		breaks bool
	}{
		"all as it should be": {n.Steps(), func(*jetstream.StreamConfig) {}, "", false},
		"subjects that do":    {n.Steps(), func(c *jetstream.StreamConfig) { c.Subjects = []string{"journeyhook.steps.*.*"} }, "", false},
		"wider subjects":      {n.Retries(), func(c *jetstream.StreamConfig) { c.Subjects = []string{"journeyhook.retries.>"} }, "", false},
		"results by outcome": {n.Results(), func(c *jetstream.StreamConfig) {
			c.Subjects = []string{"journeyhook.results.*.*.continue", "journeyhook.results.*.*.exit"}
		}, "", false},
		"a lane is missing":           {n.Retries(), func(c *jetstream.StreamConfig) { c.Subjects = c.Subjects[1:] }, "subjects is [journeyhook.retries.10s.*.*", true},
		"one project":                 {n.Backlog(), func(c *jetstream.StreamConfig) { c.Subjects = []string{"journeyhook.backlog.acme.*"} }, "only some of it", false},
		"other subjects":              {n.Steps(), func(c *jetstream.StreamConfig) { c.Subjects = []string{"orders.>"} }, "must be wide enough for journeyhook.steps.*.*", true},
		"no work queue":               {n.Steps(), func(c *jetstream.StreamConfig) { c.Retention = jetstream.LimitsPolicy }, "retention is limits and must be workqueue", true},
		"results as a work queue":     {n.Results(), func(c *jetstream.StreamConfig) { c.Retention = jetstream.WorkQueuePolicy }, "retention is workqueue and must be limits", true},
		"memory":                      {n.Backlog(), func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage }, "storage is memory and must be file", true},
		"no acks":                     {n.Results(), func(c *jetstream.StreamConfig) { c.NoAck = true }, "no_ack is true", true},
		"a short window":              {n.Results(), func(c *jetstream.StreamConfig) { c.Duplicates = time.Second }, "duplicate_window is 1s and must be at least 1m0s", true},
		"a short window of the log":   {n.Attempts(), func(c *jetstream.StreamConfig) { c.Duplicates = time.Second }, "duplicate_window is 1s", false},
		"another window":              {n.Results(), func(c *jetstream.StreamConfig) { c.Duplicates = time.Hour }, "", false},
		"waiting steps have an age":   {n.Retries(), func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour }, "1h0m0s, 0, 0, 0", true},
		"the oldest step is removed":  {n.Steps(), func(c *jetstream.StreamConfig) { c.MaxMsgs, c.Discard = 1000, jetstream.DiscardOld }, "discard is", true},
		"the newest step is refused":  {n.Steps(), func(c *jetstream.StreamConfig) { c.MaxMsgs, c.Discard = 1000, jetstream.DiscardNew }, "", false},
		"results are kept for a day":  {n.Results(), func(c *jetstream.StreamConfig) { c.MaxAge = 24 * time.Hour }, "", false},
		"few consumers of backlogs":   {n.Backlog(), func(c *jetstream.StreamConfig) { c.MaxConsumers = 1000 }, "max_consumers is 1000 and must be 100000", false},
		"more consumers than needed":  {n.Backlog(), func(c *jetstream.StreamConfig) { c.MaxConsumers = 200_000 }, "", false},
		"the log takes other records": {n.Attempts(), func(c *jetstream.StreamConfig) { c.Subjects = []string{"x"} }, "subjects is [x]", false},
	} {
		want := streamOf(t, c.stream)
		have := want
		c.edit(&have)
		expect(t, name, unfitStream(fitStores, have, want), c.want, c.breaks)
	}
}

func TestWhatConsumersLack(t *testing.T) {
	t.Parallel()
	n := fitStores.Names()
	steps, lane := Consumers(fitStores)[n.Steps()][0], Consumers(fitStores)[n.Retries()][0]
	for name, c := range map[string]struct {
		of     jetstream.ConsumerConfig
		edit   func(*jetstream.ConsumerConfig)
		want   string
		breaks bool
	}{
		"all as it should be":     {steps, func(c *jetstream.ConsumerConfig) { c.MaxDeliver = -1 }, "", false},
		"a lane's":                {lane, func(*jetstream.ConsumerConfig) {}, "", false},
		"no acks":                 {steps, func(c *jetstream.ConsumerConfig) { c.AckPolicy = jetstream.AckNonePolicy }, "ack_policy is none and must be explicit", true},
		"acks for all before":     {lane, func(c *jetstream.ConsumerConfig) { c.AckPolicy = jetstream.AckAllPolicy }, "ack_policy is all", true},
		"only what is new":        {steps, func(c *jetstream.ConsumerConfig) { c.DeliverPolicy = jetstream.DeliverNewPolicy }, "deliver_policy is new and must be all", true},
		"a short ack wait":        {lane, func(c *jetstream.ConsumerConfig) { c.AckWait = 10 * time.Second }, "ack_wait is 10s and must be 30s", true},
		"a longer ack wait":       {lane, func(c *jetstream.ConsumerConfig) { c.AckWait = time.Minute }, "ack_wait is 1m0s", false},
		"longer than the window":  {lane, func(c *jetstream.ConsumerConfig) { c.AckWait = 3 * time.Minute }, "the duplicate window (5m0s)", true},
		"a backoff":               {steps, func(c *jetstream.ConsumerConfig) { c.BackOff = []time.Duration{time.Second} }, "backoff is [1s]", true},
		"few deliveries":          {steps, func(c *jetstream.ConsumerConfig) { c.MaxDeliver = 5 }, "max_deliver is 5 and must be -1", true},
		"headers only":            {steps, func(c *jetstream.ConsumerConfig) { c.HeadersOnly = true }, "headers_only", true},
		"a filter of all":         {steps, func(c *jetstream.ConsumerConfig) { c.FilterSubject = "journeyhook.steps.>" }, "", false},
		"a filter of one project": {steps, func(c *jetstream.ConsumerConfig) { c.FilterSubject = "journeyhook.steps.acme.>" }, "filter_subject is journeyhook.steps.acme.> and must be none", true},
		"a lane's exact filter": {lane, func(c *jetstream.ConsumerConfig) {
			c.FilterSubject, c.FilterSubjects = "", []string{"journeyhook.retries.1s.*.*"}
		}, "", false},
		"several filters":         {lane, func(c *jetstream.ConsumerConfig) { c.FilterSubject, c.FilterSubjects = "", []string{"a", "b"} }, "filter_subject is [a b]", true},
		"another lane":            {lane, func(c *jetstream.ConsumerConfig) { c.FilterSubject = "journeyhook.retries.3m.>" }, "filter_subject is journeyhook.retries.3m.>", true},
		"all lanes":               {lane, func(c *jetstream.ConsumerConfig) { c.FilterSubject = "journeyhook.retries.>" }, "filter_subject is journeyhook.retries.>", true},
		"no filter of a lane":     {lane, func(c *jetstream.ConsumerConfig) { c.FilterSubject = "" }, "filter_subject is none", true},
		"few at a time":           {steps, func(c *jetstream.ConsumerConfig) { c.MaxAckPending = 1000 }, "max_ack_pending is 1000 and must be -1", false},
		"memory":                  {steps, func(c *jetstream.ConsumerConfig) { c.MemoryStorage = true }, "mem_storage", false},
		"it goes when it is idle": {lane, func(c *jetstream.ConsumerConfig) { c.InactiveThreshold = time.Hour }, "inactive_threshold is 1h0m0s", false},
	} {
		have := c.of
		c.edit(&have)
		expect(t, name, unfitConsumer(fitStores, "S", have, c.of), c.want, c.breaks)
	}
}

func expect(t *testing.T, name string, got []unfit, want string, breaks bool) {
	t.Helper()
	switch {
	case want == "" && len(got) == 0:
	case len(got) != 1 || want == "":
		t.Errorf("%s: %v", name, got)
	case !strings.Contains(got[0].String(), want) || got[0].breaks != breaks || got[0].why == "" || got[0].remedy == "":
		t.Errorf("%s: %s, breaks: %t", name, got[0], got[0].breaks)
	}
	if err := judgeFitness(got, zerolog.Nop()); (err != nil) != breaks {
		t.Errorf("%s: judged %v", name, err)
	}
}
