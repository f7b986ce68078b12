package app

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/webhooks"
)

// Adoption is what an operator is asked to give their word for.
type Adoption struct {
	Missing  []string // streams and buckets, which are made, empty
	Costs    []string // of each in turn
	Webhooks error    // why workers don't use the webhooks' bucket as it is; nil when they do, or when it is missing
}

// Needed reports whether there is anything to adopt.
func (a Adoption) Needed() bool { return len(a.Missing) > 0 || a.Webhooks != nil }

// PlanAdoption looks for what was lost.
func PlanAdoption(ctx context.Context, js jetstream.JetStream, s Stores) (Adoption, error) {
	var a Adoption
	n := s.Names()
	found, err := takeStock(ctx, js, n)
	if err != nil {
		return a, err
	}
	if err := found.lost(); err != nil {
		costs := core(n)
		for _, name := range found.missing {
			a.Missing, a.Costs = append(a.Missing, name), append(a.Costs, costs[name])
		}
		if !found.bucket {
			a.Missing = append(a.Missing, n.WebhooksBucket())
			a.Costs = append(a.Costs, "users whose step's webhook is not written again, with hookctl apply, exit")
		}
	}
	if found.bucket {
		stream, err := js.Stream(ctx, bucketStream(n.WebhooksBucket()))
		if err != nil {
			return a, err
		}
		a.Webhooks = webhooks.LifeOf(stream.CachedInfo()).Lost(found.use())
	}
	return a, nil
}

// Adopt makes what is missing, leaves what is there as it is, and gives the operator's word for the webhooks' bucket, which all running workers see
// within seconds. A bucket without webhooks is used when some were written to it, or at once if empty is meant. Bucket
// or not, the word is given: a worker may know of a loss that nothing in NATS tells of.
func Adopt(ctx context.Context, js jetstream.JetStream, s Stores, empty bool) error {
	p := provisioner{js: js, anew: true, onlyMissing: true}
	if err := p.all(ctx, s); err != nil {
		return err
	}
	return webhooks.Adopt(ctx, js, s.Names().WebhooksBucket(), empty)
}
