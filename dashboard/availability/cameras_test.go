package availability_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/gateway/event"
)

func looked(result string) *event.CameraCheck {
	return &event.CameraCheck{Check: event.CheckImage, Result: result, Reason: "black", Period: 10 * time.Minute}
}

func recorded(from int, expected, covered float64, result string) *event.CameraCheck {
	return &event.CameraCheck{Check: event.CheckRecording, Result: result, From: min(from), ExpectedS: expected, CoveredS: covered, Period: time.Hour}
}

func pct(p *float64) float64 {
	if p == nil {
		return -1
	}
	return math.Round(*p*100) / 100
}

func TestRates(t *testing.T) {
	t.Parallel()
	const days = 24 * 60
	window := between(0, 2*days)
	var c availability.CameraChecks
	if r := c.Rates(window, nil); r.OnlinePct != nil || r.RecordedPct != nil || r.UsablePct != nil {
		t.Errorf("nothing was observed: %+v", r)
	}
	// A picture that was usable for an hour, black for half of one, then not to be fetched,
	// then usable, in maintenance.
	for at := 0; at < 60; at += 10 {
		c.Add(looked(event.CheckPassed), min(at))
	}
	for at := 60; at < 90; at += 10 {
		c.Add(looked(event.CheckFailed), min(at))
	}
	c.Add(looked(event.CheckUnknown), min(90))
	c.Add(looked(event.CheckPassed), min(120))
	// The first day in two checks, of which the later counts; the second so far; and one
	// that begins before the window.
	c.Add(recorded(0, 43200, 100, event.CheckFailed), min(days/2))
	c.Add(recorded(0, 86400, 86400, event.CheckPassed), min(days+60))
	c.Add(recorded(0, 0, 0, event.CheckUnknown), min(days+90))
	c.Add(recorded(days, 10800, 0, event.CheckFailed), min(days+180))
	c.Add(recorded(-days, 86400, 0, event.CheckFailed), min(60))
	r := c.Rates(window, []availability.Span{
		{From: min(0), To: min(90), State: availability.Up},
		{From: min(90), To: min(95), State: availability.Degraded},
		{From: min(95), To: min(100), State: availability.Down},
		{From: min(100), To: min(2 * days), State: availability.Maintenance},
	})
	if pct(r.OnlinePct) != 95 || pct(r.RecordedPct) != 88.89 || pct(r.UsablePct) != 66.67 || r.UsableS != 3600 || r.UnusableS != 1800 {
		t.Errorf("%v %v %v %+v", pct(r.OnlinePct), pct(r.RecordedPct), pct(r.UsablePct), r)
	}
}

// TestUsableMinuteByMinute compares with an oracle that looks at each minute by itself.
func TestUsableMinuteByMinute(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		result := rapid.SampledFrom([]string{event.CheckPassed, event.CheckFailed, event.CheckUnknown})
		var c availability.CameraChecks
		said := map[int]string{}
		for at := -60; at < 400; at += rapid.IntRange(1, 90).Draw(rt, "pause") {
			said[at] = result.Draw(rt, "result")
			c.Add(looked(said[at]), min(at))
		}
		usable, unusable := 0.0, 0.0
		for minute := range 300 {
			for back := range 30 { // three periods
				word, ok := said[minute-back]
				if !ok {
					continue
				}
				switch word {
				case event.CheckPassed:
					usable += 60
				case event.CheckFailed:
					unusable += 60
				}
				break
			}
		}
		r := c.Rates(between(0, 300), []availability.Span{{From: min(0), To: min(300), State: availability.Up}})
		if r.UsableS != usable || r.UnusableS != unusable {
			rt.Fatalf("got %v and %v, want %v and %v", r.UsableS, r.UnusableS, usable, unusable)
		}
		if (r.UsablePct == nil) != (usable+unusable == 0) {
			rt.Fatal(r.UsablePct)
		}
	})
}
