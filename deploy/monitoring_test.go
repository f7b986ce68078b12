package deploy

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	kyaml "sigs.k8s.io/yaml"
)

const (
	alertsFile    = chart + "/files/alerts.yaml"
	dashboardFile = chart + "/files/dashboard.json"
)

var promql = parser.NewParser(parser.Options{})

// rules is what a file of Prometheus rules may hold here.
type rules struct {
	Groups []struct {
		Name  string `json:"name"`
		Rules []rule `json:"rules"`
	} `json:"groups"`
}

type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func TestAlerts(t *testing.T) {
	t.Parallel()
	manual := string(read(t, "../docs/operating.md"))
	var all rules
	if err := kyaml.UnmarshalStrict(read(t, alertsFile), &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Groups) != 1 || len(all.Groups[0].Rules) < 5 {
		t.Fatalf("%d groups", len(all.Groups))
	}
	seen := map[string]bool{}
	for _, r := range all.Groups[0].Rules {
		if _, err := promql.ParseExpr(r.Expr); err != nil {
			t.Errorf("%s: %v", r.Alert, err)
		}
		if seen[r.Alert] || !strings.Contains(manual, "`"+r.Alert+"`") {
			t.Errorf("%s is there twice, or operating.md does not say what to do", r.Alert)
		}
		seen[r.Alert] = true
		if s := r.Labels["severity"]; s != "warning" && s != "critical" {
			t.Errorf("%s: severity %q", r.Alert, s)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s: it does not say what is wrong", r.Alert)
		}
	}
}

// dashboard is the part of Grafana's model that can be wrong without Grafana saying so.
type dashboard struct {
	UID    string `json:"uid"`
	Panels []struct {
		ID      int    `json:"id"`
		Type    string `json:"type"`
		Title   string `json:"title"`
		GridPos struct{ X, Y, W, H int }
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	var d dashboard
	if err := json.Unmarshal(read(t, dashboardFile), &d); err != nil {
		t.Fatal(err)
	}
	ids, taken, queries := map[int]bool{}, map[[2]int]string{}, 0
	for _, p := range d.Panels {
		if ids[p.ID] {
			t.Errorf("%s: id %d is there twice", p.Title, p.ID)
		}
		ids[p.ID] = true
		at := p.GridPos
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other, is := taken[[2]int{x, y}]; is || x > 23 {
					t.Fatalf("%s lies over %q or the edge", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
		if (p.Type == "row") != (len(p.Targets) == 0) {
			t.Errorf("%s shows nothing", p.Title)
		}
		for _, q := range p.Targets {
			queries++
			if _, err := promql.ParseExpr(strings.ReplaceAll(q.Expr, "$__rate_interval", "5m")); err != nil {
				t.Errorf("%s: %v", p.Title, err)
			}
		}
	}
	if queries == 0 {
		t.Error("a dashboard without queries")
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
