package schema

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/internal/hostname"
)

// Destinations are the presets a definition may name, and custom (B2).
var Destinations = []string{"custom", "inkit", "lob", "segment", "twilio", "delighted", "amplitude", "zapier", "slack"}

// Methods are the HTTP methods a webhook may use (B3).
var Methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// Validate reports everything wrong with the definition's structure. Templates and the endpoint are
// the dispatcher's to check, since it compiles them.
func (w *Webhook) Validate() error {
	var fs Faults
	w.validateNames(&fs)
	w.validateAuth(&fs)
	w.validateHeaders(&fs)
	w.validateBody(&fs)
	w.validateOutcomes(&fs)
	w.validateLimits(&fs)
	w.validateSigning(&fs)
	return fs.Err()
}

func (w *Webhook) validateNames(fs *Faults) {
	checkID(fs, "project", w.Project)
	checkID(fs, "id", w.ID)
	if strings.TrimSpace(w.Name) == "" {
		fs.Add("name", "is missing; it is what people pick the webhook by")
	} else if len(w.Name) > 200 || hasControl(w.Name) {
		fs.Add("name", "must be at most 200 bytes of one line")
	}
	if !slices.Contains(Destinations, w.Destination) {
		fs.Add("destination", "%q is not known; use one of %s", w.Destination, strings.Join(Destinations, ", "))
	}
	switch {
	case w.Method == "":
		fs.Add("method", "is missing; use one of %s", strings.Join(Methods, ", "))
	case !slices.Contains(Methods, w.Method):
		fs.Add("method", "%q is not allowed; use one of %s", w.Method, strings.Join(Methods, ", "))
	}
	if w.Endpoint == "" {
		fs.Add("endpoint", "is missing; write the URL to call, like https://api.example.com/update")
	}
	if w.State != Active && w.State != Paused {
		fs.Add("state", "must be active or paused, not %q", w.State)
	}
}

func checkID(fs *Faults, path, id string) {
	if id == "" {
		fs.Add(path, "is missing; use %s", idRule)
	} else if !ValidID(id) {
		fs.Add(path, "%q must be %s", id, idRule)
	}
}

func (w *Webhook) validateAuth(fs *Faults) {
	a := &w.Auth
	switch a.Type {
	case AuthNone:
	case AuthBasic:
		if a.Token.IsZero() {
			fs.Add("auth.token", "is missing; basic needs it, already encoded as it is to be sent")
		} else if hasControl(a.Token.Reveal()) {
			fs.Add("auth.token", "contains a line break or another control byte")
		}
	case AuthOAuth2:
		a.validateOAuth2(fs)
	default:
		fs.Add("auth.type", "%q is not known; use none, basic or oauth2", a.Type)
		return
	}
	if a.Type != AuthBasic && !a.Token.IsZero() {
		fs.Add("auth.token", "belongs to type basic, not %s", a.Type)
	}
	if a.Type == AuthOAuth2 {
		return
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"clientId", a.ClientID != ""}, {"clientSecret", !a.ClientSecret.IsZero()}, {"tokenUrl", a.TokenURL != ""},
		{"scope", a.Scope != ""}, {"audience", a.Audience != ""}, {"params", len(a.Params) > 0},
		{"clientAuth", a.ClientAuth != ""}, {"honorExpiresIn", a.HonorExpiresIn},
	} {
		if f.set {
			fs.Add("auth."+f.name, "belongs to type oauth2, not %s", a.Type)
		}
	}
}

func (a *Auth) validateOAuth2(fs *Faults) {
	if a.ClientID == "" {
		fs.Add("auth.clientId", "is missing; oauth2 needs clientId, clientSecret and tokenUrl")
	}
	if a.ClientSecret.IsZero() {
		fs.Add("auth.clientSecret", "is missing; oauth2 needs clientId, clientSecret and tokenUrl")
	}
	u, err := url.Parse(a.TokenURL)
	switch {
	case a.TokenURL == "":
		fs.Add("auth.tokenUrl", "is missing; oauth2 needs clientId, clientSecret and tokenUrl")
	case strings.Contains(a.TokenURL, "{{"):
		fs.Add("auth.tokenUrl", "can't contain expressions")
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		fs.Add("auth.tokenUrl", "must be a URL like https://auth.example.com/token")
	case u.User != nil:
		fs.Add("auth.tokenUrl", "can't contain a user name or password")
	case unknownHost(u.Host):
		fs.Add("auth.tokenUrl", "%q is no host name", u.Host)
	}
	if a.ClientAuth != "" && a.ClientAuth != "body" && a.ClientAuth != "basic" {
		fs.Add("auth.clientAuth", "must be body or basic, not %q", a.ClientAuth)
	}
	for i, p := range a.Params {
		path := "auth.params[" + strconv.Itoa(i) + "].name"
		switch p.Name {
		case "":
			fs.Add(path, "is missing")
		case "client_id", "client_secret", "grant_type", "scope", "audience":
			fs.Add(path, "%s has a field of its own", p.Name)
		}
	}
}

func unknownHost(host string) bool {
	_, err := hostname.Authority(host)
	return err != nil
}

func (w *Webhook) validateOutcomes(fs *Faults) {
	if len(w.Success) == 0 {
		fs.Add("success", "is empty; list at least one status, like \"200\" or \"2xx\"")
	}
	var retried Statuses
	for i, code := range w.Retry.Statuses {
		path := "retry.statuses[" + strconv.Itoa(i) + "]"
		if code < 100 || code > 599 {
			fs.Add(path, "%d is not an HTTP status", code)
			continue
		}
		retried = append(retried, StatusOf(code))
	}
	if both, ok := w.Success.overlap(retried); ok {
		fs.Add("retry.statuses", "%s is also a success; a status can be one or the other", both)
	}
	checkRange(fs, "retry.delay", w.Retry.Delay.Std(), time.Second, 24*time.Hour)
	checkRange(fs, "timeout", w.Timeout.Std(), 100*time.Millisecond, time.Minute)
	if w.Retry.Max < 0 || w.Retry.Max > 10 {
		fs.Add("retry.max", "%d is out of range; use 0 to 10", w.Retry.Max)
	}
}

func checkRange(fs *Faults, path string, d, low, high time.Duration) {
	if d < low || d > high {
		fs.Add(path, "%s is out of range; use %s to %s", Duration(d), Duration(low), Duration(high))
	}
}

func (w *Webhook) validateLimits(fs *Faults) {
	if w.Limits.Rate < 0 || w.Limits.Rate > 1e6 {
		fs.Add("limits.rate", "must be 0 (no limit) to 1000000 calls per second")
	}
	if w.Limits.Concurrency < 0 {
		fs.Add("limits.concurrency", "must be 0 (no limit) or more")
	}
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}
