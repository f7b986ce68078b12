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
