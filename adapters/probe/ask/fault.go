package ask

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// Reason says in a word why a camera gave no good answer. Words stand in stored events:
// never rename.
type Reason string

// The reasons.
const (
	DNS         Reason = "dns"         // its name is not known
	Refused     Reason = "refused"     // nothing listens there
	Unreachable Reason = "unreachable" // no way to its network
	Timeout     Reason = "timeout"
	Closed      Reason = "closed" // it hung up
	TLS         Reason = "tls"    // its certificate is not trusted, or it speaks no TLS
	Auth        Reason = "auth"
	NoStream    Reason = "no stream" // the path is not known, or the channel has no video
	Codec       Reason = "codec"     // video in a coding that nobody here can show
	Redirect    Reason = "redirect"
	Malformed   Reason = "malformed" // not the protocol
	TooLarge    Reason = "too large"
	Status      Reason = "error status"
	Clock       Reason = "clock"
)

// Fault is why a camera gave no good answer.
type Fault struct {
	Reason Reason
	Detail string // for people; at most 200 bytes
}

// Error is reason and detail.
func (f *Fault) Error() string {
	if f.Detail == "" {
		return string(f.Reason)
	}
	return string(f.Reason) + ": " + f.Detail
}

// Down tells whether nothing worked at the other end at all, or not the channel.
func (f *Fault) Down() bool {
	switch f.Reason {
	case DNS, Refused, Unreachable, Timeout, Closed, NoStream:
		return true
	}
	return false
}

func fault(reason Reason, format string, args ...any) *Fault {
	detail := strings.ToValidUTF8(fmt.Sprintf(format, args...), "?")
	if len(detail) > 200 {
		detail = strings.ToValidUTF8(detail[:200], "")
	}
	return &Fault{Reason: reason, Detail: detail}
}

// network words an error of a connection. The error itself may hold a URL, and is not kept.
func network(err error) *Fault {
	var already *Fault
	if errors.As(err, &already) {
		return already
	}
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.Canceled):
		return &Fault{Reason: Timeout}
	case errors.As(err, &dns):
		if dns.IsTimeout {
			return &Fault{Reason: DNS, Detail: "no answer"}
		}
		return &Fault{Reason: DNS}
	case errors.As(err, &verify), errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid):
		return &Fault{Reason: TLS, Detail: "the certificate is not trusted"}
	case errors.As(err, &record), errors.As(err, &alert):
		return &Fault{Reason: TLS, Detail: "no TLS is spoken"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Fault{Reason: Refused}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return &Fault{Reason: Unreachable}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &Fault{Reason: Closed}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &Fault{Reason: Timeout}
	}
	return &Fault{Reason: Malformed}
}
