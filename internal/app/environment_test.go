package app_test

import (
	"strings"
	"testing"

	"github.com/journeyhook/journeyhook/internal/app"
)

func TestWhatKubernetesMakesIsNoMisspelling(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		entry   string
		refused bool
	}{
		"the address of a service":                   {entry: "JOURNEYHOOK_SERVICE_HOST=10.0.0.1"},
		"… of one with a longer name":                {entry: "JOURNEYHOOK_REDIS_SERVICE_HOST=10.0.0.1"},
		"… of one of the console's":                  {entry: "JOURNEYHOOK_CONSOLE_SERVICE_HOST=10.0.0.1"},
		"its port":                                   {entry: "JOURNEYHOOK_CONSOLE_SERVICE_PORT=80"},
		"its port by name":                           {entry: "JOURNEYHOOK_CONSOLE_SERVICE_PORT_HTTP=80"},
		"its port as a URL":                          {entry: "JOURNEYHOOK_CONSOLE_PORT=tcp://10.0.0.1:80"},
		"… of the bare name":                         {entry: "JOURNEYHOOK_PORT=tcp://10.0.0.1:8081"},
		"… over UDP":                                 {entry: "JOURNEYHOOK_EU_PORT=udp://10.0.0.1:53"},
		"… over SCTP":                                {entry: "JOURNEYHOOK_EU_PORT=sctp://10.0.0.1:53"},
		"a port by number":                           {entry: "JOURNEYHOOK_CONSOLE_PORT_80_TCP=tcp://10.0.0.1:80"},
		"… its address":                              {entry: "JOURNEYHOOK_CONSOLE_PORT_80_TCP_ADDR=10.0.0.1"},
		"… its number":                               {entry: "JOURNEYHOOK_EU_CONSOLE_PORT_80_TCP_PORT=80"},
		"… its protocol":                             {entry: "JOURNEYHOOK_EU_PORT_53_UDP_PROTO=udp"},
		"… over SCTP, by number":                     {entry: "JOURNEYHOOK_EU_PORT_53_SCTP=sctp://10.0.0.1:53"},
		"somebody's own idea of a port":              {entry: "JOURNEYHOOK_CONSOLE_PORT=8080", refused: true},
		"… for the worker":                           {entry: "JOURNEYHOOK_PORT=8081", refused: true},
		"a port by number that Kubernetes would not": {entry: "JOURNEYHOOK_CONSOLE_PORT_80=80", refused: true},
		"a host of no service":                       {entry: "JOURNEYHOOK_CONSOLE_HOST=10.0.0.1", refused: true},
		"a misspelling":                              {entry: "JOURNEYHOOK_CONSOLE_ADR=:80", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.HasPrefix(c.entry, app.ConsoleEnvPrefix) {
				if err := app.CheckConsoleEnvironment([]string{c.entry}, []string{"JOURNEYHOOK_CONSOLE_ADDR"}); (err != nil) != c.refused {
					t.Errorf("the console says of %s: %v", c.entry, err)
				}
				return // the worker leaves the console's alone
			}
			if err := app.CheckEnvironment([]string{c.entry}, []string{"JOURNEYHOOK_NATS_URL"}); (err != nil) != c.refused {
				t.Errorf("the worker says of %s: %v", c.entry, err)
			}
		})
	}
}
