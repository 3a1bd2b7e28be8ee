package rollup_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scene is a random stretch of three days, as an oracle can understand it second by second.
type scene struct {
	zone    *time.Location
	duty    *event.DutyHours // nil: always
	lives   []rollup.Life    // of the camera; nil: always
	words   []word           // of the camera
	others  []int64          // when its neighbour said something
	looks   []look
	alarms  []alarm.Alarm
	planned []alarm.WindowSpans
	begin   int64 // Unix seconds from which the three days are drawn
}

type word struct {
	at     int64
	status string
	period int64
}

type look struct {
	at     int64
	result string
	period int64
}

func draw(rt *rapid.T) *scene {
	// Clocks change in the night of 2026-10-25 in Berlin and of 2026-11-01 in New York; in
	// Havana at midnight; Shanghai has none.
	place := rapid.SampledFrom([]struct {
		zone string
		day  int
	}{{"Asia/Shanghai", 24}, {"Europe/Berlin", 24}, {"America/New_York", 31}, {"America/Havana", 31}, {"Pacific/Chatham", 20}}).Draw(rt, "zone")
	zone, err := time.LoadLocation(place.zone)
	if err != nil {
		rt.Fatal(err)
	}
	s := &scene{zone: zone, begin: time.Date(2026, 10, place.day, 0, 0, 0, 0, zone).Unix()}
	second := rapid.Int64Range(s.begin-7200, s.begin+3*86400)
	at := func(name string) int64 { return second.Draw(rt, name) }
	when := func(sec int64) time.Time { return time.Unix(sec, 0).UTC() }
	if rapid.Bool().Draw(rt, "has duty") {
		hm := func(name string) string {
			return fmt.Sprintf("%02d:%02d", rapid.IntRange(0, 23).Draw(rt, name), rapid.SampledFrom([]int{0, 30}).Draw(rt, name))
		}
		s.duty = &event.DutyHours{From: hm("from"), To: hm("to")}
	}
	if rapid.Bool().Draw(rt, "added or retired") {
		a, b := at("added"), at("retired")
		s.lives = []rollup.Life{{From: when(min(a, b)), To: when(max(a, b))}}
		switch rapid.IntRange(0, 2).Draw(rt, "which") {
		case 0:
			s.lives[0].From = time.Time{}
		case 1:
			s.lives[0].To = time.Time{}
		}
	}
	// A device keeps to one period.
	period, every := rapid.Int64Range(60, 20000).Draw(rt, "period"), rapid.Int64Range(600, 20000).Draw(rt, "every")
	seen := map[int64]bool{}
	for range rapid.IntRange(0, 25).Draw(rt, "words") {
		w := word{at("at"), rapid.SampledFrom([]string{event.StatusUp, event.StatusUp, event.StatusDown, event.StatusDegraded, event.StatusUnknown}).Draw(rt, "status"), period}
		if !seen[w.at] {
			seen[w.at] = true
			s.words = append(s.words, w)
		}
	}
	for range rapid.IntRange(0, 10).Draw(rt, "others") {
		s.others = append(s.others, at("other"))
	}
	clear(seen)
	for range rapid.IntRange(0, 10).Draw(rt, "looks") {
		l := look{at("look"), rapid.SampledFrom([]string{event.CheckPassed, event.CheckFailed, event.CheckUnknown}).Draw(rt, "result"), every}
		if !seen[l.at] {
			seen[l.at] = true
			s.looks = append(s.looks, l)
		}
	}
	// The history yields the oldest first.
	slices.SortFunc(s.words, func(a, b word) int { return cmp.Compare(a.at, b.at) })
	slices.SortFunc(s.looks, func(a, b look) int { return cmp.Compare(a.at, b.at) })
	for i := range rapid.IntRange(0, 5).Draw(rt, "alarms") {
		from := at("from")
		to := when(from + rapid.Int64Range(1, 100000).Draw(rt, "for"))
		a := alarm.Alarm{ID: fmt.Sprint(i), Site: "s1", StartedAt: when(from), ClearedAt: &to}
		switch rapid.IntRange(0, 4).Draw(rt, "rule") {
		case 0:
			a.Rule, a.Device = "camera_down", "c1"
		case 1:
			a.Rule, a.Cause, a.Devices = "site_outage", rapid.SampledFrom([]string{"power", "switch", "gateway", "network", ""}).Draw(rt, "cause"), []event.DeviceID{"c1"}
		case 2:
			a.Rule, a.Devices = "switch_outage", []event.DeviceID{"c1", "x"}
		case 3:
			a.Rule, a.Site = "database_unreachable", event.CountySite
		case 4:
			a.Rule, a.Devices = "site_outage", []event.DeviceID{"x"} // about another
		}
		if a.Rule != "database_unreachable" && rapid.IntRange(0, 3).Draw(rt, "lasts") == 0 {
			a.ClearedAt = nil
		}
		s.alarms = append(s.alarms, a)
	}
	for range rapid.IntRange(0, 3).Draw(rt, "windows") {
		from := at("planned")
		w := alarm.WindowSpans{Spans: []alarm.Period{{From: when(from), To: when(from + rapid.Int64Range(1, 50000).Draw(rt, "long"))}}}
		switch rapid.IntRange(0, 2).Draw(rt, "whose") {
		case 0:
			w.Window.Township = "north"
		case 1:
			w.Window.Device = "other"
		case 2:
			w.Window.Rule = "gas"
		}
		s.planned = append(s.planned, w)
	}
	return s
}

func (s *scene) county(rt *rapid.T) *event.County {
	d := event.Device{ID: "c1", Kind: event.KindCamera}
	if s.duty != nil {
		d.Duty, d.DutyHours = event.DutyOwn, s.duty
	}
	c := &event.County{Zone: s.zone.String(), Sites: []event.Site{{ID: "s1", Township: "north", Devices: []event.Device{d, {ID: "c2", Kind: event.KindCamera}}}}}
	if err := c.Index(); err != nil {
		rt.Fatal(err)
	}
	return c
}

// onDuty looks at the clock on the wall of one second.
func (s *scene) onDuty(sec int64) bool {
	if s.duty == nil {
		return true
	}
	now := time.Unix(sec, 0)
	y, m, d := now.In(s.zone).Date()
	for back := range 3 { // the duty may have begun yesterday
		clock := func(text string, day int) time.Time {
			var hh, mm int
			_, _ = fmt.Sscanf(text, "%d:%d", &hh, &mm) // drawn as such
			return time.Date(y, m, day, hh, mm, 0, 0, s.zone)
		}
		from, to := clock(s.duty.From, d-back), clock(s.duty.To, d-back)
		if !to.After(from) {
			to = clock(s.duty.To, d-back+1)
		}
		if !now.Before(from) && now.Before(to) {
			return true
		}
	}
	return false
}

// stateAt is what the camera was in one second; "" where it was not registered.
func (s *scene) stateAt(sec, end int64) (state availability.State, cause string) {
	now := time.Unix(sec, 0)
	if s.lives != nil {
		l := s.lives[0]
		if now.Before(l.From) || !l.To.IsZero() && !now.Before(l.To) {
			return "", ""
		}
	}
	for i := range s.planned {
		w := &s.planned[i]
		if w.Window.Rule == "" && w.Window.Device == "" && !now.Before(w.Spans[0].From) && now.Before(w.Spans[0].To) {
			return availability.Maintenance, ""
		}
	}
	if !s.onDuty(sec) {
		return availability.OffHours, ""
	}
	state = availability.Unobserved
	var last *word
	watched := false
	for i := range s.words {
		w := &s.words[i]
		if w.at <= sec && w.at < end {
			if last == nil || w.at > last.at {
				last = w
			}
			watched = watched || sec < w.at+3*w.period
		}
	}
	for _, at := range s.others {
		watched = watched || at <= sec && sec < at+180
	}
	switch {
	case last != nil && sec < last.at+3*last.period:
		state = map[string]availability.State{event.StatusUp: availability.Up, event.StatusDown: availability.Down, event.StatusDegraded: availability.Degraded}[last.status]
		if state == "" {
			state = availability.Unobserved
		}
	case last != nil && watched:
		state = availability.Down
	}
	// The alarms: elsewhere excuses, an outage of the device fills a gap, the centre explains one.
	var reason *string
	alarmed, centre := false, false
	for i := range s.alarms {
		a := &s.alarms[i]
		if now.Before(a.StartedAt) || a.ClearedAt != nil && !now.Before(*a.ClearedAt) {
			continue
		}
		switch {
		case a.Rule == "camera_down":
			alarmed = true
		case a.Rule == "database_unreachable":
			centre = true
		case a.Devices[0] == "c1":
			why := a.Cause
			switch {
			case a.Rule == "switch_outage":
				why = "switch"
			case why == "":
				why = "site_outage"
			}
			if reason == nil || why < *reason {
				reason = &why
			}
		}
	}
	switch {
	case reason != nil && (state == availability.Down || state == availability.Unobserved):
		cause = map[string]string{"power": "power", "switch": "power", "gateway": "gateway"}[*reason]
		if cause == "" {
			cause = "network"
		}
		return availability.Elsewhere, cause
	case state == availability.Unobserved && alarmed:
		return availability.Down, "device"
	case state == availability.Unobserved && centre:
		return availability.Elsewhere, "centre"
	case state == availability.Down:
		return state, "device"
	}
	return state, ""
}

// pictureAt is what was known of the picture in one second.
func (s *scene) pictureAt(sec int64) string {
	var last *look
	for i := range s.looks {
		if l := &s.looks[i]; l.at <= sec && (last == nil || l.at > last.at) {
			last = l
		}
	}
	if last == nil || sec >= last.at+3*last.period {
		return event.CheckUnknown
	}
	return last.result
}

// TestSecondBySecond compares three days with an oracle that looks at each second by itself.
func TestSecondBySecond(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := draw(rt)
		county := s.county(rt)
		lives := rollup.Lives{}
		key := event.DeviceKey{Site: "s1", Device: "c1"}
		if s.lives != nil {
			lives[key] = s.lives
		}
		at := time.Unix(s.begin, 0)
		day, w := rollup.DayOf(at.Add(time.Duration(rapid.IntRange(0, 2).Draw(rt, "day"))*26*time.Hour), s.zone)
		if again, err := rollup.IntervalOf(day, s.zone); err != nil || again != w {
			rt.Fatalf("%s is %v and %v, %v", day, w, again, err)
		}
		if n := w.To.Sub(w.From).Hours(); n < 23 || n > 25 {
			rt.Fatalf("%s has %v hours", day, n)
		}
		c := rollup.NewCollection(county, lives, rollup.Selection{Interval: w, Kind: event.KindCamera})
		feed(rt, s, c, w)
		var got rollup.Row
		for _, r := range c.Rows() {
			if r.Device == "c1" {
				got = r
			}
		}
		want := s.add(w)
		near := func(name string, got, want float64) {
			if math.Abs(got-want) > 1e-6 {
				rt.Fatalf("%s of %s: %v, the oracle has %v\n%+v\n%+v", name, day, got, want, got, want)
			}
		}
		near("registered", got.RegisteredS, want.RegisteredS)
		near("up", got.Seconds.Up, want.Seconds.Up)
		near("down", got.Seconds.Down, want.Seconds.Down)
		near("degraded", got.Seconds.Degraded, want.Seconds.Degraded)
		near("maintenance", got.Seconds.Maintenance, want.Seconds.Maintenance)
		near("off hours", got.Seconds.OffHours, want.Seconds.OffHours)
		near("elsewhere", got.Seconds.Elsewhere, want.Seconds.Elsewhere)
		near("unobserved", got.Seconds.Unobserved, want.Seconds.Unobserved)
		near("device's fault", got.Causes.Device, want.Causes.Device)
		near("power's fault", got.Causes.Power, want.Causes.Power)
		near("gateway's fault", got.Causes.Gateway, want.Causes.Gateway)
		near("network's fault", got.Causes.Network, want.Causes.Network)
		near("centre's fault", got.Causes.Centre, want.Causes.Centre)
		near("outages", float64(got.Outages), float64(want.Outages))
		near("longest", got.LongestS, want.LongestS)
		near("lead", got.LeadS, want.LeadS)
		near("tail", got.TailS, want.TailS)
		near("usable", got.UsableS, want.UsableS)
		near("unusable", got.UnusableS, want.UnusableS)
		r := got.Rates()
		if (r.OnlinePct == nil) != (want.Seconds.Up+want.Seconds.Degraded+want.Seconds.Down == 0) || (r.UsablePct == nil) != (want.UsableS+want.UnusableS == 0) || r.RecordedPct != nil {
			rt.Fatalf("rates %+v of %+v", r, want)
		}
	})
}

// feed gives the collection the events as the history would.
func feed(rt *rapid.T, s *scene, c *rollup.Collection, w availability.Interval) {
	for _, x := range s.words {
		if x.at < w.To.Unix() {
			must(rt, c.Status(&event.Event{Site: "s1", Device: "c1", ObservedAt: time.Unix(x.at, 0).UTC(), Status: &event.DeviceStatus{Status: x.status, Period: time.Duration(x.period) * time.Second}}))
		}
	}
	for _, at := range s.others {
		if at < w.To.Unix() {
			must(rt, c.Status(&event.Event{Site: "s1", Device: "c2", ObservedAt: time.Unix(at, 0).UTC(), Status: &event.DeviceStatus{Status: event.StatusUp, Period: time.Minute}}))
		}
	}
	for _, l := range s.looks {
		must(rt, c.Check(&event.Event{Site: "s1", Device: "c1", ObservedAt: time.Unix(l.at, 0).UTC(), Check: &event.CameraCheck{Check: event.CheckImage, Result: l.result, Period: time.Duration(l.period) * time.Second}}))
	}
	c.Facts(rollup.Facts{Alarms: s.alarms, Windows: s.planned})
}

func must(rt *rapid.T, err error) {
	if err != nil {
		rt.Fatal(err)
	}
}

// add is the day, added up second by second.
func (s *scene) add(w availability.Interval) rollup.Row {
	var r rollup.Row
	run, lead := 0.0, true
	for sec := w.From.Unix(); sec < w.To.Unix(); sec++ {
		state, cause := s.stateAt(sec, w.To.Unix())
		if state != "" {
			r.RegisteredS++
		}
		switch state {
		case availability.Up:
			r.Seconds.Up++
		case availability.Down:
			r.Seconds.Down++
		case availability.Degraded:
			r.Seconds.Degraded++
		case availability.Maintenance:
			r.Seconds.Maintenance++
		case availability.OffHours:
			r.Seconds.OffHours++
		case availability.Elsewhere:
			r.Seconds.Elsewhere++
		case availability.Unobserved:
			r.Seconds.Unobserved++
		}
		switch cause {
		case "device":
			r.Causes.Device++
		case "power":
			r.Causes.Power++
		case "gateway":
			r.Causes.Gateway++
		case "network":
			r.Causes.Network++
		case "centre":
			r.Causes.Centre++
		}
		if state == availability.Down {
			if run == 0 {
				r.Outages++
			}
			run++
			r.LongestS = max(r.LongestS, run)
		} else {
			run, lead = 0, false
		}
		if lead {
			r.LeadS = run
		}
		if state == "" || state == availability.Maintenance || state == availability.OffHours {
			continue
		}
		switch s.pictureAt(sec) {
		case event.CheckPassed:
			r.UsableS++
		case event.CheckFailed:
			r.UnusableS++
		}
	}
	r.TailS = run
	return r
}
