package dispatcher_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// tokens hands out t1, t2, … and checks that only the token in use is rejected.
type tokens struct {
	t       *testing.T
	mu      sync.Mutex
	n       int
	expires time.Duration
	fail    map[int]error // by number
}

func (f *tokens) Token(context.Context, schema.Credentials) (schema.Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n == 0 {
		f.n = 1
	}
	return f.token()
}

func (f *tokens) Reject(_ context.Context, _ schema.Credentials, refused schema.Token) (schema.Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if want := fmt.Sprintf("t%d", f.n); refused.Access.Reveal() != want {
		f.t.Errorf("%s was rejected, in use is %s", refused.Access.Reveal(), want)
	}
	f.n++
	return f.token()
}

func (f *tokens) token() (schema.Token, error) {
	if err := f.fail[f.n]; err != nil {
		return schema.Token{}, err
	}
	return schema.Token{Access: schema.NewSecret(fmt.Sprintf("t%d", f.n)), FetchedAt: time.Now(), ExpiresIn: f.expires}, nil
}

func oauth(w *schema.Webhook) {
	w.Auth = schema.Auth{Type: schema.AuthOAuth2, ClientID: "c", ClientSecret: schema.NewSecret("s3cret"), TokenURL: "https://auth.example.com"}
}

// accept answers 401 unless the token is one of those listed.
func accept(good ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, g := range good {
			if r.Header.Get("Authorization") == "Bearer "+g {
				return
			}
		}
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, "bad token "+r.Header.Get("Authorization"))
	}
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	gone := &schema.TokenError{Detail: "auth.example.com answered 500"}
	for name, c := range map[string]struct {
		accepts   []string
		expires   time.Duration
		fail      map[int]error
		verdict   schema.Verdict
		reason    schema.Reason
		status    int
		calls     int
		refreshes int
		early     bool
	}{
		"B21: the first token is good":                     {accepts: []string{"t1"}, verdict: schema.Delivered, reason: schema.ReasonDelivered, status: 200, calls: 1},
		"B22: the second one is":                           {accepts: []string{"t2"}, verdict: schema.Delivered, reason: schema.ReasonDelivered, status: 200, calls: 2, refreshes: 1},
		"B22: the fourth one is":                           {accepts: []string{"t4"}, verdict: schema.Delivered, reason: schema.ReasonDelivered, status: 200, calls: 4, refreshes: 3},
		"B23: none is":                                     {verdict: schema.Refused, reason: schema.ReasonUnauthorized, status: 401, calls: 4, refreshes: 3},
		"B24: refused before its expiry":                   {accepts: []string{"t2"}, expires: time.Hour, verdict: schema.Delivered, reason: schema.ReasonDelivered, status: 200, calls: 2, refreshes: 1, early: true},
		"B24: refused after it":                            {accepts: []string{"t2"}, expires: time.Nanosecond, verdict: schema.Delivered, reason: schema.ReasonDelivered, status: 200, calls: 2, refreshes: 1},
		"B25: no token":                                    {fail: map[int]error{1: gone}, verdict: schema.Refused, reason: schema.ReasonTokenFailed, calls: 0},
		"B25, C34: none on the refresh; the status stays":  {fail: map[int]error{2: gone}, verdict: schema.Refused, reason: schema.ReasonTokenFailed, status: 401, calls: 1},
		"an early refusal is told also when no token came": {fail: map[int]error{2: gone}, expires: time.Hour, verdict: schema.Refused, reason: schema.ReasonTokenFailed, status: 401, calls: 1, early: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := listen(t, accept(c.accepts...))
			d := newDispatcher(t)
			d.Tokens = &tokens{t: t, expires: c.expires, fail: c.fail}
			out := d.Dispatch(t.Context(), webhook("POST", w.URL, oauth), step("a@x.com", "", promotion))
			expect(t, out, c.verdict, c.reason, c.status)
			if n := len(w.seen()); n != c.calls || out.TokenRefreshes != c.refreshes || out.RejectedEarly != c.early {
				t.Errorf("%d calls, %d refreshes, early %v; want %d, %d, %v", n, out.TokenRefreshes, out.RejectedEarly, c.calls, c.refreshes, c.early)
			}
			if c.reason == schema.ReasonTokenFailed {
				contains(t, "detail", out.Detail, "auth.example.com answered 500")
			}
			if strings.Contains(out.Call.Snippet, "t4") {
				t.Errorf("the snippet shows the token: %s", out.Call.Snippet)
			}
			for _, call := range w.seen() {
				if call.body != promotion {
					t.Errorf("a repeated call sent %q", call.body)
				}
			}
		})
	}
}

func TestA503AfterARefreshIsRetriedLater(t *testing.T) {
	t.Parallel()
	w := listen(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer t1" {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		rw.WriteHeader(http.StatusServiceUnavailable)
	})
	d := newDispatcher(t)
	d.Tokens = &tokens{t: t}
	out := d.Dispatch(t.Context(), webhook("POST", w.URL, oauth), step("a@x.com", "", ""))
	expect(t, out, schema.Failed, schema.ReasonStatus, 503)
}

// C34: the 401 is what the endpoint answered in this attempt.
func TestACallWithoutAnAnswerAfterARefreshKeepsTheStatus(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lose func(*http.Request)
		want schema.Reason
	}{
		"it times out":             {func(r *http.Request) { <-r.Context().Done() }, schema.ReasonTimeout},
		"the connection is closed": {func(*http.Request) { panic(http.ErrAbortHandler) }, schema.ReasonConnection},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := listen(t, func(rw http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "Bearer t1" {
					c.lose(r)
				}
				rw.WriteHeader(http.StatusUnauthorized)
			})
			d := newDispatcher(t)
			d.Tokens = &tokens{t: t}
			out := d.Dispatch(t.Context(), webhook("POST", w.URL, oauth, timeout(300*time.Millisecond)), step("a@x.com", "", ""))
			expect(t, out, schema.Failed, c.want, 401)
			if out.TokenRefreshes != 1 {
				t.Errorf("%d refreshes", out.TokenRefreshes)
			}
		})
	}
}

func TestA401WithoutOAuthIsLikeAny4xx(t *testing.T) {
	t.Parallel()
	w := listen(t, accept())
	out := newDispatcher(t).Dispatch(t.Context(), webhook("POST", w.URL), step("a@x.com", "", ""))
	expect(t, out, schema.Refused, schema.ReasonStatus, 401)
	w.only(t)
}
