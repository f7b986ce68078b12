package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/journeyhook/journeyhook/internal/devstack"
	"github.com/journeyhook/journeyhook/schema"
)

// role is what this program also is, as a process of its own.
type role struct {
	name             string
	port             int    // where it listens
	dir, certificate string // what it stores, and where
	nats, target     string // URLs
	ballast          int    // MiB
}

func (r role) play() error {
	switch r.name {
	case "nats":
		return r.serveNATS()
	case "endpoint":
		return r.serveEndpoint()
	case "bare":
		return r.bareLoop()
	}
	return fmt.Errorf("there is no role %q", r.name)
}

// serveNATS runs a server until it is told to end.
func (r role) serveNATS() error {
	s, err := devstack.StartNATS(r.dir, r.port)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	<-ctx.Done()
	s.Close()
	return nil
}

// bareLoop is the least any worker of this shape must do: pull, a fixed POST, publish a result and wait for its
// acknowledgement, ack. It does not even look into the step, whose id stands in a header. Its ballast is what a
// worker has (cmd/worker/ballast.go).
func (r role) bareLoop() error {
	ballast := make([]byte, r.ballast<<20)
	defer runtime.KeepAlive(ballast)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	nc, err := nats.Connect(r.nats)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	names := schema.Names{}
	cons, err := js.Consumer(ctx, names.Steps(), schema.StepsConsumer)
	if err != nil {
		return err
	}
	transport := &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024}
	body := []byte(`{"promotionId":123,"color":"red","email":"test.user@example.com","workflowId":12345}`)
	slots := make(chan struct{}, 256)
	var work sync.WaitGroup
	defer work.Wait()
	for ctx.Err() == nil {
		batch, err := cons.Fetch(256, jetstream.FetchMaxWait(time.Second))
		if err != nil {
			return err
		}
		for msg := range batch.Messages() {
			slots <- struct{}{}
			work.Go(func() {
				defer func() { <-slots }()
				if err := bareStep(js, transport, names, msg, r.target, body); err != nil {
					fmt.Fprintln(os.Stderr, "bare:", err)
				}
			})
		}
	}
	return nil
}

func bareStep(js jetstream.JetStream, transport http.RoundTripper, names schema.Names, msg jetstream.Msg, target string, body []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	key := msg.Headers().Get(jetstream.MsgIDHeader)
	_, id, _ := strings.Cut(key, ":")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	result, err := json.Marshal(schema.Result{StepID: id, ProjectID: "bench", WorkflowID: 1, WebhookID: "crm", Outcome: schema.Continue, Reason: schema.ReasonDelivered, Status: resp.StatusCode, Attempts: 1, FinishedAt: time.Now()})
	if err != nil {
		return err
	}
	if _, err := js.Publish(ctx, names.ResultSubject("bench", 1, schema.Continue), result, jetstream.WithMsgID(key)); err != nil {
		return err
	}
	return msg.Ack()
}
