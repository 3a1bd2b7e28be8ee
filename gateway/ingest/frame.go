package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Control packet types of MQTT 3.1.1, section 2.2.1, as they stand in the upper half of
// the first byte.
const (
	typeConnect     = 1
	typeConnack     = 2
	typePublish     = 3
	typePuback      = 4
	typePubrec      = 5
	typePubrel      = 6
	typePubcomp     = 7
	typeSubscribe   = 8
	typeSuback      = 9
	typeUnsubscribe = 10
	typeUnsuback    = 11
	typePingreq     = 12
	typePingresp    = 13
	typeDisconnect  = 14
)

const (
	readBufferBytes = 64 << 10
	// maxControlBytes bounds every packet but PUBLISH: a SUBACK of 60,000 filters.
	maxControlBytes = 64 << 10
	// maxFixedHeader is one byte of type and four of length (section 2.2.3).
	maxFixedHeader = 5
	// maxPublishOverhead is what a PUBLISH may have besides its payload: fixed header,
	// topic and packet identifier.
	maxPublishOverhead = maxFixedHeader + 2 + 65535 + 2
	// keptOfOversized is how much of a payload above the maximum is kept.
	keptOfOversized = 4 << 10
)

// errMalformed is wrapped by every error about bytes that are no MQTT.
var errMalformed = errors.New("malformed packet")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errMalformed, fmt.Sprintf(format, args...))
}

// frame is one control packet. Its slices point into the framer's buffer and are valid
// until the next call of fill.
type frame struct {
	header byte   // type and flags
	raw    []byte // the whole packet; nil when oversized
	body   []byte // what follows the fixed header; of an oversized one, its beginning
	size   int64  // bytes of the whole packet on the wire
	// oversized marks a PUBLISH above the maximum: body holds the variable header and the
	// first 4 KiB of the payload.
	oversized bool
}

// kind returns the control packet type.
func (f frame) kind() byte { return f.header >> 4 }

// framer cuts a byte stream into MQTT packets. The sequence of frames depends on the
// bytes alone, never on how reads chunk them. It holds one buffer of 64 KiB, and while a
// larger packet arrives one of that packet's size, at most max.
type framer struct {
	buf        []byte
	small      []byte // the ordinary buffer, kept while buf is a larger one
	start, end int
	max        int64 // largest packet kept whole, fixed header included
	want       int   // bytes from start that the packet at hand needs; 0 when unknown

	over *frame // the oversized packet being skipped
	skip int64  // bytes of it still to come
}

func newFramer(maxPacket int64) *framer {
	b := make([]byte, readBufferBytes)
	return &framer{buf: b, small: b, max: maxPacket}
}

// next returns the next packet of what was read so far; ok is false when bytes are
// missing and fill has to be called. An error is final: the stream cannot be trusted.
func (f *framer) next() (fr frame, ok bool, err error) {
	if f.over != nil {
		n := min(f.skip, int64(f.end-f.start))
		f.start += int(n)
		f.skip -= n
		if f.skip > 0 {
			return frame{}, false, nil
		}
		fr, f.over = *f.over, nil
		return fr, true, nil
	}
	f.want = 0
	b := f.buf[f.start:f.end]
	if len(b) < 2 {
		return frame{}, false, nil
	}
	length, n, err := remainingLength(b[1:])
	if err != nil || n == 0 {
		return frame{}, false, err
	}
	if err := checkHeader(b[0], length); err != nil {
		return frame{}, false, err
	}
	head := 1 + n
	size := int64(head) + length
	if size > f.max && b[0]>>4 == typePublish {
		return f.cut(b, head, length)
	}
	if int64(len(b)) < size {
		f.want = int(size)
		return frame{}, false, nil
	}
	f.start += int(size)
	return frame{header: b[0], raw: b[:size], body: b[head:size], size: size}, true, nil
}

// cut keeps the beginning of a PUBLISH above the maximum and skips the rest. The frame is
// returned when the last byte was skipped, so that it is not acknowledged before.
func (f *framer) cut(b []byte, head int, length int64) (frame, bool, error) {
	if len(b) < head+2 {
		return frame{}, false, nil
	}
	topic := int64(binary.BigEndian.Uint16(b[head:]))
	keep := int(min(length, 2+topic+2+keptOfOversized))
	if len(b) < head+keep {
		f.want = head + keep
		return frame{}, false, nil
	}
	body := make([]byte, keep)
	copy(body, b[head:])
	f.over = &frame{header: b[0], body: body, size: int64(head) + length, oversized: true}
	f.skip = length - int64(keep)
	f.start += head + keep
	return f.next()
}

// fill reads once from r. It invalidates the frames returned so far.
func (f *framer) fill(r io.Reader) (int, error) {
	f.room()
	n, err := r.Read(f.buf[f.end:])
	f.end += n
	return n, err
}

// room makes the buffer able to take at least one more byte, and the whole packet at hand.
func (f *framer) room() {
	held := f.end - f.start
	need := max(f.want, held+1)
	switch {
	case need > len(f.buf):
		f.moveTo(make([]byte, need))
	case len(f.buf) > len(f.small) && need <= len(f.small):
		f.moveTo(f.small)
	case held == 0:
		f.start, f.end = 0, 0
	case f.start+need > len(f.buf) || f.end == len(f.buf):
		f.moveTo(f.buf)
	}
}

func (f *framer) moveTo(b []byte) {
	f.end = copy(b, f.buf[f.start:f.end])
	f.start = 0
	f.buf = b
}

// remainingLength reads the variable length of section 2.2.3. n is how many bytes it
// takes, 0 when some are missing.
func remainingLength(b []byte) (length int64, n int, err error) {
	for i := range 4 {
		if i >= len(b) {
			return 0, 0, nil
		}
		length |= int64(b[i]&0x7f) << (7 * i)
		if b[i]&0x80 == 0 {
			return length, i + 1, nil
		}
	}
	return 0, 0, malformed("length of more than four bytes")
}

// checkHeader refuses what a broker must not send to a client.
func checkHeader(header byte, length int64) error {
	flags := header & 0x0f
	want := byte(0)
	switch kind := header >> 4; kind {
	case typePublish:
		if flags&0x06 == 0x06 {
			return malformed("PUBLISH of QoS 3")
		}
		return nil
	case typeConnack, typePuback, typePubrec, typePubcomp, typeUnsuback:
		if length != 2 {
			return malformed("packet of type %d with a length of %d", kind, length)
		}
	case typePubrel:
		want = 2
		if length != 2 {
			return malformed("PUBREL with a length of %d", length)
		}
	case typePingresp:
		if length != 0 {
			return malformed("PINGRESP with a length of %d", length)
		}
	case typeSuback:
		if length < 3 || length > maxControlBytes {
			return malformed("SUBACK with a length of %d", length)
		}
	default:
		return malformed("a broker sends no packet of type %d", kind)
	}
	if flags != want {
		return malformed("packet of type %d with flags %04b", header>>4, flags)
	}
	return nil
}

// publish is a PUBLISH packet taken apart; the slices point into the frame.
type publish struct {
	topic, payload []byte
	id             uint16 // 0 with QoS 0
	qos            byte
	dup, retain    bool
}

// parsePublish takes a PUBLISH apart (MQTT 3.1.1, section 3.3). A topic that is no valid
// topic is left to the caller: closing the connection over it would only bring it back.
func parsePublish(f frame) (publish, error) {
	p := publish{qos: f.header >> 1 & 3, dup: f.header&8 != 0, retain: f.header&1 != 0}
	b := f.body
	if len(b) < 2 {
		return p, malformed("PUBLISH without a topic")
	}
	n := 2 + int(binary.BigEndian.Uint16(b))
	if len(b) < n {
		return p, malformed("PUBLISH whose topic is longer than the packet")
	}
	p.topic, b = b[2:n], b[n:]
	if p.qos > 0 {
		if len(b) < 2 {
			return p, malformed("PUBLISH of QoS %d without a packet identifier", p.qos)
		}
		p.id = binary.BigEndian.Uint16(b)
		if p.id == 0 {
			return p, malformed("PUBLISH of QoS %d with packet identifier 0", p.qos)
		}
		b = b[2:]
	}
	p.payload = b
	return p, nil
}
