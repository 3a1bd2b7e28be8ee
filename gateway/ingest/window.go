package ingest

import (
	"hash/maphash"

	"github.com/campusgate/campusgate/gateway/event"
)

// key identifies one event, or one dead letter, across deliveries: 128 bits of seeded hash.
type key struct{ a, b uint64 }

// window remembers the last keys submitted for a broker. It is used by one goroutine at a
// time, and holds no pointers to keep the garbage collector out of it.
type window struct {
	one, two maphash.Seed
	set      map[key]struct{}
	ring     []key
	next     int
}

func newWindow(size int) *window {
	return &window{
		one: maphash.MakeSeed(), two: maphash.MakeSeed(),
		set: make(map[key]struct{}), ring: make([]key, 0, size),
	}
}

// event returns the key of an event: its id and the time that the device stated. A device
// that states none gets the time of receipt, so two equal heartbeats stay two.
func (w *window) event(e *event.Event) key {
	stated := e.ObservedAt.UnixNano()
	if e.Skew != 0 { // the stated time was set aside: take it, not the time of receipt
		stated = e.ReceivedAt.UnixNano() - int64(e.Skew)
	}
	return key{maphash.String(w.one, e.ID), maphash.String(w.two, e.ID) ^ uint64(stated)}
}

// dead returns the key of a message that no adapter understood.
func (w *window) dead(p *publish) key {
	var one, two maphash.Hash
	one.SetSeed(w.one)
	two.SetSeed(w.two)
	for _, h := range []*maphash.Hash{&one, &two} {
		h.Write(p.topic)
		h.WriteByte(0)
		h.Write(p.payload)
	}
	return key{one.Sum64(), two.Sum64()}
}

func (w *window) has(k key) bool {
	_, ok := w.set[k]
	return ok
}

// add remembers a key that is not there and forgets the oldest.
func (w *window) add(k key) {
	switch {
	case cap(w.ring) == 0:
		return
	case len(w.ring) < cap(w.ring):
		w.ring = append(w.ring, k)
	default:
		delete(w.set, w.ring[w.next])
		w.ring[w.next] = k
		w.next++
		if w.next == len(w.ring) {
			w.next = 0
		}
	}
	w.set[k] = struct{}{}
}

// forget drops keys whose batch did not become durable.
func (w *window) forget(keys []key) {
	for _, k := range keys {
		delete(w.set, k)
	}
}
