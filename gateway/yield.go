package gateway

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

// AdapterStatus is what an adapter that is in use has yielded since the gateway started.
type AdapterStatus struct {
	Name   string    `json:"name"`
	Events uint64    `json:"events"`  // retained ones and duplicates included
	LastAt time.Time `json:"last_at"` // of receipt of the last message with an event; zero when there was none
}

// yield counts what a decoder yields: the command centre wonders about one that yields
// nothing.
type yield struct {
	ingest.Decoder
	events atomic.Uint64
	last   atomic.Int64 // Unix nanoseconds
}

// Decode decodes, and counts.
func (y *yield) Decode(dst []event.Event, m ingest.Message, clock event.Clock) ([]event.Event, error) {
	out, err := y.Decoder.Decode(dst, m, clock)
	if n := len(out) - len(dst); err == nil && n > 0 {
		y.events.Add(uint64(n))
		y.last.Store(m.Received.UnixNano())
	}
	return out, err
}

// askingYield is of a decoder that asks its devices.
type askingYield struct {
	*yield
	ingest.Asker
}

// count puts a counter around each decoder.
func count(decoders []ingest.Decoder) ([]ingest.Decoder, map[string]*yield) {
	out, yields := make([]ingest.Decoder, 0, len(decoders)), make(map[string]*yield, len(decoders))
	for _, d := range decoders {
		y := &yield{Decoder: d}
		yields[d.Name()] = y
		if asker, ok := d.(ingest.Asker); ok {
			out = append(out, askingYield{y, asker})
			continue
		}
		out = append(out, y)
	}
	return out, yields
}

// adapters lists the adapters that a subscription or a listener uses, by name.
func (g *Gateway) adapters() []AdapterStatus {
	used := map[string]bool{}
	for _, b := range g.cfg.Ingest.Brokers {
		for _, s := range b.Subscriptions {
			used[s.Adapter] = true
		}
	}
	for _, l := range g.listen {
		used[l.Name] = true
	}
	out := []AdapterStatus{}
	for name, y := range g.yields {
		if !used[name] {
			continue
		}
		s := AdapterStatus{Name: name, Events: y.events.Load()}
		if at := y.last.Load(); at != 0 {
			s.LastAt = time.Unix(0, at).UTC()
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b AdapterStatus) int { return strings.Compare(a.Name, b.Name) })
	return out
}
