package rules_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/rules"
)

// one is a document of one rule over kitchen readings.
func one(more string) string {
	return "rules:\n  - name: r\n    text: {zh: '值 {{value}}', en: 'value {{value}}'}\n    on: {types: [kitchen_reading, gate_access, vehicle_position]}\n" + more
}

func TestExampleIsRight(t *testing.T) {
	t.Parallel()
	if set := parse(t, example(t)); set.Rules() < 8 {
		t.Errorf("%d rules", set.Rules())
	}
}

func TestHysteresis(t *testing.T) {
	t.Parallel()
	e := rules.New(parse(t, one("    when: reading.value > 8\n    for: 10m\n    clear_when: reading.value < 6\n    clear_after: 5m\n    value: reading.value\n    limit: 8\n")), county(t))
	out := play(e, "12:00",
		reading("10:00", "s1/k1", "cold_store", 9), reading("10:05", "s1/k1", "cold_store", 7), // ends before it counts
		reading("10:10", "s1/k1", "cold_store", 9), reading("10:15", "s1/k1", "cold_store", 9.5),
		reading("10:21", "s1/k1", "cold_store", 11), reading("10:25", "s1/k1", "cold_store", 7), // between: stands
		reading("10:26", "s1/k1", "cold_store", 5), reading("10:28", "s1/k1", "cold_store", 7), reading("10:30", "s1/k1", "cold_store", 5),
	)
	compare(t, out,
		"10:20:00 raised r s1/k1 9.5 x2", "10:21:00 updated r s1/k1 11 x3", "10:35:00 cleared r s1/k1 11 x3")
	if out[0].StartedAt != clock("10:10") || out[0].ID != event.AnomalyID("s1", "k1", "county_r", clock("10:10")) {
		t.Errorf("%+v", out[0])
	}
	if out[0].Text.EN != "First School, k1: value 9.5" || out[0].Text.ZH != "一小 k1：值 9.5" {
		t.Errorf("%+v", out[0].Text)
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	denied := func(when string) *event.Event {
		return gate(when, "s1/g1", event.GateAccess{Result: event.ResultDenied, PersonKind: event.PersonUnknown, Direction: event.In})
	}
	bus := func(when string, lat, lon float64) *event.Event {
		return position(when, event.VehiclePosition{Lat: lat, Lon: lon})
	}
	kitchen := func(when string, v float64) *event.Event { return reading(when, "s1/k1", "room", v) }
	for name, c := range map[string]struct {
		rule   string
		end    string
		events []*event.Event
		want   []string
	}{
		"count": {
			`when: count("gate.result == 'denied'", "10m") >= 3`, "10:40",
			[]*event.Event{denied("10:00"), denied("10:04"), denied("10:20"), denied("10:22"), denied("10:25")},
			[]string{"10:25:00 raised r s1/g1", "10:31:00 cleared r s1/g1"},
		},
		"rate":     {`when: rate("true", "1m") >= 3`, "10:01", []*event.Event{denied("10:00"), denied("10:00:10"), denied("10:00:20")}, []string{"10:00:20 raised r s1/g1"}},
		"sum":      {`when: sum("reading.value", "1h") > 10`, "10:02", []*event.Event{kitchen("10:00", 6), kitchen("10:01", 6)}, []string{"10:01:00 raised r s1/k1"}},
		"avg":      {`when: avg("reading.value", "1h") > 5`, "10:03", []*event.Event{kitchen("10:00", 4), kitchen("10:01", 5), kitchen("10:02", 9)}, []string{"10:02:00 raised r s1/k1"}},
		"min":      {`when: min("reading.value", "10m") > 5`, "10:13", []*event.Event{kitchen("10:00", 4), kitchen("10:05", 9), kitchen("10:12", 9)}, []string{"10:11:00 raised r s1/k1"}},
		"max":      {`when: max("reading.value", "10m") < 5`, "10:13", []*event.Event{kitchen("10:00", 6), kitchen("10:05", 4)}, []string{"10:11:00 raised r s1/k1"}},
		"absence":  {`when: absence("15m")`, "10:50", []*event.Event{kitchen("10:00", 1), kitchen("10:30", 1)}, []string{"10:15:00 raised r s1/k1", "10:30:00 cleared r s1/k1", "10:45:00 raised r s1/k1"}},
		"previous": {`when: reading.value - previous("reading.value") > 3`, "10:03", []*event.Event{kitchen("10:00", 9), kitchen("10:01", 9), kitchen("10:02", 13)}, []string{"10:02:00 raised r s1/k1"}},
		"previous text": {
			`when: previous_text("gate.result") == "denied" && gate.result == "granted"`, "10:03",
			[]*event.Event{denied("10:00"), gate("10:01", "s1/g1", event.GateAccess{Result: event.ResultGranted})},
			[]string{"10:01:00 raised r s1/g1"},
		},
		"gap":        {`when: gap() > 100`, "10:06", []*event.Event{kitchen("10:00", 9), kitchen("10:01", 9), kitchen("10:05", 13)}, []string{"10:05:00 raised r s1/k1"}},
		"in class":   {`when: in_hours("class")`, "11:40", []*event.Event{kitchen("07:50", 9)}, []string{"08:00:00 raised r s1/k1", "11:30:00 cleared r s1/k1"}},
		"in open":    {`when: '!in_hours("open")'`, "06:40", []*event.Event{kitchen("06:10", 9)}, []string{"06:10:00 raised r s1/k1", "06:30:00 cleared r s1/k1"}},
		"kitchen":    {`when: in_hours("kitchen")`, "05:40", []*event.Event{kitchen("05:10", 9)}, []string{"05:30:00 raised r s1/k1"}},
		"school day": {`when: school_day()`, "10:05", []*event.Event{kitchen("10:00", 9)}, []string{"10:00:00 raised r s1/k1"}},
		"exam day":   {`when: exam_day()`, "+1 00:05", []*event.Event{kitchen("23:55", 9)}, []string{"00:00:00 raised r s1/k1"}},
		"clock":      {`when: local.clock >= "10:05" && local.weekday == "mon" && local.hour == 10 && local.minute >= 5 && local.date == "2026-03-02"`, "10:06", []*event.Event{kitchen("10:00", 9)}, []string{"10:05:00 raised r s1/k1"}},
		"inside":     {`when: inside("30,104 30,104.01 30.01,104.01 30.01,104")`, "10:02", []*event.Event{bus("10:00", 30.02, 104.005), bus("10:01", 30.005, 104.005)}, []string{"10:01:00 raised r depot/bus1"}},
		"distance":   {`when: distance(30.01, 104) < 1000`, "10:02", []*event.Event{bus("10:00", 30, 104), bus("10:01", 30.002, 104)}, []string{"10:01:00 raised r depot/bus1"}},
		"from site":  {`when: distance_from_site() > 5000`, "10:02", []*event.Event{bus("10:00", 30.01, 104), bus("10:01", 30.05, 104)}, []string{"10:01:00 raised r depot/bus1"}},
		"off route":  {`when: off_route(300)`, "10:02", []*event.Event{bus("10:00", 30.002, 104.03), bus("10:01", 30.003, 104.03)}, []string{"10:01:00 raised r depot/bus1"}},
		"no place":   {`when: off_route(1) || distance(0, 0) > 0 || inside("0,0 90,0 0,180")`, "10:02", []*event.Event{kitchen("10:00", 1)}, nil},
		"facts":      {`when: site.kind == "school" && site.township == "east" && device.place == "canteen" && device.parent == "sw1" && site.pupils > 100`, "10:01", []*event.Event{kitchen("10:00", 1)}, []string{"10:00:00 raised r s1/k1"}},
		"per site":   {"per: site\n    when: count('true', '5m') == 2", "10:02", []*event.Event{kitchen("10:00", 1), denied("10:01")}, []string{"10:01:00 raised r s1"}},
		"per county": {"per: county\n    when: count('true', '5m') == 2", "10:02", []*event.Event{kitchen("10:00", 1), reading("10:01", "s2/k1", "room", 2)}, []string{"10:01:00 raised r county"}},
		"momentary": {
			"momentary: true\n    when: reading.value > 3\n    value: reading.value", "10:20",
			[]*event.Event{kitchen("10:00", 4), kitchen("10:05", 9), kitchen("10:12", 5)},
			[]string{"10:00:00 raised r s1/k1 4", "10:05:00 updated r s1/k1 9 x2", "10:12:00 raised r s1/k1 5"},
		},
		"schedule": {
			"schedule: {days: [mon], from: '10:00', to: '10:30'}\n    when: reading.value > 3", "11:00",
			[]*event.Event{kitchen("09:50", 4)},
			[]string{"10:00:00 raised r s1/k1", "10:30:00 cleared r s1/k1"},
		},
		"night schedule": {
			"schedule: {days: [mon], from: '22:00', to: '06:00'}\n    when: reading.value > 3", "+1 07:00",
			[]*event.Event{kitchen("05:00", 4), kitchen("21:00", 4)},
			[]string{"22:00:00 raised r s1/k1", "06:00:00 cleared r s1/k1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := rules.New(parse(t, one("    "+c.rule+"\n")), county(t))
			compare(t, play(e, c.end, c.events...), c.want...)
			if f := e.Failures(); len(f) != 0 {
				t.Errorf("%+v", f)
			}
		})
	}
}

func TestWhere(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]bool{
		"{}": true, "{sites: [s1]}": true, "{sites: [s2]}": false, "{not_sites: [s1]}": false,
		"{site_kinds: [school]}": true, "{site_kinds: [depot]}": false, "{townships: [east]}": true, "{townships: [west]}": false,
		"{devices: [k1]}": true, "{devices: [s1/k1]}": true, "{devices: [s2/k1]}": false, "{places: [canteen]}": true, "{places: [gate]}": false,
	} {
		e := rules.New(parse(t, one("    where: "+where+"\n    when: 'true'\n")), county(t))
		if out := play(e, "10:01", reading("10:00", "s1/k1", "room", 1)); len(out) == 1 != want {
			t.Errorf("%s: %q", where, told(out))
		}
	}
}

func TestNotLookedAt(t *testing.T) {
	t.Parallel()
	e := rules.New(parse(t, one("    when: count('true', '1h') > 0\n")), county(t))
	ev := func(change func(*event.Event)) *event.Event {
		r := reading("10:00", "s1/k1", "room", 1)
		change(r)
		return r
	}
	out := play(e, "10:01",
		ev(func(e *event.Event) { e.Late = true }), ev(func(e *event.Event) { e.Backfill = true }), ev(func(e *event.Event) { e.Retained = true }))
	compare(t, out)
}

func TestDeliveredTwice(t *testing.T) {
	t.Parallel()
	e := rules.New(parse(t, one("    when: count('true', '1h') > 1\n")), county(t))
	r := reading("10:00", "s1/k1", "room", 1)
	again := *r
	again.ReceivedAt = again.ReceivedAt.Add(time.Minute)
	compare(t, play(e, "10:05", r, &again))
}

func TestUnwatched(t *testing.T) {
	t.Parallel()
	e := rules.New(parse(t, one("    when: absence('15m') || reading.value > 5\n    for: 5m\n")), county(t))
	out := play(e, "10:01", reading("10:00", "s1/k1", "room", 1))
	out = e.Advance(clock("12:00"), out) // two hours not watched
	out = playFrom(e, out, clock("12:14"), reading("12:02", "s2/k1", "room", 1))
	compare(t, out)
	out = e.AdvanceUnwatched(clock("12:15"), out)
	compare(t, playFrom(e, out, clock("12:36"), reading("12:15:30", "s2/k1", "room", 1)), "12:35:00 raised r s1/k1", "12:35:30 raised r s2/k1")
}
