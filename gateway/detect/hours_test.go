package detect_test

import (
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// The week from Monday, 2 March 2026: Tuesday is a holiday, Saturday makes up for it,
// Wednesday has quiet examinations, Thursday has others.
func TestCalendarRulesClassHours(t *testing.T) {
	t.Parallel()
	c := county(t)
	c.Calendar = event.Calendar{
		Holidays: []event.DaySpan{{From: "2026-03-03"}},
		MakeUp:   []event.DaySpan{{From: "2026-03-07"}},
		Exams:    []event.ExamSpan{{From: "2026-03-04", Quiet: true}, {From: "2026-03-05"}},
	}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	e, err := detect.New(detect.DefaultConfig(), c)
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	for _, day := range []string{"", "+1 ", "+2 ", "+3 ", "+5 "} {
		steps = append(steps,
			gate(day+"09:00", "g1", event.GateAccess{Direction: event.Out, PersonKind: event.PersonPupil, Result: event.ResultGranted, Person: "p" + day}),
			gate(day+"10:00", "g1", event.GateAccess{Direction: event.In, PersonKind: event.PersonPupil, Result: event.ResultGranted, Person: "q" + day}))
	}
	got := map[string]int{}
	for _, a := range play(e, steps) {
		if a.State == event.Raised {
			got[a.Rule+" "+a.UpdatedAt.In(c.Location()).Format("Mon")]++
		}
	}
	for _, want := range []string{"pupil_out_unapproved Mon", "entry_out_of_hours Tue", "pupil_out_unapproved Thu", "pupil_out_unapproved Sat"} {
		if got[want] != 1 {
			t.Errorf("%s: %d times", want, got[want])
		}
		delete(got, want)
	}
	for what, n := range got {
		t.Errorf("%s: %d times, unexpected", what, n)
	}
}

func TestStoveIsNotMissedOnAHoliday(t *testing.T) {
	t.Parallel()
	c := county(t)
	c.Calendar.Holidays = []event.DaySpan{{From: "2026-03-03", To: "2026-03-05"}}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	e, err := detect.New(detect.DefaultConfig(), c)
	if err != nil {
		t.Fatal(err)
	}
	var at []string
	for _, a := range play(e, script(beats("17:00", "18:30", time.Minute, "s1/k2"), until("+4 06:00"))) {
		if a.Rule == "kitchen_silent" {
			at = append(at, a.UpdatedAt.In(c.Location()).Format("Mon 15:04"))
		}
	}
	if len(at) != 1 || !slices.Contains([]string{"Fri 05:33", "Fri 05:34"}, at[0]) {
		t.Errorf("missed at %v", at)
	}
}
