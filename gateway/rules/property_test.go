package rules_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/rules"
)

// everything is a document whose rules use every part of the language.
const everything = `
fences: {yard: {centre: {lat: 30, lon: 104}, radius_m: 900}}
rules:
  - {name: hot, on: {types: [kitchen_reading], only: 'reading.quantity == "room"'}, when: reading.value > 20, for: 3m, clear_when: reading.value < 15, clear_after: 2m, value: reading.value, limit: 20, text: {zh: '热 {{value}} {{minutes}}', en: 'hot {{value}}'}}
  - {name: many, on: {types: [gate_access]}, per: site, when: 'count("gate.result == ''denied''", "5m") >= 3', value: 'rate("true", "5m")', text: {zh: 多, en: many}}
  - {name: county_wide, on: {types: [gate_access, kitchen_reading]}, per: county, when: 'count("true", "2m") > 9', clear_after: 1m, text: {zh: 县, en: county}}
  - {name: quiet, on: {types: [kitchen_reading]}, when: 'absence("4m") && reading.value > 10', text: {zh: 静, en: 'quiet at {{reading.value}}'}}
  - {name: in_class, on: {types: [gate_access]}, when: 'in_hours("class") && gate.direction == "out"', for: 2m, text: {zh: 课, en: class}}
  - {name: jump, on: {types: [kitchen_reading]}, momentary: true, repeat: 3m, when: 'reading.value - previous("reading.value") > 5', value: reading.value, text: {zh: 跳, en: jump}}
  - {name: window, on: {types: [kitchen_reading]}, when: 'avg("reading.value", "6m") > 15 && min("reading.value", "6m") > 2', clear_when: 'max("reading.value", "6m") < 18', schedule: {from: "07:55", to: "09:30"}, text: {zh: 窗, en: window}}
  - {name: yard, on: {types: [vehicle_position]}, when: 'inside("yard") && position.speed_kmh > 10', for: 30s, text: {zh: 院, en: yard}}
  - {name: changed, on: {types: [gate_access]}, momentary: true, when: 'previous_text("gate.direction") == gate.direction && gap() > 30', text: {zh: 变, en: changed}}
`

// morning draws events of an hour and a half with silences in it.
func morning(r *rand.Rand) []*event.Event {
	now := clock("07:50")
	var events []*event.Event
	for now.Before(clock("09:40")) {
		now = now.Add(time.Duration(r.Int64N(int64(20*time.Second)) + 1))
		if r.IntN(60) == 0 {
			now = now.Add(time.Duration(r.Int64N(int64(7 * time.Minute))))
		}
		var ev *event.Event
		switch r.IntN(5) {
		case 0, 1:
			device := fmt.Sprintf("s%d/k%d", 1+r.IntN(2), 1+r.IntN(2))
			quantity := []string{"room", "cold_store"}[r.IntN(2)]
			ev = atTime(now, device, event.KindKitchen, event.TypeKitchenReading, func(e *event.Event) {
				e.Reading = &event.KitchenReading{Quantity: quantity, Value: float64(r.IntN(30))}
			})
		case 2, 3:
			ev = atTime(now, fmt.Sprintf("s%d/g1", 1+r.IntN(3)), event.KindGate, event.TypeGateAccess, func(e *event.Event) {
				e.Gate = &event.GateAccess{Direction: []string{"in", "out"}[r.IntN(2)], Result: []string{"granted", "denied"}[r.IntN(2)]}
			})
		default:
			ev = atTime(now, "depot/bus1", event.KindBus, event.TypeVehiclePosition, func(e *event.Event) {
				e.Position = &event.VehiclePosition{Fix: r.IntN(5) > 0, Lat: 30 + r.Float64()/50, Lon: 104, SpeedKMH: float64(r.IntN(30))}
			})
		}
		if r.IntN(30) == 0 && len(events) > 0 {
			again := *events[len(events)-1-r.IntN(min(3, len(events)))]
			again.ReceivedAt = now
			ev = &again
		}
		ev.Late = r.IntN(40) == 0
		events = append(events, ev)
	}
	return events
}

// run plays events as a gateway does, and calls between after each of them and each step
// of time.
func run(e *rules.Engine, events []*event.Event, between func(*rules.Engine) *rules.Engine) []event.Anomaly {
	var out []event.Anomaly
	now := clock("07:49")
	for _, ev := range events {
		for now.Add(15 * time.Second).Before(ev.ReceivedAt) {
			now = now.Add(15 * time.Second)
			out = e.Advance(now, out)
			e = between(e)
		}
		out = e.Process(ev, out)
		now = ev.ReceivedAt
		e = between(e)
	}
	for range 100 {
		now = now.Add(30 * time.Second)
		out = e.Advance(now, out)
		e = between(e)
	}
	return out
}

// shelf is the stored state.
type shelf map[string][]byte

func (s shelf) take(e *rules.Engine) {
	put, del := e.Dirty()
	for k, v := range put {
		s[k] = slices.Clone(v)
	}
	for _, k := range del {
		delete(s, k)
	}
}

func (s shelf) restore(t rapid.TB, e *rules.Engine) *rules.Engine {
	for k, v := range s {
		if err := e.Restore(k, v); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func TestRestartForgetsNothing(t *testing.T) {
	t.Parallel()
	set, c := parse(t, everything), county(t)
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		events := morning(rand.New(rand.NewPCG(seed, 1)))
		want := run(rules.New(set, c), events, func(e *rules.Engine) *rules.Engine { return e })
		for _, a := range want {
			seen[a.Rule+string(a.State)]++
		}
		r, stored := rand.New(rand.NewPCG(seed, 2)), shelf{}
		got := run(rules.New(set, c), events, func(e *rules.Engine) *rules.Engine {
			if r.IntN(3) == 0 {
				stored.take(e)
				if r.IntN(3) == 0 {
					return stored.restore(t, rules.New(set, c))
				}
			}
			return e
		})
		if !reflect.DeepEqual(told(got), told(want)) || !reflect.DeepEqual(got, want) {
			t.Fatalf("restarted\n%q\nwithout\n%q", told(got), told(want))
		}
	})
	for _, rule := range []string{"hot", "many", "county_wide", "quiet", "in_class", "jump", "window", "yard", "changed"} {
		if seen["county_"+rule+"raised"] == 0 {
			t.Errorf("no event of %s in all runs", rule)
		}
	}
}

// TestStepsOfTime: it makes no difference how often time is let pass.
func TestStepsOfTime(t *testing.T) {
	t.Parallel()
	set, c := parse(t, everything), county(t)
	rapid.Check(t, func(t *rapid.T) {
		events := morning(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)))
		end := events[len(events)-1].ReceivedAt.Add(30 * time.Minute)
		var tellings [2][]event.Anomaly
		for i, step := range []time.Duration{time.Second, 55 * time.Second} {
			e, now := rules.New(set, c), clock("07:49")
			var out []event.Anomaly
			out = e.Advance(now, out)
			pass := func(to time.Time) {
				for now.Add(step).Before(to) {
					now = now.Add(step)
					out = e.Advance(now, out)
				}
				now = to
			}
			for _, ev := range events {
				pass(ev.ReceivedAt)
				out = e.Process(ev, out)
			}
			pass(end)
			tellings[i] = e.Advance(end, out)
		}
		if a, b := told(tellings[0]), told(tellings[1]); !reflect.DeepEqual(a, b) {
			t.Fatalf("by seconds\n%q\nby minutes\n%q", a, b)
		}
	})
}

// TestLifeOfAnomalies: one raised, any number of updates, at most one clear, revisions
// without a gap.
func TestLifeOfAnomalies(t *testing.T) {
	t.Parallel()
	set, c := parse(t, everything), county(t)
	rapid.Check(t, func(t *rapid.T) {
		e := rules.New(set, c)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		last := map[string]event.Anomaly{}
		for _, a := range run(e, morning(r), func(e *rules.Engine) *rules.Engine { return e }) {
			before, known := last[a.ID]
			switch {
			case known != (a.State != event.Raised), a.Revision != before.Revision+1, before.State == event.Cleared,
				a.UpdatedAt.Before(before.UpdatedAt), a.UpdatedAt.Before(a.StartedAt), a.Severity.Rank() < before.Severity.Rank():
				t.Fatalf("%+v after %+v", a, before)
			}
			if _, err := json.Marshal(a); err != nil {
				t.Fatal(err)
			}
			last[a.ID] = a
		}
		open := 0
		for _, a := range last {
			if a.State != event.Cleared && !a.Momentary {
				open++
			}
		}
		if n := len(e.Open()); n != open {
			t.Fatalf("%d stand, Open tells %d", open, n)
		}
	})
}

func TestSetRules(t *testing.T) {
	t.Parallel()
	rule := func(name, limit, text string) string {
		return "  - {name: " + name + ", on: {types: [kitchen_reading]}, when: reading.value > " + limit + ", text: {zh: " + text + ", en: " + text + "}}\n"
	}
	c := county(t)
	first := parse(t, "rules:\n"+rule("a", "5", "x")+rule("b", "5", "x")+rule("d", "5", "x"))
	second := parse(t, "rules:\n"+rule("d", "5", "other")+rule("a", "6", "x"))
	before := func(e *rules.Engine) []event.Anomaly {
		return play(e, "10:00:30", reading("10:00", "s1/k1", "room", 9))
	}
	want := []string{"10:00:20 cleared a s1/k1", "10:00:20 cleared b s1/k1"}

	e := rules.New(first, c)
	compare(t, before(e), "10:00:00 raised a s1/k1", "10:00:00 raised b s1/k1", "10:00:00 raised d s1/k1")
	compare(t, e.SetRules(second, nil), want...)
	if open := told(e.Open()); len(open) != 1 {
		t.Errorf("%q", open)
	}
	compare(t, e.Process(reading("10:00:31", "s1/k1", "room", 9), nil), "10:00:31 raised a s1/k1")

	// The same across a restart, and the state of what is gone is deleted.
	stored := shelf{}
	e = rules.New(first, c)
	before(e)
	stored.take(e)
	e = stored.restore(t, rules.New(second, c))
	compare(t, e.Advance(clock("10:00:20"), nil), want...)
	stored.take(e)
	e = stored.restore(t, rules.New(nil, c))
	compare(t, e.Advance(clock("10:00:21"), nil), "10:00:20 cleared d s1/k1")
	stored.take(e)
	for key := range stored {
		if len(key) > 8 && key[:8] == "rules/s/" {
			t.Errorf("%s is left", key)
		}
	}
}

func TestDamagedState(t *testing.T) {
	t.Parallel()
	set, c := parse(t, everything), county(t)
	e, stored := rules.New(set, c), shelf{}
	run(e, morning(rand.New(rand.NewPCG(1, 1))), func(e *rules.Engine) *rules.Engine { stored.take(e); return e })
	rapid.Check(t, func(t *rapid.T) {
		e := rules.New(set, c)
		for k, v := range stored {
			bad := slices.Clone(v)
			bad[rapid.IntRange(0, len(bad)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
			_ = e.Restore(k, bad)
		}
		run(e, morning(rand.New(rand.NewPCG(1, 2)))[:50], func(e *rules.Engine) *rules.Engine { return e })
	})
}
