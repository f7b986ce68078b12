// Package deploy checks the Helm chart, the compose file, the alerts and the dashboard. It is a module of its
// own, so that Helm and the Kubernetes types stay out of the project's dependencies.
package deploy

import (
	"bufio"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	kyaml "sigs.k8s.io/yaml"
)

const chart = "helm/journeyhook"

func TestChartLints(t *testing.T) {
	t.Parallel()
	for _, values := range variants() {
		for _, m := range lint.AllWithKubeVersion(chart, values, "default", nil).Messages {
			if m.Severity > support.InfoSev {
				t.Errorf("%v: %s", values, m)
			}
		}
	}
}

// Every manifest decodes strictly: a field Kubernetes does not know is a failure. Kinds of KEDA and
// the Prometheus operator, whose types are not here, are only parsed.
func TestManifestsAreWhatKubernetesKnows(t *testing.T) {
	t.Parallel()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{appsv1.AddToScheme, corev1.AddToScheme, policyv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	strict := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	for name, values := range variants() {
		kinds := map[string]runtime.Object{}
		for file, text := range render(t, values) {
			reader := yaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
			for {
				doc, err := reader.Read()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%s: %s: %v", name, file, err)
				}
				if strings.TrimSpace(string(doc)) == "" || strings.HasSuffix(file, "NOTES.txt") {
					continue
				}
				obj, gvk, err := strict.Decode(doc, nil, nil)
				if runtime.IsNotRegisteredError(err) {
					other := &unstructured.Unstructured{}
					if err := kyaml.UnmarshalStrict(doc, &other.Object); err != nil {
						t.Errorf("%s: %s: %v\n%s", name, file, err, doc)
					}
					kinds[other.GetKind()] = other
					continue
				}
				if err != nil {
					t.Errorf("%s: %s: %v\n%s", name, file, err, doc)
					continue
				}
				kind := gvk.Kind
				switch {
				case strings.HasSuffix(file, "/console.yaml"):
					kind += " of the console"
				case strings.HasSuffix(file, "/settings.yaml"):
					kind += " of settings"
				}
				kinds[kind] = obj
			}
		}
		checkDeployment(t, name, kinds)
		checkConsole(t, name, kinds)
		for _, kind := range []string{"ScaledObject", "ServiceMonitor", "PrometheusRule", "ConfigMap"} {
			if _, there := kinds[kind]; there != (name == "everything on") {
				t.Errorf("%s: %s there: %v", name, kind, there)
			}
		}
		checkMonitoring(t, kinds)
	}
}

// checkDeployment holds what a drain needs.
func checkDeployment(t *testing.T, name string, kinds map[string]runtime.Object) {
	t.Helper()
	d, ok := kinds["Deployment"].(*appsv1.Deployment)
	if !ok {
		t.Fatalf("%s: no Deployment", name)
	}
	pod := d.Spec.Template.Spec
	c := pod.Containers[0]
	if c.ReadinessProbe == nil || c.LivenessProbe == nil || c.StartupProbe == nil {
		t.Errorf("%s: a probe is missing", name)
	}
	if pod.TerminationGracePeriodSeconds == nil || *pod.TerminationGracePeriodSeconds < 30 {
		t.Errorf("%s: the pod's grace is shorter than the worker's", name)
	}
	if c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
		t.Errorf("%s: resources are missing", name)
	}
	if name == "everything on" && (d.Spec.Template.Annotations["a"] != "b" || d.Spec.Template.Labels["team"] != "journeys") {
		t.Errorf("%s: the pods' own annotations or labels are missing", name)
	}
	if budget, there := kinds["PodDisruptionBudget"].(*policyv1.PodDisruptionBudget); there == (name == "everything off") {
		t.Errorf("%s: a disruption budget is there: %v", name, there)
	} else if there && (budget.Spec.UnhealthyPodEvictionPolicy == nil || *budget.Spec.UnhealthyPodEvictionPolicy != policyv1.AlwaysAllow) {
		t.Errorf("%s: pods that are not ready can't be evicted", name)
	}
	checkSettings(t, name, d.Spec.Template, kinds["ConfigMap of settings"])
	if len(c.Env) != 2 || c.Env[0].Name != "JOURNEYHOOK_SHUTDOWN_GRACE" || c.Env[0].Value != "25s" || c.Env[1].Name != "GOMEMLIMIT" {
		t.Errorf("%s: what follows from the pod, and only that, must not be set from elsewhere: %v", name, c.Env)
	}
	if d.Spec.Replicas == nil != (name == "everything on") {
		t.Errorf("%s: replicas must be set exactly when KEDA does not set them", name)
	}
}

// checkSettings holds that a pod reads the settings, then the Secret, which therefore wins, and nothing that
// Kubernetes makes for services.
func checkSettings(t *testing.T, name string, pod corev1.PodTemplateSpec, settings ...runtime.Object) {
	t.Helper()
	var want, have []string
	for _, s := range settings {
		want = append(want, s.(*corev1.ConfigMap).Name)
	}
	if name == "everything on" {
		want = append(want, "Secret journeyhook")
	}
	for _, from := range pod.Spec.Containers[0].EnvFrom {
		if from.SecretRef != nil {
			have = append(have, "Secret "+from.SecretRef.Name)
		} else {
			have = append(have, from.ConfigMapRef.Name)
		}
	}
	if !slices.Equal(have, want) {
		t.Errorf("%s: settings come from %v, want %v", name, have, want)
	}
	if first := settings[0].(*corev1.ConfigMap).Data; first["JOURNEYHOOK_NATS_URL"] == "" || first["JOURNEYHOOK_REPLICAS"] != "3" {
		t.Errorf("%s: settings are missing: %v", name, first)
	}
	if links := pod.Spec.EnableServiceLinks; links == nil || *links {
		t.Errorf("%s: variables of services would be taken for settings", name)
	}
}

// A change of settings makes new pods, and none where nothing of theirs changed.
func TestChangedSettingsRollPods(t *testing.T) {
	t.Parallel()
	pods := func(settings, console map[string]any) (worker, ui string) {
		out := render(t, map[string]any{"settings": settings, "console": map[string]any{"enabled": true, "settings": console}})
		sum := func(file string) string {
			_, after, _ := strings.Cut(out["journeyhook/templates/"+file], "checksum/settings: ")
			line, _, _ := strings.Cut(after, "\n")
			if len(line) != 64 {
				t.Fatalf("%s has no checksum of its settings", file)
			}
			return line
		}
		return sum("deployment.yaml"), sum("console.yaml")
	}
	worker, console := pods(nil, nil)
	sameWorker, otherConsole := pods(nil, map[string]any{"RATE": 5})
	otherWorker, alsoConsole := pods(map[string]any{"REPLICAS": "1"}, nil)
	if worker != sameWorker || worker == otherWorker {
		t.Errorf("workers: %s, %s with a setting of the console's, %s with one of theirs", worker, sameWorker, otherWorker)
	}
	if console == otherConsole || console == alsoConsole {
		t.Errorf("the console: %s, %s with a setting of its own, %s with one of the workers'", console, otherConsole, alsoConsole)
	}
}

// checkConsole holds what keeps the console from being taken for a worker, and from being there unasked.
func checkConsole(t *testing.T, name string, kinds map[string]runtime.Object) {
	t.Helper()
	d, there := kinds["Deployment of the console"].(*appsv1.Deployment)
	service, _ := kinds["Service of the console"].(*corev1.Service)
	if there != (name == "everything on") || there != (service != nil) {
		t.Errorf("%s: the console's Deployment is there: %v, its Service: %v", name, there, service != nil)
	}
	if !there {
		return
	}
	workers := kinds["Deployment"].(*appsv1.Deployment).Spec.Selector.MatchLabels
	labels := d.Spec.Template.Labels
	if labels["app.kubernetes.io/name"] == workers["app.kubernetes.io/name"] {
		t.Errorf("%s: the workers' selector matches the console", name)
	}
	for key, value := range service.Spec.Selector {
		if labels[key] != value {
			t.Errorf("%s: the console's Service does not match its pods: %s", name, key)
		}
	}
	c := d.Spec.Template.Spec.Containers[0]
	checkSettings(t, name, d.Spec.Template, kinds["ConfigMap of settings"], kinds["ConfigMap of the console"])
	if own := kinds["ConfigMap of the console"].(*corev1.ConfigMap).Data; own["JOURNEYHOOK_CONSOLE_URL"] != "https://hooks.example.com" {
		t.Errorf("%s: the console's settings are missing: %v", name, own)
	}
	if len(c.Env) != 2 || c.Env[0].Name != "JOURNEYHOOK_CONSOLE_ADDR" || c.Env[0].Value != ":8080" || c.Env[1].Name != "GOMEMLIMIT" {
		t.Errorf("%s: what follows from the pod, and only that, must not be set from elsewhere: %v", name, c.Env)
	}
	if c.ReadinessProbe == nil || c.LivenessProbe == nil || strings.Join(c.Command, " ") != "/usr/local/bin/hookctl console" {
		t.Errorf("%s: the console's probes or command are missing", name)
	}
}

// checkMonitoring holds that the dashboard and the alerts arrive as they are.
func checkMonitoring(t *testing.T, kinds map[string]runtime.Object) {
	t.Helper()
	board, there := kinds["ConfigMap"].(*corev1.ConfigMap)
	if !there {
		return
	}
	if board.Data["journeyhook.json"] != string(read(t, dashboardFile)) || board.Labels["grafana_dashboard"] != "1" {
		t.Errorf("the dashboard is not the file's, or has no label: %v", board.Labels)
	}
	var want map[string]any
	if err := kyaml.UnmarshalStrict(read(t, alertsFile), &want); err != nil {
		t.Fatal(err)
	}
	alerts := kinds["PrometheusRule"].(*unstructured.Unstructured)
	if !reflect.DeepEqual(alerts.Object["spec"], any(want)) || alerts.GetLabels()["release"] != "prometheus" {
		t.Errorf("the alerts are not the file's: %v", alerts.Object)
	}
	if labels := kinds["ServiceMonitor"].(*unstructured.Unstructured).GetLabels(); labels["release"] != "prometheus" || labels["app.kubernetes.io/instance"] == "" {
		t.Errorf("the ServiceMonitor's labels are %v", labels)
	}
}

func variants() map[string]map[string]any {
	return map[string]map[string]any{
		"defaults": {},
		"everything on": {
			"existingSecret": "journeyhook", "keda": map[string]any{"enabled": true},
			"serviceMonitor": map[string]any{"enabled": true, "labels": map[string]any{"release": "prometheus"}}, "dashboard": map[string]any{"enabled": true},
			"alerts": map[string]any{"enabled": true, "labels": map[string]any{"release": "prometheus"}}, "podLabels": map[string]any{"team": "journeys"},
			"podAnnotations": map[string]any{"a": "b"}, "imagePullSecrets": []any{map[string]any{"name": "pull"}},
			"console":      map[string]any{"enabled": true, "settings": map[string]any{"URL": "https://hooks.example.com"}},
			"nodeSelector": map[string]any{"pool": "workers"}, "tolerations": []any{map[string]any{"operator": "Exists"}},
		},
		"everything off": {
			"serviceAccount": map[string]any{"create": false}, "podDisruptionBudget": map[string]any{"enabled": false},
		},
	}
}

func render(t *testing.T, values map[string]any) map[string]string {
	t.Helper()
	out, err := tryRender(t, values)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tryRender is render for values that the chart may refuse.
func tryRender(t *testing.T, values map[string]any) (map[string]string, error) {
	t.Helper()
	c, err := loader.Load(chart)
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "hooks", Namespace: "default"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return engine.Render(c, all)
}

// What the pod, its probes and its Service rest on is no setting.
func TestRefusedSettings(t *testing.T) {
	t.Parallel()
	for setting, says := range map[string]string{"SHUTDOWN_GRACE": "set shutdownGrace instead", "ADMIN_ADDR": "expect port 8081"} {
		if _, err := tryRender(t, map[string]any{"settings": map[string]any{setting: "x"}}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v; want %q", setting, err, says)
		}
	}
}

// deployment is the first document of a template, read strictly.
func deployment(t *testing.T, text string) appsv1.Deployment {
	t.Helper()
	text, _, _ = strings.Cut(text, "\n---\n")
	var d appsv1.Deployment
	if err := kyaml.UnmarshalStrict([]byte(text), &d); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return d
}

// Workers and the console get files and variables of the operator's; the console may have more, and other ones.
func TestExtraFilesAndVariables(t *testing.T) {
	t.Parallel()
	variable := func(name, value string) map[string]any { return map[string]any{"name": name, "value": value} }
	volume := func(name string) map[string]any {
		return map[string]any{"name": name, "secret": map[string]any{"secretName": name}}
	}
	mount := func(name string) map[string]any {
		return map[string]any{"name": name, "mountPath": "/etc/" + name, "readOnly": true}
	}
	out := render(t, map[string]any{
		"settings":     map[string]any{"NATS_CREDS": "/etc/nats/user.creds", "NATS_URL": "nats://$(NATS_HOST):4222"},
		"extraEnv":     []any{variable("NATS_HOST", "nats"), variable("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")},
		"extraVolumes": []any{volume("nats")}, "extraVolumeMounts": []any{mount("nats")},
		"console": map[string]any{
			"enabled": true, "extraEnv": []any{variable("JOURNEYHOOK_NATS_CREDS", "/etc/console/user.creds")},
			"extraVolumes": []any{volume("console")}, "extraVolumeMounts": []any{mount("console")},
		},
	})
	own := map[string]string{"deployment": "JOURNEYHOOK_SHUTDOWN_GRACE", "console": "JOURNEYHOOK_CONSOLE_ADDR"}
	more := map[string][]string{"console": {"JOURNEYHOOK_NATS_CREDS"}}
	volumes := map[string][]string{"deployment": {"nats"}, "console": {"nats", "console"}}
	for file, first := range own {
		pod := deployment(t, out["journeyhook/templates/"+file+".yaml"]).Spec.Template.Spec
		var env, have, mounted []string
		for _, e := range pod.Containers[0].Env {
			env = append(env, e.Name)
		}
		// What a setting names must stand before it, and what wins over all behind it.
		want := append([]string{first, "GOMEMLIMIT", "NATS_HOST", "OTEL_EXPORTER_OTLP_ENDPOINT", "JOURNEYHOOK_NATS_URL"}, more[file]...)
		if !slices.Equal(env, want) {
			t.Errorf("%s: variables are %v, want %v", file, env, want)
		}
		for _, v := range pod.Volumes {
			have = append(have, v.Secret.SecretName)
		}
		for _, m := range pod.Containers[0].VolumeMounts {
			mounted = append(mounted, strings.TrimPrefix(m.MountPath, "/etc/"))
		}
		if !slices.Equal(have, volumes[file]) || !slices.Equal(mounted, have) {
			t.Errorf("%s: volumes are %v, mounted are %v; want %v", file, have, mounted, volumes[file])
		}
	}
}

// Kubernetes puts other variables' values in where a setting stands in the pod itself, not where it comes from a ConfigMap.
func TestSettingsMayNameSecrets(t *testing.T) {
	t.Parallel()
	const url = "nats://worker:$(NATS_PASSWORD)@nats:4222"
	out := render(t, map[string]any{"settings": map[string]any{"NATS_URL": url}, "console": map[string]any{"enabled": true}})
	for _, file := range []string{"deployment", "console"} {
		d := deployment(t, out["journeyhook/templates/"+file+".yaml"])
		env := map[string]string{}
		for _, e := range d.Spec.Template.Spec.Containers[0].Env {
			env[e.Name] = e.Value
		}
		if env["JOURNEYHOOK_NATS_URL"] != url || env["JOURNEYHOOK_REDIS_URL"] != "" {
			t.Errorf("%s: %v", file, env)
		}
	}
	if settings := out["journeyhook/templates/settings.yaml"]; strings.Contains(settings, "NATS_URL") || !strings.Contains(settings, "REDIS_URL") {
		t.Error(settings)
	}
}
