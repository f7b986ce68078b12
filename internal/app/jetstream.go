package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// JetStream is the JetStream that the settings name: the server's own, that of a domain, or another account's. Every program
// makes its JetStream here.
func (s *Stores) JetStream(nc *nats.Conn, opts ...jetstream.JetStreamOpt) (js jetstream.JetStream, err error) {
	if err := s.whereJetStream(); err != nil {
		return nil, err
	}
	switch {
	case s.NATSDomain != "":
		js, err = jetstream.NewWithDomain(nc, s.NATSDomain, opts...)
	case s.NATSAPIPrefix != "":
		js, err = jetstream.NewWithAPIPrefix(nc, s.NATSAPIPrefix, opts...)
	default:
		js, err = jetstream.New(nc, opts...)
	}
	if err != nil {
		return nil, fmt.Errorf("jetstream: %w", err)
	}
	return js, nil
}

// whereJetStream says what of a domain or a prefix can't be used.
func (s *Stores) whereJetStream() error {
	switch {
	case s.NATSDomain != "" && s.NATSAPIPrefix != "":
		return errors.New("nats-domain, nats-api-prefix: set one of them, not both; a domain stands for the prefix $JS.<domain>.API")
	case strings.ContainsAny(s.NATSDomain, ".*> \t\r\n"):
		return fmt.Errorf("nats-domain: %q is no domain; use its name in nats-server's settings (jetstream { domain: … }), which has no dot, * or >", s.NATSDomain)
	case s.NATSAPIPrefix != "" && !validSubject(strings.TrimSuffix(s.NATSAPIPrefix, ".")):
		return fmt.Errorf("nats-api-prefix: %q is no subject like JS.acme.API, without * and >", s.NATSAPIPrefix)
	}
	return nil
}

// validSubject reports whether a message can be published under a subject.
func validSubject(subject string) bool {
	for token := range strings.SplitSeq(subject, ".") {
		if token == "" || strings.ContainsAny(token, "*> \t\r\n") {
			return false
		}
	}
	return true
}

// elsewhere says which setting to look at when no JetStream answers: nothing where neither is set.
func (s *Stores) elsewhere() string {
	switch {
	case s.NATSDomain != "":
		return fmt.Sprintf("no JetStream of the domain %q is reached: look at nats-domain (JOURNEYHOOK_NATS_DOMAIN), and at the leaf node's connection to it", s.NATSDomain)
	case s.NATSAPIPrefix != "":
		return fmt.Sprintf("no JetStream is reached by the prefix %q: look at nats-api-prefix (JOURNEYHOOK_NATS_API_PREFIX), and at what the account imports", s.NATSAPIPrefix)
	}
	return ""
}

// Unreached is an error that says what to look at, for one that says that no JetStream answers; it is that one otherwise.
func (s *Stores) Unreached(err error) error {
	where := s.elsewhere()
	if where == "" || !errors.Is(err, nats.ErrNoResponders) {
		return err
	}
	return fmt.Errorf("%s (%w)", where, err)
}
