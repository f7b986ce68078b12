package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/internal/child"
)

// startWorkers starts n and waits until they are ready.
func (s *stack) startWorkers(n int) error {
	for range n {
		port, err := child.FreePort()
		if err != nil {
			return err
		}
		s.workers, s.admins = append(s.workers, nil), append(s.admins, fmt.Sprintf("127.0.0.1:%d", port))
		if err := s.startWorker(len(s.workers) - 1); err != nil {
			return err
		}
	}
	for i := range n {
		if err := s.ready(i); err != nil {
			return err
		}
	}
	return nil
}

// startWorker starts one in its place, for the first time or again. It logs what a worker logs in production, to a
// file of the stack.
func (s *stack) startWorker(place int) error {
	log, err := os.OpenFile(filepath.Join(s.dir, fmt.Sprintf("worker-%d.log", place)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	env := append([]string{
		"JOURNEYHOOK_NATS_URL=" + s.natsURL, "JOURNEYHOOK_REDIS_URL=redis://" + s.redis.Addr + "/0",
		"JOURNEYHOOK_EGRESS_ALLOW=127.0.0.0/8", "JOURNEYHOOK_EGRESS_ALLOW_HTTP=true", "JOURNEYHOOK_ADMIN_ADDR=" + s.admins[place],
		"JOURNEYHOOK_SECRET_KEYS=" + secretKey,
	}, s.env...)
	if s.tls {
		env = append(env, "JOURNEYHOOK_EGRESS_CA="+s.certificate())
	}
	cmd := child.Command(env, s.worker)
	cmd.Stderr = log
	s.workers[place], err = child.Start(fmt.Sprintf("worker %d", place), cmd)
	return err
}

// endWorkers ends those there are, calls that hang with them, and says which ended before, by themselves.
func (s *stack) endWorkers() (err error) {
	for _, w := range s.workers {
		if w == nil { // it could not be started
			continue
		}
		err = errors.Join(err, w.EndedByItself())
		_ = w.End(syscall.SIGTERM, 10*time.Second)
	}
	s.workers = nil
	return err
}

func (s *stack) ready(place int) error {
	return child.Until(context.Background(), time.Minute, fmt.Sprintf("worker %d is ready", place), func() bool {
		return app.Probe(context.Background(), s.admins[place]) == nil
	})
}
