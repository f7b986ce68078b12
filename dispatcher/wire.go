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

var asItIs = []string{"identity"}

// headerKey is the key in the map of a header of the author's, whose name is canonical. X-Idempotency-Key is
// the other one that net/http would recognise.
func headerKey(name string) string {
	if name == "X-Idempotency-Key" {
		return "X-Idempotency-key"
	}
	return name
}

// wire is the request as net/http wants it, made so that net/http never repeats it on a broken
// kept-alive connection (C39). A GET gets an empty body that can't be read twice, which puts nothing on the wire: net/http would
// look for what is in it, and call it chunked where that takes too long, if it were not said to be as it is.
// Other bodies can be: where an endpoint says that it did not begin with a request (HTTP/2's GOAWAY, as servers send before
// they close a connection), or nothing was written yet, net/http sends it on another connection.
func (r *request) wire(ctx context.Context) *http.Request {
	req := &http.Request{
		Method: r.method, URL: r.url, Host: r.url.Host, Header: r.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: http.NoBody, ContentLength: int64(len(r.body)),
	}
	if len(r.body) > 0 || r.method == http.MethodGet {
		req.Body = io.NopCloser(bytes.NewReader(r.body))
	}
	if r.method == http.MethodGet {
		req.TransferEncoding = asItIs
	} else {
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.body)), nil }
	}
	return req.WithContext(ctx)
}
