package jt808

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestFragmentsKeepTheirBounds lets a terminal send packets in any order, with wrong numbers
// and again and again: what is held is what is charged, it stays within the bounds, and a
// message that becomes whole has the bytes that were sent.
func TestFragmentsKeepTheirBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		l := &limits{message: 4096, all: 6000}
		all := []*fragments{{}, {}}
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 200).Draw(r, "packets") {
			f := rapid.SampledFrom(all).Draw(r, "terminal")
			total := rapid.Uint16Range(0, 6).Draw(r, "total")
			first := rapid.Uint16Range(0, 3).Draw(r, "first") * 1000
			index := rapid.Uint16Range(0, 7).Draw(r, "index")
			h := Header{ID: IDPositionBatch, Fragment: true, Total: total, Index: index, Serial: first + index - 1}
			body := bytes.Repeat([]byte{byte(index)}, rapid.IntRange(0, 1023).Draw(r, "size"))
			m, what := f.take(h, body, now, l)
			switch what {
			case packetWhole:
				if rapid.Bool().Draw(r, "durable") {
					last := byte(0)
					for _, b := range m.whole(nil) {
						if b < last {
							r.Fatal("packets are out of order")
						}
						last = b
					}
					f.durable(m, l)
				}
			case packetKept:
				if len(m.gaps()) != m.missing || m.missing == 0 {
					r.Fatalf("%d gaps, %d missing", len(m.gaps()), m.missing)
				}
			}
			if rapid.IntRange(0, 30).Draw(r, "clear") == 0 {
				f.clear(l)
			}
			used := 0
			for _, f := range all {
				sum := 0
				for _, m := range f.open {
					held := slot * len(m.parts)
					for _, p := range m.parts {
						held += len(p)
					}
					if held != m.bytes || held > l.message {
						r.Fatalf("%d bytes held, %d charged", held, m.bytes)
					}
					sum += held
				}
				if sum != f.bytes || len(f.open) > maxOpen || sum > 2*l.message {
					r.Fatalf("%d bytes in %d messages, %d charged", sum, len(f.open), f.bytes)
				}
				used += sum
			}
			if int64(used) != l.used.Load() || l.used.Load() > l.all {
				r.Fatalf("%d bytes held, %d of %d charged", used, l.used.Load(), l.all)
			}
		}
	})
}
