package app

import (
	"net/http"

	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/schema"
	"github.com/journeyhook/journeyhook/tokencache"
)

// Dispatcher makes attempts as a worker with this Config does, behind the same guard and with the same
// tokens, for whoever has no worker: a test send. Call closed when it is no longer needed.
func (c *Config) Dispatcher() (d *dispatcher.Dispatcher, closed func(), err error) {
	egress, err := c.egress()
	if err != nil {
		return nil, nil, err
	}
	transport, err := egress.Transport()
	if err != nil {
		return nil, nil, err
	}
	keys, err := c.Keys()
	if err != nil {
		return nil, nil, err
	}
	rdb, err := ConnectRedis(c.Stores)
	if err != nil {
		return nil, nil, err
	}
	tokens := &tokencache.Cache{
		Redis: rdb, Keys: keys, Client: &http.Client{Transport: transport}, Prefix: c.Prefix,
		UserAgent: "journeyhook/" + Version, AllowHTTP: c.EgressAllowHTTP, Explain: explain, Log: zerolog.Nop(),
	}
	closed = func() {
		tokens.Close()
		_ = rdb.Close()
		transport.Close()
	}
	return &dispatcher.Dispatcher{
		Transport: transport, Tokens: tokens, AllowHTTP: c.EgressAllowHTTP, KeyNames: c.EgressKeyNames, Version: Version,
	}, closed, nil
}

// Decision is what becomes of a step after an attempt.
type Decision = consumer.Decision

// Decide is the consumer's rule about trying again, for programs that have no consumer.
func Decide(w *schema.Webhook, out schema.Outcome, attempt int) Decision {
	return consumer.Decide(w, out, attempt)
}
