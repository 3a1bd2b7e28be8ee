package detect_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

var (
	up   = event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}
	down = event.DeviceStatus{Status: event.StatusDown}
)

// cameras are "s1/c<from>" to "s1/c<to>".
func cameras(from, to int) []string {
	var names []string
	for i := from; i <= to; i++ {
		names = append(names, fmt.Sprintf("s1/c%02d", i))
	}
	return names
}

func TestPresence(t *testing.T) {
	t.Parallel()
	// others keep the site from looking dark.
	others := beats("09:00", "10:30", time.Minute, append(cameras(2, 6), "s1/g2")...)
	runScripts(t, []scriptCase{
		{
			name: "silent and back", steps: script(others, beats("09:00", "09:05:01", time.Minute, "s1/g1"), beats("09:30", "10:30", time.Minute, "s1/g1")),
			want: []string{
				"09:08:35 raised device_silent s1/g1 215 x1",
				"09:30:00 cleared device_silent s1/g1 215 x1",
			},
		},
		{name: "heard just in time", steps: script(others, beats("09:00", "09:05:01", time.Minute, "s1/g1"), beats("09:08:05", "10:30", time.Minute, "s1/g1"))},
		{name: "back before it is told", steps: script(others, beats("09:00", "09:05:01", time.Minute, "s1/g1"), beats("09:08:30", "10:30", time.Minute, "s1/g1"))},
		{name: "never heard", steps: script(until("09:00"), until("18:00"))},
		{name: "heard once", steps: script(others, status("09:00", "g1", up))},
		{name: "passages are no heartbeats", steps: script(others, gate("09:00", "g1", pupilIn("p1", 36.5)), gate("09:01", "g1", pupilIn("p2", 36.5)))},
		{name: "a passage proves life", steps: script(others, beats("09:00", "09:02", time.Minute, "s1/g1"), gate("09:04", "g1", pupilIn("p1", 36.5)), gate("09:07", "g1", pupilIn("p2", 36.5)), status("09:10", "g1", up), status("09:12", "g1", up), beats("09:13", "10:30", time.Minute, "s1/g1"))},
		{
			name: "late, backfilled and retained messages do not", steps: script(others, beats("09:00", "09:02", time.Minute, "s1/g1"),
				with(status("09:03", "g1", up), func(e *event.Event) { e.Late = true }),
				with(status("09:03:10", "g1", up), func(e *event.Event) { e.Backfill = true }),
				with(status("09:03:20", "g1", up), func(e *event.Event) { e.Retained = true })),
			want: []string{"09:04:35 raised device_silent s1/g1 215 x1"},
		},
		{
			name: "its own period", steps: script(others, with(status("09:00", "g1", up), period(10*time.Minute)), with(status("09:10", "g1", up), period(10*time.Minute)), status("09:40", "g1", up), until("10:12")),
			// The device's word of ten minutes holds until it says otherwise.
			want: []string{"10:10:35 raised device_silent s1/g1 1835 x1"},
		},
		{
			name: "a period set for the site", cfg: func(c *detect.Config) {
				c.Sites = map[event.SiteID]map[string]float64{"s1": {"period_seconds": 120, "silent_periods": 2, "silent_grace_seconds": 0, "settle_seconds": 0}}
			}, steps: script(others, status("09:00", "g1", up), status("09:02", "g1", up), until("09:06:01"), until("09:07")),
			want: []string{"09:06:00 raised device_silent s1/g1 240 x1"},
		},
		{
			name: "says that it is down, data and heartbeats bring it back", steps: script(others,
				status("09:00", "g1", down), gate("09:10", "g1", pupilIn("p", 36)), status("09:20", "c01", down), status("09:25", "c01", up)),
			want: []string{
				"09:00:30 raised device_silent s1/g1 0 x1",
				"09:10:00 cleared device_silent s1/g1 0 x1",
				"09:20:30 raised camera_down s1/c01 0 x1",
				"09:25:00 cleared camera_down s1/c01 0 x1",
			},
		},
		{name: "unknown is neither", steps: script(others, status("09:00", "c01", event.DeviceStatus{Status: event.StatusUnknown}))},
		{
			name: "an overtaken word", steps: script(others, status("09:00:10", "c01", down),
				with(status("09:00:11", "c01", up), func(e *event.Event) { e.ObservedAt = clock("09:00") }), until("09:10")),
			want: []string{"09:00:40 raised camera_down s1/c01 0 x1"},
		},
		{
			name: "a device that is not registered reports every five minutes", steps: script(
				beats("09:00", "10:01", 5*time.Minute, "s1/g9"), until("11:00")),
			want: []string{"10:15:35 raised device_silent s1/g9 935 x1"},
		},
	})
}

func period(d time.Duration) func(*event.Event) {
	return func(e *event.Event) {
		e.Status = &event.DeviceStatus{Status: event.StatusUp, Heartbeat: true, Period: d}
	}
}

func TestCameras(t *testing.T) {
	t.Parallel()
	others := beats("09:00", "10:30", time.Minute, append(cameras(2, 10), "s1/g1", "s1/g2", "s1/k1")...)
	runScripts(t, []scriptCase{
		{
			name: "flapping suppresses the single", steps: script(others,
				status("09:00", "c01", down), status("09:02", "c01", up), status("09:04", "c01", down), status("09:05", "c01", up), status("09:06", "c01", down), until("09:30"), beats("09:40", "10:30", time.Minute, "s1/c01")),
			want: []string{
				"09:00:30 raised camera_down s1/c01 0 x1",
				"09:02:00 cleared camera_down s1/c01 0 x1",
				"09:05:00 raised camera_flapping s1/c01 4 x4",
				"09:06:00 updated camera_flapping s1/c01 5 x5",
				"09:08:00 raised camera_down s1/c01 0 x1 caused",
				"09:16:00 cleared camera_flapping s1/c01 5 x5",
				"09:16:00 updated camera_down s1/c01 0 x1",
				"09:40:00 cleared camera_down s1/c01 0 x1",
			},
		},
		{
			name: "four changes in more than ten minutes", steps: script(others,
				status("09:00", "c01", down), status("09:00:10", "c01", up), status("09:05", "c01", down), beats("09:10:01", "10:30", time.Minute, "s1/c01")),
			want: []string{
				"09:07:00 raised camera_down s1/c01 0 x1", // it has come and gone, and may flap
				"09:10:01 cleared camera_down s1/c01 0 x1",
			},
		},
	})
}

func TestMassOutage(t *testing.T) {
	t.Parallel()
	// Five of ten cameras stop at 09:10; gates, kitchen and the other cameras go on.
	rest := beats("09:00", "10:00", time.Minute, append(cameras(6, 10), "s1/g1", "s1/g2", "s1/k1")...)
	gone := beats("09:00", "09:10", time.Minute, cameras(1, 5)...)
	back := beats("09:30", "10:00", time.Minute, cameras(1, 5)...)
	out := play(newEngine(t, detect.DefaultConfig()), script(rest, gone, back))
	checkStream(t, out)
	got := told(out)
	want := []string{
		"09:12:09 raised camera_mass_outage s1/ 5 x5",
		"09:12:35 raised camera_down s1/c01 215 x1 caused",
		"09:12:36 raised camera_down s1/c02 215 x1 caused",
		"09:12:37 raised camera_down s1/c03 215 x1 caused",
		"09:12:38 raised camera_down s1/c04 215 x1 caused",
		"09:12:39 raised camera_down s1/c05 215 x1 caused",
		"09:30:00 cleared camera_down s1/c01 215 x1 caused",
		"09:30:01 cleared camera_down s1/c02 215 x1 caused",
		"09:30:02 cleared camera_down s1/c03 215 x1 caused",
		"09:30:03 cleared camera_down s1/c04 215 x1 caused",
		"09:30:04 cleared camera_down s1/c05 215 x1 caused",
		"09:30:04 cleared camera_mass_outage s1/ 0 x5",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}

	t.Run("four are not many", func(t *testing.T) {
		t.Parallel()
		out := play(newEngine(t, detect.DefaultConfig()), script(rest, beats("09:00", "10:00", time.Minute, "s1/c05"), beats("09:00", "09:10", time.Minute, cameras(1, 4)...), until("09:20")))
		for _, a := range out {
			if a.Rule != "camera_down" || a.CausedBy != "" {
				t.Errorf("%s", told([]event.Anomaly{a}))
			}
		}
		if len(out) != 4 {
			t.Errorf("%d anomalies, want 4: %q", len(out), told(out))
		}
	})
}
