package push

import (
	"bytes"
	"errors"
)

// MaxParts bounds the parts of one body.
const MaxParts = 256

// Errors of Parts.
var (
	ErrTooManyParts = errors.New("multipart: more than 256 parts")
	ErrPart         = errors.New("multipart: a part has no end of its header")
)

// Parts splits a body into its parts' contents. The header of the request is not needed:
// a body that begins with "--" names its boundary by its first line. Any other body is one
// part. Names and content types of parts are not looked at, since they differ by firmware.
// The last part may lack its end, as in a stream that was cut between two events.
func Parts(body []byte) ([][]byte, error) {
	body = bytes.TrimLeft(body, "\r\n \t")
	if !bytes.HasPrefix(body, []byte("--")) {
		return [][]byte{body}, nil
	}
	line, rest, _ := bytes.Cut(body, []byte("\n"))
	between := append([]byte("\n"), bytes.TrimRight(line, "\r \t")...)
	var parts [][]byte
	for {
		part, after, more := bytes.Cut(rest, between)
		if len(bytes.TrimSpace(part)) > 0 {
			if len(parts) == MaxParts {
				return nil, ErrTooManyParts
			}
			content, err := content(part)
			if err != nil {
				return nil, err
			}
			parts = append(parts, content)
		}
		if !more || bytes.HasPrefix(after, []byte("--")) {
			return parts, nil
		}
		if _, rest, more = bytes.Cut(after, []byte("\n")); !more {
			return parts, nil
		}
		// The line break before the next boundary may be the one just passed.
		rest = after[len(after)-len(rest)-1:]
	}
}

// boundary stands between the parts of a body without its pictures.
const boundary = "--campusgate-event"

// WithoutPictures leaves the pictures out of a body, which nobody reads and which alone may
// be more than a message may hold. The rest is framed anew, so that a device which sends an
// event again with another boundary or picture sends the same. A body that is no multipart,
// is broken, or holds nothing but pictures is returned as it is.
func WithoutPictures(body []byte) []byte {
	if !bytes.HasPrefix(bytes.TrimLeft(body, "\r\n \t"), []byte("--")) {
		return body
	}
	parts, err := Parts(body)
	if err != nil {
		return body
	}
	var out []byte
	for _, part := range parts {
		if len(part) == 0 || IsPicture(part) {
			continue
		}
		if bytes.Contains(part, []byte(boundary)) {
			return body
		}
		out = append(append(append(out, boundary...), "\r\n\r\n"...), part...)
		out = append(out, "\r\n"...)
	}
	if out == nil {
		return body
	}
	return append(append(out, boundary...), "--"...)
}

// content is what follows a part's header. A part whose first line is no header field has
// none.
func content(part []byte) ([]byte, error) {
	part = bytes.TrimPrefix(bytes.TrimPrefix(part, []byte("\r")), []byte("\n"))
	if bytes.HasPrefix(part, []byte("\r\n")) || bytes.HasPrefix(part, []byte("\n")) {
		return bytes.TrimSpace(part), nil
	}
	first, _, _ := bytes.Cut(part, []byte("\n"))
	if !bytes.HasPrefix(bytes.ToLower(first), []byte("content-")) {
		return bytes.TrimSpace(part), nil
	}
	long, short := bytes.Index(part, []byte("\r\n\r\n")), bytes.Index(part, []byte("\n\n"))
	switch {
	case long >= 0 && (short < 0 || long < short):
		return bytes.TrimSpace(part[long:]), nil
	case short >= 0:
		return bytes.TrimSpace(part[short:]), nil
	}
	return nil, ErrPart
}

// IsPicture reports whether a part is a picture, or other content that is no text.
func IsPicture(part []byte) bool {
	if len(part) > 512 {
		part = part[:512]
	}
	return bytes.IndexByte(part, 0) >= 0 || bytes.HasPrefix(part, []byte("\xff\xd8")) ||
		bytes.HasPrefix(part, []byte("\x89PNG")) || bytes.HasPrefix(part, []byte("BM"))
}
