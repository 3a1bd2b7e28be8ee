package detect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// summary counts anomalies by state, rule and whether they are suppressed.
func summary(out []event.Anomaly) map[string]int {
	n := map[string]int{}
	for _, a := range out {
		key := string(a.State) + " " + a.Rule
		if a.CausedBy != "" {
			key += " caused"
		}
		n[key]++
	}
	return n
}

func wantSummary(t *testing.T, out []event.Anomaly, want map[string]int) {
	t.Helper()
	checkStream(t, out)
	got := summary(out)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v\nwant %v\n\t%s", got, want, strings.Join(told(out), "\n\t"))
	}
}

func everything() []string {
	return append(cameras(1, 10), "s1/g1", "s1/g2", "s1/t1", "s1/k1", "s1/b1")
}

func TestSiteOutage(t *testing.T) {
	t.Parallel()
	t.Run("everything at once", func(t *testing.T) {
		t.Parallel()
		out := play(newEngine(t, detect.DefaultConfig()), script(
			beats("09:00", "09:10", time.Minute, everything()...), beats("09:30", "10:00", time.Minute, everything()...)))
		wantSummary(t, out, map[string]int{
			"raised site_outage": 1, "updated site_outage": 1, "cleared site_outage": 1,
			"raised camera_down caused": 10, "cleared camera_down caused": 10,
			"raised device_silent caused": 4, "cleared device_silent caused": 4,
			"raised kitchen_silent caused": 1, "cleared kitchen_silent caused": 1,
			"raised camera_mass_outage caused": 1, "cleared camera_mass_outage caused": 1,
			"raised switch_outage caused": 1, "cleared switch_outage caused": 1,
		})
		if a := out[0]; a.Rule != "site_outage" || a.Cause != "power" || !strings.Contains(a.Text.EN, "First School") ||
			!strings.Contains(a.Text.ZH, "第一小学") || !strings.Contains(a.Text.ZH, "停电") || a.Device != "" || len(a.Devices) != a.Count {
			t.Errorf("first is %+v", a)
		}
	})

	t.Run("periods of half, one and five minutes", func(t *testing.T) {
		t.Parallel()
		out := play(newEngine(t, detect.DefaultConfig()), script(
			beats("09:00", "09:10", 30*time.Second, "s1/g1", "s1/g2"),
			beats("09:00", "09:10", time.Minute, everything()[:10]...),
			with(status("09:00", "k1", up), period(5*time.Minute)), status("09:05", "k1", up), until("10:00")))
		got := summary(out)
		if got["raised site_outage"] != 1 || got["raised camera_down"] != 0 || got["raised device_silent"] != 0 || got["raised camera_mass_outage"] != 0 {
			t.Errorf("%v\n\t%s", got, strings.Join(told(out), "\n\t"))
		}
	})

	t.Run("half of the devices are no outage", func(t *testing.T) {
		t.Parallel()
		out := play(newEngine(t, detect.DefaultConfig()), script(
			beats("09:00", "09:10", time.Minute, append(cameras(1, 4), "s1/g1", "s1/g2")...),
			beats("09:00", "09:30", time.Minute, append(cameras(5, 8), "s1/t1", "s1/k1", "s1/b1")...)))
		wantSummary(t, out, map[string]int{"raised camera_down": 4, "raised device_silent": 2})
	})

	t.Run("two devices are no outage", func(t *testing.T) {
		t.Parallel()
		out := play(newEngine(t, detect.DefaultConfig()), script(beats("09:00", "09:10", time.Minute, "s1/g1", "s1/c01"), until("09:30")))
		wantSummary(t, out, map[string]int{"raised camera_down": 1, "raised device_silent": 1})
	})

	t.Run("one after the other over an hour is no outage", func(t *testing.T) {
		t.Parallel()
		var steps []any
		for i, device := range everything() {
			steps = append(steps, beats("09:00", fmt.Sprintf("09:%02d", 10+3*i), time.Minute, device))
		}
		out := play(newEngine(t, detect.DefaultConfig()), script(append(steps, until("10:30"))...))
		if n := summary(out)["raised site_outage"]; n != 0 {
			t.Errorf("%d outages\n\t%s", n, strings.Join(told(out), "\n\t"))
		}
	})

	t.Run("those that stay away are told when the rest is back", func(t *testing.T) {
		t.Parallel()
		out := play(newEngine(t, detect.DefaultConfig()), script(
			beats("09:00", "09:10", time.Minute, everything()...), beats("09:30", "10:00", time.Minute, everything()[1:]...)))
		var visible []string
		for _, line := range told(out) {
			if !strings.Contains(line, "caused") && !strings.Contains(line, "site_outage") {
				visible = append(visible, line)
			}
		}
		want := []string{"09:31:08 updated camera_down s1/c01 215 x1"}
		if !slices.Equal(visible, want) {
			t.Errorf("got %q, want %q\n\t%s", visible, want, strings.Join(told(out), "\n\t"))
		}
	})

	t.Run("the gateway was not listening", func(t *testing.T) {
		t.Parallel()
		e := newEngine(t, detect.DefaultConfig())
		out := play(e, script(beats("09:00", "09:10", time.Minute, everything()...)))
		// Twenty minutes without any step of time, then everybody is there as before.
		out = append(out, play(e, script(beats("09:30", "09:50", time.Minute, everything()...)))...)
		if len(out) != 0 {
			t.Errorf("%q", told(out))
		}
	})

	t.Run("no broker was connected", func(t *testing.T) {
		t.Parallel()
		e := newEngine(t, detect.DefaultConfig())
		out := play(e, script(beats("09:00", "09:10", time.Minute, everything()...)))
		for at := clock("09:10"); at.Before(clock("09:40")); at = at.Add(20 * time.Second) {
			out = e.AdvanceUnwatched(at, out)
		}
		out = append(out, play(e, script(beats("09:40", "10:00", time.Minute, everything()...)))...)
		if len(out) != 0 {
			t.Errorf("%q", told(out))
		}
	})

	t.Run("closing time while nobody listened", func(t *testing.T) {
		t.Parallel()
		visitor := event.GateAccess{
			Direction: event.In, PersonKind: event.PersonVisitor, Result: event.ResultGranted,
			Person: "v1", Registration: "r1", ItemsChecked: event.Yes, Celsius: 36.5,
		}
		left := visitor
		left.Direction = event.Out
		other := visitor
		other.Person, other.Registration = "v2", "r2"
		e := newEngine(t, detect.DefaultConfig())
		out := play(e, script(gate("17:00", "g1", visitor), gate("17:01", "g1", other)))
		// The broker kept the passage of 18:20 until the gateway came back at 18:34.
		out = append(out, play(e, script(
			with(gate("18:34", "g1", left), func(e *event.Event) { e.ObservedAt = clock("18:20") }), until("18:40")))...)
		if got, want := told(out), []string{"18:35:00 raised visitor_overstay s1/g1 0 x1"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})

	t.Run("silent since before the gateway listened again", func(t *testing.T) {
		t.Parallel()
		e := newEngine(t, detect.DefaultConfig())
		play(e, script(beats("09:00", "09:10", time.Minute, everything()...)))
		out := play(e, script(beats("09:30", "09:50", time.Minute, everything()[1:]...)))
		// Three periods and 5 s from 09:30:00, when the gateway listened again, and 30 s to settle.
		if got, want := told(out), []string{"09:33:35 raised camera_down s1/c01 1475 x1"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestOutageCause(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		lost, alive []string
		reason      string
		cause       string
	}{
		{name: "nobody left", lost: []string{"s1/g1", "s1/g2", "s1/t1"}, cause: "power"},
		{name: "the button has a battery", lost: []string{"s1/g1", "s1/g2", "s1/t1"}, alive: []string{"s1/b1"}, cause: "power"},
		{name: "some wired ones live", lost: []string{"s1/g1", "s1/g2", "s1/k1", "s1/c01", "s1/c02"}, alive: []string{"s1/t1", "s1/c03"}, cause: "network"},
		{name: "the gateway is gone too", lost: []string{"s2/g1", "s2/gw", "s2/c1", "s2/c2"}, cause: "gateway"},
		{name: "one said so", lost: []string{"s2/g1", "s2/gw", "s2/c1", "s2/c2"}, reason: "mains lost", cause: "power"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			steps := []any{beats("09:00", "09:05", time.Minute, c.lost...), beats("09:00", "09:30", time.Minute, c.alive...), until("09:15")}
			if c.reason != "" {
				steps = append(steps, evAt(clock("09:05"), "s2/gw", event.KindGateway, event.TypeDeviceStatus, func(e *event.Event) {
					e.Status = &event.DeviceStatus{Status: event.StatusDegraded, Reason: c.reason}
				}))
			}
			out := play(newEngine(t, detect.DefaultConfig()), script(steps...))
			var causes []string
			for _, a := range out {
				if a.Rule == "site_outage" {
					causes = append(causes, a.Cause)
				}
			}
			if len(causes) == 0 || causes[len(causes)-1] != c.cause {
				t.Errorf("causes %q, want %q at last\n\t%s", causes, c.cause, strings.Join(told(out), "\n\t"))
			}
		})
	}
	t.Run("one recorder explains the cameras", func(t *testing.T) {
		t.Parallel()
		out := play(newEngine(t, detect.DefaultConfig()), script(
			beats("09:00", "09:10", time.Minute, cameras(1, 10)...), beats("09:00", "09:30", time.Minute, "s1/g1", "s1/g2"), until("09:20")))
		wantSummary(t, out, map[string]int{
			"raised switch_outage": 1, "updated switch_outage": 1, "raised camera_down caused": 10,
			"raised camera_mass_outage caused": 1, "updated camera_mass_outage caused": 1,
		})
		if a := out[0]; a.Device != "sw1" || !strings.Contains(a.Text.EN, "sw1") {
			t.Errorf("%+v", a)
		}
	})
}
