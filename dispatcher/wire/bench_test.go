package wire_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// BenchmarkCalls compares the pool with net/http's own, by the CPU of calls to a server in the same process.
func BenchmarkCalls(b *testing.B) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
		s := serve(b, protocol == "HTTP/2", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
		pool := x509.NewCertPool()
		pool.AddCert(s.Certificate())
		own := &http.Transport{ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1024, TLSClientConfig: &tls.Config{RootCAs: pool}}
		b.Cleanup(own.CloseIdleConnections)
		for name, tr := range map[string]http.RoundTripper{"wire": transport(b, s.Server), "net-http": own} {
			b.Run(protocol+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetParallelism(32)
				before := cpu()
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						if status, err := post(b.Context(), tr, s.URL, `{"a":"b"}`); status != 200 || err != nil {
							b.Error(status, err)
							return
						}
					}
				})
				b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// cpu is what this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
