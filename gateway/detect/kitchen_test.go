package detect_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// readings come every minute from a time up to and without another.
func readings(from, to, device, quantity string, value float64) []step {
	var steps []step
	for at := clock(from); at.Before(clock(to)); at = at.Add(time.Minute) {
		steps = append(steps, evAt(at, "s1/"+device, event.KindKitchen, event.TypeKitchenReading, func(e *event.Event) {
			e.Reading = &event.KitchenReading{Quantity: quantity, Value: value}
		}))
	}
	return steps
}

func TestKitchen(t *testing.T) {
	t.Parallel()
	runScripts(t, []scriptCase{
		{
			name: "cold store warm for ten minutes", steps: script(
				readings("09:00", "09:05", "k1", "cold_store", 4), readings("09:05", "09:17", "k1", "cold_store", 8.1),
				readings("09:17", "09:20", "k1", "cold_store", 7.8), readings("09:20", "09:24", "k1", "cold_store", 7.5)),
			want: []string{
				"09:15:00 raised cold_store s1/k1 8.1 x1",
				"09:21:00 cleared cold_store s1/k1 8.1 x1",
			},
		},
		{name: "a door open for nine minutes, at the limit for long", steps: script(
			readings("09:00", "09:10", "k1", "cold_store", 12), readings("09:10", "09:30", "k1", "cold_store", 8))},
		{
			name: "frozen by mistake", steps: script(readings("09:00", "09:12", "k1", "cold_store", -0.1)),
			want: []string{"09:10:00 raised cold_store s1/k1 -0.1 x1"},
		},
		{name: "a torn probe is no temperature", steps: script(readings("09:00", "09:30", "k1", "cold_store", -127), readings("09:30", "10:00", "k1", "freezer", 85))},
		{
			name: "the device's own limit", cfg: func(c *detect.Config) { c.Limits = map[string]float64{"cold_store_max": 10} },
			steps: script(readings("09:00", "09:30", "k1", "cold_store", 9.9)),
		},
		{
			name: "freezer", steps: script(
				readings("09:00", "09:16", "k1", "freezer", -11.9), readings("09:16", "09:18", "k1", "freezer", -12.5), readings("09:18", "09:21", "k1", "freezer", -13)),
			want: []string{
				"09:15:00 raised freezer s1/k1 -11.9 x1",
				"09:19:00 cleared freezer s1/k1 -11.9 x1",
			},
		},
		{name: "defrosting for fourteen minutes, cold at the limit", steps: script(
			readings("09:00", "09:15", "k1", "freezer", -5), readings("09:15", "10:00", "k1", "freezer", -12))},
		{
			name: "gas at once", steps: script(
				readings("09:00", "09:02", "k1", "gas", 9.9), reading("09:02", "k1", "gas", 10), reading("09:03", "k1", "gas", 25), reading("09:03:30", "k1", "gas", 30),
				readings("09:04", "09:07", "k1", "gas", 6), readings("09:07", "09:09", "k1", "gas", 2)),
			want: []string{
				"09:02:00 raised gas s1/k1 10 x1",
				"09:03:00 updated gas s1/k1 25 x1",
				"09:08:00 cleared gas s1/k1 30 x1",
			},
		},
		{
			name: "gas that another reading has overtaken", steps: script(
				reading("09:00", "k1", "gas", 0),
				with(reading("09:00:05", "k1", "gas", 40), func(e *event.Event) { e.ObservedAt = clock("08:59:50") })),
			want: []string{"09:00:05 raised gas s1/k1 40 x1"},
		},
		{name: "gas of an hour ago", steps: script(with(reading("09:00", "k1", "gas", 40), func(e *event.Event) { e.Late = true }))},
		{
			name: "smoke", steps: script(
				reading("09:00", "k1", "smoke", 1), reading("09:00:30", "k1", "smoke", 0), reading("09:01:30", "k1", "smoke", 0)),
			want: []string{
				"09:00:00 raised smoke s1/k1 1 x1",
				"09:01:30 cleared smoke s1/k1 1 x1",
			},
		},
		{name: "other quantities have no rule", steps: script(readings("09:00", "09:30", "k1", "room", 50), readings("09:00", "09:30", "k1", "steam", 500))},
		{
			name: "silent at any hour", steps: script(beats("20:00", "20:05", time.Minute, "s1/k1"), beats("21:00", "21:05", time.Minute, "s1/k1")),
			want: []string{
				// Last heard 20:04, three periods and 5 s, and half a minute for its group.
				"20:07:35 raised kitchen_silent s1/k1 215 x1",
				"21:00:00 cleared kitchen_silent s1/k1 215 x1",
			},
		},
		{
			name: "a stove is missed in service hours only", steps: script(beats("17:00", "18:30", time.Minute, "s1/k2"), until("+1 05:33"), until("+1 05:34")),
			want: []string{
				"05:33:35 raised kitchen_silent s1/k2 3.988e+04 x1",
			},
		},
		{name: "a stove is off at the weekend", steps: script(beats("+4 18:00", "+4 18:30", time.Minute, "s1/k2"), until("+6 23:00"))},
	})
}
