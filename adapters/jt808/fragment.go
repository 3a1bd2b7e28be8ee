package jt808

import (
	"slices"
	"sync/atomic"
	"time"
)

const (
	// maxPackets is the most packets that a message may have.
	maxPackets = 4096
	// maxOpen is how many messages of one terminal are put together at once.
	maxOpen = 4
	// maxAsk is the most packets asked for at once: what the count of 2013 can say.
	maxAsk = 255
	// slot is what the place of a packet takes, in bytes.
	slot = 32
)

// What becomes of a packet.
type verdict uint8

const (
	packetKept    verdict = iota // more are to come; nothing is answered until the message is durable
	packetWhole                  // it was the last one that was missing
	packetAgain                  // it is here already: the terminal waits for an answer before it goes on
	packetRefused                // its numbers are wrong, or there is no room
)

// message is a message that comes in packets.
type message struct {
	head    Header // of the packet that came first
	first   uint16 // serial of packet 1
	parts   [][]byte
	missing int
	bytes   int      // charged to the bounds
	serials []uint16 // of the packets that are not answered yet
	changed time.Time
	asked   int
	queued  bool // it is being delivered
}

// whole is the body, once no packet is missing.
func (m *message) whole(dst []byte) []byte {
	for _, p := range m.parts {
		dst = append(dst, p...)
	}
	return dst
}

// gaps are the packets that have not come, at most maxAsk.
func (m *message) gaps() []uint16 {
	var gaps []uint16
	for i, p := range m.parts {
		if p == nil && len(gaps) < maxAsk {
			gaps = append(gaps, uint16(i+1))
		}
	}
	return gaps
}

// fragments are the messages of one terminal that come in packets. They are not safe for
// concurrent use.
type fragments struct {
	open  []*message
	bytes int
	last  struct{ id, first, total uint16 } // the last one that is durable: its packets may be repeated
}

// limits bound what terminals have in the making.
type limits struct {
	message int // bytes of one
	all     int64
	used    atomic.Int64 // of all terminals
}

// take adds a packet, and returns the message that it belongs to; nil when it was refused,
// and when the message is durable already.
func (f *fragments) take(h Header, body []byte, now time.Time, l *limits) (*message, verdict) {
	if h.Total == 0 || h.Index == 0 || h.Index > h.Total || h.Total > maxPackets {
		return nil, packetRefused
	}
	first := h.Serial - (h.Index - 1)
	if f.last.id == h.ID && f.last.first == first && f.last.total == h.Total {
		return nil, packetAgain
	}
	m := f.find(h, first)
	if m == nil {
		if m = f.begin(h, first, l); m == nil {
			return nil, packetRefused
		}
	}
	at := h.Index - 1
	if m.parts[at] != nil {
		m.changed = now
		if m.missing == 0 {
			// It could not be stored: every packet that is repeated tries again.
			m.note(h.Serial)
			return m, packetWhole
		}
		return m, packetAgain
	}
	if !f.charge(m, len(body), l) {
		f.drop(m, l)
		return nil, packetRefused
	}
	m.parts[at] = append(make([]byte, 0, len(body)), body...)
	m.missing--
	m.changed = now
	m.note(h.Serial)
	if m.missing == 0 {
		return m, packetWhole
	}
	return m, packetKept
}

// is tells whether a packet belongs to m by its numbers.
func (m *message) is(h Header, first uint16) bool {
	return m.head.ID == h.ID && len(m.parts) == int(h.Total) && m.first == first
}

func (m *message) note(serial uint16) {
	if !slices.Contains(m.serials, serial) {
		m.serials = append(m.serials, serial)
	}
}

// find returns the message of a packet. Packets have consecutive serials, but some
// terminals number again what they were asked for: such a packet belongs to the message
// that waits for it.
func (f *fragments) find(h Header, first uint16) *message {
	for _, m := range f.open {
		if m.is(h, first) {
			return m
		}
	}
	for _, m := range f.open {
		if m.asked > 0 && m.head.ID == h.ID && len(m.parts) == int(h.Total) && m.parts[h.Index-1] == nil {
			return m
		}
	}
	return nil
}

func (f *fragments) begin(h Header, first uint16, l *limits) *message {
	if len(f.open) >= maxOpen {
		f.drop(f.open[0], l) // the oldest: it is the least likely to become whole
	}
	m := &message{head: h, first: first, missing: int(h.Total)}
	if !f.charge(m, slot*int(h.Total), l) {
		return nil
	}
	m.parts = make([][]byte, h.Total)
	f.open = append(f.open, m)
	return m
}

func (f *fragments) charge(m *message, n int, l *limits) bool {
	if m.bytes+n > l.message || f.bytes+n > 2*l.message {
		return false
	}
	if l.used.Add(int64(n)) > l.all {
		l.used.Add(-int64(n))
		return false
	}
	m.bytes += n
	f.bytes += n
	return true
}

// drop forgets a message.
func (f *fragments) drop(m *message, l *limits) {
	i := slices.Index(f.open, m)
	if i < 0 {
		return
	}
	f.open = slices.Delete(f.open, i, i+1)
	f.bytes -= m.bytes
	l.used.Add(-int64(m.bytes))
	m.bytes = 0
}

// durable notes that a message is in the journal.
func (f *fragments) durable(m *message, l *limits) {
	f.drop(m, l)
	f.last.id, f.last.first, f.last.total = m.head.ID, m.first, uint16(len(m.parts))
}

// clear forgets everything.
func (f *fragments) clear(l *limits) {
	for len(f.open) > 0 {
		f.drop(f.open[0], l)
	}
}
