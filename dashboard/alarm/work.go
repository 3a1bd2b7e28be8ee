package alarm

import (
	"errors"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// work is one transaction in the making.
type work struct {
	tx         Tx
	cfg        *Config
	plan       *plan
	changes    []Change
	nextExpiry time.Time
}

// mark is who takes a step, and what he says and sets by it.
type mark struct{ by, note, data string }

// bySystem is the mark of a step that no person takes.
func bySystem(note string) mark { return mark{by: System, note: note} }

// step takes one transition, writes it with its audit entry and notes the change.
func (w *work) step(a *Alarm, action Action, m mark, now time.Time) error {
	to, ok := Next(a.State, action, a.Standing, a.AckedAt != nil)
	if !ok {
		return &NotAllowed{a.State, action}
	}
	from, isNew := a.State, a.Rev == 0
	a.State = to
	a.Rev++
	if now.After(a.UpdatedAt) {
		a.UpdatedAt = now
	}
	if to != Shelved {
		a.ShelvedUntil = nil
	}
	if to != Suppressed {
		a.Suppression, a.SuppressedUntil = "", nil
	}
	switch {
	case action == Ack:
		a.AckedBy, a.AckedAt = m.by, &now
	case to == Unack || action == Raise || action == Reraise:
		if action == Raise || action == Reraise || from != Unack {
			a.AckedBy, a.AckedAt = "", nil
		}
	}
	if action == Reraise {
		a.Verdict = "" // it was about what was known then
	}
	if m.note != "" && m.by != System {
		a.Note = m.note
	}
	a.Judge()
	entry := &Entry{AlarmID: a.ID, N: a.Rev, At: now, By: m.by, Action: action, From: from, To: to, Rev: a.Rev, Note: m.note, Data: m.data}
	if err := w.tx.Put(a, entry); err != nil {
		return err
	}
	w.note(Change{Alarm: *a, Before: from, New: isNew, Action: action, By: m.by})
	return nil
}

// note keeps a change for the sinks. Where an alarm comes back and goes under something
// else at once, they see one step.
func (w *work) note(c Change) {
	if n := len(w.changes); n > 0 && c.Action == Suppress && w.changes[n-1].Alarm.ID == c.Alarm.ID {
		c.Before, c.New = w.changes[n-1].Before, w.changes[n-1].New
		w.changes[n-1] = c
		return
	}
	w.changes = append(w.changes, c)
}

// refresh writes new facts that change no state. It has no revision of its own: a value
// that moves must not turn an operator's acknowledgement into a conflict.
func (w *work) refresh(a *Alarm) error {
	a.Judge()
	if err := w.tx.Put(a, nil); err != nil {
		return err
	}
	w.note(Change{Alarm: *a, Before: a.State, By: System})
	return nil
}

func (w *work) apply(in *event.Anomaly, now time.Time) error {
	a, src, err := w.tx.Source(in.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return w.first(in, now)
	case err != nil:
		return err
	case in.Revision <= src.Rev:
		return nil
	}
	return w.further(&a, src, in, now)
}

// first takes in an anomaly that was not known: as a raise of the alarm of the same site,
// device and rule where that is open or ended a short while ago, else as a new alarm.
func (w *work) first(in *event.Anomaly, now time.Time) error {
	a, ok, err := w.tx.Same(in.Site, in.Device, in.Rule, in.Late)
	if err != nil {
		return err
	}
	if ok && w.takes(&a, in) {
		return w.further(&a, Source{Anomaly: in.ID, Alarm: a.ID}, in, now)
	}
	a = Alarm{
		ID: in.ID, Rule: in.Rule, Site: in.Site, Device: in.Device, Kind: in.Kind,
		Severity: in.Severity, State: Normal, Momentary: in.Momentary,
		// Also one that is over already: the raise was lost on the way, not the alarm.
		Standing:  !in.Momentary,
		StartedAt: in.StartedAt.UTC(), Late: in.Late,
	}
	src := Source{Anomaly: in.ID, Alarm: in.ID, Standing: a.Standing}
	a.Count = src.count(in)
	if err := w.take(&a, &src, in); err != nil {
		return err
	}
	a.raised(in, now, w.cfg.Chatter.Raises)
	why, err := w.hold(&a, now)
	if err != nil {
		return err
	}
	if why.reason != "" {
		err = w.suppress(&a, why, now)
	} else {
		err = w.step(&a, Raise, bySystem(""), now)
	}
	if err != nil {
		return err
	}
	if in.State == event.Cleared && a.Standing {
		src.Standing = false
		if err := w.clear(&a, in, now); err != nil {
			return err
		}
	}
	if err := w.tx.PutSource(src); err != nil {
		return err
	}
	if err := w.gather(&a, in.ID, now); err != nil {
		return err
	}
	return w.gatherSite(&a, now)
}

// gather puts what came before its cause under it.
func (w *work) gather(a *Alarm, anomaly string, now time.Time) error {
	if !a.Standing {
		return nil
	}
	children, err := w.tx.Children(anomaly, Unack, Acked, RtnUnack)
	if err != nil {
		return err
	}
	for i := range children {
		c := &children[i]
		if c.ID == a.ID {
			continue
		}
		c.CausedBy = a.ID
		if err := w.suppress(c, hold{reason: ForCause, note: "under " + a.ID}, now); err != nil {
			return err
		}
	}
	return nil
}

// takes reports whether an alarm takes an anomaly that was not known as one more raise.
func (w *work) takes(a *Alarm, in *event.Anomaly) bool {
	if a.State.Open() || a.Standing {
		return true
	}
	over := a.UpdatedAt
	if a.ClearedAt != nil {
		over = *a.ClearedAt
	}
	return in.StartedAt.Sub(over) <= w.cfg.Reraise
}

// further takes in a newer revision of a known anomaly, or the first of one that belongs
// to a known alarm.
func (w *work) further(a *Alarm, src Source, in *event.Anomaly, now time.Time) error {
	// What has ended by now ends first, or the raise would go with it.
	if err := w.release(a, now); err != nil {
		return err
	}
	fresh := src.Rev == 0
	worse := in.Severity.Rank() > a.Severity.Rank()
	more := src.count(in) > src.Count
	// Somebody closed it, and there is something new to say while its condition stands.
	closed := a.State == Normal && a.Standing && in.State != event.Cleared
	again := fresh || in.Momentary && more || closed
	live := a.Late && !in.Late
	back := !in.Momentary && !src.Standing && in.State != event.Cleared
	if !worse {
		in = withSeverity(in, a.Severity) // severity rises while an alarm stands, never falls
	}
	switch {
	case in.Momentary && more:
		a.Count += src.count(in) - src.Count
	case !in.Momentary:
		a.Count = in.Count
	}
	before := a.CausedBy
	if err := w.take(a, &src, in); err != nil {
		return err
	}
	a.Late = a.Late && in.Late
	if back {
		a.Standing, a.Momentary, a.ClearedAt = true, false, nil
	}
	src.Standing = !in.Momentary && in.State != event.Cleared
	if err := w.tx.PutSource(src); err != nil {
		return err
	}
	raise := again || back
	if raise {
		a.raised(in, now, w.cfg.Chatter.Raises)
	}
	if raise || worse || live || a.CausedBy != before {
		if err := w.announce(a, raise || worse || live, now); err != nil {
			return err
		}
	} else if in.State != event.Cleared {
		return w.refresh(a)
	}
	if in.State == event.Cleared {
		return w.over(a, in, now)
	}
	if fresh {
		if err := w.gather(a, in.ID, now); err != nil {
			return err
		}
		return w.gatherSite(a, now)
	}
	return nil
}

// announce puts an alarm before people again, or under what suppresses it.
func (w *work) announce(a *Alarm, raise bool, now time.Time) error {
	why, err := w.hold(a, now)
	if err != nil {
		return err
	}
	switch {
	case why.reason == "" && a.State == Suppressed:
		return w.release(a, now)
	case why.reason != "" && (a.State == Acked || a.State == Normal || a.State == Unack || a.State == RtnUnack):
		return w.suppress(a, why, now)
	case why.reason != "" && a.State == Suppressed:
		changed := why.reason != a.Suppression || why.reason == ForMaintenance && !sameEnd(why.until, a.SuppressedUntil)
		w.under(a, why)
		if changed {
			return w.suppress(a, why, now)
		}
	}
	if raise {
		return w.step(a, Reraise, bySystem(""), now)
	}
	return w.refresh(a)
}

// over takes in that an anomaly has ended: the alarm has, when no other of its anomalies
// still stands.
func (w *work) over(a *Alarm, in *event.Anomaly, now time.Time) error {
	if !a.Standing {
		return w.refresh(a)
	}
	stands, err := w.tx.Stands(a.ID)
	if err != nil {
		return err
	}
	if stands {
		return w.refresh(a)
	}
	return w.clear(a, in, now)
}

func (w *work) clear(a *Alarm, in *event.Anomaly, now time.Time) error {
	a.Standing = false
	at := in.UpdatedAt.UTC()
	a.ClearedAt = &at
	if err := w.step(a, Clear, bySystem(""), now); err != nil {
		return err
	}
	children, err := w.tx.Children(a.ID, Suppressed)
	if err != nil {
		return err
	}
	for i := range children {
		if err := w.release(&children[i], now); err != nil {
			return err
		}
	}
	return nil
}

// take copies the facts of an anomaly that may change.
func (w *work) take(a *Alarm, src *Source, in *event.Anomaly) error {
	src.Rev, src.Count = in.Revision, max(src.Count, src.count(in))
	if in.ID == a.ID {
		a.AnomalyRev = in.Revision
	}
	a.Severity = in.Severity
	a.Value, a.Limit, a.Unit = in.Value, in.Limit, in.Unit
	a.Text, a.EventID = in.Text, in.EventID
	a.Cause = in.Cause
	a.Devices = in.Devices
	if a.Devices == nil {
		a.Devices = []event.DeviceID{}
	}
	if at := in.UpdatedAt.UTC(); at.After(a.UpdatedAt) {
		a.UpdatedAt = at
	}
	if in.CausedBy == "" {
		var err error
		a.CausedBy, err = w.explains(a, in)
		return err
	}
	parent, _, err := w.tx.Source(in.CausedBy)
	switch {
	case errors.Is(err, ErrNotFound):
		a.CausedBy = in.CausedBy // it may still come
	case err != nil:
		return err
	case parent.ID != a.ID:
		a.CausedBy = parent.ID
	}
	return nil
}

// count is how often a momentary anomaly was seen, at least once.
func (s *Source) count(in *event.Anomaly) int {
	if in.Momentary {
		return max(in.Count, 1)
	}
	return in.Count
}

// raised counts a raise, at the anomaly's time unless that lies ahead.
func (a *Alarm) raised(in *event.Anomaly, now time.Time, keep int) {
	at := in.UpdatedAt.UTC()
	if at.After(now) {
		at = now
	}
	a.Raises++
	a.RaisedAt = at
	if in.Momentary || keep == 0 {
		return
	}
	a.Recent = append(a.Recent, at.UnixNano())
	if over := len(a.Recent) - keep; over > 0 {
		a.Recent = a.Recent[over:]
	}
}

func withSeverity(in *event.Anomaly, s event.Severity) *event.Anomaly {
	copied := *in
	copied.Severity = s
	return &copied
}
