package journal

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// A block holds consecutive records of one class from one commit: one key in the store for
// up to blockRecords records, which makes storing and reading several times cheaper than
// a key for each.
//
//	version 1 | stored at (ms, varint) | records (uvarint) | first seq (uvarint) |
//	for each record: seq minus the one before (uvarint) | form | size (uvarint) | bytes
const (
	blockVersion = 1
	blockRecords = 256
	blockBytes   = 64 << 10

	formEvent   = 1
	formAnomaly = 2
)

// appendForm appends form, size and bytes of a record.
func appendForm(dst []byte, r *Record, scratch []byte) (out, scratchOut []byte, err error) {
	form := byte(formEvent)
	switch {
	case r.Event != nil && r.Anomaly == nil:
		scratch, err = r.Event.AppendBinary(scratch[:0])
	case r.Anomaly != nil && r.Event == nil:
		form = formAnomaly
		scratch, err = r.Anomaly.AppendBinary(scratch[:0])
	default:
		err = fmt.Errorf("record must hold either an event or an anomaly")
	}
	if err != nil {
		return dst, scratch, err
	}
	dst = append(dst, form)
	dst = binary.AppendUvarint(dst, uint64(len(scratch)))
	return append(dst, scratch...), scratch, nil
}

// blockBuilder collects the records of one class.
type blockBuilder struct {
	body        []byte
	count       int
	first, last uint64
}

func (b *blockBuilder) add(seq uint64, form []byte) {
	if b.count == 0 {
		b.first, b.last = seq, seq
	}
	b.body = binary.AppendUvarint(b.body, seq-b.last)
	b.body = append(b.body, form...)
	b.last = seq
	b.count++
}

func (b *blockBuilder) full() bool { return b.count >= blockRecords || len(b.body) >= blockBytes }

func (b *blockBuilder) reset() { b.body, b.count = b.body[:0], 0 }

// appendTo appends the finished block.
func (b *blockBuilder) appendTo(dst []byte, at time.Time) []byte {
	dst = append(dst, blockVersion)
	dst = binary.AppendUvarint(dst, uint64(max(at.UnixMilli(), 0)))
	dst = binary.AppendUvarint(dst, uint64(b.count))
	dst = binary.AppendUvarint(dst, b.first)
	return append(dst, b.body...)
}

// blockReader walks a block.
type blockReader struct {
	n     numbers
	at    time.Time
	left  uint64
	first uint64
	seq   uint64
}

func openBlock(b []byte) (blockReader, error) {
	if len(b) == 0 || b[0] != blockVersion {
		return blockReader{}, fmt.Errorf("block of records: %w", errDamaged)
	}
	r := blockReader{n: numbers{b: b[1:]}}
	r.at = time.UnixMilli(int64(r.n.next())).UTC()
	r.left = r.n.next()
	r.first = r.n.next()
	r.seq = r.first
	if r.n.bad || r.left == 0 || r.left > uint64(len(b)) {
		return blockReader{}, fmt.Errorf("block of records: %w", errDamaged)
	}
	return r, nil
}

// next returns the next record's form; ok is false at the end and on damage (see err).
func (r *blockReader) next() (seq uint64, form byte, body []byte, ok bool) {
	if r.left == 0 {
		return 0, 0, nil, false
	}
	r.left--
	r.seq += r.n.next()
	if f := r.n.bytes(1); len(f) == 1 {
		form = f[0]
	}
	body = r.n.bytes(r.n.next())
	return r.seq, form, body, !r.n.bad
}

func (r *blockReader) err() error {
	if r.n.bad {
		return fmt.Errorf("block of records: %w", errDamaged)
	}
	return nil
}

// slab hands out events from one allocation.
type slab struct{ free []event.Event }

func (s *slab) event(want int) *event.Event {
	if len(s.free) == 0 {
		s.free = make([]event.Event, min(max(want, 1), 512))
	}
	e := &s.free[0]
	s.free = s.free[1:]
	return e
}

// decodeRecord reads a record's form. want is how many more are likely to be read.
func decodeRecord(seq uint64, form byte, body []byte, s *slab, want int) (Record, error) {
	switch form {
	case formEvent:
		e := s.event(want)
		if err := e.UnmarshalBinary(body); err != nil {
			return Record{}, err
		}
		return Record{Seq: seq, Event: e}, nil
	case formAnomaly:
		a := &event.Anomaly{}
		if err := a.UnmarshalBinary(body); err != nil {
			return Record{}, err
		}
		return Record{Seq: seq, Anomaly: a}, nil
	}
	return Record{}, fmt.Errorf("record %d of unknown form %d: %w", seq, form, errDamaged)
}
