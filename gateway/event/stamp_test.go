package event_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/gateway/event"
)

var noon = time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)

func gateEvent() event.Event {
	return event.Event{Type: event.TypeGateAccess, Kind: event.KindGate, Site: "s001", Device: "g1", Gate: &event.GateAccess{}}
}

// The same message is the same event whenever it arrives, as long as it states its time.
func TestStampOfARedelivery(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		payload := rapid.SliceOf(rapid.Byte()).Draw(t, "payload")
		nth := rapid.IntRange(0, 499).Draw(t, "nth")
		observed := noon.Add(-time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "age")))
		resolution := rapid.SampledFrom([]time.Duration{time.Second, time.Millisecond, time.Microsecond, time.Nanosecond}).Draw(t, "resolution")
		observed = observed.Truncate(resolution)
		a, b := gateEvent(), gateEvent()
		event.Clock{}.Stamp(&a, payload, nth, observed, resolution, noon)
		event.Clock{}.Stamp(&b, payload, nth, observed, resolution, noon.Add(time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "later"))))
		if a.ID != b.ID || len(a.ID) != 24 {
			t.Fatalf("ids %q and %q", a.ID, b.ID)
		}
		if !a.ObservedAt.Equal(b.ObservedAt) {
			t.Fatalf("times %v and %v", a.ObservedAt, b.ObservedAt)
		}
		if got := a.ObservedAt.Truncate(resolution); !got.Equal(observed) {
			t.Fatalf("stated digits changed: %v became %v", observed, a.ObservedAt)
		}
		if a.Skew != 0 {
			t.Fatalf("skew %v of a good clock", a.Skew)
		}
	})
}

func TestStampKeepsDifferentMessagesApart(t *testing.T) {
	t.Parallel()
	seenIDs, seenTimes := map[string]bool{}, map[int64]bool{}
	add := func(site event.SiteID, device event.DeviceID, payload string, nth int) {
		e := gateEvent()
		e.Site, e.Device = site, device
		event.Clock{}.Stamp(&e, []byte(payload), nth, noon, time.Second, noon)
		if seenIDs[e.ID] || seenTimes[e.ObservedAt.UnixNano()] {
			t.Errorf("%s/%s %q %d lands on another event", site, device, payload, nth)
		}
		seenIDs[e.ID], seenTimes[e.ObservedAt.UnixNano()] = true, true
	}
	add("s001", "g1", "a", 0)
	add("s001", "g1", "b", 0)
	add("s001", "g1", "a", 1)
	add("s001", "g1", "a", 256)
	add("s001", "g2", "a", 0)
	add("s001g", "1", "a", 0)
	add("s002", "g1", "a", 0)
}

func TestStampJudgesTheDeviceClock(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		clock    event.Clock
		observed time.Time
		backfill bool
		late     bool
		skew     time.Duration
		replaced bool
	}{
		"on time":                     {observed: noon.Add(-time.Second)},
		"as old as allowed":           {observed: noon.Add(-event.DefaultLateAfter)},
		"late":                        {observed: noon.Add(-event.DefaultLateAfter - time.Second), late: true},
		"backfill":                    {observed: noon.Add(-time.Second), backfill: true, late: true},
		"late by the configuration":   {clock: event.Clock{LateAfter: time.Minute}, observed: noon.Add(-2 * time.Minute), late: true},
		"a little ahead":              {observed: noon.Add(event.DefaultMaxFuture)},
		"far ahead":                   {observed: noon.Add(time.Hour), skew: -time.Hour, replaced: true},
		"ahead by the configuration":  {clock: event.Clock{MaxFuture: time.Second}, observed: noon.Add(2 * time.Second), skew: -2 * time.Second, replaced: true},
		"no time":                     {replaced: true},
		"no time, but history resent": {backfill: true, late: true, replaced: true},
		"clock lost its battery":      {observed: time.Unix(0, 0), late: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := gateEvent()
			e.Backfill = c.backfill
			c.clock.Stamp(&e, []byte("x"), 0, c.observed, time.Nanosecond, noon)
			if e.Late != c.late || e.Skew != c.skew {
				t.Errorf("late %v, skew %v; want %v, %v", e.Late, e.Skew, c.late, c.skew)
			}
			want := c.observed
			if c.replaced {
				want = noon
			}
			if d := e.ObservedAt.Sub(want); d < 0 || d >= time.Millisecond {
				t.Errorf("observed at %v, want %v and less than a millisecond", e.ObservedAt, want)
			}
			if e.ObservedAt.Location() != time.UTC || e.ReceivedAt.Location() != time.UTC {
				t.Error("times are not in UTC")
			}
		})
	}
}
