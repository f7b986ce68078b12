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

// kubernetesService matches the names Kubernetes makes for a service called journeyhook.
var kubernetesService = regexp.MustCompile(`^JOURNEYHOOK_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_\d+_(TCP|UDP)(_.*)?)$`)

// ActorVariable names who hookctl acts for.
const ActorVariable = EnvPrefix + "ACTOR"

// CheckEnvironment refuses a JOURNEYHOOK_ variable that no flag reads, and names the nearest one: a
// misspelt setting must not silently be a default. What belongs to the console and to hookctl is theirs to
// check, so that one environment can serve all programs.
func CheckEnvironment(environ, known []string) error {
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, EnvPrefix) || slices.Contains(known, name) || kubernetesService.MatchString(name) {
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
		if strings.HasPrefix(name, ConsoleEnvPrefix) && !slices.Contains(known, name) {
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

// Variables are the environment variables a program's flags read.
func Variables(k *kong.Kong) []string {
	var names []string
	var add func(*kong.Node)
	add = func(n *kong.Node) {
		for _, flag := range n.Flags {
			names = append(names, flag.Envs...)
		}
		for _, child := range n.Children {
			add(child)
		}
	}
	add(k.Model.Node)
	return names
}
