package dispatcher

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/journeyhook/journeyhook/internal/formtext"
	"github.com/journeyhook/journeyhook/internal/redact"
	"github.com/journeyhook/journeyhook/schema"
)

// prepareURL renders the endpoint and judges what rendering made of it (B6, B7, B49, C18).
func (d *Dispatcher) prepareURL(r *request, p *plan, s *schema.Step) error {
	b := r.buffers
	var named bool
	var err error
	b.url, b.logged, named, err = p.endpoint.ExecuteURLNaming(b.url[:0], b.logged[:0], &b.data, "email")
	if err != nil {
		return renderFault("endpoint", err)
	}
	raw := string(b.url)
	r.loggedURL = string(b.logged)
	if r.step.Tile.Type == schema.UserProfile && r.method == http.MethodGet && !named {
		b.text = formtext.Append(b.text[:0], s.User.Email)
		encoded := strings.ReplaceAll(strings.ReplaceAll(string(b.text), "%40", "@"), "+", "%20") // B5, but for the @
		raw, r.loggedURL = appendEmail(raw, encoded), appendEmail(r.loggedURL, redact.Hidden)
	}
	r.url, err = url.Parse(raw)
	if err != nil {
		return invalidURL("the rendered URL can't be read")
	}
	return d.judgeURL(r.url)
}

func invalidURL(format string, args ...any) error {
	return &requestFault{schema.ReasonInvalidURL, fmt.Sprintf(format, args...)}
}

func (d *Dispatcher) judgeURL(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return invalidURL("the URL must start with https://")
	case u.Scheme == "http" && !d.AllowHTTP:
		return invalidURL("plain http is not allowed here; use https, or set JOURNEYHOOK_EGRESS_ALLOW_HTTP")
	case u.Hostname() == "":
		return invalidURL("the URL has no host")
	case u.User != nil:
		return invalidURL("the URL has a user name or password in it")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return invalidURL("the URL's port is not a port")
		}
	}
	if name, found := keyName(u.RawQuery, d.keyNames()); found {
		return invalidURL("the URL has an API key in it (%s)", name)
	}
	return nil
}

// appendEmail adds the user's email, encoded, to a profile tile's query, before any # (B40, C25).
func appendEmail(raw, email string) string {
	rest, fragment, hasFragment := strings.Cut(raw, "#")
	_, query, hasQuery := strings.Cut(rest, "?")
	switch {
	case !hasQuery:
		rest += "?"
	case query != "" && !strings.HasSuffix(query, "&"):
		rest += "&"
	}
	rest += "email=" + email
	if hasFragment {
		rest += "#" + fragment
	}
	return rest
}
