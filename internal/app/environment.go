package app

import (
	"fmt"
	"github.com/alecthomas/kong"
	"regexp"
	"slices"
	"strings"
)

// EnvPrefix begins the environment twin of every flag.
const EnvPrefix = "JOURNEYHOOK_"

// kubernetesService matches the names Kubernetes makes for a service called journeyhook.
var kubernetesService = regexp.MustCompile(`^JOURNEYHOOK_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_\d+_(TCP|UDP)(_.*)?)$`)

// CheckEnvironment refuses a JOURNEYHOOK_ variable that no flag reads, and names the nearest one: a
// misspelt setting must not silently be a default.
func CheckEnvironment(environ, known []string) error {
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, EnvPrefix) || slices.Contains(known, name) || kubernetesService.MatchString(name) {
			continue
		}
		return fmt.Errorf("unknown variable %s; did you mean %s?", name, nearest(name, known))
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
	for _, group := range k.Model.AllFlags(false) {
		for _, flag := range group {
			names = append(names, flag.Envs...)
		}
	}
	return names
}
