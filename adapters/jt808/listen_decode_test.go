package jt808_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/jt808/jt808test"
	"github.com/campusgate/campusgate/gateway/event"
)

// events decodes everything that was delivered, each event once.
func (g *gateway) events() (all []event.Event) {
	g.t.Helper()
	seen := map[string]bool{}
	for _, m := range g.delivered(0) {
		events, err := jt808.New().Decode(nil, m, event.Clock{})
		if err != nil {
			g.t.Errorf("%s: %v", m.Topic, err)
		}
		for _, e := range events {
			if !seen[e.ID] {
				seen[e.ID] = true
				all = append(all, e)
			}
		}
	}
	return all
}

// TestWhatATerminalSaysBecomesEvents follows one terminal's day to its events: what it
// repeats is one event, what it keeps and sends later is backfill.
func TestWhatATerminalSaysBecomesEvents(t *testing.T) {
	t.Parallel()
	g := start(t, nil)
	term := g.login(phone)
	first := jt808.AppendMessage(nil, term.Header(jt808.IDPosition), position(1).Append(nil))
	again := jt808.AppendMessage(nil, term.Header(jt808.IDPosition), position(1).Append(nil)) // another serial
	write(t, term, first, first, again)
	for range 3 {
		if _, err := term.Receive(); err != nil {
			t.Fatal(err)
		}
	}
	ask(t, term, jt808.IDPositionBatch, jt808test.Batch(1, position(1), position(2)), 0)
	frames, serials := packets(term, jt808.IDPositionBatch, long(120), 900)
	slices.Reverse(frames) // the network may do that, over UDP
	write(t, term, frames...)
	slices.Reverse(serials)
	answered(t, term, jt808.IDPositionBatch, serials...)
	ask(t, term, jt808.IDLogout, nil, 0)
	if _, err := term.Authenticate(); err != nil {
		t.Fatal(err)
	}
	term.Close()
	eventually(t, "away", func() bool { return g.listener.Terminals() == 0 })
	g.advance(3 * time.Minute)
	g.gone(2)

	var got []string
	positions := map[time.Time]int{}
	for _, e := range g.events() {
		if e.Site != "s012" || e.Device != "bus-1" || e.Kind != event.KindBus {
			t.Errorf("an event of %s/%s, a %s", e.Site, e.Device, e.Kind)
		}
		if e.Type == event.TypeVehiclePosition {
			positions[e.ObservedAt.Truncate(time.Second)]++
			continue
		}
		got = append(got, fmt.Sprintf("%s %s %s", e.Type, e.Status.Status, e.Status.Reason))
	}
	if want := []string{
		"device_status up authenticated", "device_status down logged out",
		"device_status up authenticated", "device_status down no longer heard",
	}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if len(positions) != 120 {
		t.Errorf("positions of %d times, want 120", len(positions))
	}
	for at, n := range positions {
		if n != 1 {
			t.Errorf("%d events at %s", n, at)
		}
	}
}
