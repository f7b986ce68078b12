package schema_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

func goodWebhook() *schema.Webhook {
	w := schema.NewWebhook()
	w.Project, w.ID, w.Name, w.Method, w.Endpoint = "acme", "crm", "CRM", "POST", "https://api.example.com/update"
	return w
}

func TestValidateAcceptsWhatTheContractShows(t *testing.T) {
	t.Parallel()
	w := goodWebhook()
	w.Auth = schema.Auth{Type: schema.AuthOAuth2, ClientID: "crm", ClientSecret: schema.NewSecret("s"), TokenURL: "https://auth.example.com/token", ClientAuth: "basic", Params: []schema.Pair{{Name: "resource", Value: "x"}}}
	w.Headers = []schema.Header{{Name: "X-Api-Key", Value: schema.SecretValue("abc"), Secret: true}, {Name: "X-Plan", Value: schema.PlainValue("{{plan}}")}}
	w.Body.JSON, w.Body.UserFields, w.Body.IncludeEmailAndWorkflowID = `{"city": "{{city}}"}`, []string{"state"}, true
	w.Signing.Secrets = []schema.Secret{
		schema.NewSecret("whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32))),
		schema.NewSecret("whsk_" + base64.StdEncoding.EncodeToString(make([]byte, 64))),
	}
	w.Success = schema.Statuses{schema.StatusOf(200), mustStatus(t, "2xx")}
	w.Retry.Statuses = []int{}
	w.State = schema.Paused
	if err := w.Validate(); err != nil {
		t.Error(err)
	}
	if err := goodWebhook().Validate(); err != nil {
		t.Error(err)
	}
}

func mustStatus(t *testing.T, text string) schema.Status {
	t.Helper()
	s, err := schema.ParseStatus(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	oauth := func(w *schema.Webhook) {
		w.Auth = schema.Auth{Type: schema.AuthOAuth2, ClientID: "c", ClientSecret: schema.NewSecret("s"), TokenURL: "https://auth.example.com"}
	}
	header := func(name string) func(*schema.Webhook) {
		return func(w *schema.Webhook) { w.Headers = []schema.Header{{Name: name, Value: schema.PlainValue("x")}} }
	}
	for name, c := range map[string]struct {
		spoil func(*schema.Webhook)
		want  string
	}{
		"no project":                     {func(w *schema.Webhook) { w.Project = "" }, "project: is missing"},
		"a project with a dot":           {func(w *schema.Webhook) { w.Project = "a.b" }, `project: "a.b" must be 1 to 64`},
		"no id":                          {func(w *schema.Webhook) { w.ID = "" }, "id: is missing"},
		"an id of 65 characters":         {func(w *schema.Webhook) { w.ID = strings.Repeat("x", 65) }, "must be 1 to 64"},
		"no name":                        {func(w *schema.Webhook) { w.Name = "  " }, "name: is missing"},
		"a name of two lines":            {func(w *schema.Webhook) { w.Name = "a\nb" }, "name: must be at most 200 bytes of one line"},
		"an unknown destination":         {func(w *schema.Webhook) { w.Destination = "fax" }, `destination: "fax" is not known; use one of custom, inkit`},
		"no method":                      {func(w *schema.Webhook) { w.Method = "" }, "method: is missing; use one of GET"},
		"a method that is not one":       {func(w *schema.Webhook) { w.Method = "HEAD" }, `method: "HEAD" is not allowed`},
		"no endpoint":                    {func(w *schema.Webhook) { w.Endpoint = "" }, "endpoint: is missing"},
		"an unknown auth type":           {func(w *schema.Webhook) { w.Auth.Type = "digest" }, `auth.type: "digest" is not known`},
		"basic without a token":          {func(w *schema.Webhook) { w.Auth.Type = schema.AuthBasic }, "auth.token: is missing"},
		"a basic token of two lines":     {func(w *schema.Webhook) { w.Auth.Type, w.Auth.Token = schema.AuthBasic, schema.NewSecret("a\nb") }, "auth.token: contains a line break"},
		"a token without basic":          {func(w *schema.Webhook) { w.Auth.Token = schema.NewSecret("x") }, "auth.token: belongs to type basic, not none"},
		"client credentials with none":   {func(w *schema.Webhook) { w.Auth.ClientID = "x" }, "auth.clientId: belongs to type oauth2, not none"},
		"oauth2 without a client id":     {func(w *schema.Webhook) { oauth(w); w.Auth.ClientID = "" }, "auth.clientId: is missing"},
		"oauth2 without a secret":        {func(w *schema.Webhook) { oauth(w); w.Auth.ClientSecret = schema.Secret{} }, "auth.clientSecret: is missing"},
		"oauth2 without a token URL":     {func(w *schema.Webhook) { oauth(w); w.Auth.TokenURL = "" }, "auth.tokenUrl: is missing"},
		"a token URL that is none":       {func(w *schema.Webhook) { oauth(w); w.Auth.TokenURL = "auth.example.com" }, "auth.tokenUrl: must be a URL like"},
		"a token URL of a port only":     {func(w *schema.Webhook) { oauth(w); w.Auth.TokenURL = "https://:443/t" }, "auth.tokenUrl: must be a URL like"},
		"a token URL without a name":     {func(w *schema.Webhook) { oauth(w); w.Auth.TokenURL = "https://ü..example/" }, `auth.tokenUrl: "ü..example" is no host name`},
		"a token URL with expressions":   {func(w *schema.Webhook) { oauth(w); w.Auth.TokenURL = "https://{{h}}/" }, "auth.tokenUrl: can't contain expressions"},
		"a token URL with a password":    {func(w *schema.Webhook) { oauth(w); w.Auth.TokenURL = "https://u:p@h/" }, "auth.tokenUrl: can't contain a user name"},
		"an unknown client auth":         {func(w *schema.Webhook) { oauth(w); w.Auth.ClientAuth = "jwt" }, `auth.clientAuth: must be body or basic, not "jwt"`},
		"a param that has its own field": {func(w *schema.Webhook) { oauth(w); w.Auth.Params = []schema.Pair{{Name: "scope"}} }, "auth.params[0].name: scope has a field of its own"},
		"a header without a name":        {header(""), "headers[0].name: is missing"},
		"a header name with a space":     {header("X Plan"), `headers[0].name: "X Plan" is not a header name`},
		"an expression in a header name": {header("X-{{a}}"), "headers[0].name: can't contain expressions"},
		"the Host header":                {header("hOsT"), "headers[0].name: Host is set by the worker"},
		"a webhook- header":              {header("WebHook-ID"), "headers[0].name: Webhook-Id is set by the worker"},
		"the Idempotency-Key header":     {header("idempotency-key"), "headers[0].name: Idempotency-Key is set by the worker"},
		"Authorization beside oauth2":    {func(w *schema.Webhook) { oauth(w); header("authorization")(w) }, "headers[0].name: Authorization is set by auth type oauth2"},
		"the same header twice": {func(w *schema.Webhook) {
			w.Headers = []schema.Header{{Name: "X-A", Value: schema.PlainValue("1")}, {Name: "x-a", Value: schema.PlainValue("2")}}
		}, "headers[1].name: X-A is there twice"},
		"an unknown body type":           {func(w *schema.Webhook) { w.Body.Type = "xml" }, `body.type: "xml" is not known`},
		"a form in a JSON body":          {func(w *schema.Webhook) { w.Body.Form = []schema.Pair{{Name: "a"}} }, "body.form: belongs to body type urlencoded"},
		"JSON in a form body":            {func(w *schema.Webhook) { w.Body.Type, w.Body.JSON = schema.BodyURLEncoded, "{}" }, "body.json: belongs to body type json"},
		"user fields in a form body":     {func(w *schema.Webhook) { w.Body.Type, w.Body.UserFields = schema.BodyURLEncoded, []string{"a"} }, "body.userFields: belongs to body type json"},
		"a user field twice":             {func(w *schema.Webhook) { w.Body.UserFields = []string{"a", "a"} }, `body.userFields[1]: "a" is there twice`},
		"a form pair without a name":     {func(w *schema.Webhook) { w.Body.Type, w.Body.Form = schema.BodyURLEncoded, []schema.Pair{{}} }, "body.form[0].name: is missing"},
		"no success status":              {func(w *schema.Webhook) { w.Success = nil }, "success: is empty"},
		"a status retried and a success": {func(w *schema.Webhook) { w.Success = schema.Statuses{mustStatus(t, "5xx")} }, "retry.statuses: 502 is also a success"},
		"a retried status of 42":         {func(w *schema.Webhook) { w.Retry.Statuses = []int{42} }, "retry.statuses[0]: 42 is not an HTTP status"},
		"a delay of half a second":       {func(w *schema.Webhook) { w.Retry.Delay = schema.Duration(time.Second / 2) }, "retry.delay: 500ms is out of range; use 1s to 24h"},
		"eleven retries":                 {func(w *schema.Webhook) { w.Retry.Max = 11 }, "retry.max: 11 is out of range"},
		"a timeout of two minutes":       {func(w *schema.Webhook) { w.Timeout = schema.Duration(2 * time.Minute) }, "timeout: 2m is out of range; use 100ms to 1m"},
		"a negative rate":                {func(w *schema.Webhook) { w.Limits.Rate = -1 }, "limits.rate: must be 0"},
		"a negative concurrency":         {func(w *schema.Webhook) { w.Limits.Concurrency = -1 }, "limits.concurrency: must be 0"},
		"a signing secret of no kind":    {func(w *schema.Webhook) { w.Signing.Secrets = []schema.Secret{schema.NewSecret("abc")} }, "signing.secrets[0]: must start with whsec_"},
		"a short signing secret":         {func(w *schema.Webhook) { w.Signing.Secrets = []schema.Secret{schema.NewSecret("whsec_AAAA")} }, "signing.secrets[0]: must hold 24 to 64 bytes"},
		"an unknown state":               {func(w *schema.Webhook) { w.State = "off" }, `state: must be active or paused`},
	} {
		w := goodWebhook()
		c.spoil(w)
		if err := w.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want …%s…", name, err, c.want)
		}
	}
}

func TestStatusesDurationsAndLanes(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{"200": true, "2xx": true, "5XX": true, "99": false, "600": false, "6xx": false, "2x": false, "": false, "abc": false} {
		if _, err := schema.ParseStatus(text); (err == nil) != ok {
			t.Errorf("ParseStatus(%q): %v", text, err)
		}
	}
	for d, want := range map[time.Duration]string{3 * time.Minute: "3m", 90 * time.Second: "1m30s", time.Hour: "1h", 500 * time.Millisecond: "500ms", 90 * time.Minute: "1h30m", 24 * time.Hour: "24h", 10 * time.Second: "10s"} {
		var back schema.Duration
		if got := schema.Duration(d).String(); got != want || back.UnmarshalText([]byte(got)) != nil || back.Std() != d {
			t.Errorf("%v prints as %q, want %q", d, got, want)
		}
	}
	for wait, want := range map[time.Duration]string{
		0: "1s", time.Second: "1s", 9 * time.Second: "1s", 10 * time.Second: "10s", 3 * time.Minute: "3m", 5 * time.Minute: "3m", 15 * time.Minute: "15m", 24 * time.Hour: "1h",
	} {
		if got := schema.LaneFor(wait).Name; got != want {
			t.Errorf("LaneFor(%v) = %s, want %s", wait, got, want)
		}
	}
}

func TestStepAddressReadsBackEverySubject(t *testing.T) {
	t.Parallel()
	n := schema.Names{Prefix: "x-1"}
	for _, subject := range []string{n.StepSubject("p", "w"), n.RetrySubject(schema.Lanes[2], "p", "w"), n.BacklogSubject("p", "w")} {
		if p, w, ok := n.StepAddress(subject); !ok || p != "p" || w != "w" {
			t.Errorf("%s: %s %s %v", subject, p, w, ok)
		}
	}
	for _, subject := range []string{"x-1.steps.p", "x-1.steps.p.w.z", "other.steps.p.w", "x-1.steps.p.w!", "x-1.retries.p.w"} {
		if _, _, ok := n.StepAddress(subject); ok {
			t.Errorf("%s was read", subject)
		}
	}
}

func TestStreamOfEverySubject(t *testing.T) {
	t.Parallel()
	n := schema.Names{Prefix: "x-1"}
	for subject, want := range map[string]string{
		n.StepSubject("p", "w"): n.Steps(), n.RetrySubject(schema.Lanes[2], "p", "w"): n.Retries(), n.BacklogSubject("p", "w"): n.Backlog(),
		n.ResultSubject("results", 1, schema.Exit): n.Results(), n.ProfileSubject("p"): n.Profiles(), n.NotificationSubject("p"): n.Notifications(),
		n.AttemptSubject("p", "w"): n.Attempts(), n.DeadSubject("too_large"): n.Dead(),
	} {
		if got := n.StreamOf(subject); got != want {
			t.Errorf("%s is in %s, want %s", subject, got, want)
		}
	}
}

func TestProgressTravelsInHeaders(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.UTC)
	h := map[string][]string{"Other": {"kept"}}
	full := schema.Progress{
		Attempt: 3, Move: 7, Due: due, Reached: due.Add(-time.Minute), Doubted: due.Add(-time.Second),
		Hold: schema.Hold{Stream: "JOURNEYHOOK_STEPS", Sequence: 1 << 63, Until: due.Truncate(time.Millisecond)},
	}
	full.Write(h)
	if got := schema.ReadProgress(h); got != full {
		t.Errorf("%+v", got)
	}
	(schema.Progress{Attempt: 4, Move: 8}).Write(h)
	if got := schema.ReadProgress(h); got != (schema.Progress{Attempt: 4, Move: 8}) {
		t.Errorf("something old stayed: %+v", got)
	}
	for _, hold := range []string{"", "STEPS", "STEPS 1", "STEPS x 1", "STEPS -1 1", "STEPS 1 x", " 1 1"} {
		if got := schema.ReadProgress(map[string][]string{schema.HeaderHold: {hold}}); got.Hold != (schema.Hold{}) {
			t.Errorf("%q is %+v", hold, got.Hold)
		}
	}
	if got := schema.ReadProgress(nil); got.Attempt != 1 || got.Move != 0 {
		t.Errorf("a fresh step: %+v", got)
	}
	if got := schema.ReadProgress(map[string][]string{"Journeyhook-Attempt": {"-4"}, "Journeyhook-Move": {"x"}}); got.Attempt != 1 || got.Move != 0 {
		t.Errorf("nonsense: %+v", got)
	}
}

// C17, C50: in any letter case, each with the reason.
func TestHeadersThatCantBeCustom(t *testing.T) {
	t.Parallel()
	for name, why := range map[string]string{
		"Host": "set by the worker", "Content-Length": "set by the worker", "Idempotency-Key": "set by the worker", "traceparent": "set by the worker",
		"tracestate": "set by the worker", "webhook-id": "set by the worker", "webhook-anything": "set by the worker",
		"Connection": "one connection", "Transfer-Encoding": "one connection", "Keep-Alive": "one connection", "Proxy-Connection": "one connection", "TE": "one connection",
		"Upgrade": "another protocol", "HTTP2-Settings": "another protocol", "Trailer": "after the body", "Expect": "before it has the body",
		"Accept-Encoding": "unpacks", "Content-Encoding": "as it is", "Proxy-Authorization": "not for the endpoint",
	} {
		for _, spelled := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			w := goodWebhook()
			w.Headers = []schema.Header{{Name: spelled, Value: schema.PlainValue("x")}}
			if err := w.Validate(); err == nil || !strings.Contains(err.Error(), "headers[0].name: ") || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v, want a fault with %q", spelled, err, why)
			}
		}
	}
	for _, name := range []string{"Accept", "Accept-Language", "Content-Type", "User-Agent", "Baggage", "X-Upgrade", "Cookie", "Forwarded"} {
		w := goodWebhook()
		w.Headers = []schema.Header{{Name: name, Value: schema.PlainValue("x")}}
		if err := w.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
