package dispatcher_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/schema"
)

// rawServer answers each connection as a script of bytes says.
func rawServer(t *testing.T, serve func(conn net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func readRequest(conn net.Conn) {
	if req, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// What an endpoint can do to a call, and what it amounts to on either tile.
func TestMisbehavingEndpoints(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t)
	type judged struct {
		verdict schema.Verdict
		reason  schema.Reason
		status  int
	}
	timedOut := judged{schema.Failed, schema.ReasonTimeout, 0}
	cut := judged{schema.Failed, schema.ReasonConnection, 0}
	delivered := judged{schema.Delivered, schema.ReasonDelivered, 200}
	hang := func(r *http.Request) { <-r.Context().Done() }
	for name, c := range map[string]struct {
		url           string
		call, profile judged
	}{
		"B51: hangs before the answer": {listen(t, func(_ http.ResponseWriter, r *http.Request) { hang(r) }).URL, timedOut, timedOut},
		"C20: hangs inside the body": {listen(t, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, `{"a":`)
			_ = http.NewResponseController(w).Flush()
			hang(r)
		}).URL, delivered, judged{schema.Failed, schema.ReasonTimeout, 200}},
		"C41: breaks inside the body": {listen(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"a":`)
		}).URL, delivered, judged{schema.Failed, schema.ReasonUnparsable, 200}},
		"C2: refuses the connection":    {closedPort(t), cut, cut},
		"C2: a name nobody knows":       {"http://nobody.invalid", cut, cut},
		"closes without an answer":      {rawServer(t, readRequest), cut, cut},
		"closes at once":                {rawServer(t, func(net.Conn) {}), cut, cut},
		"answers in another protocol":   {rawServer(t, func(c net.Conn) { readRequest(c); fmt.Fprint(c, "220 smtp ready\r\n") }), cut, cut},
		"answers with a status of 0":    {rawServer(t, func(c net.Conn) { readRequest(c); fmt.Fprint(c, "HTTP/1.1 000 Nothing\r\n\r\n") }), cut, cut},
		"answers with a status of 99":   {rawServer(t, func(c net.Conn) { readRequest(c); fmt.Fprint(c, "HTTP/1.1 099 Less\r\n\r\n") }), cut, cut},
		"sends headers without an end":  {rawServer(t, func(c net.Conn) { readRequest(c); flood(c, "X-A: "+strings.Repeat("x", 1000)+"\r\n") }), cut, cut},
		"sends 1xx answers without end": {rawServer(t, func(c net.Conn) { readRequest(c); flood(c, "") }), cut, cut},
		"informs and then answers": {rawServer(t, func(c net.Conn) {
			readRequest(c)
			fmt.Fprint(c, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		}), delivered, delivered},
		"switches protocols": {rawServer(t, func(c net.Conn) { readRequest(c); fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n") }), judged{schema.Refused, schema.ReasonStatus, 101}, judged{schema.Refused, schema.ReasonStatus, 101}},
		"switches protocols and keeps talking": {rawServer(t, func(c net.Conn) {
			readRequest(c)
			fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			_, _ = io.Copy(io.Discard, c)
		}), judged{schema.Refused, schema.ReasonStatus, 101}, judged{schema.Refused, schema.ReasonStatus, 101}},
		"C19: redirects, also to itself": {listen(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }).URL, judged{schema.Refused, schema.ReasonStatus, 302}, judged{schema.Refused, schema.ReasonStatus, 302}},
		"sends a body without end": {listen(t, func(w http.ResponseWriter, r *http.Request) {
			chunk := []byte(strings.Repeat(" ", 64<<10))
			for r.Context().Err() == nil {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}).URL, delivered, judged{schema.Refused, schema.ReasonInvalidResponse, 200}},
		"a failure with a body without end": {listen(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		}).URL, judged{schema.Refused, schema.ReasonStatus, 500}, judged{schema.Refused, schema.ReasonStatus, 500}},
	} {
		for tile, want := range map[schema.TileType]judged{schema.CallWebhook: c.call, schema.UserProfile: c.profile} {
			t.Run(name+" "+string(tile), func(t *testing.T) {
				t.Parallel()
				s := step("a@x.com", "", "")
				s.Tile.Type = tile
				start := time.Now()
				out := d.Dispatch(t.Context(), webhook("GET", c.url, timeout(500*time.Millisecond)), s)
				expect(t, out, want.verdict, want.reason, want.status)
				if took := time.Since(start); took > 3*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		}
	}
}

func flood(c net.Conn, line string) {
	start := "HTTP/1.1 200 OK\r\n"
	if line == "" {
		start, line = "", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
	}
	if _, err := io.WriteString(c, start); err != nil {
		return
	}
	for {
		if _, err := io.WriteString(c, line); err != nil {
			return
		}
	}
}

// C39: a kept-alive connection that breaks just as it is used must not make net/http call again, whatever
// headers the author sends.
func TestABrokenConnectionIsNotRepeatedByItself(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t)
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		for _, kind := range []schema.BodyType{schema.BodyJSON, schema.BodyURLEncoded} {
			for _, name := range []string{"X-Plan", "X-Idempotency-Key", "x-idempotency-key"} {
				var requests, named atomic.Int32
				url := rawServer(t, func(c net.Conn) {
					in := bufio.NewReader(c)
					for i := 0; ; i++ {
						req, err := http.ReadRequest(in)
						if err != nil {
							return
						}
						_, _ = io.Copy(io.Discard, req.Body)
						requests.Add(1)
						if req.Header.Get(name) == "gold" {
							named.Add(1)
						}
						if i == 1 {
							return // the second one on this connection gets no answer
						}
						fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
					}
				})
				hook := webhook(method, url, body(schema.Body{Type: kind}), headers(header(name, "gold")))
				first := d.Dispatch(t.Context(), hook, step("a@x.com", "", ""))
				second := d.Dispatch(t.Context(), hook, step("a@x.com", "", ""))
				if first.Verdict != schema.Delivered || second.Reason != schema.ReasonConnection || requests.Load() != 2 || named.Load() != 2 {
					t.Errorf("%s %s %s: %s, %s (%s), %d requests on the wire, %d with the header, want 2", method, kind, name, first.Reason, second.Reason, second.Detail, requests.Load(), named.Load())
				}
			}
		}
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	peers := map[string]bool{}
	w := listen(t, func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		peers[r.RemoteAddr] = true
		mu.Unlock()
		fmt.Fprint(rw, strings.Repeat("x", 20000))
	})
	d := newDispatcher(t)
	for i := range 10 {
		expect(t, d.Dispatch(t.Context(), webhook([]string{"POST", "GET"}[i%2], w.URL), step("a@x.com", "", "")), schema.Delivered, schema.ReasonDelivered, 200)
	}
	if len(peers) != 1 {
		t.Errorf("%d connections for 10 calls", len(peers))
	}
}

func TestAPackedProfileAnswerIsUnpackedAndLimited(t *testing.T) {
	t.Parallel()
	pack := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, text)
			_ = z.Close()
		}
	}
	d := newDispatcher(t)
	out := d.Dispatch(t.Context(), webhook("GET", listen(t, pack(`{"a":1}`)).URL), profileTile(step("a@x.com", "", "")))
	if expect(t, out, schema.Delivered, schema.ReasonDelivered, 200); string(out.Fields) != `{"a":1}` {
		t.Errorf("%s", out.Fields)
	}
	bomb := listen(t, pack(`{"a":"`+strings.Repeat("x", 5<<20)+`"}`))
	expect(t, d.Dispatch(t.Context(), webhook("GET", bomb.URL), profileTile(step("a@x.com", "", ""))), schema.Refused, schema.ReasonInvalidResponse, 200)
}

func TestFailuresShowASnippetAndSuccessesDoNot(t *testing.T) {
	t.Parallel()
	d := newDispatcher(t)
	echo := func(status int) *wire {
		return listen(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintf(w, "key %s token %s for a@x.com", r.Header.Get("X-Api-Key"), r.Header.Get("Authorization"))
		})
	}
	edit := func(w *schema.Webhook) {
		w.Headers = []schema.Header{{Name: "X-Api-Key", Value: schema.SecretValue("c4nary"), Secret: true}}
		w.Auth = schema.Auth{Type: schema.AuthBasic, Token: schema.NewSecret("t0ken")}
	}
	out := d.Dispatch(t.Context(), webhook("POST", echo(400).URL, edit), step("a@x.com", "", ""))
	if want := "key *** token Basic *** for …"; out.Call.Snippet != want {
		t.Errorf("C37: %q, want %q", out.Call.Snippet, want)
	}
	if out := d.Dispatch(t.Context(), webhook("POST", echo(200).URL, edit), step("a@x.com", "", "")); out.Call.Snippet != "" || out.Call.RequestBody != "" {
		t.Errorf("a success shows %q %q", out.Call.Snippet, out.Call.RequestBody)
	}
	out = d.Dispatch(t.Context(), webhook("POST", echo(200).URL, func(w *schema.Webhook) { w.Log.Bodies = true }), step("a@x.com", "", promotion))
	if out.Call.RequestBody != promotion {
		t.Errorf("log.bodies: %q", out.Call.RequestBody)
	}
}

// C37: reading for the log ends early, perhaps in the middle of a secret.
func TestASecretThatArrivesInPartIsNotShown(t *testing.T) {
	t.Parallel()
	w := listen(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.WriteHeader(http.StatusForbidden)
		token := r.Header.Get("Authorization")
		fmt.Fprint(rw, "not for "+token[:len(token)-2])
		_ = http.NewResponseController(rw).Flush()
		<-r.Context().Done()
	})
	out := newDispatcher(t).Dispatch(t.Context(), webhook("POST", w.URL, func(w *schema.Webhook) {
		w.Auth = schema.Auth{Type: schema.AuthBasic, Token: schema.NewSecret("c4nary-t0ken")}
	}), step("a@x.com", "", ""))
	expect(t, out, schema.Refused, schema.ReasonStatus, 403)
	if want := "not for Basic ***"; out.Call.Snippet != want {
		t.Errorf("%q, want %q", out.Call.Snippet, want)
	}
}

func TestACallCutOffByUsEndsAtOnce(t *testing.T) {
	t.Parallel()
	w := listen(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	newDispatcher(t).Dispatch(ctx, webhook("POST", w.URL), step("a@x.com", "", ""))
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestTimesAreMeasured(t *testing.T) {
	t.Parallel()
	w := listen(t, func(http.ResponseWriter, *http.Request) { time.Sleep(30 * time.Millisecond) })
	c := newDispatcher(t).Dispatch(t.Context(), webhook("POST", w.URL), step("a@x.com", "", promotion)).Call
	if took := c.Ended.Sub(c.Started); took < 30*time.Millisecond || c.FirstByte < 30*time.Millisecond || c.FirstByte > took || c.Connect <= 0 || c.RequestBytes != int64(len(promotion)) {
		t.Errorf("%+v", c)
	}
}

// An answer is read in its own charset, also where it is only shown: the user's data is found in it (C37, C51).
func TestASnippetIsReadInItsCharset(t *testing.T) {
	t.Parallel()
	w := listen(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/plain; charset=iso-8859-1")
		rw.WriteHeader(http.StatusBadRequest)
		_, _ = rw.Write([]byte("no such city: Z\xfcrich; \xe0 bient\xf4t"))
	})
	out := newDispatcher(t).Dispatch(t.Context(), webhook("POST", w.URL), step("a@x.com", `{"city":"Zürich"}`, ""))
	if want := "no such city: …; à bientôt"; out.Call.Snippet != want {
		t.Errorf("%q, want %q", out.Call.Snippet, want)
	}
}
