package app

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// EnvPrefix begins the environment twin of every flag.
const EnvPrefix = "JOURNEYHOOK_"

// Kubernetes tells every pod of the services in its namespace: a service whose name begins with journeyhook
// makes variables that nobody set. Its NAME_PORT looks like a setting of ours and is told by its value.
var (
	serviceVariable = regexp.MustCompile(`^JOURNEYHOOK_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)$`)
	servicePort     = regexp.MustCompile(`^JOURNEYHOOK_(\w+_)?PORT=(tcp|udp|sctp)://`)
)

// ofKubernetes reports whether Kubernetes made an entry of the environment.
func ofKubernetes(entry string) bool {
	name, _, _ := strings.Cut(entry, "=")
	return serviceVariable.MatchString(name) || servicePort.MatchString(entry)
}

// ActorVariable names who hookctl acts for.
const ActorVariable = EnvPrefix + "ACTOR"

// CheckEnvironment refuses a JOURNEYHOOK_ variable that no flag reads, and names the nearest one: a
// misspelt setting must not silently be a default. What belongs to the console and to hookctl is theirs to
// check, so that one environment can serve all programs.
func CheckEnvironment(environ, known []string) error {
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, EnvPrefix) || slices.Contains(known, name) || ofKubernetes(entry) {
			continue
		}
		if strings.HasPrefix(name, ConsoleEnvPrefix) || name == ActorVariable {
			continue
		}
		return fmt.Errorf("unknown variable %s; did you mean %s?", name, nearest(name, known))
	}
	return nil
}

// CheckConsoleEnvironment does the same for JOURNEYHOOK_CONSOLE_ variables only.
func CheckConsoleEnvironment(environ, known []string) error {
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, ConsoleEnvPrefix) && !slices.Contains(known, name) && !ofKubernetes(entry) {
			return fmt.Errorf("unknown variable %s; did you mean %s?", name, nearest(name, known))
		}
	}
	return nil
}

func nearest(name string, known []string) string {
	return slices.MinFunc(known, func(a, b string) int { return distance(name, a) - distance(name, b) })
}

// distance is how many letters must change to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Variables are the environment variables that the flags of the command that was called read.
func Variables(called *kong.Context) []string {
	var names []string
	for _, flag := range called.Flags() {
		names = append(names, flag.Envs...)
	}
	return names
}
