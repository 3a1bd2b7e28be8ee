package ingest

import (
	"hash/maphash"
	"slices"

	"github.com/campusgate/campusgate/gateway/event"
)

// key identifies one event, or one dead letter, across deliveries: 128 bits of seeded
// hash, never zero.
type key struct{ a, b uint64 }

// ways is how many keys share a place in the window; a set fills two cache lines.
const ways = 8

// window remembers about the last keys submitted for a broker. It is a table of sets: a
// key's hash picks its set, and a new key takes the place of the oldest in it. Twice as
// large as the number it is asked to remember, it forgets 1 in 20 of those just at that
// number and 1 in 100,000 of those at a quarter of it. A map that knows the order exactly
// costs five times as much. It is used by one goroutine at a time.
type window struct {
	one, two maphash.Seed
	mask     uint64
	sets     []set
}

// set holds keys, the newest first.
type set [ways]key

func newWindow(size int) *window {
	w := &window{one: maphash.MakeSeed(), two: maphash.MakeSeed()}
	if size > 0 {
		n := 1
		for n*ways < 2*size {
			n *= 2
		}
		w.sets, w.mask = make([]set, n), uint64(n-1)
	}
	return w
}

// event returns the key of an event: its id and the time that the device stated. A device
// that states none gets the time of receipt, so two equal heartbeats stay two.
func (w *window) event(e *event.Event) key {
	stated := e.ObservedAt.UnixNano()
	if e.Skew != 0 { // the stated time was set aside: take it, not the time of receipt
		stated = e.ReceivedAt.UnixNano() - int64(e.Skew)
	}
	return key{maphash.String(w.one, e.ID) | 1, maphash.String(w.two, e.ID) ^ uint64(stated)}
}

// dead returns the key of a message that no adapter understood.
func (w *window) dead(p *publish) key {
	var one, two maphash.Hash
	one.SetSeed(w.one)
	two.SetSeed(w.two)
	for _, h := range []*maphash.Hash{&one, &two} {
		_, _ = h.Write(p.topic)
		_ = h.WriteByte(0)
		_, _ = h.Write(p.payload)
	}
	return key{one.Sum64() | 1, two.Sum64()}
}

// has reports whether a key is there.
func (w *window) has(k key) bool {
	return len(w.sets) > 0 && slices.Contains(w.sets[(k.a>>1^k.b)&w.mask][:], k)
}

// remember reports whether a key was there, and puts it there.
func (w *window) remember(k key) (known bool) {
	if len(w.sets) == 0 {
		return false
	}
	s := &w.sets[(k.a>>1^k.b)&w.mask]
	for i := range s {
		if s[i] == k {
			return true
		}
	}
	copy(s[1:], s[:ways-1])
	s[0] = k
	return false
}

// forget drops keys whose batch did not become durable.
func (w *window) forget(keys []key) {
	if len(w.sets) == 0 {
		return
	}
	for _, k := range keys {
		s := &w.sets[(k.a>>1^k.b)&w.mask]
		for i := range s {
			if s[i] == k {
				copy(s[i:], s[i+1:])
				s[ways-1] = key{}
				break
			}
		}
	}
}
