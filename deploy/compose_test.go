package deploy

import (
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"helm.sh/helm/v3/pkg/chart/loader"
)

// The file is loaded as docker compose loads it: what the compose specification does not know is a failure.
func TestCompose(t *testing.T) {
	t.Parallel()
	options, err := cli.NewProjectOptions([]string{"compose.yaml"}, cli.WithEnv([]string{"JOURNEYHOOK_SECRET_KEYS=k3y"}))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c, err := loader.Load(chart)
	if err != nil {
		t.Fatal(err)
	}
	image := c.Values["image"].(map[string]any)["repository"].(string) + ":" + c.Metadata.AppVersion
	for name, command := range map[string]string{"worker": "", "console": "/usr/local/bin/hookctl console"} {
		s := project.Services[name]
		if s.Image != image {
			t.Errorf("%s: image %q, and the chart's is %q", name, s.Image, image)
		}
		if got := strings.Join(s.Entrypoint, " "); got != command {
			t.Errorf("%s runs %q, want %q", name, got, command)
		}
		for _, setting := range []string{"JOURNEYHOOK_NATS_URL=nats://nats:4222", "JOURNEYHOOK_REDIS_URL=redis://redis:6379/0", "JOURNEYHOOK_SECRET_KEYS=k3y"} {
			key, want, _ := strings.Cut(setting, "=")
			if got := s.Environment[key]; got == nil || *got != want {
				t.Errorf("%s: %s is not %q", name, key, want)
			}
		}
		for _, needs := range []string{"nats", "redis"} {
			if s.DependsOn[needs].Condition != types.ServiceConditionHealthy {
				t.Errorf("%s does not wait for %s", name, needs)
			}
		}
	}
	if grace := project.Services["worker"].StopGracePeriod; grace == nil || grace.String() != "35s" {
		t.Errorf("the worker's grace is %v", grace)
	}
	nats := project.Services["nats"]
	if !slices.Contains(nats.Command, "--jetstream") || !slices.Contains(nats.Command, "--store_dir=/data") || nats.Volumes[0].Target != "/data" {
		t.Errorf("nats stores nothing that lasts: %v, %v", nats.Command, nats.Volumes)
	}
	for name, s := range project.Services {
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is open to other machines", name, p.Published)
			}
		}
	}
}
