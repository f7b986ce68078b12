package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

// unfit is a setting of a stream or a consumer that differs from what workers rest on.
type unfit struct {
	what    string // the stream, or the consumer and its stream
	setting string // as nats-server calls it
	is      any
	must    any
	why     string // what it does
	remedy  string
	breaks  bool // a guarantee; else it only costs
}

func (u unfit) String() string {
	return fmt.Sprintf("%s: %s is %v and must be %v, %s; %s", u.what, u.setting, u.is, u.must, u.why, u.remedy)
}

// named is a policy as nats-server's settings call it.
func named(policy json.Marshaler) string {
	text, err := policy.MarshalJSON()
	if err != nil {
		return err.Error()
	}
	return strings.Trim(string(text), `"`)
}

// checkFitness looks at what the workers share and others made or may have changed. Its error names what breaks a guarantee;
// what only costs is a warning. What is missing is for others to tell of. Streams that provisioning has just seen to need no look.
func checkFitness(ctx context.Context, js jetstream.JetStream, s Stores, log zerolog.Logger) error {
	var all []unfit
	if !s.Provision {
		for _, want := range Streams(s) {
			stream, err := js.Stream(ctx, want.Name)
			if errors.Is(err, jetstream.ErrStreamNotFound) {
				continue
			}
			if err != nil {
				return fmt.Errorf("look at stream %s: %w", want.Name, err)
			}
			all = append(all, unfitStream(s, stream.CachedInfo().Config, want)...)
		}
	}
	for stream, wanted := range Consumers(s) {
		for _, want := range wanted {
			cons, err := js.Consumer(ctx, stream, want.Durable)
			if errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
				continue
			}
			if err != nil {
				return fmt.Errorf("look at consumer %s of %s: %w", want.Durable, stream, err)
			}
			all = append(all, unfitConsumer(s, stream, cons.CachedInfo().Config, want)...)
		}
	}
	return judgeFitness(all, log)
}

// judgeFitness warns of what costs, and returns what breaks a guarantee.
func judgeFitness(all []unfit, log zerolog.Logger) error {
	var broken []error
	for _, u := range all {
		if u.breaks {
			broken = append(broken, errors.New(u.String()))
			continue
		}
		log.Warn().Str("of", u.what).Str("setting", u.setting).Str("is", fmt.Sprint(u.is)).Str("must", fmt.Sprint(u.must)).Msg(u.why + "; " + u.remedy)
	}
	return errors.Join(broken...)
}
