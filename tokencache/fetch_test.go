package tokencache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/journeyhook/journeyhook/schema"
)

func TestTokenRequest(t *testing.T) {
	t.Parallel()
	odd := schema.Credentials{ClientID: "a b&c", ClientSecret: schema.NewSecret("p+ä~*-._/=")}
	extra := schema.Credentials{
		ClientID: "crm", ClientSecret: schema.NewSecret("s"), Scope: "read write", Audience: "https://api.example.com/",
		Params: []schema.Pair{{Name: "z", Value: "1"}, {Name: "a", Value: "2 3"}},
	}
	basic := odd
	basic.ClientAuth = "basic"
	for name, tc := range map[string]struct {
		cred       schema.Credentials
		body, auth string
	}{
		"the plain request is the documented one byte for byte": {
			cred: schema.Credentials{ClientID: "crm", ClientSecret: schema.NewSecret("s3cret")},
			body: "client_id=crm&client_secret=s3cret&grant_type=client_credentials",
		},
		"values are form-encoded": {
			cred: odd,
			body: "client_id=a+b%26c&client_secret=p%2B%C3%A4%7E*-._%2F%3D&grant_type=client_credentials",
		},
		"scope, audience and params follow in the file's order": {
			cred: extra,
			body: "client_id=crm&client_secret=s&grant_type=client_credentials&scope=read+write&audience=https%3A%2F%2Fapi.example.com%2F&z=1&a=2+3",
		},
		"basic client authentication moves id and secret to the header": {
			cred: basic,
			body: "grant_type=client_credentials",
			auth: "Basic YStiJTI2YzpwJTJCJUMzJUE0JTdFKi0uXyUyRiUzRA==",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newTokenServer(t)
			tc.cred.TokenURL = server.URL + "/token"
			mustToken(t, newWorker(t, nil, nil), tc.cred)
			server.mu.Lock()
			defer server.mu.Unlock()
			if server.body != tc.body {
				t.Errorf("body %s\nwant %s", server.body, tc.body)
			}
			if got := server.head.Get("Authorization"); got != tc.auth {
				t.Errorf("Authorization %q, want %q", got, tc.auth)
			}
			if got := server.head.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
				t.Errorf("Content-Type %q", got)
			}
		})
	}
}

func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	cred := schema.Credentials{ClientID: "crm-client", ClientSecret: schema.NewSecret("canary-secret")}
	for name, tc := range map[string]struct {
		status  int
		body    string
		access  string
		expires time.Duration
		failure string
	}{
		"a token with whole seconds":           {200, `{"access_token":"a","expires_in":3600}`, "a", time.Hour, ""},
		"seconds as text":                      {200, `{"access_token":"a","expires_in":" 60 "}`, "a", time.Minute, ""},
		"any 2xx is good":                      {201, `{"access_token":"a"}`, "a", 0, ""},
		"no seconds":                           {200, `{"access_token":"a","expires_in":null}`, "a", 0, ""},
		"zero seconds":                         {200, `{"access_token":"a","expires_in":0}`, "a", 0, ""},
		"negative seconds":                     {200, `{"access_token":"a","expires_in":-5}`, "a", 0, ""},
		"unreadable seconds":                   {200, `{"access_token":"a","expires_in":{"s":1}}`, "a", 0, ""},
		"words for seconds":                    {200, `{"access_token":"a","expires_in":"soon"}`, "a", 0, ""},
		"more seconds than a duration holds":   {200, `{"access_token":"a","expires_in":9223372036854775807}`, "a", 9223372036 * time.Second, ""},
		"the longest answer":                   {200, `{"access_token":"a"}` + strings.Repeat(" ", answerCap-20), "a", 0, ""},
		"an answer that is too long":           {200, `{"access_token":"a"}` + strings.Repeat(" ", answerCap), "", 0, "answered 200 with more than 64 KiB"},
		"no token":                             {200, `{"token":"a"}`, "", 0, "answered 200 without an access_token"},
		"an empty token":                       {200, `{"access_token":""}`, "", 0, "answered 200 without an access_token"},
		"a token in other letter case":         {200, `{"Access_Token":"a"}`, "", 0, "answered 200 without an access_token"},
		"a token that is a number":             {200, `{"access_token":5}`, "", 0, "answered 200 without an access_token"},
		"a token with a line break":            {200, `{"access_token":"a\r\nX: y"}`, "", 0, "answered 200 with control bytes in its access_token"},
		"a web page":                           {200, `<html>login</html>`, "", 0, "answered 200 without a JSON object"},
		"a list":                               {200, `["access_token"]`, "", 0, "answered 200 without a JSON object"},
		"nothing":                              {204, ``, "", 0, "answered 204 without a JSON object"},
		"two documents":                        {200, `{"access_token":"a"}{}`, "", 0, "answered 200 without a JSON object"},
		"a byte order mark before a token":     {200, "\xef\xbb\xbf" + `{"access_token":"a"}`, "a", 0, ""},
		"a token in UTF-16":                    {200, "\xfe\xff\x00{\x00\"\x00a\x00c\x00c\x00e\x00s\x00s\x00_\x00t\x00o\x00k\x00e\x00n\x00\"\x00:\x00\"\x00a\x00\"\x00}", "a", 0, ""},
		"a token that is no UTF-8":             {200, "{\"access_token\":\"a\xff\"}", "", 0, "answered 200 with an access_token that is not text in the charset it declares"},
		"what is no UTF-8 beside a token":      {200, "{\"access_token\":\"a\",\"by\":\"M\xfcller \\ud800\"}", "a", 0, ""},
		"a token with half a surrogate pair":   {200, `{"access_token":"a\ud800"}`, "", 0, "answered 200 with an access_token that is not text in the charset it declares"},
		"a refusal in the standard's words":    {401, `{"error":"invalid_client","error_description":"secret canary-secret"}`, "", 0, "answered 401: invalid_client (secret ***)"},
		"a refusal in the server's own words":  {400, `{"error":"canary-secret is wrong"}`, "", 0, "answered 400: *** is wrong"},
		"a refusal behind a byte order mark":   {400, "\xef\xbb\xbf" + `{"error":"invalid_scope"}`, "", 0, "answered 400: invalid_scope"},
		"a refusal with status 200":            {200, `{"error":"invalid_client","error_description":"no such client"}`, "", 0, "answered 200 without an access_token: invalid_client (no such client)"},
		"a refusal beside an empty token":      {200, `{"access_token":"","error":"AADSTS7000215"}`, "", 0, "answered 200 without an access_token: AADSTS7000215"},
		"only a description":                   {503, `{"error_description":"we are away"}`, "", 0, "answered 503 (we are away)"},
		"a description with control bytes":     {400, `{"error":"invalid_request","error_description":"a\r\nb\u0000\u202e\u2028c\td "}`, "", 0, "answered 400: invalid_request (a b c d)"},
		"a long description":                   {400, `{"error":"invalid_request","error_description":"` + strings.Repeat("é", 5000) + `"}`, "", 0, "answered 400: invalid_request (" + strings.Repeat("é", 200) + "…)"},
		"a long error":                         {400, `{"error":"` + strings.Repeat("x", 5000) + `"}`, "", 0, "answered 400: " + strings.Repeat("x", 64) + "…"},
		"the client's id":                      {401, `{"error":"invalid_client","error_description":"client 'crm-client' is unknown"}`, "", 0, "answered 401: invalid_client (client '***' is unknown)"},
		"the secret in other forms":            {401, `{"error":"invalid_client","error_description":"Y3JtLWNsaWVudDpjYW5hcnktc2VjcmV0 canary%2Dsecret CANARY-SECRET Y2FuYXJ5LXNlY3JldA=="}`, "", 0, "answered 401: invalid_client (*** *** *** ***==)"},
		"a secret that the limit cuts":         {401, `{"error":"invalid_client","error_description":"` + strings.Repeat("x", 195) + ` canary-secret"}`, "", 0, "answered 401: invalid_client (" + strings.Repeat("x", 195) + " ***)"},
		"an error that is an object":           {400, `{"error":{"code":"canary-secret"},"error_description":["x"]}`, "", 0, "answered 400: ***"},
		"an object with a message":             {200, `{"error":{"code":401,"status":"UNAUTHENTICATED","message":"not canary-secret"}}`, "", 0, "answered 200 without an access_token: 401 (not ***)"},
		"an object with other things":          {200, `{"error":{"code":[1],"type":null,"at":{}}}`, "", 0, "answered 200 without an access_token"},
		"an error that is a number":            {200, `{"error":1002,"error_description":7}`, "", 0, "answered 200 without an access_token: 1002 (7)"},
		"an error that is true":                {200, `{"error":true}`, "", 0, "answered 200 without an access_token"},
		"a refusal that is no JSON":            {401, `<html>canary-secret</html>`, "", 0, "answered 401"},
		"a refusal that is a list":             {401, `["error"]`, "", 0, "answered 401"},
		"a token with an error status":         {403, `{"access_token":"a"}`, "", 0, "answered 403"},
		"a redirect":                           {307, `{"access_token":"a"}`, "", 0, "answered 307, a redirect, which is never followed"},
		"a status that means something wholly": {600, `{"access_token":"a"}`, "", 0, "answered 600"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, failure := readAnswer(tc.status, "application/json", []byte(tc.body), cred)
			if got.Access.Reveal() != tc.access || got.ExpiresIn != tc.expires || tc.access == "" && failure != tc.failure || tc.access != "" && failure != "" {
				t.Errorf("token %q, %v, failure %q; want %q, %v, %q", got.Access.Reveal(), got.ExpiresIn, failure, tc.access, tc.expires, tc.failure)
			}
		})
	}
}

func TestTries(t *testing.T) {
	t.Parallel()
	good := answerFor(200, `{"access_token":"good"}`)
	for name, tc := range map[string]struct {
		answers []func(context.Context) (*http.Response, error)
		tries   int64
		failure string // "" = a token
	}{
		"a server error, then a token":            {asked(answerFor(500, ""), good), 2, ""},
		"two kinds of trouble, then a token":      {asked(answerFor(429, ""), broken, good), 3, ""},
		"three server errors":                     {asked(answerFor(500, ""), answerFor(502, ""), answerFor(503, "")), 3, "auth.example.com answered 503"},
		"no connection":                           {asked(broken, broken, broken), 3, "auth.example.com: it can't be reached"},
		"a refusal is not repeated":               {asked(answerFor(401, "")), 1, "auth.example.com answered 401"},
		"a useless answer is not repeated":        {asked(answerFor(200, "")), 1, "auth.example.com answered 200 without a JSON object"},
		"a redirect is not followed nor repeated": {asked(answerFor(302, "")), 1, "auth.example.com answered 302, a redirect, which is never followed"},
		"a hanging server":                        {asked(hang), 1, "auth.example.com: no answer in time"},
		"a server that hangs at the second try":   {asked(answerFor(500, ""), hang), 2, "auth.example.com: no answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var tries atomic.Int64
				var results []string
				c := &Cache{
					OnFetch: func(result string) { results = append(results, result) },
					Client: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
						return tc.answers[tries.Add(1)-1](r.Context())
					})},
				}
				defer c.Close()
				began := time.Now()
				_, err := c.Token(t.Context(), bubbleCredentials)
				want, wantResult := error(nil), "ok"
				if tc.failure != "" {
					want, wantResult = &schema.TokenError{Detail: tc.failure}, "failed"
				}
				if fmt.Sprint(err) != fmt.Sprint(want) || tries.Load() != tc.tries {
					t.Errorf("%v after %d tries, want %v after %d", err, tries.Load(), want, tc.tries)
				}
				if fmt.Sprint(results) != fmt.Sprint([]string{wantResult}) {
					t.Errorf("OnFetch was told %v, want %s once", results, wantResult)
				}
				if took := time.Since(began); took > fetchTime {
					t.Errorf("the fetch took %v", took)
				}
			})
		})
	}
}

type answerer = func(context.Context) (*http.Response, error)

func asked(answers ...answerer) []answerer { return answers }

func answerFor(status int, body string) answerer {
	return func(context.Context) (*http.Response, error) {
		resp := answerOf(status, body)
		resp.Header.Set("Location", "https://elsewhere.example.com/")
		return resp, nil
	}
}

func broken(context.Context) (*http.Response, error) {
	return nil, errors.New("connection reset by canary-secret")
}

func hang(ctx context.Context) (*http.Response, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestATokenURLOfAnotherScriptIsAskedAsPunycode(t *testing.T) {
	t.Parallel()
	req, err := newRequest(t.Context(), schema.Credentials{TokenURL: "https://BÜCHER.example:8443/tökens", ClientID: "a", ClientSecret: schema.NewSecret("b")})
	if err != nil {
		t.Fatal(err)
	}
	if req.URL.Host != "xn--bcher-kva.example:8443" || req.Host != req.URL.Host || req.URL.EscapedPath() != "/t%C3%B6kens" {
		t.Errorf("asked %s, host %s", req.URL, req.Host)
	}
	if _, err := newRequest(t.Context(), schema.Credentials{TokenURL: "https://ü..example/"}); err == nil {
		t.Error("a host that DNS can't know was asked")
	}
}

func TestPlainHTTPNeedsTheOperatorsWord(t *testing.T) { // C18
	t.Parallel()
	server := newTokenServer(t)
	c := newWorker(t, nil, nil)
	c.AllowHTTP = false
	for _, url := range []string{server.URL, strings.ToUpper(server.URL[:4]) + server.URL[4:], "ftp://x", "nonsense"} {
		cred := server.credentials()
		cred.TokenURL = url
		var failed *schema.TokenError
		if _, err := c.Token(t.Context(), cred); !errors.As(err, &failed) || !strings.Contains(failed.Detail, "https") {
			t.Errorf("%s: %v", url, err)
		}
	}
	server.wantCount(t, 0)
}

func TestNoErrorTellsASecret(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(n int64, w http.ResponseWriter){
		"a refusal": func(_ int64, w http.ResponseWriter) { http.Error(w, "canary-secret", http.StatusUnauthorized) },
		"an echo of the request": func(_ int64, w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"canary-secret","error_description":"canary-query: got client_id=crm&client_secret=canary%2Dsecret"}`)
		},
		"a cut connection": func(_ int64, w http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"a cut answer": func(_ int64, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "canary-secret")
		},
		"a redirect": func(_ int64, w http.ResponseWriter) {
			w.Header().Set("Location", "https://canary-query/")
			w.WriteHeader(302)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newTokenServer(t)
			server.answer = answer
			var log bytes.Buffer
			c := newWorker(t, nil, nil)
			c.Log = zerolog.New(&log)
			c.Explain = func(err error) string { return err.Error() } // the worst there could be
			_, err := c.Token(t.Context(), server.credentials())
			if err == nil {
				t.Fatal("there is a token")
			}
			if text := err.Error() + log.String(); strings.Contains(text, "canary") {
				t.Errorf("a secret is told: %s", text)
			}
		})
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add(200, []byte(`{"access_token":"a","expires_in":"60"}`))
	f.Add(401, []byte(`{"error":"invalid_client"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		token, failure := readAnswer(status, "", body, schema.Credentials{ClientID: "crm-client", ClientSecret: schema.NewSecret("canary-secret")})
		access := token.Access.Reveal()
		if (access == "") == (failure == "") {
			t.Errorf("token %q and failure %q", access, failure)
		}
		if strings.Contains(failure, "canary-secret") || strings.ContainsFunc(failure, unicode.IsControl) || !utf8.ValidString(failure) {
			t.Errorf("failure %q", failure)
		}
		if token.ExpiresIn < 0 || strings.ContainsAny(access, "\r\n\x00") {
			t.Errorf("token %q, %v", access, token.ExpiresIn)
		}
	})
}
