package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
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
	return &http.Response{
		StatusCode: a.Status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(strings.NewReader(a.body.text)), Request: r,
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
	return tc.Expect.compare(wire, decision, masking(w, wire.last))
}

// masking hides a webhook's secrets, and what templates made of them in the last call: what differs is printed, and ends
// up in logs.
func masking(w *schema.Webhook, last *http.Request) *strings.Replacer {
	var pairs []string
	for _, h := range w.Headers {
		if !h.Secret || last == nil {
			continue
		}
		if text := valueOf(last.Header, h.Name); text != "" {
			pairs = append(pairs, text, schema.Masked)
		}
	}
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
	if e.body != nil && !e.body.same(wire.body) {
		faults = append(faults, fmt.Sprintf("body: want %s, got %s", mask.Replace(e.body.text), mask.Replace(wire.body)))
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

// same compares text byte for byte, and anything else by what it means as JSON: a number is its value.
func (b *testBody) same(got string) bool {
	if !b.isJSON {
		return b.text == got
	}
	var want, have any
	return decodeExact(b.text, &want) == nil && decodeExact(got, &have) == nil && sameValue(want, have)
}

// decodeExact reads one JSON value and keeps the digits of its numbers.
func decodeExact(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	return nil
}

func sameValue(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		other, ok := b.(json.Number)
		return ok && sameNumber(a.String(), other.String())
	case []any:
		other, ok := b.([]any)
		return ok && slices.EqualFunc(a, other, sameValue)
	case map[string]any:
		other, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, other, sameValue)
	}
	return a == b
}

// sameNumber compares by value, whatever the digits; where an exponent is absurdly large, by the digits.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	for _, text := range []string{a, b} {
		if _, exponent, ok := strings.Cut(strings.ToLower(text), "e"); ok && len(strings.TrimLeft(exponent, "+-0")) > 3 {
			return false
		}
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}
