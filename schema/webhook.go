package schema

import (
	"strconv"
	"time"
)

// Webhook is a stored definition (B1–B14).
type Webhook struct {
	Project          string    `json:"project" yaml:"project"`
	ID               string    `json:"id" yaml:"id"`
	Name             string    `json:"name" yaml:"name"`
	Destination      string    `json:"destination" yaml:"destination"`
	Method           string    `json:"method" yaml:"method"`
	Endpoint         string    `json:"endpoint" yaml:"endpoint"`
	AllowDynamicHost bool      `json:"allowDynamicHost" yaml:"allowDynamicHost,omitempty"`
	Auth             Auth      `json:"auth" yaml:"auth,omitempty"`
	Headers          []Header  `json:"headers,omitempty" yaml:"headers,omitempty"`
	Body             Body      `json:"body" yaml:"body"`
	Success          Statuses  `json:"success" yaml:"success"`
	Retry            Retry     `json:"retry" yaml:"retry"`
	Timeout          Duration  `json:"timeout" yaml:"timeout"`
	Limits           Limits    `json:"limits" yaml:"limits,omitempty"`
	Signing          Signing   `json:"signing" yaml:"signing,omitempty"`
	Log              LogPolicy `json:"log" yaml:"log,omitempty"`
	State            State     `json:"state" yaml:"state"`

	Revision uint64 `json:"-" yaml:"-"` // the KV entry's; only grows
	Fault    string `json:"-" yaml:"-"` // why the stored definition can't be used, "" when it can
	Locked   bool   `json:"-" yaml:"-"` // its secrets can't be opened with this worker's keys (C43)

	Unreadable bool `json:"-" yaml:"-"` // the stored value is no definition; only project, id and Revision are known
}

// AuthType is how calls authenticate (B8).
type AuthType string

// The authentication types.
const (
	AuthNone   AuthType = "none"
	AuthBasic  AuthType = "basic"
	AuthOAuth2 AuthType = "oauth2"
)

// Auth holds the fields of every authentication type; only those of Type may be set.
type Auth struct {
	Type           AuthType `json:"type" yaml:"type"`
	Token          Secret   `json:"token,omitzero" yaml:"token,omitempty"` // basic: sent verbatim (B16)
	ClientID       string   `json:"clientId,omitempty" yaml:"clientId,omitempty"`
	ClientSecret   Secret   `json:"clientSecret,omitzero" yaml:"clientSecret,omitempty"`
	TokenURL       string   `json:"tokenUrl,omitempty" yaml:"tokenUrl,omitempty"`
	Scope          string   `json:"scope,omitempty" yaml:"scope,omitempty"`
	Audience       string   `json:"audience,omitempty" yaml:"audience,omitempty"`
	Params         []Pair   `json:"params,omitempty" yaml:"params,omitempty"`
	ClientAuth     string   `json:"clientAuth,omitempty" yaml:"clientAuth,omitempty"` // body (default) or basic (C10)
	HonorExpiresIn bool     `json:"honorExpiresIn,omitempty" yaml:"honorExpiresIn,omitempty"`
}

// Pair is a name and a value.
type Pair struct {
	Name  string `json:"name" yaml:"name"`
	Value string `json:"value" yaml:"value"`
}

// Header is a custom header (B9). A secret one's value is sealed and never shown.
type Header struct {
	Name   string `json:"name" yaml:"name"`
	Value  Value  `json:"value" yaml:"value"`
	Secret bool   `json:"secret,omitempty" yaml:"secret,omitempty"`
}

// BodyType is how the body is written (B10).
type BodyType string

// The body types.
const (
	BodyJSON       BodyType = "json"
	BodyURLEncoded BodyType = "urlencoded"
)

// Body is what the request carries.
type Body struct {
	Type                      BodyType `json:"type" yaml:"type"`
	JSON                      string   `json:"json,omitempty" yaml:"json,omitempty"`
	UserFields                []string `json:"userFields,omitempty" yaml:"userFields,omitempty"`
	Form                      []Pair   `json:"form,omitempty" yaml:"form,omitempty"`
	IncludeEmailAndWorkflowID bool     `json:"includeEmailAndWorkflowId" yaml:"includeEmailAndWorkflowId"`
	IncludeTriggerData        bool     `json:"includeTriggerData" yaml:"includeTriggerData"`
}

// Retry says what is tried again, when and how often (B43–B46).
type Retry struct {
	Statuses        []int    `json:"statuses" yaml:"statuses"`
	Delay           Duration `json:"delay" yaml:"delay"`
	Max             int      `json:"max" yaml:"max"`
	HonorRetryAfter bool     `json:"honorRetryAfter" yaml:"honorRetryAfter"`
}

// Limits hold over all workers; 0 is none.
type Limits struct {
	Rate        float64 `json:"rate" yaml:"rate"`               // calls per second
	Concurrency int     `json:"concurrency" yaml:"concurrency"` // calls in flight
}

// Signing holds Standard Webhooks secrets, several while rotating.
type Signing struct {
	Secrets []Secret `json:"secrets,omitempty" yaml:"secrets,omitempty"`
}

// LogPolicy widens what the attempt log keeps.
type LogPolicy struct {
	Bodies bool `json:"bodies" yaml:"bodies,omitempty"`
}

// State is whether steps are attempted or wait.
type State string

// The states.
const (
	Active State = "active"
	Paused State = "paused"
)

// NewWebhook is a definition with every default; decode a document over it.
func NewWebhook() *Webhook {
	return &Webhook{
		Destination: "custom",
		Auth:        Auth{Type: AuthNone},
		Body:        Body{Type: BodyJSON, IncludeTriggerData: true},
		Success:     Statuses{StatusOf(200)},
		Retry: Retry{
			Statuses:        []int{429, 502, 503, 504},
			Delay:           Duration(3 * time.Minute),
			Max:             3,
			HonorRetryAfter: true,
		},
		Timeout: Duration(10 * time.Second),
		State:   Active,
	}
}

// Key is the definition's key in the KV bucket.
func (w *Webhook) Key() string { return w.Project + "." + w.ID }

// Clone is a deep copy.
func (w *Webhook) Clone() *Webhook {
	c := *w
	c.Auth.Params = append([]Pair(nil), w.Auth.Params...)
	c.Headers = append([]Header(nil), w.Headers...)
	c.Body.UserFields = append([]string(nil), w.Body.UserFields...)
	c.Body.Form = append([]Pair(nil), w.Body.Form...)
	c.Success = append(Statuses(nil), w.Success...)
	c.Retry.Statuses = append([]int{}, w.Retry.Statuses...)
	c.Signing.Secrets = append([]Secret(nil), w.Signing.Secrets...)
	return &c
}

// Secrets names every secret of the definition by its path and lets the caller replace it. Secret
// headers are matched by name, so that reordering them keeps their values.
func (w *Webhook) Secrets() map[string]*Secret {
	found := map[string]*Secret{}
	add := func(path string, s *Secret) {
		if !s.IsZero() {
			found[path] = s
		}
	}
	add("auth.token", &w.Auth.Token)
	add("auth.clientSecret", &w.Auth.ClientSecret)
	for i := range w.Headers {
		if h := &w.Headers[i]; h.Secret {
			add("headers."+canonical(h.Name), &h.Value.Secret)
		}
	}
	for i := range w.Signing.Secrets {
		add("signing.secrets["+strconv.Itoa(i)+"]", &w.Signing.Secrets[i])
	}
	return found
}
