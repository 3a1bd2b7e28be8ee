package gb28181

import (
	"bytes"
	"errors"
	"fmt"
)

// Limits of a message. A catalogue's message over TCP may hold 10,000 items (Annex N).
const (
	maxHead    = 16 << 10
	maxMessage = 4 << 20
)

var (
	errEmpty  = errors.New("payload is empty")
	errNotSIP = errors.New("payload is neither a SIP message nor XML")
)

// split finds head and body of a SIP message. A payload that begins with '<' is a body
// alone. Bare line feeds, and a body without an empty line before it, are accepted:
// Content-Length is not used, since devices count characters or lines in it.
func split(b []byte) (head, body []byte, err error) {
	if len(b) > maxMessage {
		return nil, nil, fmt.Errorf("payload has %d bytes, %d are allowed", len(b), maxMessage)
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	b = bytes.TrimLeft(b, " \t\r\n\x00")
	if len(b) == 0 {
		return nil, nil, errEmpty
	}
	if b[0] == '<' {
		return nil, b, nil
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	line = bytes.TrimSpace(line)
	if !bytes.HasPrefix(line, []byte("SIP/2.0 ")) && !bytes.HasSuffix(line, []byte(" SIP/2.0")) {
		return nil, nil, errNotSIP
	}
	for at := 0; at < len(b); {
		if at > maxHead {
			return nil, nil, fmt.Errorf("the SIP headers have more than %d bytes", maxHead)
		}
		rest := b[at:]
		line, _, more := bytes.Cut(rest, []byte("\n"))
		if rest[0] == '<' {
			return b[:at], rest, nil
		}
		if !more {
			break
		}
		at += len(line) + 1
		if len(bytes.TrimRight(line, "\r")) == 0 {
			return b[:at], xmlOnly(b[at:]), nil
		}
	}
	return b, nil, nil
}

// xmlOnly is the body, or nothing where it is of another kind, such as a session
// description.
func xmlOnly(body []byte) []byte {
	body = bytes.TrimLeft(body, " \t\r\n\x00")
	if bytes.HasPrefix(body, []byte("v=0")) {
		return nil
	}
	return body
}
