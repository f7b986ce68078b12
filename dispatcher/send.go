package dispatcher

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/journeyhook/journeyhook/dispatcher/wire"
	"github.com/journeyhook/journeyhook/internal/charset"
	"github.com/journeyhook/journeyhook/internal/stall"
	"github.com/journeyhook/journeyhook/schema"
)

// Limits of what is read from an answer.
const (
	maxFieldsBytes = 256 << 10              // a profile answer, unpacked (C24)
	maxDrainBytes  = 64 << 10               // read to keep the connection usable
	maxEchoBytes   = 4 << 10                // read of a failure, to show 1 KiB of it
	drainTime      = 100 * time.Millisecond // a verdict never waits longer for a body it does not need
)

// answer is what came of one call.
type answer struct {
	status      int // 0 when there was none
	retryAfter  string
	contentType string
	body        []byte // profile tile: the success answer; otherwise what a snippet needs
	cut         bool   // the body went on
	err         error  // from DNS to the last needed byte
	stalled     bool   // this process stood still meanwhile
}

// errNoStatus is an answer like "HTTP/1.1 000", which net/http lets pass.
var errNoStatus = errors.New("malformed HTTP status code")

// call makes one request on the wire and judges it.
func (d *Dispatcher) call(ctx context.Context, w *schema.Webhook, r *request) schema.Outcome {
	record := schema.Call{Started: time.Now(), RequestBytes: int64(len(r.body))}
	a := d.send(ctx, w, r, &record)
	record.Ended = time.Now()
	out := judge(w, r.step.Tile.Type, a, record.Ended)
	out.Unsure = a.stalled && out.Verdict != schema.Delivered
	if out.Verdict != schema.Delivered && len(a.body) > 0 {
		if text, err := charset.ToUTF8(a.contentType, a.body); err == nil { // so that the user's data is found in it
			a.body = text
		}
		record.Snippet = snippet(a.body, a.cut, r.secrets(), r.personal())
	}
	out.Call = record
	return out
}

// send has one deadline, from DNS to the last byte needed: the headers for a call tile, the body for
// a profile tile (B51, C20).
func (d *Dispatcher) send(ctx context.Context, w *schema.Webhook, r *request, record *schema.Call) answer {
	ctx, timeout := stall.WithTimeout(ctx, w.Timeout.Std())
	defer timeout.End()
	resp, err := d.roundTrip(ctx, w, r, record)
	if err != nil {
		return answer{err: cause(ctx, err), stalled: timeout.Stalled()}
	}
	defer resp.Body.Close()
	if resp.StatusCode < 100 {
		return answer{err: errNoStatus}
	}
	a := answer{status: resp.StatusCode, retryAfter: resp.Header.Get("Retry-After"), contentType: resp.Header.Get("Content-Type")}
	if a.status == http.StatusSwitchingProtocols {
		return a // its body is the bare connection, which no deadline ends
	}
	needed := r.step.Tile.Type == schema.UserProfile && w.Success.Match(a.status)
	if needed {
		a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxFieldsBytes+1))
		if err != nil {
			a.err, a.cut, a.stalled = cause(ctx, err), true, timeout.Stalled()
		}
		record.ResponseBytes = int64(len(a.body))
		return a
	}
	if resp.ContentLength == 0 {
		return a
	}
	limit := int64(maxDrainBytes)
	stop := time.AfterFunc(drainTime, timeout.End)
	defer stop.Stop()
	if !w.Success.Match(a.status) {
		a.body, err = io.ReadAll(io.LimitReader(resp.Body, maxEchoBytes+1))
		a.cut = err != nil
		record.ResponseBytes = int64(len(a.body))
		limit -= record.ResponseBytes
	}
	n, _ := io.CopyN(io.Discard, resp.Body, limit)
	record.ResponseBytes += n
	return a
}

// roundTrip sends the request once, and once more where HTTP/2 says that it was not processed (C39, C48).
func (d *Dispatcher) roundTrip(ctx context.Context, w *schema.Webhook, r *request, record *schema.Call) (*http.Response, error) {
	ctx, trace := wire.WithTrace(ctx, record.Started)
	defer func() {
		times := trace.Times()
		record.DNS, record.Connect, record.TLS, record.FirstByte = times.DNS, times.Connect, times.TLS, times.FirstByte
	}()
	resp, err := d.Transport.RoundTrip(r.http(ctx))
	if err == nil || !wire.Unprocessed(err) || d.waitForRoom(ctx, w) != nil {
		return resp, err
	}
	return d.Transport.RoundTrip(r.http(ctx))
}

// http is the request as net/http wants it.
func (r *request) http(ctx context.Context) *http.Request {
	req := &http.Request{
		Method: r.method, URL: r.url, Host: r.url.Host, Header: r.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: http.NoBody, ContentLength: int64(len(r.body)),
	}
	if len(r.body) > 0 {
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.body)), nil }
		req.Body, _ = req.GetBody()
	}
	return req.WithContext(ctx)
}

// waitForRoom waits until the webhook's limits have room for another call of an attempt that has made one.
func (d *Dispatcher) waitForRoom(ctx context.Context, w *schema.Webhook) error {
	if d.Room == nil {
		return ctx.Err()
	}
	return d.Room(ctx, w)
}

// cause prefers the deadline over what it made the transport say.
func cause(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}
