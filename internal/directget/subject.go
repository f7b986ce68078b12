package directget

import (
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// subject is where a JetStream takes direct gets from a stream: its own API, that of its domain, or another account's.
func subject(js jetstream.JetStream, stream string) string {
	prefix := strings.TrimSuffix(jetstream.DefaultAPIPrefix, ".")
	switch o := js.Options(); {
	case o.Domain != "":
		prefix = "$JS." + o.Domain + ".API"
	case o.APIPrefix != "":
		prefix = strings.TrimSuffix(o.APIPrefix, ".")
	}
	return prefix + ".DIRECT.GET." + stream
}
