package influx_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
)

// checkSeries writes a cold store every ten seconds with a silence of twenty minutes, one
// peak and one trough, and compares the buckets with those counted here.
func checkSeries(t *testing.T, s server) {
	p, _ := s.start(t)
	reading := func(i int, at time.Time, device event.DeviceID, quantity string, v float64) event.Event {
		return event.Event{
			ID: fmt.Sprintf("%s-%s-%04d", device, quantity, i), Type: event.TypeKitchenReading, Kind: event.KindKitchen, Site: "s001", Device: device,
			ObservedAt: at, ReceivedAt: at, Reading: &event.KitchenReading{Quantity: quantity, Value: v, Unit: "°C"},
		}
	}
	const points = 100
	to := morning.Add(time.Hour)
	step := influx.Step(time.Hour, points)
	type bucket struct {
		n             int64
		min, max, sum float64
	}
	want := map[time.Time]bucket{}
	var all []event.Event
	for i := range 360 {
		at := morning.Add(time.Duration(i) * 10 * time.Second)
		all = append(all, reading(i, at, "k1", "humidity", 99), reading(i, at, "k2", "cold_store", -99)) // of no concern
		if i >= 120 && i < 240 {
			continue
		}
		v := 3 + float64(i%7)/10
		switch i {
		case 33:
			v = 19.5
		case 301:
			v = -7.25
		}
		all = append(all, reading(i, at, "k1", "cold_store", v))
		k := at.Truncate(step)
		b, ok := want[k]
		if !ok {
			b.min, b.max = v, v
		}
		want[k] = bucket{b.n + 1, min(b.min, v), max(b.max, v), b.sum + v}
	}
	all = append(all, reading(999, to, "k1", "cold_store", 50)) // no longer asked for
	p.src.events(all...)
	p.src.waitCommitted(t, len(all))
	got, gotStep, err := p.r.Series(context.Background(), influx.SeriesQuery{
		Site: "s001", Device: "k1", Type: event.TypeKitchenReading, Quantity: "cold_store", From: morning, To: to, Points: points,
	})
	if err != nil || gotStep != step || len(got) != len(want) || len(got) > points {
		t.Fatalf("%d buckets of %v, %v; want %d of %v", len(got), gotStep, err, len(want), step)
	}
	lowest, highest := math.Inf(1), math.Inf(-1)
	for i, g := range got {
		w := want[g.At]
		if g.N != w.n || g.Min != w.min || g.Max != w.max || math.Abs(g.Mean-w.sum/float64(w.n)) > 1e-9 {
			t.Errorf("%v: %+v, want %+v", g.At, g, w)
		}
		if i > 0 && !g.At.After(got[i-1].At) {
			t.Errorf("%v comes after %v", g.At, got[i-1].At)
		}
		if g.At.Add(step).After(morning.Add(20*time.Minute)) && g.At.Before(morning.Add(40*time.Minute)) {
			t.Errorf("a bucket at %v, where nothing was measured", g.At)
		}
		lowest, highest = min(lowest, g.Min), max(highest, g.Max)
	}
	if lowest != -7.25 || highest != 19.5 {
		t.Errorf("between %v and %v: the peak or the trough is lost", lowest, highest)
	}
}
