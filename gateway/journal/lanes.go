package journal

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A consumer's position is a list of segments in rising order. The last one is open: the
// live lane. The ones before are arrears that were put aside, the backlog. Within a
// segment everything up to the cursor is committed.
//
//	  backlog               backlog            live
//	(cursor … read … end] (cursor … end]  (cursor … read …
type segment struct {
	cursor uint64 // everything up to here is committed
	read   uint64 // everything up to here was delivered
	end    uint64 // endOpen in the live lane
	out    []*delivery
}

const endOpen = math.MaxUint64

// maxSegments bounds how often arrears are put aside while older ones are not done.
const maxSegments = 64

// committed returns the cursor as it is when the chunks now being written are done.
func (s *segment) committed() uint64 {
	cursor := s.cursor
	for _, ch := range s.out {
		if !ch.done && !ch.writing {
			return cursor
		}
		cursor = ch.upTo
	}
	return max(cursor, s.read)
}

// advance moves the cursor over the contiguous prefix of finished chunks.
func (s *segment) advance() {
	n := 0
	for n < len(s.out) && s.out[n].done {
		s.cursor = s.out[n].upTo
		n++
	}
	if n > 0 {
		rest := copy(s.out, s.out[n:])
		clear(s.out[rest:])
		s.out = s.out[:rest]
	}
	if len(s.out) == 0 {
		s.cursor = max(s.cursor, s.read)
	}
}

// span is the durable form of a segment.
type span struct{ cursor, end uint64 }

// encodeSpans is the value of a consumer's key: version, classes, then pairs.
func encodeSpans(classes classMask, spans []span) []byte {
	b := []byte{1, byte(classes)}
	for _, s := range spans {
		b = binary.AppendUvarint(b, s.cursor)
		b = binary.AppendUvarint(b, s.end)
	}
	return b
}

func decodeSpans(b []byte) (classMask, []span, error) {
	if len(b) < 2 || b[0] != 1 {
		return 0, nil, fmt.Errorf("cursor: %w", errDamaged)
	}
	classes := classMask(b[1])
	n := numbers{b: b[2:]}
	var spans []span
	for len(n.b) > 0 {
		s := span{cursor: n.next(), end: n.next()}
		if n.bad || s.cursor > s.end || len(spans) > 0 && s.cursor < spans[len(spans)-1].end {
			return 0, nil, fmt.Errorf("cursor: %w", errDamaged)
		}
		spans = append(spans, s)
	}
	if len(spans) == 0 || spans[len(spans)-1].end != endOpen {
		return 0, nil, fmt.Errorf("cursor: %w", errDamaged)
	}
	return classes, spans, nil
}
