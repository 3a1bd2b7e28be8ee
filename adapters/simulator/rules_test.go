package simulator_test

import (
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/configs/counties"
	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// demo is the demo's county with most cameras taken down in nine schools of ten: they are
// two thirds of its messages.
func demo(t *testing.T) *event.County {
	t.Helper()
	if underRace {
		t.Skip("single-threaded, and slow under the race detector")
	}
	c := county(t, counties.Demo())
	for i := range c.Sites {
		s := &c.Sites[i]
		cameras := 0
		s.Devices = slices.DeleteFunc(s.Devices, func(d event.Device) bool {
			if d.Kind == event.KindCamera {
				cameras++
			}
			return d.Kind == event.KindCamera && cameras > 4 && i%10 != 0
		})
	}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

// watch lets the detectors see the traffic of a time and returns, for each rule, when it
// was first raised.
func watch(t *testing.T, s *simulator.Script, c *event.County, speed float64, from string, length time.Duration) map[string]time.Duration {
	t.Helper()
	engine, err := detect.New(detect.DefaultConfig(), c)
	if err != nil {
		t.Fatal(err)
	}
	start := at(t, from)
	d := adapters.Campus()
	first := map[string]time.Duration{}
	var found []event.Anomaly
	traffic := simulator.NewTraffic(c, s, simulator.TrafficConfig{Seed: 1, Speed: speed}, start)
	for _, m := range until(traffic, start.Add(length)) {
		events, err := d.Decode(nil, payload.Message{Topic: m.Topic, Payload: m.Payload, Received: m.At.Add(15 * time.Millisecond)}, event.Clock{})
		if err != nil {
			continue
		}
		found = engine.Process(&events[0], found[:0])
		for _, a := range found {
			if _, seen := first[a.Rule]; a.State == event.Raised && !seen {
				first[a.Rule] = m.At.Sub(start)
				if s == nil {
					t.Errorf("%v: %s at %s/%s: %s", m.At, a.Rule, a.Site, a.Device, a.Text.EN)
				}
			}
		}
	}
	return first
}

// probed tells the rules of what a probe finds out: the county's own devices, which are all
// that is simulated, do not say it.
func probed(rule string) bool { return rule == "camera_image_unusable" || rule == "recording_gap" }

// In class hours every rule has its incident within 20 minutes, the first alarm within 20
// seconds. Only a visitor who overstays waits for a school's closing time.
func TestEveryRuleIsSeen(t *testing.T) {
	t.Parallel()
	c := demo(t)
	first := watch(t, script(t, c), c, 1, "2026-11-24T15:00:00", 20*time.Minute)
	for _, rule := range detect.Rules() {
		at, seen := first[rule]
		if !seen && rule != "visitor_overstay" && !probed(rule) {
			t.Errorf("%s is not seen", rule)
		}
		if rule == "fever" && at > 20*time.Second {
			t.Errorf("the first fever comes after %v", at)
		}
	}
}

// In the arrival peak, when terminals are busy, the same holds.
func TestEveryRuleIsSeenInTheMorning(t *testing.T) {
	t.Parallel()
	c := demo(t)
	first := watch(t, script(t, c), c, 1, "2026-11-24T07:30:00", 20*time.Minute)
	for _, rule := range detect.Rules() {
		if _, seen := first[rule]; !seen && rule != "visitor_overstay" && !probed(rule) {
			t.Errorf("%s is not seen", rule)
		}
	}
}

func TestOverstayAtClosingTime(t *testing.T) {
	t.Parallel()
	c := demo(t)
	if first := watch(t, script(t, c), c, 1, "2026-11-24T18:17:00", 15*time.Minute); first["visitor_overstay"] == 0 {
		t.Errorf("not seen: %v", first)
	}
}

// On a Sunday night all but a few rules have their incident too.
func TestRulesAtNight(t *testing.T) {
	t.Parallel()
	c := demo(t)
	first := watch(t, script(t, c), c, 1, "2026-11-29T02:00:00", 20*time.Minute)
	for _, rule := range detect.Rules() {
		if _, seen := first[rule]; !seen && rule != "visitor_overstay" && rule != "pupil_out_unapproved" && !probed(rule) {
			t.Errorf("%s is not seen", rule)
		}
	}
}

// Without incidents no rule finds fault: around the hours that change what is allowed.
func TestNormalTrafficRaisesNothing(t *testing.T) {
	t.Parallel()
	large := demo(t)
	c := county(t, counties.Small())
	watch(t, nil, c, 1, "2026-11-24T05:00:00", 16*time.Hour)
	watch(t, nil, large, 1, "2026-11-24T07:50:00", 15*time.Minute)
	watch(t, nil, large, 10, "2026-11-24T11:28:00", 3*time.Minute)
	watch(t, nil, large, 1, "2026-11-24T16:25:00", 10*time.Minute)
}
