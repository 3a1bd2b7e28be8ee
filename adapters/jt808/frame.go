package jt808

import (
	"bytes"
	"errors"
	"fmt"
)

// Bytes of the framing (2013 clause 4.4.2): the flag stands before and after a frame; in
// between it and the escape are written as two bytes.
const (
	flagByte   = 0x7e
	escapeByte = 0x7d
	escapeFlag = 0x02 // 0x7d 0x02 is 0x7e
	escapeSelf = 0x01 // 0x7d 0x01 is 0x7d
)

// minFrame is the shortest message in bytes: a header of 2011 and the checksum.
const minFrame = headerOld + 1

// ChecksumPolicy says what is done with a frame that contradicts itself. Real terminals
// send wrong checksums and lengths, so it is set by device.
type ChecksumPolicy uint8

// The policies.
const (
	// ChecksumStrict refuses frames with a wrong checksum or a wrong length.
	ChecksumStrict ChecksumPolicy = iota
	// ChecksumIgnore reads what is there: TCP has its own checksum. A body then can be
	// shorter or longer than Header.Length.
	ChecksumIgnore
)

var (
	errFlag     = errors.New("0x7e within the frame")
	errChecksum = errors.New("the checksum")
)

// ParseMessage reads a frame as it came, still escaped, with or without the 0x7e around it.
// buf takes the unescaped bytes, at most len(frame); it is replaced when it is too small.
// body lies in it. Where an error concerns only checksum or length (see IsDamage), header
// and body are returned with it.
//
// An escape byte that is followed by neither 0x01 nor 0x02 stands for itself, since some
// terminals do not escape their checksum.
func ParseMessage(frame []byte, policy ChecksumPolicy, buf []byte) (h Header, body []byte, err error) {
	h, body, err = parse(frame, policy, buf)
	h.Phone = phoneText(h.RawPhone[:h.PhoneBytes])
	return h, body, err
}

// parse is ParseMessage without Phone, which the decoder seldom needs.
func parse(frame []byte, policy ChecksumPolicy, buf []byte) (h Header, body []byte, err error) {
	msg, err := unescape(buf[:0], trimFlags(frame))
	if err != nil {
		return h, nil, err
	}
	if len(msg) < minFrame {
		return h, nil, errShort
	}
	sum := msg[len(msg)-1]
	msg = msg[:len(msg)-1]
	h, body, exact, err := parseHeader(msg)
	if err != nil || policy == ChecksumIgnore {
		return h, body, err
	}
	if x := checksum(msg); x != sum {
		return h, body, fmt.Errorf("%w is 0x%02x, must be 0x%02x", errChecksum, sum, x)
	}
	if !exact {
		return h, body, lengthError(h, body)
	}
	return h, body, nil
}

// IsDamage says that an error of ParseMessage is a wrong checksum or a wrong length, which
// ChecksumIgnore lets pass.
func IsDamage(err error) bool { return errors.Is(err, errChecksum) || errors.Is(err, errLength) }

// AppendMessage writes a frame: the message with its checksum, escaped, between two 0x7e.
// h.Length is not used. The number is RawPhone when PhoneBytes has the length that the
// layout asks for, else Phone. A body above MaxBody bytes must go in parts; only
// ParseMessage reads it back when it does not.
func AppendMessage(dst []byte, h Header, body []byte) []byte {
	var room [header2019 + fragmentSize]byte
	head := appendHeader(room[:0], h, len(body))
	sum := checksum(head) ^ checksum(body)
	dst = append(dst, flagByte)
	dst = escape(dst, head)
	dst = escape(dst, body)
	dst = escape(dst, []byte{sum})
	return append(dst, flagByte)
}

// checksum is the exclusive or of all bytes (2013 clause 4.4.4).
func checksum(b []byte) byte {
	var x byte
	for _, c := range b {
		x ^= c
	}
	return x
}

func escape(dst, b []byte) []byte {
	for _, c := range b {
		switch c {
		case flagByte:
			dst = append(dst, escapeByte, escapeFlag)
		case escapeByte:
			dst = append(dst, escapeByte, escapeSelf)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func unescape(dst, b []byte) ([]byte, error) {
	if bytes.IndexByte(b, flagByte) >= 0 {
		return dst, errFlag
	}
	for {
		i := bytes.IndexByte(b, escapeByte)
		if i < 0 {
			return append(dst, b...), nil
		}
		dst = append(dst, b[:i]...)
		c := byte(escapeByte)
		if b = b[i+1:]; len(b) > 0 && (b[0] == escapeFlag || b[0] == escapeSelf) {
			if b[0] == escapeFlag {
				c = flagByte
			}
			b = b[1:]
		}
		dst = append(dst, c)
	}
}

func trimFlags(b []byte) []byte {
	if len(b) > 0 && b[0] == flagByte {
		b = b[1:]
	}
	if len(b) > 0 && b[len(b)-1] == flagByte {
		b = b[:len(b)-1]
	}
	return b
}
