package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/internal/app"
	"github.com/journeyhook/journeyhook/schema"
)

// script answers calls from a list and keeps the last one.
type script struct {
	answers []testAnswer
	calls   int
	last    *http.Request
	body    string
}

func (t *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	t.last, t.body = r, string(body)
	a := testAnswer{Status: http.StatusOK}
	if n := len(t.answers); n > 0 {
		a = t.answers[min(t.calls, n-1)]
	}
	t.calls++
	text, err := bodyText(a.Body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: a.Status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(bytes.NewReader([]byte(text))), Request: r,
	}, nil
}

// scriptTokens are made up, a new one after each refusal.
type scriptTokens struct{ fetched int }

func (t *scriptTokens) Token(context.Context, schema.Credentials) (schema.Token, error) {
	t.fetched++
	return schema.Token{Access: schema.NewSecret("test-token-" + strconv.Itoa(t.fetched)), FetchedAt: time.Now()}, nil
}

func (t *scriptTokens) Reject(ctx context.Context, c schema.Credentials, _ schema.Token) (schema.Token, error) {
	return t.Token(ctx, c)
}

// run makes the attempts a worker would make, without its waits, and says what differs.
func (u *suite) run(ctx context.Context, tc testCase) []string {
	step, w, err := u.step(tc)
	if err != nil {
		return []string{err.Error()}
	}
	wire := &script{answers: tc.Answers}
	d := &dispatcher.Dispatcher{Transport: wire, Tokens: &scriptTokens{}, AllowHTTP: u.allow, KeyNames: u.names, Version: app.Version}
	decision := app.Decision{Next: schema.NextRetry}
	for attempt := 1; decision.Next == schema.NextRetry; attempt++ {
		decision = app.Decide(w, d.Dispatch(ctx, w, step), attempt)
	}
	return tc.Expect.compare(wire, decision, masking(w))
}

// masking hides a webhook's secrets: what differs is printed, and ends up in logs.
func masking(w *schema.Webhook) *strings.Replacer {
	var pairs []string
	for _, s := range w.Secrets() {
		if text := s.Reveal(); text != "" {
			pairs = append(pairs, text, schema.Masked)
		}
	}
	return strings.NewReplacer(pairs...)
}

func (e expectation) compare(wire *script, d app.Decision, mask *strings.Replacer) (faults []string) {
	var method, url string
	header := http.Header{}
	if wire.last != nil {
		method, url, header = wire.last.Method, wire.last.URL.String(), wire.last.Header
	}
	same := func(what string, want *string, got string) {
		if want != nil && *want != got {
			faults = append(faults, fmt.Sprintf("%s: want %q, got %q", what, mask.Replace(*want), mask.Replace(got)))
		}
	}
	same("method", e.Method, method)
	same("url", e.URL, url)
	for _, name := range slices.Sorted(maps.Keys(e.Headers)) {
		want := e.Headers[name]
		same("header "+name, &want, valueOf(header, name))
	}
	if e.Body != nil && !sameBody(e.Body, wire.body) {
		want, _ := bodyText(e.Body)
		faults = append(faults, fmt.Sprintf("body: want %s, got %s", mask.Replace(want), mask.Replace(wire.body)))
	}
	same("outcome", e.Outcome, string(d.Next))
	same("reason", e.Reason, string(d.Reason))
	if e.Attempts != nil && *e.Attempts != d.Attempts {
		faults = append(faults, fmt.Sprintf("attempts: want %d, got %d", *e.Attempts, d.Attempts))
	}
	if len(faults) > 0 && d.Detail != "" {
		faults = append(faults, "("+d.Detail+")")
	}
	return faults
}

// valueOf finds a header in any letter case, as it is on the wire.
func valueOf(h http.Header, name string) string {
	for key, values := range h {
		if http.CanonicalHeaderKey(key) == http.CanonicalHeaderKey(name) && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// bodyText is a body as text: text as it is, anything else as JSON.
func bodyText(body any) (string, error) {
	switch b := body.(type) {
	case nil:
		return "", nil
	case string:
		return b, nil
	}
	raw, err := json.Marshal(body)
	return string(raw), err
}

// sameBody compares text byte for byte, and anything else by what it means as JSON.
func sameBody(want any, got string) bool {
	text, err := bodyText(want)
	if _, isText := want.(string); isText || err != nil {
		return err == nil && text == got
	}
	var a, b any
	return json.Unmarshal([]byte(text), &a) == nil && json.Unmarshal([]byte(got), &b) == nil && reflect.DeepEqual(a, b)
}
