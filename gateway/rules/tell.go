package rules

import (
	"math"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// worseUpdate is how often the worst value of a standing anomaly is told anew.
const worseUpdate = time.Minute

// anomaly builds the first record of what a rule found.
func (e *Engine) anomaly(s *state, start int64, ev *event.Event) *event.Anomaly {
	r := s.rule
	a := &event.Anomaly{
		Rule: r.name, Site: s.site, Device: s.device, Kind: s.kind, Severity: r.severity,
		State: event.Raised, Revision: 1,
		StartedAt: time.Unix(0, start).UTC(), UpdatedAt: time.Unix(0, e.clock).UTC(),
		Count: max(s.seen, 1), Limit: r.limit, Unit: r.unit, EventID: idOf(ev),
	}
	a.ID = event.AnomalyID(a.Site, a.Device, a.Rule, a.StartedAt)
	a.Value = e.valueOf(r)
	return a
}

// valueOf is the number to show, to two digits; 0 where there is none.
func (e *Engine) valueOf(r *rule) float64 {
	if r.value == nil {
		return 0
	}
	v, _ := e.number(r, r.value)
	return math.Round(v*100) / 100
}

func (e *Engine) raise(s *state, ev *event.Event) {
	s.open = e.anomaly(s, s.start, ev)
	s.open.Text = e.text(s, s.open)
	e.touch(s)
	e.out = append(e.out, *s.open)
}

// worse tells the worst value of a standing anomaly, not more often than worseUpdate.
func (e *Engine) worse(s *state, ev *event.Event) {
	if s.rule.value == nil {
		return
	}
	a, v := s.open, e.valueOf(s.rule)
	if a.Value < a.Limit && v >= a.Value || a.Value >= a.Limit && v <= a.Value {
		return
	}
	a.Value, a.Count, a.EventID = v, max(s.seen, 1), ev.ID
	if e.clock-a.UpdatedAt.UnixNano() >= int64(worseUpdate) {
		e.change(s, event.Updated)
	}
}

// change tells the next revision of what stands.
func (e *Engine) change(s *state, to event.AnomalyState) {
	a := s.open
	a.State = to
	a.Revision++
	a.UpdatedAt = time.Unix(0, max(e.clock, a.UpdatedAt.UnixNano())).UTC()
	if to == event.Updated {
		a.Text = e.text(s, a)
	}
	e.touch(s)
	e.out = append(e.out, *a)
}

// clear ends what stands; nothing happens when nothing does.
func (e *Engine) clear(s *state, eventID string) {
	if s.open == nil || s.until != 0 {
		return
	}
	s.open.EventID = eventID
	e.change(s, event.Cleared)
	s.open = nil
	s.seen = 0
}

// moment tells what has no end. When the same was told within the rule's repeat, that
// counts up instead.
func (e *Engine) moment(s *state, ev *event.Event) {
	if a := s.open; a != nil {
		a.Count++
		a.EventID = ev.ID
		if v := e.valueOf(s.rule); a.Value < a.Limit && v < a.Value || a.Value >= a.Limit && v > a.Value {
			a.Value = v
		}
		e.change(s, event.Updated)
		return
	}
	s.open = e.anomaly(s, min(ev.ObservedAt.UnixNano(), e.clock), ev)
	s.open.Momentary = true
	s.open.Text = e.text(s, s.open)
	s.until = e.clock + s.rule.repeat
	e.touch(s)
	e.out = append(e.out, *s.open)
}
