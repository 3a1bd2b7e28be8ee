package journal

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// An extent sums up a run of blocks of one class, so that depth, lag and age are known
// without reading them, after a restart as well.
type extent struct {
	first, last uint64
	records     int64
	bytes       int64
	at          int64 // when its first record was stored, Unix milliseconds
}

// Limits of an extent. They are also the steps in which a full journal drops.
const (
	extentBytes = 256 << 10
	extentAge   = 10 * time.Second
)

func (x extent) encode() []byte {
	b := []byte{1}
	for _, v := range []uint64{x.first, uint64(x.records), uint64(x.bytes), uint64(x.at)} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

func decodeExtent(last uint64, b []byte) (extent, error) {
	if len(b) == 0 || b[0] != 1 {
		return extent{}, fmt.Errorf("extent: %w", errDamaged)
	}
	n := numbers{b: b[1:]}
	x := extent{last: last, first: n.next(), records: int64(n.next()), bytes: int64(n.next()), at: int64(n.next())}
	if n.bad || x.first > x.last {
		return extent{}, fmt.Errorf("extent: %w", errDamaged)
	}
	return x, nil
}

// ledger is what one class has stored. The last extent is open: not yet in the store.
type ledger struct {
	extents []extent
	open    bool // the last extent may still grow
	records int64
	bytes   int64
	trimmed uint64 // everything up to here is removed …
	// … and the stored extents up to here.
	extentsTrimmed uint64
}

// add counts a stored block and returns an extent to store when one was closed by it.
func (l *ledger) add(first, last uint64, records, bytes int64, at time.Time) (closed extent, ok bool) {
	if n := len(l.extents); l.open && n > 0 {
		x := &l.extents[n-1]
		if x.bytes >= extentBytes || at.UnixMilli()-x.at >= extentAge.Milliseconds() {
			closed, ok = *x, true
			l.open = false
		}
	}
	if !l.open {
		l.extents = append(l.extents, extent{first: first, at: at.UnixMilli()})
		l.open = true
	}
	x := &l.extents[len(l.extents)-1]
	x.last = last
	x.records += records
	x.bytes += bytes
	l.records += records
	l.bytes += bytes
	return closed, ok
}

// trim forgets the extents that end at or before upTo and returns what they held.
func (l *ledger) trim(upTo uint64) (records, bytes int64) {
	l.trimmed = max(l.trimmed, upTo)
	n := 0
	for n < len(l.extents) && l.extents[n].last <= upTo {
		records += l.extents[n].records
		bytes += l.extents[n].bytes
		n++
	}
	if n == 0 {
		return 0, 0
	}
	l.extents = append(l.extents[:0], l.extents[n:]...)
	if len(l.extents) == 0 {
		l.open = false
	}
	l.records -= records
	l.bytes -= bytes
	return records, bytes
}

// after estimates what lies in (from, to], and when the oldest of it was stored.
func (l *ledger) after(from, to uint64) (records, bytes, oldest int64) {
	for _, x := range l.extents {
		if x.last <= from || x.first > to {
			continue
		}
		share := 1.0
		if lo, hi := max(x.first, from+1), min(x.last, to); lo > x.first || hi < x.last {
			share = float64(hi-lo+1) / float64(x.last-x.first+1)
		}
		if share == 1 {
			records += x.records
			bytes += x.bytes
		} else {
			records += int64(share*float64(x.records) + 0.5)
			bytes += int64(share*float64(x.bytes) + 0.5)
		}
		if oldest == 0 {
			oldest = x.at
		}
	}
	return records, bytes, oldest
}

type ledgers [event.NumClasses]ledger

func (l *ledgers) totals() (records, bytes int64) {
	for i := range l {
		records += l[i].records
		bytes += l[i].bytes
	}
	return records, bytes
}
