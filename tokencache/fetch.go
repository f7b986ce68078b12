package tokencache

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/journeyhook/journeyhook/internal/formtext"
	"github.com/journeyhook/journeyhook/internal/hostname"
	"github.com/journeyhook/journeyhook/internal/stall"
	"github.com/journeyhook/journeyhook/schema"
)

const (
	fetchTime  = 10 * time.Second // for all tries together (C9)
	fetchTries = 3
	answerCap  = 64 << 10
)

// fetch asks the token server, up to three times on network errors, 429 and 5xx (C9). Its error is a
// *schema.TokenError, or ctx's when ctx ended first.
func (c *Cache) fetch(ctx context.Context, cred schema.Credentials) (schema.Token, error) {
	try, timeout := stall.WithTimeout(ctx, fetchTime)
	defer timeout.End()
	wait := backoff.NewExponentialBackOff(backoff.WithInitialInterval(200*time.Millisecond), backoff.WithMultiplier(3), backoff.WithMaxElapsedTime(0))
	var token schema.Token
	var why string
	err := backoff.Retry(func() error {
		t, failure, again := c.ask(try, cred)
		if failure == "" {
			token = t
			return nil
		}
		why = failure
		if !again {
			return backoff.Permanent(errors.New(failure))
		}
		return errors.New(failure)
	}, backoff.WithContext(backoff.WithMaxRetries(wait, fetchTries-1), try))
	if ctx.Err() != nil {
		return schema.Token{}, ctx.Err()
	}
	if err != nil {
		c.report("failed")
		return schema.Token{}, &schema.TokenError{Detail: why, Unsure: timeout.Stalled()}
	}
	c.report("ok")
	return token, nil
}

func (c *Cache) report(result string) {
	if c.OnFetch != nil {
		c.OnFetch(result)
	}
}

// ask makes one token request. A failure is a sentence without secrets and whether to ask again.
func (c *Cache) ask(ctx context.Context, cred schema.Credentials) (t schema.Token, failure string, again bool) {
	req, err := newRequest(ctx, cred)
	if err != nil {
		return t, "the token URL can't be used", false
	}
	req.Header.Set("User-Agent", cmp.Or(c.UserAgent, "journeyhook"))
	host := req.URL.Hostname()
	resp, err := c.client().Do(req)
	if err != nil {
		return t, host + ": " + c.explain(ctx, err), true
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return t, host + " answered 101", false // its body is the bare connection, which no deadline ends
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerCap+1))
	if err != nil {
		return t, fmt.Sprintf("%s answered %d: %s", host, resp.StatusCode, c.explain(ctx, err)), true
	}
	t, failure = readAnswer(resp.StatusCode, resp.Header.Get("Content-Type"), body, cred)
	if failure != "" {
		return t, host + " " + failure, resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500
	}
	t.FetchedAt = time.Now().UTC().Round(0)
	return t, "", false
}

// newRequest is B18's, byte for byte, unless the webhook asks for more (C10).
func newRequest(ctx context.Context, cred schema.Credentials) (*http.Request, error) {
	id, secret := encode(cred.ClientID), encode(cred.ClientSecret.Reveal())
	basic := clientAuth(cred) == "basic"
	var body strings.Builder
	if !basic {
		body.WriteString("client_id=" + id + "&client_secret=" + secret + "&")
	}
	body.WriteString("grant_type=client_credentials")
	if cred.Scope != "" {
		body.WriteString("&scope=" + encode(cred.Scope))
	}
	if cred.Audience != "" {
		body.WriteString("&audience=" + encode(cred.Audience))
	}
	for _, p := range cred.Params {
		body.WriteString("&" + encode(p.Name) + "=" + encode(p.Value))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, cred.TokenURL, strings.NewReader(body.String()))
	if err == nil {
		req.URL.Host, err = hostname.Authority(req.URL.Host)
	}
	if err != nil {
		return nil, err
	}
	req.Host = req.URL.Host
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	if basic {
		req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(id+":"+secret)))
	}
	return req, nil
}

func encode(s string) string { return string(formtext.Append(nil, s)) }

// client never follows a redirect: what it carries is meant for one server.
func (c *Cache) client() *http.Client {
	client := *cmp.Or(c.Client, http.DefaultClient)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

func (c *Cache) explain(ctx context.Context, err error) string {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		err = context.DeadlineExceeded
	}
	if outer := (*url.Error)(nil); errors.As(err, &outer) {
		err = outer.Err // the outer one prints the whole URL
	}
	if c.Explain != nil {
		return c.Explain(err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	return "it can't be reached"
}

// refuseURL is the operator's word on plain http (C18).
func (c *Cache) refuseURL(cred schema.Credentials) error {
	if scheme, _, _ := strings.Cut(cred.TokenURL, "://"); c.AllowHTTP || strings.EqualFold(scheme, "https") {
		return nil
	}
	return &schema.TokenError{Detail: "the token URL must be https, or the operator allows http with JOURNEYHOOK_EGRESS_ALLOW_HTTP"}
}
