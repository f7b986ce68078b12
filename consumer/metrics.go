package consumer

import "github.com/prometheus/client_golang/prometheus"

// Metrics count what the consumer does. Labels are closed sets: no webhook, project or user.
type Metrics struct {
	attempts        *prometheus.CounterVec
	results         *prometheus.CounterVec
	postponed       *prometheus.CounterVec
	dead            *prometheus.CounterVec
	backlogged      prometheus.Counter
	backlog         prometheus.Gauge
	backlogRefused  prometheus.Counter
	givenBack       prometheus.Counter
	gone            prometheus.Counter
	strays          *prometheus.CounterVec
	holdsLost       prometheus.Counter
	consumersLost   prometheus.Counter
	publishFailures prometheus.Counter
	ackFailures     prometheus.Counter
	recordsLost     prometheus.Counter
	stuck           *stuck
	limitFailures   prometheus.Counter
	inFlight        prometheus.Gauge
	callSeconds     prometheus.Histogram
	resultSeconds   prometheus.Histogram
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		m := prometheus.NewCounter(prometheus.CounterOpts{Name: "journeyhook_" + name, Help: help})
		r.MustRegister(m)
		return m
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		m := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "journeyhook_" + name, Help: help}, labels)
		r.MustRegister(m)
		return m
	}
	seconds := func(name, help string, buckets []float64) prometheus.Histogram {
		m := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "journeyhook_" + name, Help: help, Buckets: buckets})
		r.MustRegister(m)
		return m
	}
	gauge := func(name, help string) prometheus.Gauge {
		m := prometheus.NewGauge(prometheus.GaugeOpts{Name: "journeyhook_" + name, Help: help})
		r.MustRegister(m)
		return m
	}
	m := &Metrics{
		attempts:        counters("attempts_total", "Attempts made, by why and by what they led to.", "reason", "next"),
		results:         counters("results_total", "Results published, by outcome and reason.", "outcome", "reason"),
		postponed:       counters("postponed_total", "Steps moved to a lane to wait.", "lane"),
		dead:            counters("dead_total", "Messages that could not be used.", "reason"),
		givenBack:       counter("given_back_total", "Messages given back unended."),
		gone:            counter("gone_on_total", "Messages that came back after their step had gone on or ended; they were only acked."),
		strays:          counters("strays_total", "Messages that NATS had kept and would not have delivered (again): acked ones were removed, passed_over ones stored once more.", "was"),
		holdsLost:       counter("holds_lost_total", "Messages whose outcome was thrown away, since another worker may have had them by then."),
		consumersLost:   counter("consumers_lost_total", "Shared consumers that were found deleted, while steps waited."),
		publishFailures: counter("publish_failures_total", "Publishes that NATS did not acknowledge or refused, and that were repeated."),
		ackFailures:     counter("ack_failures_total", "Acks that were not confirmed and were repeated."),
		recordsLost:     counter("attempt_records_lost_total", "Attempt records that could not be handed to NATS, or that it did not store."),
		limitFailures:   counter("limit_failures_total", "Questions about webhooks' limits that Redis did not answer."),
		backlogged:      counter("backlogged_total", "Steps moved to the backlog of their webhook."),
		backlog:         gauge("backlog_steps", "Steps waiting in the backlog, of all webhooks and workers."),
		backlogRefused:  counter("backlog_refused_total", "Requests for the backlog's consumers, or about what waits there, that NATS refused."),
		inFlight:        gauge("calls_in_flight", "Calls to endpoints under way in this worker."),
		callSeconds:     seconds("call_seconds", "Time of a call to an endpoint.", []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}),
		resultSeconds:   seconds("result_seconds", "From reaching the tile to the published result.", []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60, 600, 3600}),
	}
	m.stuck = newStuck()
	r.MustRegister(m.stuck)
	for _, reason := range []string{deadUnreadable, deadInvalidStep, deadTooLarge} {
		m.dead.WithLabelValues(reason) // from 0 on, or an alert on its increase misses the first
	}
	return m
}
