package consumer

import "github.com/prometheus/client_golang/prometheus"

// GivenBack is how many messages a consumer has given back.
func GivenBack(c *Consumer) int {
	r := prometheus.NewRegistry()
	r.MustRegister(c.Metrics.givenBack)
	families, err := r.Gather()
	if err != nil {
		panic(err)
	}
	return int(families[0].GetMetric()[0].GetCounter().GetValue())
}

// HeldBytes is what a consumer holds or has asked for, and the most it may.
func HeldBytes(c *Consumer) (used, most int64) {
	c.footprint.mu.Lock()
	defer c.footprint.mu.Unlock()
	return c.footprint.used, c.footprint.most
}
