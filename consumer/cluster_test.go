package consumer_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/natstest"
	"github.com/journeyhook/journeyhook/schema"
)

// In a cluster the server that keeps the steps may begin anew while no worker loses its connection.
func TestARepeatedStepIsDroppedInACluster(t *testing.T) {
	t.Parallel()
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprint(replicas, " replicas"), func(t *testing.T) {
			t.Parallel()
			nodes, restart := natstest.ClusterRestarts(t)
			js := shared(t, nodes[0], replicas)
			leader := func() (lead int) {
				t.Helper()
				lead = -1
				eventually(t, "a leader", func(ctx context.Context) error {
					s, err := js.Stream(ctx, schema.Names{}.Steps())
					if err != nil {
						return err
					}
					for i, n := range nodes {
						if n.Name() == s.CachedInfo().Cluster.Leader {
							lead = i
						}
					}
					if lead < 0 {
						return context.DeadlineExceeded
					}
					return nil
				})
				return lead
			}
			at := (leader() + 1) % len(nodes) // whoever keeps the steps, this worker is connected to another
			var calls atomic.Int32
			b := setupAt(t, natstest.Connect(t, nodes[at].URL(), jetstream.WithDefaultTimeout(busy*5*time.Second)), counting(&calls))
			b.hooks.set(hook("crm"))
			b.send(step("s1", "crm"), step("s2", "crm"))
			b.results(2, 20*time.Second)
			b.count(b.names.Steps(), 0, 10*time.Second)
			for range replicas - 1 { // each server but the worker's own
				restart(leader())
				_ = leader()
			}
			if lead := leader(); lead != at {
				restart(lead)
			}
			for _, s := range []schema.Step{step("s1", "crm"), step("another", "crm"), step("s2", "crm")} {
				eventually(t, "a step stored", func(ctx context.Context) error {
					_, err := js.Publish(ctx, b.names.StepSubject("acme", "crm"), encode(t, s), jetstream.WithMsgID(s.Key()))
					return err
				})
			}
			b.count(b.names.Steps(), 0, 30*time.Second)
			if n := calls.Load(); n != 3 {
				t.Errorf("%d calls, want 3", n)
			}
		})
	}
}
