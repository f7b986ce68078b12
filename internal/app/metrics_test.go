package app

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/consumer"
	"github.com/journeyhook/journeyhook/schema"
)

// described is every series a worker offers, with its labels.
func described(t *testing.T) map[string][]string {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	consumer.NewMetrics(registry)
	tokenMetrics(registry)
	newRedisFailures(registry)
	newStreamWatch(nil, schema.Names{}, zerolog.Nop(), registry)
	registry.MustRegister((&readiness{}).metric())
	descs := make(chan *prometheus.Desc, 1000)
	registry.Describe(descs)
	close(descs)
	form := regexp.MustCompile(`fqName: "(\w+)".*variableLabels: \{([^}]*)\}`)
	offered := map[string][]string{}
	for d := range descs {
		parts := form.FindStringSubmatch(d.String())
		if parts == nil {
			t.Fatalf("%s has another form", d)
		}
		labels := strings.Split(parts[2], ",")
		offered[parts[1]] = labels
		if strings.HasSuffix(parts[1], "_seconds") {
			offered[parts[1]+"_bucket"] = append(labels, "le")
		}
	}
	return offered
}

var (
	series  = regexp.MustCompile(`\b(?:journeyhook|process|go)_[a-z_]+\b`)
	matched = regexp.MustCompile(`\b((?:journeyhook|process|go)_[a-z_]+)\{([^}]*)\}`)
	label   = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`)
	grouped = regexp.MustCompile(`by \(([^)]*)\) \(\w+\((\w+)`)
)

func TestDashboardAndAlertsAskForWhatThereIs(t *testing.T) {
	t.Parallel()
	offered := described(t)
	for _, file := range []string{"alerts.yaml", "dashboard.json"} {
		data, err := os.ReadFile(filepath.Join("../../deploy/helm/journeyhook/files", file))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(data), `\"`, `"`)
		asked := series.FindAllString(text, -1)
		if len(asked) < 10 {
			t.Errorf("%s asks for %v only", file, asked)
		}
		for _, name := range asked {
			if _, ok := offered[name]; !ok {
				t.Errorf("%s asks for %s, which no worker offers", file, name)
			}
		}
		check := func(name, labels string, every *regexp.Regexp) {
			for _, l := range every.FindAllStringSubmatch(labels, -1) {
				if given := append([]string{"job", "instance"}, offered[name]...); !slices.Contains(given, l[1]) {
					t.Errorf("%s asks for %s by %s, and there are %v", file, name, l[1], given)
				}
			}
		}
		for _, m := range matched.FindAllStringSubmatch(text, -1) {
			check(m[1], m[2], label)
		}
		for _, m := range grouped.FindAllStringSubmatch(text, -1) {
			check(m[2], m[1], regexp.MustCompile(`(\w+)`))
		}
	}
}

func TestEveryMetricIsInTheManual(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	offered := described(t)
	for name, labels := range offered {
		if !strings.HasPrefix(name, "journeyhook_") || strings.HasSuffix(name, "_bucket") {
			continue
		}
		want := "`" + name + "`"
		if labels[0] != "" {
			want = "`" + name + "{" + strings.Join(labels, ",") + "}`"
		}
		if !strings.Contains(string(manual), want) {
			t.Errorf("operating.md does not explain %s", want)
		}
	}
	for _, name := range regexp.MustCompile("`(journeyhook_[a-z_]+)").FindAllStringSubmatch(string(manual), -1) {
		if _, ok := offered[name[1]]; !ok {
			t.Errorf("operating.md explains %s, which no worker offers", name[1])
		}
	}
}
