package dispatcher

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"

	"github.com/journeyhook/journeyhook/dispatcher/wire"
	"github.com/journeyhook/journeyhook/schema"
)

// Explain says what kind of fault kept an answer from arriving, and in a short sentence without
// addresses or data what it was. A certificate or handshake refused is permanent; a connection cut in
// its handshake is not, nor is one that broke later, by whatever alert (B50, C2, C30, C32, C49).
func Explain(err error) (schema.Reason, string) {
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return schema.ReasonTimeout, "no answer in time"
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, errBlockedHost):
		return schema.ReasonBlockedAddress, "the host resolves to an address that may not be called; the operator can allow it with JOURNEYHOOK_EGRESS_ALLOW"
	case errors.As(err, &dns):
		return schema.ReasonConnection, "the host name could not be resolved"
	}
	if detail, ok := tlsDetail(err); ok {
		return schema.ReasonTLSFailed, detail
	}
	detail := connectionDetail(err)
	if errors.Is(err, wire.ErrAskedForCertificate) {
		detail += "; the server had asked for a client certificate, which journeyhook has none of"
	}
	return schema.ReasonConnection, detail
}

func connectionDetail(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case wasCut(err):
		return "the connection was closed before an answer"
	case strings.Contains(err.Error(), "malformed HTTP"):
		return "the answer is not HTTP"
	case strings.Contains(err.Error(), "response headers exceeded"):
		return "the answer's headers are too large"
	}
	return "the connection failed"
}

// tlsDetail tells permanent TLS faults from a connection that was merely cut.
func tlsDetail(err error) (string, bool) {
	var (
		connect  *wire.ConnectError
		verify   *tls.CertificateVerificationError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
		invalid  x509.CertificateInvalidError
		header   tls.RecordHeaderError
		op       *net.OpError
	)
	inTLS := errors.As(err, &connect) && connect.Handshake
	switch {
	case errors.Is(err, wire.ErrAskedForCertificate) && errors.As(err, &op) && op.Op == "remote error":
		return "the server wants a client certificate, which journeyhook has none of", true
	case errors.As(err, &header) && string(header.RecordHeader[:]) == "HTTP/":
		return "the port speaks plain http, not TLS", true
	case errors.As(err, &hostname):
		return "the certificate is for another host", true
	case errors.As(err, &unknown):
		return "the certificate is signed by an unknown authority", true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not valid yet", true
	case errors.As(err, &verify), errors.As(err, &invalid):
		return "the certificate can't be verified", true
	case inTLS && errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error"):
		return "the TLS handshake was refused", true
	case inTLS && !wasCut(err):
		return "the TLS handshake failed", true
	}
	return "", false
}

func wasCut(err error) bool {
	return wire.WasCut(err) || errors.Is(err, context.Canceled) || errors.Is(err, os.ErrDeadlineExceeded) ||
		strings.Contains(err.Error(), "server closed idle connection")
}
