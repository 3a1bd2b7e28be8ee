package detect

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// standing is an anomaly that may still change. A momentary one is kept until a time, so
// that the same thing seen again counts up instead of making another.
type standing struct {
	key   string // rule, and where one rule has several at a node, "\x00" and whose
	until int64  // 0: until it is cleared
	a     *event.Anomaly
}

// find returns a node's open anomaly, nil when there is none.
func (n *node) find(key string) *event.Anomaly {
	for i := range n.open {
		if n.open[i].key == key {
			return n.open[i].a
		}
	}
	return nil
}

func (n *node) drop(key string) {
	for i := range n.open {
		if n.open[i].key == key {
			n.open = append(n.open[:i], n.open[i+1:]...)
			return
		}
	}
}

// expire forgets the momentary anomalies whose time to be counted up is over.
func (n *node) expire(now int64) {
	kept := n.open[:0]
	for _, o := range n.open {
		if o.until == 0 || o.until > now {
			kept = append(kept, o)
		}
	}
	clear(n.open[len(kept):])
	n.open = kept
}

// finding is what a rule found; raise makes an anomaly of it.
type finding struct {
	rule    rule
	whose   string // tells several of one rule at one node apart; may be a pseudonym
	site    *site
	device  *device // nil: the whole site, or a branch
	branch  event.DeviceID
	at      int64 // when it started
	value   float64
	limit   float64
	unit    string
	count   int
	event   string
	detail  event.Text // what the text needs besides: a quantity, a person kind …
	cause   string
	caused  string
	devices []event.DeviceID
	sev     event.Severity // empty: the rule's
	late    bool
}

func (f *finding) key() string {
	if f.whose == "" {
		return ruleTable[f.rule].name
	}
	return ruleTable[f.rule].name + "\x00" + f.whose
}

// anomaly builds the first record of a finding.
func (e *Engine) anomaly(f *finding) *event.Anomaly {
	name := ruleTable[f.rule].name
	a := &event.Anomaly{
		Rule: name, Site: f.site.id, Severity: e.severity[f.rule],
		State: event.Raised, Revision: 1,
		StartedAt: time.Unix(0, f.at).UTC(), UpdatedAt: time.Unix(0, e.clock).UTC(),
		Count: max(f.count, 1), Value: f.value, Limit: f.limit, Unit: f.unit,
		EventID: f.event, CausedBy: f.caused, Cause: f.cause, Devices: f.devices, Late: f.late,
	}
	if f.sev != "" && e.severity[f.rule] == ruleTable[f.rule].severity {
		a.Severity = f.sev // the rule's own shade, unless somebody has set the severity
	}
	if f.device != nil {
		a.Device, a.Kind = f.device.id.Device, f.device.kind
	}
	if f.branch != "" {
		a.Device = f.branch
	}
	if f.whose != "" {
		name += "/" + f.whose
	}
	a.ID = event.AnomalyID(a.Site, a.Device, name, a.StartedAt)
	a.Text = f.text(a)
	return a
}

// raise tells a finding that stands until clear, and keeps it at n.
func (e *Engine) raise(n *node, f finding) *event.Anomaly {
	if !e.enabled[f.rule] {
		return nil
	}
	a := e.anomaly(&f)
	n.open = append(n.open, standing{key: f.key(), a: a})
	e.touch(n)
	e.out = append(e.out, *a)
	return a
}

// moment tells a finding that has no end. When the same was found at n within repeat, that
// one counts up instead.
func (e *Engine) moment(n *node, f finding, repeat int64) {
	if !e.enabled[f.rule] {
		return
	}
	n.expire(e.clock)
	key := f.key()
	if a := n.find(key); a != nil {
		if a.EventID == f.event {
			return
		}
		a.Count = max(a.Count+1, f.count)
		a.Value = max(a.Value, f.value)
		a.EventID = f.event
		a.Text = f.text(a)
		e.change(n, a, event.Updated)
		return
	}
	a := e.anomaly(&f)
	a.Momentary = true
	if repeat > 0 && len(n.open) < maxOpenPerNode {
		n.open = append(n.open, standing{key: key, until: e.clock + repeat, a: a})
	}
	e.touch(n)
	e.out = append(e.out, *a)
}

// tellLate tells a finding on a late event: history, which nothing keeps.
func (e *Engine) tellLate(f finding) {
	if !e.enabled[f.rule] {
		return
	}
	f.late = true
	a := e.anomaly(&f)
	a.Momentary = true
	e.out = append(e.out, *a)
}

// change tells the next revision of an anomaly kept at n.
func (e *Engine) change(n *node, a *event.Anomaly, state event.AnomalyState) {
	a.State = state
	a.Revision++
	a.UpdatedAt = time.Unix(0, e.clock).UTC()
	e.touch(n)
	e.out = append(e.out, *a)
}

// clear ends a standing anomaly; nothing happens when there is none.
func (e *Engine) clear(n *node, key, eventID string) {
	a := n.find(key)
	if a == nil {
		return
	}
	a.EventID = eventID
	n.drop(key)
	e.change(n, a, event.Cleared)
}
