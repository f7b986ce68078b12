package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/app"
)

// stock is a client as people have it: nothing set but where the server is. What it is refused is kept.
type stock struct {
	nc *nats.Conn
	js jetstream.JetStream

	mu      sync.Mutex
	refused []string
}

func (r *restricted) stock(user string) *stock {
	r.t.Helper()
	s := &stock{}
	nc, err := nats.Connect(fmt.Sprintf("nats://%s:pw@127.0.0.1:%d", user, r.port), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.refused = append(s.refused, err.Error())
	}))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(nc.Close)
	if s.js, err = jetstream.New(nc); err != nil {
		r.t.Fatal(err)
	}
	s.nc = nc
	return s
}

// all does each of what a client has calls for.
func (s *stock) all(t *testing.T, calls map[string]func(ctx context.Context) error) {
	t.Helper()
	for what, call := range calls {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if err := call(ctx); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		cancel()
	}
	if err := s.nc.Flush(); err != nil {
		t.Error(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refused) > 0 {
		t.Errorf("NATS refused:\n%s", strings.Join(s.refused, "\n"))
	}
}

// looksAround are the questions that clients ask by themselves, or before anything else.
func (s *stock) looksAround(stream, subject string) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"the account":     func(ctx context.Context) error { _, err := s.js.AccountInfo(ctx); return err },
		"the stream":      func(ctx context.Context) error { _, err := s.js.Stream(ctx, stream); return err },
		"a subject's":     func(ctx context.Context) error { _, err := s.js.StreamNameBySubject(ctx, subject); return err },
		"names":           func(ctx context.Context) error { l := s.js.StreamNames(ctx); drain(l.Name()); return l.Err() },
		"streams":         func(ctx context.Context) error { l := s.js.ListStreams(ctx); drain(l.Info()); return l.Err() },
		"an older client": func(ctx context.Context) error { return s.older(ctx, stream, subject) },
	}
}

func (s *stock) older(ctx context.Context, stream, subject string) error {
	js, err := s.nc.JetStream(nats.Context(ctx))
	if err != nil {
		return err
	}
	_, errInfo := js.AccountInfo()
	_, errStream := js.StreamInfo(stream)
	_, errName := js.StreamNameBySubject(subject)
	return errors.Join(errInfo, errStream, errName)
}

func drain[T any](c <-chan T) {
	for range c { //nolint:revive // it is read to its end
	}
}

// The rights that docs/operating.md gives a subscriber and an engine are enough for clients that nobody tuned.
func TestStockClientsWorkWithTheRightsOfTheManual(t *testing.T) {
	t.Parallel()
	r := newRestricted(t)
	if err := app.Provision(t.Context(), r.js, r.config().Stores); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		subject := fmt.Sprintf("journeyhook.results.acme.%d.continue", i)
		if _, err := r.js.Publish(t.Context(), subject, []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("a subscriber of results", func(t *testing.T) {
		s, stream := r.stock("subscriber"), r.names.Results()
		s.all(t, s.looksAround(stream, "journeyhook.results.acme.>"))
		s.all(t, map[string]func(context.Context) error{
			"a durable consumer": func(ctx context.Context) error {
				c, err := s.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{Durable: "durable"})
				if err != nil {
					return err
				}
				_, err = c.Info(ctx)
				return errors.Join(err, fetched(c, 3), consumed(ctx, s.js, stream))
			},
			"an ordered consumer": func(ctx context.Context) error {
				c, err := s.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{})
				if err != nil {
					return err
				}
				return fetched(c, 3)
			},
			"the stream's consumers": func(ctx context.Context) error {
				st, err := s.js.Stream(ctx, stream)
				if err != nil {
					return err
				}
				names, infos := st.ConsumerNames(ctx), st.ListConsumers(ctx)
				drain(names.Name())
				drain(infos.Info())
				_, err = st.GetLastMsgForSubject(ctx, "journeyhook.results.acme.1.continue")
				return errors.Join(names.Err(), infos.Err(), err)
			},
			"an older client's subscriptions": func(ctx context.Context) error { return subscribed(ctx, s.nc) },
		})
	})
	t.Run("an engine", func(t *testing.T) {
		s := r.stock("engine")
		s.all(t, s.looksAround(r.names.Steps(), "journeyhook.steps.acme.crm"))
		s.all(t, map[string]func(context.Context) error{
			"a step": func(ctx context.Context) error {
				_, err := s.js.Publish(ctx, "journeyhook.steps.acme.crm", []byte(`{}`), jetstream.WithMsgID("acme:1"), jetstream.WithExpectStream(r.names.Steps()))
				return err
			},
			"a step without waiting": func(ctx context.Context) error {
				ack, err := s.js.PublishAsync("journeyhook.steps.acme.crm", []byte(`{}`))
				if err != nil {
					return err
				}
				select {
				case <-ack.Ok():
					return nil
				case err := <-ack.Err():
					return err
				case <-ctx.Done():
					return ctx.Err()
				}
			},
			"tiles": func(ctx context.Context) error {
				kv, err := s.js.KeyValue(ctx, r.names.TilesBucket())
				if err != nil {
					return err
				}
				return usedKV(ctx, kv)
			},
			"an older client's tiles": func(ctx context.Context) error {
				js, err := s.nc.JetStream(nats.Context(ctx))
				if err != nil {
					return err
				}
				kv, err := js.KeyValue(r.names.TilesBucket())
				if err != nil {
					return err
				}
				_, errPut := kv.PutString("acme.crm.1.8", "{}")
				_, errGet := kv.Get("acme.crm.1.8")
				_, errKeys := kv.Keys()
				watcher, errWatch := kv.WatchAll()
				if errWatch == nil {
					<-watcher.Updates()
					errWatch = watcher.Stop()
				}
				return errors.Join(errPut, errGet, errKeys, errWatch)
			},
		})
	})
}

// fetched reads so many messages and acks them, where they want to be.
func fetched(c jetstream.Consumer, n int) error {
	batch, err := c.Fetch(n, jetstream.FetchMaxWait(3*time.Second))
	if err != nil {
		return err
	}
	for msg := range batch.Messages() {
		if n--; msg.Reply() != "" {
			_ = msg.Ack()
		}
	}
	if n > 0 {
		return fmt.Errorf("%d messages did not come: %w", n, batch.Error())
	}
	return batch.Error()
}

// consumed reads with a callback, through a consumer that is gone afterwards.
func consumed(ctx context.Context, js jetstream.JetStream, stream string) error {
	c, err := js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{AckPolicy: jetstream.AckExplicitPolicy})
	if err != nil {
		return err
	}
	first := make(chan error, 3)
	reading, err := c.Consume(func(msg jetstream.Msg) { first <- msg.DoubleAck(ctx) })
	if err != nil {
		return err
	}
	defer reading.Stop()
	select {
	case err = <-first:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, js.DeleteConsumer(ctx, stream, c.CachedInfo().Name))
}

// subscribed reads as the older part of the library does: the stream is looked up by the subject.
func subscribed(ctx context.Context, nc *nats.Conn) error {
	js, err := nc.JetStream(nats.Context(ctx))
	if err != nil {
		return err
	}
	for _, subscribe := range []func() (*nats.Subscription, error){
		func() (*nats.Subscription, error) { return js.SubscribeSync("journeyhook.results.acme.>") },
		func() (*nats.Subscription, error) {
			return js.SubscribeSync("journeyhook.results.acme.>", nats.Durable("older"), nats.AckExplicit())
		},
		func() (*nats.Subscription, error) {
			return js.SubscribeSync("journeyhook.results.acme.>", nats.OrderedConsumer())
		},
	} {
		sub, err := subscribe()
		if err != nil {
			return err
		}
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return err
		}
		_ = msg.Ack()
		if err := sub.Unsubscribe(); err != nil {
			return err
		}
	}
	pull, err := js.PullSubscribe("journeyhook.results.acme.>", "older-pull")
	if err != nil {
		return err
	}
	if _, err = pull.Fetch(1, nats.Context(ctx)); err != nil {
		return err
	}
	return pull.Unsubscribe()
}

// usedKV does with a bucket what one does with a bucket.
func usedKV(ctx context.Context, kv jetstream.KeyValue) error {
	revision, err := kv.Put(ctx, "acme.crm.1.7", []byte("{}"))
	if err != nil {
		return err
	}
	_, errUpdate := kv.Update(ctx, "acme.crm.1.7", []byte("{ }"), revision)
	_, errGet := kv.Get(ctx, "acme.crm.1.7")
	_, errRevision := kv.GetRevision(ctx, "acme.crm.1.7", revision)
	keys, errKeys := kv.ListKeys(ctx)
	if errKeys == nil {
		drain(keys.Keys())
	}
	_, errHistory := kv.History(ctx, "acme.crm.1.7")
	_, errStatus := kv.Status(ctx)
	watcher, errWatch := kv.Watch(ctx, "acme.>")
	if errWatch == nil {
		<-watcher.Updates()
		errWatch = watcher.Stop()
	}
	return errors.Join(errUpdate, errGet, errKeys, errHistory, errStatus, errWatch, kv.Delete(ctx, "acme.crm.1.7"), ignoreOverwritten(errRevision))
}

// ignoreOverwritten: a bucket may keep one value of each key.
func ignoreOverwritten(err error) error {
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	return err
}
