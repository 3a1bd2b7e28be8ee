package detect_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

func pupilIn(person string, celsius float64) event.GateAccess {
	return event.GateAccess{Direction: event.In, PersonKind: event.PersonPupil, Result: event.ResultGranted, Person: person, Celsius: celsius}
}

func temp(person string, celsius float64) event.TemperatureCheck {
	return event.TemperatureCheck{PersonKind: event.PersonPupil, Person: person, Celsius: celsius}
}

func TestFever(t *testing.T) {
	t.Parallel()
	runScripts(t, []scriptCase{
		{
			name: "at the threshold", steps: script(gate("07:30", "g1", pupilIn("p1", 37.3))),
			want: []string{"07:30:00 raised fever s1/g1 37.3 x1 momentary"},
		},
		{name: "below, not measured, at a thermometer below", steps: script(
			gate("07:30", "g1", pupilIn("p1", 37.2)), gate("07:31", "g1", pupilIn("p2", 0)), check("07:32", temp("p3", 0)), check("07:32", temp("p3", 37.29)))},
		{
			name: "gate and thermometer measure one person", steps: script(
				gate("07:30", "g1", pupilIn("p1", 37.9)), check("07:30:40", temp("p1", 38.4))),
			want: []string{
				"07:30:00 raised fever s1/g1 37.9 x1 momentary",
				"07:30:40 updated fever s1/g1 38.4 x2 momentary",
			},
		},
		{
			name: "again after the time for repeats", steps: script(
				check("07:30", temp("p1", 38)), check("07:40:01", temp("p1", 38))),
			want: []string{
				"07:30:00 raised fever s1/t1 38 x1 momentary",
				"07:40:01 raised fever s1/t1 38 x1 momentary",
			},
		},
		{
			name: "nobody known: each is its own", steps: script(
				check("07:30", temp("", 38)), check("07:30:05", temp("", 38))),
			want: []string{
				"07:30:00 raised fever s1/t1 38 x1 momentary",
				"07:30:05 raised fever s1/t1 38 x1 momentary",
			},
		},
		{
			name: "the site's own limit", cfg: func(c *detect.Config) {
				c.Sites = map[event.SiteID]map[string]float64{"s1": {"fever_celsius": 37.5}}
			}, steps: script(check("07:30", temp("p1", 37.4)), check("07:31", temp("p2", 37.5))),
			want: []string{"07:31:00 raised fever s1/t1 37.5 x1 momentary"},
		},
		{name: "switched off, and another severity", cfg: func(c *detect.Config) {
			c.Rules = map[string]detect.Rule{"fever": {Disabled: true}}
		}, steps: script(check("07:30", temp("p1", 39)))},
		{
			name: "late is told as late, retained not at all", steps: script(
				with(check("07:30", temp("p1", 38)), func(e *event.Event) { e.Late = true }),
				with(check("07:31", temp("p2", 38)), func(e *event.Event) { e.Backfill = true }),
				with(check("07:32", temp("p3", 38)), func(e *event.Event) { e.Retained = true })),
			want: []string{
				"07:30:00 raised fever s1/t1 38 x1 momentary late",
				"07:31:00 raised fever s1/t1 38 x1 momentary late",
			},
		},
		{
			name: "three persons within the hour", steps: script(
				check("07:30", temp("p1", 38)), check("07:31", temp("p1", 38.1)), check("07:40", temp("p2", 38)),
				gate("08:29:59", "g1", pupilIn("p3", 38)), check("08:29:59", temp("p4", 38)), until("10:00")),
			want: []string{
				"07:30:00 raised fever s1/t1 38 x1 momentary",
				"07:31:00 updated fever s1/t1 38.1 x2 momentary",
				"07:40:00 raised fever s1/t1 38 x1 momentary",
				"08:29:59 raised fever s1/g1 38 x1 momentary",
				"08:29:59 raised fever_cluster s1/ 3 x3",
				"08:29:59 raised fever s1/t1 38 x1 momentary",
				"08:29:59 updated fever_cluster s1/ 4 x4",
				"08:39:59 cleared fever_cluster s1/ 4 x4",
			},
		},
		{
			name: "the first is an hour old when the third comes", steps: script(
				check("07:30", temp("p1", 38)), check("07:40", temp("p2", 38)), check("08:30", temp("p3", 38))),
			want: []string{
				"07:30:00 raised fever s1/t1 38 x1 momentary",
				"07:40:00 raised fever s1/t1 38 x1 momentary",
				"08:30:00 raised fever s1/t1 38 x1 momentary",
			},
		},
	})
}

func TestThermometerFault(t *testing.T) {
	t.Parallel()
	runScripts(t, []scriptCase{
		{
			name: "three in a row, three good ones end it", steps: script(
				check("07:30", temp("p1", 33.9)), check("07:31", temp("p2", 43.1)), check("07:32", temp("p3", 20)),
				check("07:33", temp("p4", 21)), check("07:34", temp("p5", 36.5)), check("07:35", temp("p6", 36.5)),
				check("07:36", temp("p7", 36.5))),
			want: []string{
				"07:32:00 raised thermometer_fault s1/t1 20 x3",
				"07:36:00 cleared thermometer_fault s1/t1 20 x3",
			},
		},
		{name: "a good one between", steps: script(
			check("07:30", temp("p1", 33)), check("07:31", temp("p2", 33)), check("07:32", temp("p3", 34)), check("07:33", temp("p4", 33)))},
		{name: "implausible is no fever", steps: script(check("07:30", temp("p1", 43.5)), gate("07:31", "g1", pupilIn("p2", 80)))},
		{
			name: "a fever is plausible", steps: script(check("07:30", temp("p1", 43))),
			want: []string{"07:30:00 raised fever s1/t1 43 x1 momentary"},
		},
	})
}

func TestGate(t *testing.T) {
	t.Parallel()
	denied := func(credential string) event.GateAccess {
		return event.GateAccess{Direction: event.In, PersonKind: event.PersonUnknown, Result: event.ResultDenied, Credential: credential}
	}
	entry := func(kind, person string) event.GateAccess {
		return event.GateAccess{
			Direction: event.In, PersonKind: kind, Result: event.ResultGranted, Person: person,
			Registration: "r", ItemsChecked: event.Yes, Celsius: 36.5,
		}
	}
	leave := func(guardian, teacher string) event.GateAccess {
		return event.GateAccess{
			Direction: event.Out, PersonKind: event.PersonPupil, Result: event.ResultGranted, Person: "p1",
			Guardian: guardian, ClassTeacher: teacher,
		}
	}
	runScripts(t, []scriptCase{
		{
			name: "forced, counted up within five minutes", steps: script(
				gate("07:30", "g1", event.GateAccess{Result: event.ResultForced}), gate("07:31", "g1", event.GateAccess{Result: event.ResultForced}),
				gate("07:31:30", "g2", event.GateAccess{Result: event.ResultForced})),
			want: []string{
				"07:30:00 raised gate_forced s1/g1 0 x1 momentary",
				"07:31:00 updated gate_forced s1/g1 0 x2 momentary",
				"07:31:30 raised gate_forced s1/g2 0 x1 momentary",
			},
		},
		{
			name: "denied three times in two minutes, and once more", steps: script(
				gate("09:00", "g1", denied("c1")), gate("09:01", "g1", denied("c1")), gate("09:01:30", "g1", denied("c2")),
				gate("09:02", "g1", denied("c1")), gate("09:02:30", "g1", denied("c1"))),
			want: []string{
				"09:02:00 raised gate_denied_repeatedly s1/g1 3 x3 momentary",
				"09:02:30 updated gate_denied_repeatedly s1/g1 3 x4 momentary",
			},
		},
		{
			name: "denied without a credential", steps: script(
				gate("09:00", "g1", denied("")), gate("09:00:20", "g1", denied("")), gate("09:00:40", "g1", denied(""))),
			want: []string{"09:00:40 raised gate_denied_repeatedly s1/g1 3 x3 momentary"},
		},
		{name: "denied slowly, at two gates, with three cards", steps: script(
			gate("09:00", "g1", denied("c1")), gate("09:01:30", "g1", denied("c1")), gate("09:03", "g1", denied("c1")),
			gate("10:00", "g1", denied("c1")), gate("10:00:10", "g2", denied("c1")), gate("10:00:20", "g1", denied("c2")), gate("10:00:30", "g1", denied("c3")))},
		{
			name: "entry at the edges of the opening hours", steps: script(
				gate("06:29:59", "g1", entry(event.PersonPupil, "p1")), gate("06:30:01", "g1", entry(event.PersonPupil, "p2")),
				gate("18:29", "g1", entry(event.PersonPupil, "p3")), gate("18:31", "g1", entry(event.PersonPupil, "p4")),
				gate("18:32", "g1", entry(event.PersonPupil, "p4"))),
			want: []string{
				"06:29:59 raised entry_out_of_hours s1/g1 0 x1 momentary",
				"18:31:00 raised entry_out_of_hours s1/g1 0 x1 momentary",
				"18:32:00 updated entry_out_of_hours s1/g1 0 x2 momentary",
			},
		},
		{name: "staff, leaving and the denied may be late", steps: script(
			gate("22:00", "g1", entry(event.PersonStaff, "s1")), gate("22:01", "g1", event.GateAccess{Direction: event.Out, PersonKind: event.PersonPupil, Result: event.ResultGranted}),
			gate("22:02", "g1", denied("c1")))},
		{
			name: "staff held to the hours", cfg: func(c *detect.Config) { c.Limits = map[string]float64{"out_of_hours_staff": 1} },
			steps: script(gate("22:00", "g1", entry(event.PersonStaff, "s1"))),
			want:  []string{"22:00:00 raised entry_out_of_hours s1/g1 0 x1 momentary"},
		},
		{
			name: "a Saturday is closed", steps: script(gate("+5 10:00", "g1", entry(event.PersonPupil, "p1"))),
			want: []string{"10:00:00 raised entry_out_of_hours s1/g1 0 x1 momentary"},
		},
		{
			name: "a pupil leaves in class hours", steps: script(
				gate("09:00", "g1", leave("g1", "t1")), gate("09:10", "g1", leave("g1", "")), gate("09:20", "g1", leave("", "t1")), gate("09:30", "g1", leave("", ""))),
			want: []string{
				"09:10:00 raised pupil_out_unapproved s1/g1 0 x1 momentary",
				"09:20:00 raised pupil_out_unapproved s1/g1 0 x1 momentary",
				"09:30:00 raised pupil_out_unapproved s1/g1 0 x1 momentary",
			},
		},
		{name: "before class, at lunch, after class", steps: script(
			gate("07:59:59", "g1", leave("", "")), gate("11:30:01", "g1", leave("", "")), gate("13:59:59", "g1", leave("", "")), gate("16:30:01", "g1", leave("", "")))},
		{
			name: "an unknown site has no hours", steps: script(
				evAt(clock("03:00"), "s9/g1", event.KindGate, event.TypeGateAccess, func(e *event.Event) {
					g := entry(event.PersonPupil, "p1")
					e.Gate = &g
				}),
				evAt(clock("09:00"), "s9/g1", event.KindGate, event.TypeGateAccess, func(e *event.Event) {
					e.Gate = &event.GateAccess{Result: event.ResultForced}
				})),
			want: []string{"09:00:00 raised gate_forced s9/g1 0 x1 momentary"},
		},
	})
}

func TestVisitors(t *testing.T) {
	t.Parallel()
	good := event.GateAccess{
		Direction: event.In, PersonKind: event.PersonVisitor, Result: event.ResultGranted,
		Person: "v1", Registration: "r1", ItemsChecked: event.Yes, Celsius: 36.5,
	}
	visit := func(change func(*event.GateAccess)) event.GateAccess {
		g := good
		change(&g)
		return g
	}
	out := visit(func(g *event.GateAccess) { g.Direction, g.Registration, g.Celsius = event.Out, "", 0 })
	runScripts(t, []scriptCase{
		{name: "all in order", steps: script(gate("09:00", "g1", good), gate("10:00", "g2", out), until("19:00"))},
		{
			name: "everything missing", steps: script(
				gate("09:00", "g1", visit(func(g *event.GateAccess) { g.Registration, g.Celsius, g.ItemsChecked = "", 0, event.No })),
				gate("09:30", "g1", out)),
			want: []string{
				"09:00:00 raised visitor_unregistered s1/g1 0 x1 momentary",
				"09:00:00 raised visitor_unmeasured s1/g1 0 x1 momentary",
				"09:00:00 raised visitor_items_unchecked s1/g1 0 x1 momentary",
			},
		},
		{name: "denied is not in", steps: script(
			gate("09:00", "g1", visit(func(g *event.GateAccess) { g.Registration, g.Result = "", event.ResultDenied })), until("19:00"))},
		{name: "measured at the thermometer before", steps: script(
			check("08:55", event.TemperatureCheck{PersonKind: event.PersonVisitor, Person: "v1", Celsius: 36.4}),
			gate("09:00", "g1", visit(func(g *event.GateAccess) { g.Celsius = 0 })), gate("09:30", "g1", out))},
		{
			name: "measured too long before", steps: script(
				check("08:49", event.TemperatureCheck{PersonKind: event.PersonVisitor, Person: "v1", Celsius: 36.4}),
				gate("09:00", "g1", visit(func(g *event.GateAccess) { g.Celsius = 0 })), gate("09:30", "g1", out)),
			want: []string{"09:00:00 raised visitor_unmeasured s1/g1 0 x1 momentary"},
		},
		{name: "a gate that does not say whether items were checked", steps: script(
			gate("09:00", "g1", visit(func(g *event.GateAccess) { g.ItemsChecked = event.Unknown })), gate("09:30", "g1", out))},
		{
			name: "must say it", cfg: func(c *detect.Config) { c.Limits = map[string]float64{"visitor_items_required": 1} },
			steps: script(gate("09:00", "g1", visit(func(g *event.GateAccess) { g.ItemsChecked = event.Unknown })), gate("09:30", "g1", out)),
			want:  []string{"09:00:00 raised visitor_items_unchecked s1/g1 0 x1 momentary"},
		},
		{
			name: "inside at closing time, out later", steps: script(
				gate("17:00", "g1", good), gate("18:40", "g2", out), until("+1 19:00")),
			want: []string{
				"18:30:00 raised visitor_overstay s1/g1 0 x1",
				"18:40:00 cleared visitor_overstay s1/g1 0 x1",
			},
		},
		{
			name: "two of them, one never leaves", steps: script(
				gate("17:00", "g1", good), gate("17:10", "g1", visit(func(g *event.GateAccess) { g.Person, g.Registration = "v2", "r2" })),
				gate("18:30:01", "g1", out), until("+2 08:00")),
			want: []string{
				"18:30:00 raised visitor_overstay s1/g1 0 x1",
				"18:30:00 raised visitor_overstay s1/g1 0 x1",
				"18:30:01 cleared visitor_overstay s1/g1 0 x1",
				"05:09:59 cleared visitor_overstay s1/g1 0 x1",
			},
		},
		{
			name: "out becomes known late", steps: script(
				gate("17:00", "g1", good),
				with(gate("18:45", "g1", out), func(e *event.Event) {
					e.Late, e.ObservedAt = true, clock("18:00")
				}), until("19:00")),
			want: []string{
				"18:30:00 raised visitor_overstay s1/g1 0 x1",
				"18:45:00 cleared visitor_overstay s1/g1 0 x1",
			},
		},
		{
			name: "with a grace", cfg: func(c *detect.Config) { c.Limits = map[string]float64{"visitor_overstay_grace_minutes": 30} },
			steps: script(gate("17:00", "g1", good), gate("18:59", "g2", out), gate("+1 17:00", "g1", good), until("+1 19:30")),
			want:  []string{"19:00:00 raised visitor_overstay s1/g1 0 x1"},
		},
	})
}

func TestEmergencyCall(t *testing.T) {
	t.Parallel()
	early := func(s step, by time.Duration) step {
		s.ev.ObservedAt = s.ev.ObservedAt.Add(-by)
		s.ev.ID += "early"
		return s
	}
	runScripts(t, []scriptCase{
		{
			name: "pressed, pressed again, released", steps: script(call("09:00", "pressed"), call("09:00:05", "pressed"), call("09:01", "released"), call("09:02", "released")),
			want: []string{
				"09:00:00 raised emergency_call s1/b1 0 x1",
				"09:00:05 updated emergency_call s1/b1 0 x2",
				"09:01:00 cleared emergency_call s1/b1 0 x2",
			},
		},
		{name: "a test", steps: script(call("09:00", "test")), want: []string{"09:00:00 raised emergency_call s1/b1 0 x1 momentary"}},
		{
			name: "the release overtakes the press", steps: script(call("09:00:01", "released"), early(call("09:00:02", "pressed"), 5*time.Second)),
			want: []string{"09:00:02 raised emergency_call s1/b1 0 x1 momentary"},
		},
		{
			name: "late", steps: script(with(call("09:00", "pressed"), func(e *event.Event) { e.Late = true })),
			want: []string{"09:00:00 raised emergency_call s1/b1 0 x1 momentary late"},
		},
	})
}
