package journal

import (
	"sync"

	"github.com/campusgate/campusgate/gateway/event"
)

// classMask is a set of classes.
type classMask uint8

const allClasses = classMask(1<<event.NumClasses - 1)

func (m classMask) has(c event.Class) bool { return m&(1<<c) != 0 }

// tailOverhead is about what an event costs in memory beyond its encoded size.
const tailOverhead = 400

// tail holds the newest durable records in memory, in a ring. Consumers within it never
// touch the disk. Its sequence numbers have no gaps.
type tail struct {
	maxRecords int
	maxBytes   int64

	mu    sync.RWMutex
	ring  []tailEntry // capacity is a power of two
	first uint64      // sequence number of the oldest entry
	head  uint64      // of the newest durable record; entries are first..head
	bytes int64
	wake  chan struct{} // closed and replaced when head moves
}

type tailEntry struct {
	rec   Record
	size  int32
	class event.Class
}

func newTail(maxRecords int, maxBytes int64) *tail {
	size := 1024
	for size < maxRecords {
		size *= 2
	}
	return &tail{maxRecords: maxRecords, maxBytes: maxBytes, ring: make([]tailEntry, size), first: 1, wake: make(chan struct{})}
}

func (t *tail) at(seq uint64) *tailEntry { return &t.ring[seq&uint64(len(t.ring)-1)] }

// reset empties the tail and sets the head, for instance to what a store holds at opening.
func (t *tail) reset(head uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.ring)
	t.first, t.head, t.bytes = head+1, head, 0
	t.signal()
}

func (t *tail) signal() {
	close(t.wake)
	t.wake = make(chan struct{})
}

// append adds durable records, whose numbers follow the head.
func (t *tail) append(entries []tailEntry) {
	if len(entries) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range entries {
		for t.head-t.first+1 >= uint64(t.maxRecords) {
			t.evict()
		}
		*t.at(entries[i].rec.Seq) = entries[i]
		t.bytes += int64(entries[i].size)
		t.head = entries[i].rec.Seq
	}
	for t.bytes > t.maxBytes && t.first < t.head {
		t.evict()
	}
	t.signal()
}

func (t *tail) evict() {
	e := t.at(t.first)
	t.bytes -= int64(e.size)
	*e = tailEntry{}
	t.first++
}

// tailScan bounds how many entries one read looks at.
const tailScan = 16_384

// read appends to dst up to limit records of the classes with after < seq <= to, and
// returns up to which number it looked. ok is false when the tail no longer holds after+1.
func (t *tail) read(dst []Record, after, to uint64, limit int, classes classMask) (_ []Record, covered uint64, ok bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	to = min(to, t.head)
	if after+1 < t.first || after >= to {
		return dst, after, after+1 >= t.first
	}
	to = min(to, after+tailScan)
	for seq := after + 1; seq <= to; seq++ {
		e := t.at(seq)
		if !classes.has(e.class) {
			continue
		}
		if limit == 0 {
			return dst, seq - 1, true
		}
		dst = append(dst, e.rec)
		limit--
	}
	return dst, to, true
}

// window returns the first number held, the head, and a channel closed when it moves.
func (t *tail) window() (first, head uint64, wake <-chan struct{}) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.first, t.head, t.wake
}
