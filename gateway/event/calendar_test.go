package event_test

import (
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// schoolYear is a county with the holidays of October 2026: a week off, two Saturdays to
// make up for it, and one kindergarten whose term is another.
func schoolYear(t *testing.T) *event.County {
	t.Helper()
	c := &event.County{
		Sites: []event.Site{
			{ID: "s001", Devices: []event.Device{
				{ID: "stove", Kind: event.KindKitchen, Duty: event.DutyService},
				{ID: "freezer", Kind: event.KindKitchen},
				{ID: "night", Kind: event.KindCamera, Duty: event.DutyOwn, DutyHours: &event.DutyHours{From: "22:00", To: "06:00", Days: []string{"fri"}}},
				{ID: "lab", Kind: event.KindCamera, Duty: event.DutyOwn, DutyHours: &event.DutyHours{From: "08:00", To: "16:00", SchoolDays: true}},
			}},
			{ID: "k001", Kind: event.SiteKindergarten},
		},
		Calendar: event.Calendar{
			Terms: []event.DaySpan{
				{From: "2026-09-01", To: "2027-01-22", Sites: []event.SiteID{"s001"}},
				{From: "2026-08-24", To: "2027-01-29", Sites: []event.SiteID{"k001"}},
			},
			Holidays: []event.DaySpan{{Name: event.Text{ZH: "国庆节"}, From: "2026-10-01", To: "2026-10-07"}},
			MakeUp:   []event.DaySpan{{From: "2026-09-27"}, {From: "2026-10-10"}},
			Exams: []event.ExamSpan{
				{From: "2026-11-12", To: "2026-11-13", Sites: []event.SiteID{"s001"}, Quiet: true},
				{From: "2026-11-19"},
			},
		},
	}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

func moment(t *testing.T, c *event.County, at string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", at, c.Location())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCalendarDecidesBeforeTheWeekday(t *testing.T) {
	t.Parallel()
	c := schoolYear(t)
	for _, x := range []struct {
		site event.SiteID
		day  string
		want bool
	}{
		{"s001", "2026-11-24", true},
		{"s001", "2026-11-28", false}, // a Saturday
		{"s001", "2026-10-01", false},
		{"s001", "2026-10-07", false},
		{"s001", "2026-10-08", true},
		{"s001", "2026-10-10", true}, // a Saturday, made up
		{"s001", "2026-09-27", true}, // a Sunday, made up
		{"s001", "2026-08-31", false},
		{"k001", "2026-08-31", true},
		{"s001", "2027-01-25", false},
		{"k001", "2027-01-25", true},
	} {
		if got := c.Site(x.site).Hours.SchoolDay(moment(t, c, x.day+" 10:00")); got != x.want {
			t.Errorf("%s on %s: school day %v", x.site, x.day, got)
		}
	}
	for day, want := range map[string][2]bool{"2026-11-12": {true, true}, "2026-11-19": {true, false}, "2026-11-18": {}} {
		exam, quiet := c.Site("s001").Hours.Exam(moment(t, c, day+" 10:00"))
		if exam != want[0] || quiet != want[1] {
			t.Errorf("%s: exam %v, quiet %v", day, exam, quiet)
		}
	}
	if h := c.Site("s001").Hours; h.InClass(moment(t, c, "2026-11-12 10:00")) || !h.InClass(moment(t, c, "2026-11-19 10:00")) {
		t.Error("class hours on days of examinations")
	}
	if exam, _ := c.Site("k001").Hours.Exam(moment(t, c, "2026-11-12 10:00")); exam {
		t.Error("the kindergarten holds an examination")
	}
	var none *event.Calendar
	if _, decided := none.SchoolDay("s001", moment(t, c, "2026-11-24 10:00")); decided {
		t.Error("no calendar decides")
	}
}

func TestDutyOfADevice(t *testing.T) {
	t.Parallel()
	c := schoolYear(t)
	for _, x := range []struct {
		device event.DeviceID
		at     string
		on     bool
		next   string
	}{
		{"stove", "2026-11-24 12:00", true, "2026-11-25 05:30"},
		{"stove", "2026-11-24 23:00", false, "2026-11-25 05:30"},
		{"stove", "2026-10-01 12:00", false, "2026-10-08 05:30"}, // a holiday
		{"stove", "2026-10-10 12:00", true, "2026-10-12 05:30"},  // a Saturday, made up
		{"freezer", "2026-10-03 03:00", true, ""},
		{"night", "2026-11-27 22:00", true, "2026-12-04 22:00"},
		{"night", "2026-11-28 05:59", true, "2026-12-04 22:00"},
		{"night", "2026-11-28 06:00", false, "2026-12-04 22:00"},
		{"night", "2026-11-27 05:00", false, "2026-11-27 22:00"},
		{"lab", "2026-11-24 08:00", true, "2026-11-25 08:00"},
		{"lab", "2026-11-28 08:00", false, "2026-11-30 08:00"},
	} {
		d, at := c.Device("s001", x.device), moment(t, c, x.at)
		if got := d.OnDuty(c.Site("s001").Hours, at); got != x.on {
			t.Errorf("%s at %s: on duty %v", x.device, x.at, got)
		}
		next := d.NextDuty(c.Site("s001").Hours, at)
		if x.next == "" && !next.IsZero() || x.next != "" && !next.Equal(moment(t, c, x.next)) {
			t.Errorf("%s at %s: next duty %s", x.device, x.at, next)
		}
	}
}

// Where the clocks change, a duty keeps its words and not its length.
func TestDutyWhereClocksChange(t *testing.T) {
	t.Parallel()
	c := &event.County{Zone: "Europe/Berlin", Sites: []event.Site{{ID: "s001"}}}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	d := event.Device{Duty: event.DutyOwn, DutyHours: &event.DutyHours{From: "22:00", To: "06:00"}}
	for _, at := range []string{"2026-03-29 05:59", "2026-10-25 05:59"} {
		end := moment(t, c, at)
		if h := c.Site("s001").Hours; !d.OnDuty(h, end) || d.OnDuty(h, end.Add(time.Minute)) {
			t.Errorf("the duty does not end a minute after %s", at)
		}
	}
}

func TestCalendarReportsEveryFault(t *testing.T) {
	t.Parallel()
	c := event.County{
		Sites: []event.Site{{ID: "s001", Devices: []event.Device{
			{ID: "a", Duty: "sometimes"},
			{ID: "b", Duty: event.DutyOwn},
			{ID: "c", Duty: event.DutyOwn, DutyHours: &event.DutyHours{From: "8", To: "16:00", Days: []string{"funday"}}},
		}}},
		Calendar: event.Calendar{
			Terms:    []event.DaySpan{{From: "1.9.2026"}, {From: "2026-09-01", To: "2026-08-01"}},
			Holidays: []event.DaySpan{{From: "2026-02-30"}, {From: "2026-10-01", To: "2030-10-01"}},
			MakeUp:   []event.DaySpan{{From: "2026-10-10", Sites: []event.SiteID{"s009"}}},
			Exams:    []event.ExamSpan{{From: ""}},
		},
	}
	err := c.Index()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`calendar.terms[0].from: "1.9.2026"`, `calendar.terms[1].to: "2026-08-01"`, `calendar.holidays[0].from: "2026-02-30"`,
		`calendar.holidays[1].to: "2030-10-01"`, `calendar.make_up[0].sites[0]: "s009"`, `calendar.exams[0].from: ""`,
		`devices[0] (a).duty: "sometimes"`, `devices[1] (b).duty: "hours" needs duty_hours`, `devices[2] (c).duty:`, `from: "8"`, `"funday"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in:\n%v", want, err)
		}
	}
}
