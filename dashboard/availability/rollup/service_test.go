package rollup_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

// past is a history in memory, of hours in which devices reported.
type past struct {
	hours map[event.DeviceKey][][2]time.Time
	check []event.Event
	err   error
	asked int
	gate  chan struct{} // what is read waits for it; nil: nothing does
}

func (p *past) EachStatus(_ context.Context, _ []event.SiteID, _ []event.DeviceID, from, to time.Time, yield func(*event.Event) error) error {
	p.asked++
	if p.gate != nil {
		<-p.gate
	}
	for k, of := range p.hours {
		var at, before []time.Time
		for _, h := range of {
			for t := h[0]; t.Before(h[1]) && t.Before(to); t = t.Add(time.Hour) {
				if t.Before(from) {
					before = []time.Time{t}
				} else {
					at = append(at, t)
				}
			}
		}
		for _, t := range append(before, at...) {
			if err := yield(&event.Event{Site: k.Site, Device: k.Device, ObservedAt: t, Status: &event.DeviceStatus{Status: event.StatusUp, Period: 20 * time.Minute}}); err != nil {
				return err
			}
		}
	}
	return p.err
}

func (p *past) EachCheck(_ context.Context, _ []event.SiteID, from, to time.Time, yield func(*event.Event) error) error {
	for i := range p.check {
		if e := &p.check[i]; !e.ObservedAt.Before(from) && e.ObservedAt.Before(to) {
			if err := yield(e); err != nil {
				return err
			}
		}
	}
	return p.err
}

type stage struct {
	*rollup.Service
	past   *past
	alarms *alarm.Service
	store  *store.Store
	now    time.Time
	county *event.County
}

func (s *stage) at(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, s.county.Location())
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func (s *stage) work(t *testing.T, now string) {
	t.Helper()
	s.now = s.at(t, now)
	if err := s.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) *stage {
	t.Helper()
	county := &event.County{Zone: "Asia/Shanghai", Sites: []event.Site{
		{ID: "s1", Township: "north", Devices: []event.Device{{ID: "c1", Kind: event.KindCamera}, {ID: "c2", Kind: event.KindCamera}, {ID: "b1", Kind: event.KindBus}}},
		{ID: "s2", Township: "north", Devices: []event.Device{{ID: "c1", Kind: event.KindCamera}}},
		{ID: "s3", Township: "south", Devices: []event.Device{{ID: "c1", Kind: event.KindCamera}}},
	}}
	if err := county.Index(); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "d.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &stage{past: &past{hours: map[event.DeviceKey][][2]time.Time{}}, alarms: alarm.New(db), store: db, county: county}
	s.Service, err = rollup.New(rollup.Deps{
		Store: db, History: s.past, Alarms: s.alarms, County: func() *event.County { return county }, Now: func() time.Time { return s.now }, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) reports(t *testing.T, site event.SiteID, device event.DeviceID, from, to string) {
	k := event.DeviceKey{Site: site, Device: device}
	s.past.hours[k] = append(s.past.hours[k], [2]time.Time{s.at(t, from), s.at(t, to)})
}

func (s *stage) groups(t *testing.T, q rollup.Query, by string) []rollup.Row {
	t.Helper()
	rows, err := s.Groups(t.Context(), q, by)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func of(from, to string) rollup.Query {
	return rollup.Query{From: from, To: to, Kind: event.KindCamera}
}

// TestDays computes days, adds them up in every way, and restates one for late data.
func TestDays(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.reports(t, "s1", "c1", "2026-11-01 00:00", "2026-11-23 20:00") // silent from 20:00 …
	s.reports(t, "s1", "c1", "2026-11-24 02:00", "2026-11-26 00:00") // … until 02:00
	s.reports(t, "s1", "c2", "2026-11-01 00:00", "2026-11-26 00:00")
	s.reports(t, "s2", "c1", "2026-11-01 00:00", "2026-11-23 00:00")
	s.work(t, "2026-11-25 00:10") // within the grace: yesterday waits
	if days, err := s.Days(t.Context(), "2026-11-20", "2026-11-25"); err != nil || len(days) != 4 {
		t.Fatalf("%+v, %v", days, err)
	}
	s.work(t, "2026-11-25 00:20")
	asked := s.past.asked
	s.work(t, "2026-11-25 00:21") // nothing is due
	if s.past.asked != asked {
		t.Error("a day that is computed was computed again")
	}
	q := of("2026-11-23", "2026-11-24")
	for by, want := range map[string]int{rollup.ByCounty: 1, rollup.ByTownship: 2, rollup.BySite: 3, rollup.ByDevice: 4, rollup.ByDay: 2} {
		rows := s.groups(t, q, by)
		if len(rows) != want {
			t.Errorf("by %s: %d rows", by, len(rows))
		}
		devices, up, down := 0, 0.0, 0.0
		for _, r := range rows {
			devices, up, down = devices+r.Devices, up+r.Seconds.Up, down+r.Seconds.Down
		}
		if by == rollup.ByDay {
			devices /= 2
		}
		// One outage of 6 hours; what s2 did in its last hold, and s3 never, nobody knows.
		if devices != 4 || down != 6*3600 || up != (42+48)*3600 {
			t.Errorf("by %s: %d devices, up %v, down %v", by, devices, up, down)
		}
	}
	for _, r := range s.groups(t, q, rollup.ByDevice) {
		switch {
		case r.Site == "s1" && r.Device == "c1":
			if r.Outages != 1 || r.LongestS != 6*3600 || r.Days != 2 {
				t.Errorf("an outage across midnight: %+v", r)
			}
		case r.Site != "s1":
			if r.Rates().OnlinePct != nil || r.Summary().UpPct != nil {
				t.Errorf("never observed: %+v", r)
			}
		}
	}
	outages, more, err := s.Outages(t.Context(), q, "", 10)
	if err != nil || more || len(outages) != 1 || outages[0].S != 6*3600 || outages[0].Cause != rollup.CauseDevice || outages[0].Open || len(outages[0].Spans) != 2 {
		t.Fatalf("%+v, %v", outages, err)
	}

	s.work(t, "2026-11-25 03:00") // the day before is settled: nothing has changed

	// The words of the night come late.
	s.past.hours[event.DeviceKey{Site: "s1", Device: "c1"}] = nil
	s.reports(t, "s1", "c1", "2026-11-01 00:00", "2026-11-26 00:00")
	s.now = s.at(t, "2026-11-25 09:00")
	s.Heard(&event.Event{Site: "s1", Device: "c1", ObservedAt: s.at(t, "2026-11-23 21:00"), Late: true, Status: &event.DeviceStatus{Status: event.StatusUp}})
	s.work(t, "2026-11-25 09:01") // more may come
	if list, err := s.Restatements(t.Context(), q, 0, 10); err != nil || len(list) != 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	s.work(t, "2026-11-25 09:11")
	list, err := s.Restatements(t.Context(), q, 0, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	r := list[0]
	if r.Why != rollup.WhyLateData || r.Day != "2026-11-23" || r.Before.Seconds.Down != 4*3600 || r.After.Seconds.Down != 0 || !r.At.Equal(s.now) {
		t.Errorf("%+v %+v %+v", r, r.Before, r.After)
	}
	s.work(t, "2026-11-25 09:30")
	if list, _ := s.Restatements(t.Context(), q, 0, 10); len(list) != 1 {
		t.Errorf("restated without a reason: %+v", list)
	}
}

// TestTodayCountsSoFar adds up a range that reaches until now.
func TestTodayCountsSoFar(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.reports(t, "s1", "c1", "2026-11-01 00:00", "2026-11-25 06:00")
	s.reports(t, "s1", "c2", "2026-11-01 00:00", "2026-11-26 00:00")
	s.work(t, "2026-11-25 09:00")
	q := of("2026-11-24", "2026-11-25")
	q.Device, q.Sites = "c1", []event.SiteID{"s1"}
	rows := s.groups(t, q, rollup.ByDevice)
	if len(rows) != 1 || rows[0].Days != 2 || rows[0].Seconds.Up != 30*3600 || rows[0].Seconds.Down != 3*3600 || rows[0].RegisteredS != 33*3600 {
		t.Fatalf("%+v", rows)
	}
	outages, _, err := s.Outages(t.Context(), q, "", 10)
	if err != nil || len(outages) != 1 || !outages[0].Open {
		t.Errorf("%+v, %v", outages, err)
	}
	if days := s.groups(t, q, rollup.ByDay); len(days) != 2 || days[1].Day != "2026-11-25" || days[1].Seconds.Down != 3*3600 {
		t.Errorf("%+v", days)
	}
	q.Sites = []event.SiteID{}
	if rows := s.groups(t, q, rollup.ByCounty); len(rows) != 0 {
		t.Errorf("a scope of nothing sees %+v", rows)
	}
}

// TestTodayIsComputedOnce leaves a page while today is computed, comes back, and is told old
// figures rather than to wait for new ones.
func TestTodayIsComputedOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.reports(t, "s1", "c1", "2026-11-25 00:00", "2026-11-26 00:00")
	s.now = s.at(t, "2026-11-25 09:00")
	q := of("2026-11-25", "2026-11-25")
	q.Device, q.Sites = "c1", []event.SiteID{"s1"}
	s.past.gate = make(chan struct{})
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, err := s.Groups(left, q, rollup.ByDevice); !errors.Is(err, context.Canceled) {
		t.Fatalf("whoever left was answered: %v", err)
	}
	s.past.gate <- struct{}{}
	if rows := s.groups(t, q, rollup.ByDevice); len(rows) != 1 || rows[0].RegisteredS != 9*3600 || s.past.asked != 1 {
		t.Fatalf("asked %d times: %+v", s.past.asked, rows)
	}
	s.now = s.at(t, "2026-11-25 09:05")
	if rows := s.groups(t, q, rollup.ByDevice); len(rows) != 1 || rows[0].RegisteredS != 9*3600 {
		t.Fatalf("old figures were not told: %+v", rows)
	}
	s.past.gate <- struct{}{}
	s.past.gate = nil
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rows := s.groups(t, q, rollup.ByDevice); len(rows) != 1 || rows[0].RegisteredS != (9*60+5)*60 {
		t.Fatalf("the new figures did not come: %+v", rows)
	}
}

// TestAlarmsAndChecksRestate changes what is known of a day without late data.
func TestAlarmsAndChecksRestate(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.reports(t, "s1", "c1", "2026-11-01 00:00", "2026-11-24 12:00")
	s.reports(t, "s1", "c2", "2026-11-01 00:00", "2026-11-26 00:00")
	s.work(t, "2026-11-25 00:20")
	start, end := s.at(t, "2026-11-24 12:00"), s.at(t, "2026-11-24 18:00")
	late := &event.Anomaly{
		ID: "0123456789abcdef0123", Rule: "site_outage", Site: "s1", Severity: event.SeverityHigh, State: event.Cleared, Revision: 2, Cause: "power",
		Devices: []event.DeviceID{"c1", "c2"}, StartedAt: start, UpdatedAt: end, Late: true,
	}
	if err := s.alarms.Apply(t.Context(), "x", []alarm.Incoming{{Seq: 1, Anomaly: late}}, s.now); err != nil {
		t.Fatal(err)
	}
	s.work(t, "2026-11-25 08:00")
	q := of("2026-11-24", "2026-11-24")
	list, err := s.Restatements(t.Context(), q, 0, 10)
	if err != nil || len(list) != 1 || list[0].Why != rollup.WhyAlarms || list[0].Before.Causes.Device != 12*3600 || list[0].After.Causes.Device != 6*3600 || list[0].After.Causes.Power != 6*3600 {
		t.Fatalf("%+v, %v", list, err)
	}
	outages, more, err := s.Outages(t.Context(), q, rollup.CausePower, 10)
	if err != nil || more || len(outages) != 1 || len(outages[0].Alarms) != 1 {
		t.Fatalf("%+v, %v", outages, err)
	}
	// What is recorded of a day is looked at on the next.
	s.past.check = []event.Event{{Site: "s1", Device: "c1", ObservedAt: s.at(t, "2026-11-25 10:00"), Check: &event.CameraCheck{
		Check: event.CheckRecording, Result: event.CheckFailed, From: s.at(t, "2026-11-24 00:00"), ExpectedS: 86400, CoveredS: 43200,
	}}}
	s.work(t, "2026-11-26 03:00")
	list, err = s.Restatements(t.Context(), q, 0, 1)
	if err != nil || len(list) != 1 || list[0].Why != rollup.WhyChecks || list[0].After.CoveredS != 43200 {
		t.Fatalf("%+v, %v", list, err)
	}
}

// TestADayWaitsForItsHistory does not take silence for an answer.
func TestADayWaitsForItsHistory(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.past.err = errors.New("no database")
	s.now = s.at(t, "2026-11-25 09:00")
	if err := s.Work(t.Context()); err == nil {
		t.Fatal("no error")
	}
	if days, err := s.Days(t.Context(), "2026-01-01", "2026-12-31"); err != nil || len(days) != 0 {
		t.Errorf("%+v, %v", days, err)
	}
}

// TestLives reads from the registry when devices came and went.
func TestLives(t *testing.T) {
	t.Parallel()
	s := open(t)
	live := event.NewRegistry(s.county)
	var now time.Time
	r, err := registry.New(registry.Deps{
		Store: s.store, Seed: s.county, Live: live, Changed: func(c *event.County) { s.county = c }, Log: zerolog.Nop(), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	now = s.at(t, "2026-11-20 00:00")
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Stop(context.WithoutCancel(t.Context())) }()
	now = s.at(t, "2026-11-24 06:00")
	apply := func(c registry.Change) {
		t.Helper()
		if _, err := r.Apply(t.Context(), "admin", []registry.Change{c}); err != nil {
			t.Fatal(err)
		}
	}
	apply(registry.Change{Kind: registry.KindDevice, Key: "s3/new", Doc: []byte(`{"id":"new","kind":"camera"}`)})
	apply(registry.Change{Kind: registry.KindDevice, Key: "s2/c1", Rev: registry.AnyRev})
	lives, err := s.store.Lives(t.Context())
	if err != nil || len(lives) != 2 {
		t.Fatalf("%+v, %v", lives, err)
	}
	if l := lives[event.DeviceKey{Site: "s2", Device: "c1"}]; len(l) != 1 || !l[0].From.IsZero() || !l[0].To.Equal(now) || l[0].Device.Kind != event.KindCamera || l[0].Township != "north" {
		t.Errorf("removed: %+v", l)
	}
	if l := lives[event.DeviceKey{Site: "s3", Device: "new"}]; len(l) != 1 || !l[0].From.Equal(now) || !l[0].To.IsZero() {
		t.Errorf("added: %+v", l)
	}
	county := live.County()
	from := s.at(t, "2026-11-24 00:00")
	_, w := rollup.DayOf(from, county.Location())
	c := rollup.NewCollection(county, lives, rollup.Selection{Interval: w, Kind: event.KindCamera})
	got := map[event.DeviceKey]float64{}
	for _, row := range c.Rows() {
		got[event.DeviceKey{Site: row.Site, Device: row.Device}] = row.RegisteredS / 3600
	}
	if got[event.DeviceKey{Site: "s2", Device: "c1"}] != 6 || got[event.DeviceKey{Site: "s3", Device: "new"}] != 18 || got[event.DeviceKey{Site: "s1", Device: "c1"}] != 24 {
		t.Errorf("%v", got)
	}
}
