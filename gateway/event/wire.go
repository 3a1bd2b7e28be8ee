package event

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// The journal form is a version byte followed by tagged fields, laid out as protocol
// buffers lay them out (field number and wire type in one varint), so that a reader
// skips what it does not know. Zero values are left out.
//
//	byte    version, 1
//	varint  field number << 3 | wire type
//	…       the value, by its wire type
//
// Field numbers and wire types are on disk: never renumber, never reuse.
const (
	wireVersion = 1

	wireVarint = 0 // unsigned, or signed in zigzag
	wireFixed  = 1 // 8 bytes, little endian: float64 bits, Unix nanoseconds
	wireBytes  = 2 // varint length, then as many bytes: text or a nested body
)

var (
	errWireVersion = errors.New("unknown version of the record")
	errWireDamaged = errors.New("record is damaged")
)

func appendTag(b []byte, field, wire uint64) []byte {
	return binary.AppendUvarint(b, field<<3|wire)
}

func appendString(b []byte, field uint64, s string) []byte {
	if s == "" {
		return b
	}
	b = appendTag(b, field, wireBytes)
	return append(appendLength(b, len(s)), s...)
}

func appendLength(b []byte, n int) []byte { return binary.AppendUvarint(b, uint64(n)) }

func appendUint(b []byte, field, v uint64) []byte {
	if v == 0 {
		return b
	}
	return binary.AppendUvarint(appendTag(b, field, wireVarint), v)
}

func appendInt(b []byte, field uint64, v int64) []byte {
	return appendUint(b, field, uint64(v)<<1^uint64(v>>63))
}

func appendBool(b []byte, field uint64, v bool) []byte {
	if !v {
		return b
	}
	return append(appendTag(b, field, wireVarint), 1)
}

func appendTri(b []byte, field uint64, v Tri) []byte {
	if v != Yes && v != No {
		return b
	}
	return append(appendTag(b, field, wireVarint), byte(v))
}

// appendFloat compares bits, so that -0 and NaN survive.
func appendFloat(b []byte, field uint64, v float64) []byte {
	bits := math.Float64bits(v)
	if bits == 0 {
		return b
	}
	return binary.LittleEndian.AppendUint64(appendTag(b, field, wireFixed), bits)
}

// appendTime leaves out the zero time. Nanoseconds since 1970 reach from 1678 to 2262.
func appendTime(b []byte, field uint64, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return binary.LittleEndian.AppendUint64(appendTag(b, field, wireFixed), uint64(t.UnixNano()))
}

// storable reports whether the journal form holds t exactly.
func storable(t time.Time) bool {
	return t.IsZero() || time.Unix(0, t.UnixNano()).Equal(t)
}

// openBody starts a nested body; closeBody puts its length in the byte kept for it, and
// makes room in the rare case of a body of 128 bytes or more.
func openBody(b []byte, field uint64) ([]byte, int) {
	b = append(appendTag(b, field, wireBytes), 0)
	return b, len(b)
}

func closeBody(b []byte, start int) []byte {
	n := len(b) - start
	if n < 0x80 {
		b[start-1] = byte(n)
		return b
	}
	var length [binary.MaxVarintLen64]byte
	size := binary.PutUvarint(length[:], uint64(n))
	b = append(b, length[1:size]...)
	copy(b[start-1+size:], b[start:start+n])
	copy(b[start-1:], length[:size])
	return b
}

// wireReader walks a record. All texts it returns are parts of one string, which was
// copied from the record: one allocation holds them all. After the first damage it stands
// at the end and returns zeros.
type wireReader struct {
	s   string
	at  int
	end int
	bad bool
}

func newWireReader(b []byte) (wireReader, error) {
	if len(b) == 0 {
		return wireReader{}, errWireDamaged
	}
	if b[0] != wireVersion {
		return wireReader{}, fmt.Errorf("%w: %d", errWireVersion, b[0])
	}
	return wireReader{s: string(b), at: 1, end: len(b)}, nil
}

func (r *wireReader) fail() {
	r.bad, r.at = true, r.end
}

// next reads a field's number and wire type; ok is false at the end.
func (r *wireReader) next() (field, wire uint64, ok bool) {
	if r.at >= r.end {
		return 0, 0, false
	}
	tag := r.uvarint()
	return tag >> 3, tag & 7, !r.bad
}

func (r *wireReader) uvarint() uint64 {
	if r.at < r.end && r.s[r.at] < 0x80 {
		r.at++
		return uint64(r.s[r.at-1])
	}
	var v uint64
	for shift := uint(0); shift < 64; shift += 7 {
		if r.at >= r.end {
			r.fail()
			return 0
		}
		c := r.s[r.at]
		r.at++
		if shift == 63 && c > 1 {
			break
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	r.fail()
	return 0
}

func (r *wireReader) uint(wire uint64) uint64 {
	if wire != wireVarint {
		r.fail()
		return 0
	}
	return r.uvarint()
}

func (r *wireReader) int(wire uint64) int64 {
	v := r.uint(wire)
	return int64(v>>1) ^ -int64(v&1)
}

func (r *wireReader) uint32(wire uint64) uint32 {
	v := r.uint(wire)
	if v > math.MaxUint32 {
		r.fail()
		return 0
	}
	return uint32(v)
}

func (r *wireReader) bool(wire uint64) bool { return r.uint(wire) != 0 }

func (r *wireReader) tri(wire uint64) Tri {
	v := r.uint(wire)
	if v > uint64(No) {
		r.fail()
		return Unknown
	}
	return Tri(v)
}

func (r *wireReader) fixed(wire uint64) uint64 {
	if wire != wireFixed || r.end-r.at < 8 {
		r.fail()
		return 0
	}
	s := r.s[r.at : r.at+8]
	r.at += 8
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func (r *wireReader) float(wire uint64) float64 { return math.Float64frombits(r.fixed(wire)) }

func (r *wireReader) time(wire uint64) time.Time {
	n := int64(r.fixed(wire))
	if r.bad {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// length reads the length of a text or body and checks that as much is left.
func (r *wireReader) length(wire uint64) int {
	if wire != wireBytes {
		r.fail()
		return 0
	}
	n := r.uvarint()
	if n > uint64(r.end-r.at) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *wireReader) string(wire uint64) string {
	n := r.length(wire)
	s := r.s[r.at : r.at+n]
	r.at += n
	return s
}

// body returns a reader of a nested body and steps over it.
func (r *wireReader) body(wire uint64) wireReader {
	n := r.length(wire)
	sub := wireReader{s: r.s, at: r.at, end: r.at + n}
	r.at += n
	return sub
}

// leave carries damage found in a nested body to the record.
func (r *wireReader) leave(sub *wireReader) {
	if sub.bad {
		r.fail()
	}
}

// skip steps over a field that this version does not know.
func (r *wireReader) skip(wire uint64) {
	switch wire {
	case wireVarint:
		r.uvarint()
	case wireFixed:
		r.fixed(wire)
	case wireBytes:
		r.at += r.length(wire)
	default:
		r.fail()
	}
}
