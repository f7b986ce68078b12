package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/net/http2"
)

// ErrAskedForCertificate is what came of a new connection after the server had asked for a client certificate.
// Where it insists on one, an alert says so. In TLS 1.3 that comes after the handshake and may be lost to a reset,
// which is no proof: a server that would do without one may have been cut off.
var ErrAskedForCertificate = errors.New("client certificate asked for")

// takesNone is the error of a new connection that takes no requests, though it was made, and why where that is known.
func takesNone(why error) error {
	if why == nil {
		why = net.ErrClosed
	}
	return fmt.Errorf("wire: the connection takes no requests: %w", why)
}

var errNoSecondBody = errors.New("wire: the connection was closed, and the request's body can't be read again")

// ConnectError says that no connection could be made.
type ConnectError struct {
	Handshake bool // it came from the TLS handshake
	Err       error
}

func (e *ConnectError) Error() string { return "connect: " + e.Err.Error() }
func (e *ConnectError) Unwrap() error { return e.Err }

func (f *facts) failed(err error) error {
	e := &ConnectError{Err: err}
	f.locked(func() {
		e.Handshake = f.handshakeFailed
		if f.askedFor {
			e.Err = fmt.Errorf("%w: %w", ErrAskedForCertificate, err)
		}
	})
	return e
}

// WasCut reports whether the other side closed or refused a connection, without saying anything about TLS.
func WasCut(err error) bool {
	for _, cut := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.EPIPE} {
		if errors.Is(err, cut) {
			return true
		}
	}
	return false
}

// Unprocessed reports whether HTTP/2 says of a failed request that the server did not process it: its stream was
// refused, or a GOAWAY named an earlier stream as the last (RFC 9113 6.8, 8.7; C48). net/http's errors of GOAWAY have
// no type.
func Unprocessed(err error) bool {
	if err == nil {
		return false
	}
	var stream http2.StreamError
	if errors.As(err, &stream) {
		return stream.Code == http2.ErrCodeRefusedStream
	}
	return goneAway(err)
}

// goneAway reports whether a GOAWAY turned the request away.
func goneAway(err error) bool {
	return among(err, func(err error) bool {
		return err.Error() == "http2: Transport received Server's graceful shutdown GOAWAY" ||
			strings.HasPrefix(err.Error(), "http2: Transport received GOAWAY from server ErrCode:")
	})
}

// untouched reports whether a connection failed before it took any byte of the request. net/http tells that by types
// and errors of its own, which have no exported names.
func untouched(err error) bool {
	return among(err, func(err error) bool {
		switch err.Error() {
		case "http2: client conn not usable", "http2: client conn could not be established", "http: server closed idle connection":
			return true
		}
		return reflect.TypeOf(err).String() == "http.nothingWrittenError"
	})
}

// among reports whether one of the errors that make up err is so. Texts are compared with theirs as a whole, since
// others quote what servers write.
func among(err error, is func(error) bool) bool {
	switch wrapping := any(err).(type) {
	case interface{ Unwrap() error }:
		return is(err) || wrapping.Unwrap() != nil && among(wrapping.Unwrap(), is)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(wrapping.Unwrap(), func(err error) bool { return among(err, is) })
	}
	return is(err)
}

// explain adds to a call's error what the error alone does not say.
func (c *conn) explain(err error) error {
	if c.answers.Load() > 0 || !c.facts.asked() {
		return err
	}
	return fmt.Errorf("%w: %w", ErrAskedForCertificate, err)
}
