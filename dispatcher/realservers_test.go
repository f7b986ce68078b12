package dispatcher_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/journeyhook/journeyhook/dispatcher"
	"github.com/journeyhook/journeyhook/internal/child"
	"github.com/journeyhook/journeyhook/schema"
)

// real is an installed server in front of an origin, and how it can be called.
type real struct {
	urls map[string]string // by protocol
	d    *dispatcher.Dispatcher
	dir  string
}

// startReal starts a server that is installed here, which CI insists on. Its configuration is a template of PLAIN, TLS1
// and TLS2 (ports of its three protocols), CERT and DIR (paths).
func startReal(t *testing.T, program, configuration string, args func(config string) []string) *real {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + program) // Debian's place, which is not on everybody's path
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(program + " is not installed")
	}
	dir := t.TempDir()
	good := certificate(t, func(*x509.Certificate) {})
	writeFile(t, filepath.Join(dir, "cert.pem"), pemOf(t, good))
	words := []string{"CERT", filepath.Join(dir, "cert.pem"), "DIR", dir}
	r := &real{urls: map[string]string{}, dir: dir}
	var last int
	for word, scheme := range map[string]string{"PLAIN": "http", "TLS1": "https", "TLS2": "https"} {
		if last, err = child.FreePort(); err != nil {
			t.Fatal(err)
		}
		words = append(words, word, fmt.Sprint("127.0.0.1:", last))
		r.urls[map[string]string{"PLAIN": "HTTP/1.1", "TLS1": "HTTP/1.1 over TLS", "TLS2": "HTTP/2"}[word]] = fmt.Sprintf("%s://127.0.0.1:%d", scheme, last)
	}
	config := filepath.Join(dir, "config")
	writeFile(t, config, []byte(strings.NewReplacer(words...).Replace(configuration)))
	var said bytes.Buffer
	cmd := exec.Command(path, args(config)...)
	cmd.Stderr, cmd.Stdout = &said, &said
	p, err := child.Start(program, cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.End(syscall.SIGTERM, 10*time.Second); err != nil && !strings.Contains(err.Error(), "143") && !strings.Contains(err.Error(), "terminated") {
			t.Errorf("%v: %s", err, said.String())
		}
	})
	if err := child.Listening(t.Context(), last); err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	r.d = guarded(t, dispatcher.Egress{Allow: []string{"127.0.0.1"}, CA: trusting(t, good)})
	r.d.AllowHTTP = true
	return r
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func pemOf(t *testing.T, c tls.Certificate) []byte {
	t.Helper()
	key, err := x509.MarshalECPrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})...)
}

// origin answers behind a real server, and counts.
type origin struct {
	*wire
	addr string
}

func newOrigin(t *testing.T) *origin {
	w := listen(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/closes":
			if c, _, err := http.NewResponseController(rw).Hijack(); err == nil {
				_ = c.Close()
			}
		case "/resets":
			if c, _, err := http.NewResponseController(rw).Hijack(); err == nil {
				_ = c.(*net.TCPConn).SetLinger(0)
				_ = c.Close()
			}
		case "/profile":
			fmt.Fprint(rw, `{"city":"Bern"}`)
		}
	})
	return &origin{w, w.Listener.Addr().String()}
}

// sawBareGETs holds the GETs that came to having no body, and to announcing none (C11).
func (o *origin) sawBareGETs(t *testing.T) {
	t.Helper()
	for _, s := range o.seen() {
		if s.method == "GET" && (s.header.Get("Transfer-Encoding") != "" || s.header.Get("Content-Length") != "" || s.body != "") {
			t.Errorf("a GET reached the origin as %+v", s)
		}
	}
}

func (r *real) asksForAProfile(t *testing.T, protocol string) {
	t.Helper()
	out := r.d.Dispatch(t.Context(), webhook("GET", r.urls[protocol]+"/profile"), profileTile(step("a@x.com", "", "")))
	if expect(t, out, schema.Delivered, schema.ReasonDelivered, 200); string(out.Fields) != `{"city":"Bern"}` {
		t.Errorf("%s: fields %s", protocol, out.Fields)
	}
}

const nginxConfig = `
daemon off;
user root;
worker_processes 1;
pid DIR/pid;
error_log stderr crit;
events { worker_connections CONNECTIONS; }
http {
  client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/f; uwsgi_temp_path DIR/u; scgi_temp_path DIR/s;
  log_format calls '$server_protocol $request_method $uri $status';
  access_log DIR/calls calls;
  ssl_certificate CERT;
  ssl_certificate_key CERT;
  keepalive_requests REQUESTS;
  server {
    listen PLAIN;
    listen TLS1 ssl;
    listen TLS2 ssl http2;
    location /200 { return 200; }
    location /444 { return 444; }
    location /503 { return 503; }
    location / { proxy_pass http://ORIGIN; proxy_http_version 1.1; proxy_next_upstream off; }
  }
}`

func startNginx(t *testing.T, o *origin, connections, requests string) *real {
	t.Helper()
	return startReal(t, "nginx", strings.NewReplacer("ORIGIN", o.addr, "CONNECTIONS", connections, "REQUESTS", requests).Replace(nginxConfig),
		func(config string) []string {
			return []string{"-c", config, "-p", filepath.Dir(config), "-e", "stderr"}
		})
}

// logged are nginx's own counts of calls.
func (r *real) logged(t *testing.T) (calls []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' })
}

func TestBehindNginx(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	r := startNginx(t, o, "256", "1000")
	attempts := map[string]int{}
	for protocol, url := range r.urls {
		for _, method := range methods {
			for path, c := range map[string]struct {
				verdict schema.Verdict
				reason  schema.Reason
				status  int
			}{
				"/200":     {schema.Delivered, schema.ReasonDelivered, 200},
				"/444":     {schema.Failed, schema.ReasonConnection, 0},
				"/503":     {schema.Failed, schema.ReasonStatus, 503},
				"/closes":  {schema.Failed, schema.ReasonStatus, 502},
				"/resets":  {schema.Failed, schema.ReasonStatus, 502},
				"/through": {schema.Delivered, schema.ReasonDelivered, 200},
			} {
				out := r.d.Dispatch(t.Context(), webhook(method, url+path, timeout(30*time.Second)), step("a@x.com", "", `{"a":1}`))
				if out.Verdict != c.verdict || out.Reason != c.reason || out.Status != c.status {
					t.Errorf("%s %s %s: verdict %d, %s, %d (%s)", protocol, method, path, out.Verdict, out.Reason, out.Status, out.Detail)
				}
				attempts[method+" "+path]++
			}
		}
		r.asksForAProfile(t, protocol)
	}
	calls := map[string]int{}
	for _, line := range r.logged(t) {
		f := strings.Fields(line)
		calls[f[1]+" "+f[2]]++
	}
	for call, n := range attempts {
		if calls[call] != n {
			t.Errorf("%s: nginx saw %d calls of %d attempts", call, calls[call], n)
		}
	}
	o.sawBareGETs(t)
}

// A server that closes its connections after a few requests, or has hardly any to give, makes nobody exit.
func TestADrainingNginx(t *testing.T) {
	t.Parallel()
	for protocol := range map[string]bool{"HTTP/1.1 over TLS": true, "HTTP/2": true} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			o := newOrigin(t)
			r := startNginx(t, o, "64", "3")
			var delivered atomic.Int32
			var all sync.WaitGroup
			const attempts = 200
			for range attempts {
				all.Go(func() {
					out := r.d.Dispatch(t.Context(), webhook("POST", r.urls[protocol]+"/200"), step("a@x.com", "", ""))
					switch {
					case out.Verdict == schema.Delivered:
						delivered.Add(1)
					case out.Verdict != schema.Failed || out.Reason != schema.ReasonConnection:
						t.Errorf("verdict %d, %s: %s", out.Verdict, out.Reason, out.Detail)
					}
				})
			}
			all.Wait()
			n := len(r.logged(t))
			t.Logf("%d of %d attempts delivered, by %d calls", delivered.Load(), attempts, n)
			if n > attempts {
				t.Errorf("nginx processed %d calls of %d attempts", n, attempts)
			}
			if delivered.Load() < attempts/4 {
				t.Errorf("%d of %d attempts were delivered", delivered.Load(), attempts)
			}
		})
	}
}

// A server that takes few calls at once, which nobody knows before its settings have come, gets them all.
func TestManyCallsToAnNginxThatTakesFew(t *testing.T) {
	t.Parallel()
	for _, limit := range []string{"1", "5"} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			w := listen(t, func(http.ResponseWriter, *http.Request) { time.Sleep(50 * time.Millisecond) })
			r := startNginx(t, &origin{w, w.Listener.Addr().String()}, "1024", "1000; http2_max_concurrent_streams "+limit)
			const attempts = 100
			var all sync.WaitGroup
			for range attempts {
				all.Go(func() {
					out := r.d.Dispatch(t.Context(), webhook("POST", r.urls["HTTP/2"]+"/through", timeout(30*time.Second)), step("a@x.com", "", ""))
					expect(t, out, schema.Delivered, schema.ReasonDelivered, 200)
				})
			}
			all.Wait()
			if n := len(w.seen()); n != attempts {
				t.Errorf("%d calls of %d attempts came", n, attempts)
			}
		})
	}
}

const haproxyConfig = `
global
  maxconn 1000
  log stdout local0 crit
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  retries RETRIES
frontend calls
  bind PLAIN
  bind TLS1 ssl crt CERT
  bind TLS2 ssl crt CERT alpn h2
  default_backend origin
backend origin
  server o ORIGIN
`

func TestBehindHAProxy(t *testing.T) {
	t.Parallel()
	o := newOrigin(t)
	r := startReal(t, "haproxy", strings.NewReplacer("ORIGIN", o.addr, "RETRIES", "0").Replace(haproxyConfig),
		func(config string) []string { return []string{"-db", "-f", config} })
	attempts := map[string]int{}
	for protocol, url := range r.urls {
		for _, method := range methods {
			for _, path := range []string{"/through", "/closes", "/resets"} {
				out := r.d.Dispatch(t.Context(), webhook(method, url+path, timeout(30*time.Second)), step("a@x.com", "", `{"a":1}`))
				switch {
				case path == "/through":
					expect(t, out, schema.Delivered, schema.ReasonDelivered, 200)
				case out.Verdict != schema.Failed || out.Status != 502 && out.Reason != schema.ReasonConnection:
					t.Errorf("%s %s %s: verdict %d, %s, %d (%s)", protocol, method, path, out.Verdict, out.Reason, out.Status, out.Detail)
				}
				attempts[method+" "+path]++
			}
		}
		r.asksForAProfile(t, protocol)
	}
	calls := map[string]int{}
	for _, s := range o.seen() {
		path, _, _ := strings.Cut(s.uri, "?")
		calls[s.method+" "+path]++
	}
	o.sawBareGETs(t)
	for call, n := range attempts {
		// Over HTTP/2 HAProxy says of a request whose origin closed that it was not processed: that is sent once more.
		if most := n + n/len(r.urls); calls[call] > most || calls[call] < n {
			t.Errorf("%s: the origin saw %d calls of %d attempts, want %d at most", call, calls[call], n, most)
		}
	}
}
