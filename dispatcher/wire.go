package dispatcher

import (
	"bytes"
	"context"
	"io"
	"net/http"
)

// idempotencyKey is the header's key in the map. Spelled like this, net/http does not recognise it
// and so never takes it as leave to repeat a call by itself; on the wire letter case means nothing.
const idempotencyKey = "Idempotency-key"

// headerKey is the key in the map of a header of the author's, whose name is canonical. X-Idempotency-Key is
// the other one that net/http would recognise.
func headerKey(name string) string {
	if name == "X-Idempotency-Key" {
		return "X-Idempotency-key"
	}
	return name
}

// wire is the request as net/http wants it, made so that net/http never repeats it on a broken
// kept-alive connection (C39): a body can't be read twice (no GetBody), and a GET gets an empty body
// of that kind, which puts nothing on the wire.
func (r *request) wire(ctx context.Context) *http.Request {
	req := &http.Request{
		Method: r.method, URL: r.url, Host: r.url.Host, Header: r.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: http.NoBody, ContentLength: int64(len(r.body)),
	}
	if len(r.body) > 0 || r.method == http.MethodGet {
		req.Body = io.NopCloser(bytes.NewReader(r.body))
	}
	return req.WithContext(ctx)
}
