package detect_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestCorrectedTime: what a clock that is known to be wrong observed is told by the right time.
func TestCorrectedTime(t *testing.T) {
	t.Parallel()
	out := play(newEngine(t, detect.DefaultConfig()), script(all(beats("09:00", "09:10", time.Minute, "s1/g1"), off(-8*time.Hour)),
		with(gate("09:09:30", "g1", pupilIn("p1", 39)), off(-8*time.Hour))))
	a := out[len(out)-1]
	if away := a.StartedAt.Sub(clock("09:09:30")); a.Rule != "fever" || away < -time.Second || away > 0 {
		t.Errorf("%s started at %v", a.Rule, a.StartedAt)
	}
}

// off shifts a device's clock, as an adapter would present it.
func off(by time.Duration) func(*event.Event) {
	return func(e *event.Event) {
		e.ObservedAt = e.ObservedAt.Add(by)
		switch {
		case by > event.DefaultMaxFuture:
			e.Skew = -by
			e.ObservedAt = e.ReceivedAt
		case by < -event.DefaultLateAfter:
			e.Late = true
		}
	}
}

func all(steps []step, change func(*event.Event)) []step {
	for _, s := range steps {
		change(s.ev)
	}
	return steps
}

func TestClock(t *testing.T) {
	t.Parallel()
	others := beats("09:00", "10:30", time.Minute, "s1/g2", "s1/t1", "s1/k1", "s1/c01")
	g1 := func(from, to string) []step { return beats(from, to, time.Minute, "s1/g1") }
	runScripts(t, []scriptCase{
		{
			name: "two minutes slow, then right", steps: script(others, all(g1("09:00", "09:05"), off(-2*time.Minute)), g1("09:05", "10:30")),
			want: []string{
				"09:02:00 raised clock_wrong s1/g1 120.5 x1",
				"09:07:00 cleared clock_wrong s1/g1 120.5 x1",
			},
		},
		{
			name: "a minute fast is allowed, four are not", steps: script(others, all(g1("09:00", "09:05"), off(time.Minute)), all(g1("09:05", "10:30"), off(4*time.Minute))),
			want: []string{"09:07:00 raised clock_wrong s1/g1 -239.5 x1"},
		},
		{
			name: "in the future at once", steps: script(others, all(g1("09:00", "09:01"), off(8*time.Hour)), g1("09:01", "10:30")),
			want: []string{
				"09:00:00 raised clock_wrong s1/g1 -2.88e+04 x1",
				"09:03:00 cleared clock_wrong s1/g1 -2.88e+04 x1",
			},
		},
		{
			name: "eight hours slow, and silent afterwards", steps: script(others, all(g1("09:00", "09:10"), off(-8*time.Hour)), until("10:29")),
			// Known to be wrong from 09:02 on; the messages from then on are signs of life.
			want: []string{
				"09:02:00 raised clock_wrong s1/g1 2.88e+04 x1",
				"09:12:35 raised device_silent s1/g1 215 x1",
			},
		},
		{
			name: "a fever by a clock that is known to be wrong is live", steps: script(others, all(g1("09:00", "09:10"), off(-8*time.Hour)), g1("09:10", "10:30"),
				with(gate("09:09:30", "g1", pupilIn("p1", 39)), off(-8*time.Hour))),
			want: []string{
				"09:02:00 raised clock_wrong s1/g1 2.88e+04 x1",
				"09:09:30 raised fever s1/g1 39 x1 momentary",
				"09:12:00 cleared clock_wrong s1/g1 2.88e+04 x1",
			},
		},
		{name: "what was kept during a cut is no clock", steps: script(others,
			with(gate("09:30", "g1", pupilIn("p1", 36)), off(-20*time.Minute)), with(gate("09:30:01", "g1", pupilIn("p2", 36)), off(-20*time.Minute)), with(gate("09:30:02", "g1", pupilIn("p3", 36)), off(-20*time.Minute)),
			with(gate("09:31", "g1", pupilIn("p4", 36)), off(-10*time.Minute)), with(gate("09:32", "g1", pupilIn("p5", 36)), off(-8*time.Minute)), with(gate("09:33", "g1", pupilIn("p6", 36)), off(-6*time.Minute)))},
		{name: "a backfill is no clock", steps: script(others, all(g1("09:00", "09:05"), func(e *event.Event) {
			e.ObservedAt, e.Backfill, e.Late = e.ObservedAt.Add(-time.Hour), true, true
		}))},
	})
}

func TestSequence(t *testing.T) {
	t.Parallel()
	n := func(at string, seq uint64) step {
		return with(gate(at, "g1", pupilIn("p1", 36)), func(e *event.Event) { e.Seq = seq })
	}
	runScripts(t, []scriptCase{
		{name: "in order", steps: script(n("09:00", 7), n("09:01", 8), n("09:02", 9), until("09:10"))},
		{
			name: "three missing, more within the hour, then none", steps: script(
				n("09:00", 1), n("09:01", 5), n("09:10", 7), n("09:20", 8), until("10:30")),
			want: []string{
				"09:01:10 raised sequence_gap s1/g1 3 x3",
				"09:10:10 updated sequence_gap s1/g1 4 x4",
				"10:10:10 cleared sequence_gap s1/g1 4 x4",
			},
		},
		{name: "out of order within the settle time", steps: script(
			n("09:00", 1), n("09:00:10", 3), with(n("09:00:12", 2), func(e *event.Event) { e.ObservedAt = clock("09:00:05") }), until("09:10"))},
		{
			name: "one backfilled", steps: script(
				n("09:00", 1), n("09:00:10", 4), with(n("09:00:12", 2), func(e *event.Event) { e.Backfill, e.ObservedAt = true, clock("08:00") }), until("09:10")),
			want: []string{"09:00:20 raised sequence_gap s1/g1 1 x1"},
		},
		{name: "a restart", steps: script(n("09:00", 1000), n("09:01", 1), n("09:02", 2), until("09:10"))},
		{name: "a restart soon after the start", steps: script(n("09:00", 1), n("09:01", 2), n("09:02", 3), n("09:03", 1), n("09:04", 2), until("09:10"))},
		{name: "another counter", steps: script(n("09:00", 1), n("09:01", 5_000_000), until("09:10"))},
		{name: "none given", steps: script(n("09:00", 0), n("09:01", 0))},
		{
			name: "switched off", cfg: func(c *detect.Config) { c.Rules = map[string]detect.Rule{"sequence_gap": {Disabled: true}} },
			steps: script(n("09:00", 1), n("09:01", 5), until("11:00")),
		},
	})
}
