package alarm

import (
	"errors"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// work is one transaction in the making.
type work struct {
	tx         Tx
	changes    []Change
	nextExpiry time.Time
}

// step takes one transition, writes it with its audit entry and notes the change.
func (w *work) step(a *Alarm, action Action, by, note string, now time.Time) error {
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
	if from == Shelved && to != Shelved {
		a.ShelvedUntil = nil
	}
	switch action {
	case Ack:
		a.AckedBy, a.AckedAt = by, &now
	case Raise, Reraise:
		a.AckedBy, a.AckedAt = "", nil
	}
	if note != "" && by != System {
		a.Note = note
	}
	entry := &Entry{AlarmID: a.ID, N: a.Rev, At: now, By: by, Action: action, From: from, To: to, Rev: a.Rev, Note: note}
	if err := w.tx.Put(a, entry); err != nil {
		return err
	}
	w.changes = append(w.changes, Change{Alarm: *a, Before: from, New: isNew})
	return nil
}

// refresh writes new facts that change no state. It has no revision of its own: a value
// that moves must not turn an operator's acknowledgement into a conflict.
func (w *work) refresh(a *Alarm) error {
	if err := w.tx.Put(a, nil); err != nil {
		return err
	}
	w.changes = append(w.changes, Change{Alarm: *a, Before: a.State})
	return nil
}

func (w *work) apply(in *event.Anomaly, now time.Time) error {
	a, err := w.tx.Alarm(in.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return w.first(in, now)
	case err != nil:
		return err
	case in.Revision <= a.AnomalyRev:
		return nil
	}
	return w.further(&a, in, now)
}

// first takes in an anomaly that was not known.
func (w *work) first(in *event.Anomaly, now time.Time) error {
	a := &Alarm{
		ID: in.ID, Rule: in.Rule, Site: in.Site, Device: in.Device, Kind: in.Kind,
		Severity: in.Severity, State: Normal, Momentary: in.Momentary,
		// Also one that is over already: the raise was lost on the way, not the alarm.
		Standing:  !in.Momentary,
		StartedAt: in.StartedAt.UTC(), Late: in.Late,
	}
	a.take(in)
	action := Raise
	if in.CausedBy != "" {
		parent, err := w.tx.Alarm(in.CausedBy)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		// A cause that is unknown or over suppresses nothing.
		if err == nil && parent.Standing {
			action = Suppress
		}
	}
	if err := w.step(a, action, System, "", now); err != nil {
		return err
	}
	if in.State == event.Cleared && a.Standing {
		if err := w.clear(a, in, now); err != nil {
			return err
		}
	}
	if !a.Standing {
		return nil
	}
	// What came before its cause goes under it now.
	children, err := w.tx.Children(a.ID, Unack, Acked, RtnUnack)
	if err != nil {
		return err
	}
	for i := range children {
		if err := w.step(&children[i], Suppress, System, "under "+a.ID, now); err != nil {
			return err
		}
	}
	return nil
}

// further takes in a newer revision of a known anomaly.
func (w *work) further(a *Alarm, in *event.Anomaly, now time.Time) error {
	worse := in.Severity.Rank() > a.Severity.Rank()
	again := in.Momentary && in.Count > a.Count
	live := a.Late && !in.Late
	back := !in.Momentary && !a.Standing && in.State != event.Cleared
	cause := in.CausedBy != a.CausedBy
	if !worse {
		in = withSeverity(in, a.Severity) // severity rises while an alarm stands, never falls
	}
	a.take(in)
	a.Late = a.Late && in.Late
	if back {
		a.Standing, a.ClearedAt = true, nil
	}
	moved := false
	if cause {
		var err error
		if moved, err = w.recause(a, now); err != nil {
			return err
		}
	}
	switch {
	case in.State == event.Cleared && a.Standing:
		return w.clear(a, in, now)
	case moved:
		return nil
	case worse || again || live || back:
		return w.step(a, Reraise, System, "", now)
	}
	return w.refresh(a)
}

// recause moves an alarm under its new cause or out from under its old one.
func (w *work) recause(a *Alarm, now time.Time) (moved bool, err error) {
	standing := false
	if a.CausedBy != "" {
		parent, err := w.tx.Alarm(a.CausedBy)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return false, err
		}
		standing = err == nil && parent.Standing
	}
	switch {
	case standing && (a.State == Unack || a.State == Acked || a.State == RtnUnack):
		return true, w.step(a, Suppress, System, "under "+a.CausedBy, now)
	case !standing && a.State == Suppressed:
		return true, w.step(a, Unsuppress, System, "", now)
	}
	return false, nil
}

func (w *work) clear(a *Alarm, in *event.Anomaly, now time.Time) error {
	a.Standing = false
	at := in.UpdatedAt.UTC()
	a.ClearedAt = &at
	if err := w.step(a, Clear, System, "", now); err != nil {
		return err
	}
	children, err := w.tx.Children(a.ID, Suppressed)
	if err != nil {
		return err
	}
	for i := range children {
		if err := w.step(&children[i], Unsuppress, System, "its cause "+a.ID+" is over", now); err != nil {
			return err
		}
	}
	return nil
}

func (w *work) act(a Alarm, c Command, now time.Time) (Alarm, error) {
	if c.Rev != 0 && c.Rev != a.Rev {
		last, err := w.tx.LastEntry(a.ID)
		if err != nil {
			return Alarm{}, err
		}
		if a.Rev == c.Rev+1 && last.By == c.By && last.Action == c.Action && last.Note == c.Note {
			return a, nil // the answer to the first try was lost on the way
		}
		return Alarm{}, &Conflict{Alarm: a, Last: last}
	}
	if c.Action == Ack && (a.State == Acked || a.State == Normal) && a.AckedBy != "" {
		return Alarm{}, w.conflict(a)
	}
	if c.Action == Shelve {
		until := c.Until.UTC()
		a.ShelvedUntil = &until
		w.nextExpiry = earlier(w.nextExpiry, until)
	}
	err := w.step(&a, c.Action, c.By, c.Note, now)
	return a, err
}

func (w *work) conflict(a Alarm) error {
	last, err := w.tx.LastEntry(a.ID)
	if err != nil {
		return err
	}
	return &Conflict{Alarm: a, Last: last}
}

// take copies the facts of an anomaly that may change.
func (a *Alarm) take(in *event.Anomaly) {
	a.AnomalyRev = in.Revision
	a.Severity = in.Severity
	a.Count, a.Value, a.Limit, a.Unit = in.Count, in.Value, in.Limit, in.Unit
	a.Text, a.EventID = in.Text, in.EventID
	a.Cause, a.CausedBy = in.Cause, in.CausedBy
	a.Devices = in.Devices
	if a.Devices == nil {
		a.Devices = []event.DeviceID{}
	}
	a.UpdatedAt = in.UpdatedAt.UTC()
}

func withSeverity(in *event.Anomaly, s event.Severity) *event.Anomaly {
	copied := *in
	copied.Severity = s
	return &copied
}
