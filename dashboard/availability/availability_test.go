package availability_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/availability"
)

func t0() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }

func min(n int) time.Time { return t0().Add(time.Duration(n) * time.Minute) }

func between(from, to int) availability.Interval {
	return availability.Interval{From: min(from), To: min(to)}
}

func sample(at int, state availability.State) availability.Sample {
	return availability.Sample{At: min(at), State: state, Hold: 3 * time.Minute}
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	up, down := availability.Up, availability.Down
	heartbeats := func(from, to int) (out []availability.Sample) {
		for i := from; i < to; i++ {
			out = append(out, sample(i, up))
		}
		return out
	}
	span := func(from, to int, state availability.State, reason string) availability.Span {
		return availability.Span{From: min(from), To: min(to), State: state, Reason: reason}
	}
	for name, c := range map[string]struct {
		in   availability.Input
		want []availability.Span
		pct  float64 // -1 = none
	}{
		"nothing known": {
			availability.Input{Interval: between(0, 60)},
			[]availability.Span{span(0, 60, availability.Unobserved, "")},
			-1,
		},
		"up all the time, known from before": {
			availability.Input{Interval: between(0, 60), Samples: heartbeats(-2, 60)},
			[]availability.Span{span(0, 60, up, "")},
			100,
		},
		"silent, nobody listening": {
			availability.Input{Interval: between(0, 60), Samples: heartbeats(0, 10)},
			[]availability.Span{span(0, 12, up, ""), span(12, 60, availability.Unobserved, "")},
			100,
		},
		"silent while others report": {
			availability.Input{Interval: between(0, 60), Samples: heartbeats(0, 10), Watched: []availability.Interval{between(0, 30), between(20, 36)}},
			[]availability.Span{span(0, 12, up, ""), span(12, 36, down, availability.Silent), span(36, 60, availability.Unobserved, "")},
			100 * 12.0 / 36,
		},
		"never seen, others report": {
			availability.Input{Interval: between(0, 60), Watched: []availability.Interval{between(0, 60)}},
			[]availability.Span{span(0, 60, availability.Unobserved, "")},
			-1,
		},
		"its own word": {
			availability.Input{Interval: between(0, 6), Samples: []availability.Sample{sample(0, up), sample(2, down), sample(4, availability.Degraded)}},
			[]availability.Span{span(0, 2, up, ""), span(2, 4, down, ""), span(4, 6, availability.Degraded, "")},
			100.0 / 3,
		},
		"the school has no power": {
			availability.Input{
				Interval: between(0, 60), Samples: heartbeats(0, 10), Watched: []availability.Interval{between(0, 60)},
				Layers: []availability.Layer{{Interval: between(5, 40), State: availability.Elsewhere, Reason: "power"}},
			},
			[]availability.Span{span(0, 12, up, ""), span(12, 40, availability.Elsewhere, "power"), span(40, 60, down, availability.Silent)},
			100 * 12.0 / 32,
		},
		"maintenance and hours replace everything": {
			availability.Input{
				Interval: between(0, 30), Samples: heartbeats(-5, 40),
				Layers: []availability.Layer{
					{Interval: between(0, 20), State: availability.OffHours}, {Interval: between(10, 15), State: availability.Maintenance, Reason: "m"},
				},
			},
			[]availability.Span{span(0, 10, availability.OffHours, ""), span(10, 15, availability.Maintenance, "m"), span(15, 20, availability.OffHours, ""), span(20, 30, up, "")},
			100,
		},
		"an alarm knows what samples do not": {
			availability.Input{Interval: between(0, 10), Layers: []availability.Layer{{Interval: between(2, 5), State: down, Reason: "camera_down"}}},
			[]availability.Span{span(0, 2, availability.Unobserved, ""), span(2, 5, down, "camera_down"), span(5, 10, availability.Unobserved, "")},
			0,
		},
		"empty window": {availability.Input{Interval: between(5, 5)}, nil, -1},
	} {
		got := availability.Timeline(c.in)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %v\nwant %v", name, got, c.want)
		}
		pct := availability.Sum(got).UpPct
		if (pct == nil) != (c.pct < 0) || pct != nil && math.Abs(*pct-c.pct) > 1e-9 {
			t.Errorf("%s: percentage %v, want %v", name, pct, c.pct)
		}
	}
}

func TestOutagesAreCountedOnce(t *testing.T) {
	t.Parallel()
	spans := availability.Timeline(availability.Input{Interval: between(0, 20), Samples: []availability.Sample{
		{At: min(0), State: availability.Down, Reason: "a", Hold: time.Hour},
		{At: min(5), State: availability.Down, Reason: "b", Hold: time.Hour},
		{At: min(8), State: availability.Up, Hold: time.Hour},
		{At: min(18), State: availability.Down, Hold: time.Hour},
	}})
	if s := availability.Sum(spans); s.Outages != 2 || s.LongestS != 480 {
		t.Errorf("%+v", s)
	}
}

func draw(rt *rapid.T) availability.Input {
	minute := rapid.IntRange(-30, 150)
	states := rapid.SampledFrom(availability.States())
	interval := func(name string) availability.Interval {
		a, b := minute.Draw(rt, name), minute.Draw(rt, name)
		return availability.Interval{From: min(a), To: min(b)} // also empty and reversed ones
	}
	in := availability.Input{Interval: between(0, rapid.IntRange(1, 120).Draw(rt, "length"))}
	for range rapid.IntRange(0, 20).Draw(rt, "samples") {
		in.Samples = append(in.Samples, availability.Sample{
			At: min(minute.Draw(rt, "at")), State: states.Draw(rt, "state"), Reason: rapid.SampledFrom([]string{"", "r"}).Draw(rt, "reason"),
			Hold: time.Duration(rapid.IntRange(0, 20).Draw(rt, "hold")) * time.Minute,
		})
	}
	for range rapid.IntRange(0, 5).Draw(rt, "layers") {
		in.Layers = append(in.Layers, availability.Layer{Interval: interval("layer"), State: states.Draw(rt, "state"), Reason: rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "why")})
	}
	for range rapid.IntRange(0, 5).Draw(rt, "watched") {
		in.Watched = append(in.Watched, interval("watched"))
	}
	return in
}

// Spans fill the window exactly, their sum is the window, and the order given is nothing.
func TestSpansFillTheWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		in := draw(rt)
		spans := availability.Timeline(in)
		at, total := in.From, 0.0
		for i, s := range spans {
			if !s.From.Equal(at) || !s.To.After(s.From) {
				rt.Fatalf("span %d is %v after %s", i, s, at)
			}
			if i > 0 && spans[i-1].State == s.State && spans[i-1].Reason == s.Reason {
				rt.Fatalf("spans %d and %d are the same", i-1, i)
			}
			at = s.To
		}
		if !at.Equal(in.To) {
			rt.Fatalf("the last span ends at %s, the window at %s", at, in.To)
		}
		sum := availability.Sum(spans)
		x := sum.Seconds
		total = x.Up + x.Down + x.Degraded + x.Maintenance + x.OffHours + x.Elsewhere + x.Unobserved
		if math.Abs(total-in.To.Sub(in.From).Seconds()) > 1e-6 {
			rt.Fatalf("sum %v s of %s", total, in.To.Sub(in.From))
		}
		if (sum.UpPct == nil) != (x.Up+x.Down+x.Degraded == 0) {
			rt.Fatalf("percentage %v of %+v", sum.UpPct, x)
		}
		seed := rapid.Uint64().Draw(rt, "seed")
		r := rand.New(rand.NewPCG(seed, 1))
		r.Shuffle(len(in.Samples), func(i, j int) { in.Samples[i], in.Samples[j] = in.Samples[j], in.Samples[i] })
		r.Shuffle(len(in.Layers), func(i, j int) { in.Layers[i], in.Layers[j] = in.Layers[j], in.Layers[i] })
		r.Shuffle(len(in.Watched), func(i, j int) { in.Watched[i], in.Watched[j] = in.Watched[j], in.Watched[i] })
		if again := availability.Timeline(in); !slices.Equal(again, spans) {
			rt.Fatalf("in another order:\n%v\n%v", again, spans)
		}
	})
}

// Joining samples while reading them changes nothing.
func TestRecordIsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		in := draw(rt)
		slices.SortFunc(in.Samples, func(a, b availability.Sample) int { return a.At.Compare(b.At) })
		for i := range in.Samples { // each at a time of its own, and of one hold, as a device's are
			in.Samples[i].At = in.Samples[i].At.Add(time.Duration(i))
			in.Samples[i].Hold = 5 * time.Minute
		}
		want := availability.Timeline(in)
		var joined []availability.Sample
		for _, s := range in.Samples {
			joined = availability.Record(joined, s)
		}
		in.Samples = joined
		if got := availability.Timeline(in); !slices.Equal(got, want) {
			rt.Fatalf("%d samples joined to %d:\n%v\n%v", len(in.Samples), len(joined), got, want)
		}
	})
}
