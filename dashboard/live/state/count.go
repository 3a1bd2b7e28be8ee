package state

import (
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/gateway/event"
)

// newDay empties the counters at midnight, county time.
func (m *Model) newDay(now time.Time) {
	day := now.In(m.county.Location()).Format(time.DateOnly)
	if day == m.day {
		return
	}
	m.day = day
	clear(m.counted)
	for _, s := range m.sites {
		if s.row.Today != (Today{}) {
			s.row.Today = Today{}
			m.dirtySites[s] = struct{}{}
		}
	}
}

// Count takes an event into the day's counters only; for filling them from the history.
func (m *Model) Count(e *event.Event, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count(e, now)
}

func (m *Model) count(e *event.Event, now time.Time) {
	if e.Gate == nil && e.Temperature == nil {
		return
	}
	m.newDay(now)
	if e.ObservedAt.In(m.county.Location()).Format(time.DateOnly) != m.day {
		return
	}
	s := m.sites[e.Site]
	id, ok := idOf(e)
	if s == nil || !ok {
		return
	}
	if _, again := m.counted[id]; again {
		return
	}
	m.counted[id] = struct{}{}
	m.dirtySites[s] = struct{}{}
	t := &s.row.Today
	celsius := 0.0
	if e.Temperature != nil {
		celsius = e.Temperature.Celsius
	}
	if g := e.Gate; g != nil {
		celsius = g.Celsius
		visitor := g.PersonKind == event.PersonVisitor
		switch {
		case g.Result != event.ResultGranted:
			t.Denied++
		case g.Direction == event.In:
			t.In++
			if visitor {
				t.VisitorsIn++
			}
		default:
			t.Out++
			if visitor {
				t.VisitorsOut++
			}
		}
	}
	if celsius > 0 {
		t.Checked++
		if celsius >= feverCelsius {
			t.Fever++
		}
	}
}

// noteworthy reports whether an event belongs into the feed: everything that a person did
// or a bus reported, and readings beyond their limit.
func (m *Model) noteworthy(e *event.Event) bool {
	switch {
	case e.Status != nil:
		return !e.Status.Heartbeat
	case e.Reading != nil:
		return m.overLimit(e)
	}
	return true
}

// overLimit uses the registry's limits where a device has its own (names as the detectors'
// "<quantity>_max"), and DOMAIN (e) otherwise.
func (m *Model) overLimit(e *event.Event) bool {
	quantity := e.Reading.Quantity
	if d := m.county.Device(e.Site, e.Device); d != nil {
		if limit, ok := d.Limits[quantity+"_max"]; ok {
			return e.Reading.Value > limit
		}
	}
	switch quantity {
	case event.QuantityColdStore:
		return e.Reading.Value > 8
	case event.QuantityFreezer:
		return e.Reading.Value > -12
	case event.QuantityHotHolding:
		return e.Reading.Value < 60
	case event.QuantityGas:
		return e.Reading.Value >= 10 // %LEL; every sensor shows a little
	case event.QuantitySmoke:
		return e.Reading.Value >= 1
	}
	return false
}

// words says in the event's own vocabulary what happened; screens translate.
func words(e *event.Event) string {
	switch {
	case e.Gate != nil:
		return strings.Join([]string{e.Gate.Direction, e.Gate.PersonKind, e.Gate.Result}, " ")
	case e.Temperature != nil:
		return e.Temperature.PersonKind
	case e.Position != nil:
		return e.Position.TripState
	case e.Reading != nil:
		return e.Reading.Quantity
	case e.Status != nil:
		return e.Status.Status
	case e.Call != nil:
		return e.Call.State
	case e.Check != nil:
		return e.Check.Check + " " + e.Check.Result
	}
	return ""
}

// Reset and Changed make the model a sink of alarms: it counts the open ones of each site.

// Reset starts the counts with the open alarms.
func (m *Model) Reset(open []alarm.Alarm) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id := range m.alarms {
		m.mark(id, alarmMark{})
	}
	for i := range open {
		m.alarm(&open[i])
	}
}

// Changed brings the counts up to date.
func (m *Model) Changed(changes []alarm.Change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range changes {
		m.alarm(&changes[i].Alarm)
	}
}

func (m *Model) alarm(a *alarm.Alarm) {
	next := alarmMark{}
	if s := m.sites[a.Site]; s != nil && a.State.Open() {
		next = alarmMark{s, a.State, a.Severity}
	}
	m.mark(a.ID, next)
}

func (m *Model) mark(id string, next alarmMark) {
	old := m.alarms[id]
	if old == next {
		return
	}
	old.add(-1)
	next.add(1)
	for _, s := range []*site{old.site, next.site} {
		if s != nil {
			m.dirtySites[s] = struct{}{}
		}
	}
	if next.site == nil {
		delete(m.alarms, id)
	} else {
		m.alarms[id] = next
	}
}

// OpenAlarms returns how many alarms of known sites are open.
func (m *Model) OpenAlarms() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.alarms)
}

func (a alarmMark) add(n int) {
	if a.site == nil {
		return
	}
	t := &a.site.row.Alarms
	if a.state == alarm.Suppressed {
		t.Suppressed += n
		return
	}
	t.Open += n
	if a.state == alarm.Unack {
		t.Unack += n
	}
	switch a.severity {
	case event.SeverityCritical:
		t.Critical += n
	case event.SeverityHigh:
		t.High += n
	case event.SeverityWarning:
		t.Warning += n
	default:
		t.Info += n
	}
}
