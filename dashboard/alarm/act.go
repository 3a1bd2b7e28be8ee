package alarm

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// account is what an assignee must look like.
var account = regexp.MustCompile(`^[a-z0-9_-]{0,64}$`)

func (c *Command) check(now time.Time) error {
	c.Note = strings.TrimSpace(c.Note)
	switch {
	case !event.ValidLines(c.Note, MaxNote):
		return &Invalid{"note", fmt.Sprintf("at most %d characters, none that hides or turns text", MaxNote)}
	case c.By == "" || c.By == System:
		return &Invalid{"by", "a person"}
	}
	switch c.Action {
	case Ack, Unshelve, InService, Assign, NeedHelp, Confirm:
	case Shelve, OutOfService, Close, Comment, FalseAlarm:
		if c.Note == "" {
			return &Invalid{"note", "a reason"}
		}
	default:
		return &NotAllowed{Action: c.Action}
	}
	if c.Action == Shelve && (!c.Until.After(now) || c.Until.Sub(now) > MaxShelving) {
		return &Invalid{"until", "a time in the next 24 hours"}
	}
	if c.Action == Assign && !account.MatchString(c.Assignee) {
		return &Invalid{"assignee", "the name of an account, or nothing"}
	}
	if c.Rev <= 0 && c.Action != Comment {
		return &Invalid{"rev", "the alarm's revision"}
	}
	return nil
}

// data is what the command sets, for the audit.
func (c *Command) data() string {
	switch c.Action {
	case Shelve:
		return "until " + c.Until.UTC().Format(time.RFC3339Nano)
	case Assign:
		return c.Assignee
	}
	return ""
}

func (w *work) act(a Alarm, c Command, now time.Time) (Alarm, error) {
	if done, err := w.tooLate(a, c); done || err != nil {
		return a, err
	}
	if c.Action == Ack && (a.State == Acked || a.State == Normal) && a.AckedBy != "" {
		return Alarm{}, w.conflict(a)
	}
	switch c.Action {
	case Shelve:
		until := c.Until.UTC()
		a.ShelvedUntil = &until
		w.nextExpiry = earlier(w.nextExpiry, until)
	case Close:
		if a.Standing {
			w.nextExpiry = earlier(w.nextExpiry, now.Add(w.cfg.ClosedReturns))
		}
	case Assign:
		a.Assignee = c.Assignee
	case FalseAlarm:
		a.Verdict = VerdictFalseAlarm
	case NeedHelp:
		a.Verdict = VerdictNeedHelp
	case Confirm:
		a.Verdict = VerdictConfirmed
	}
	err := w.step(&a, c.Action, mark{c.By, c.Note, c.data()}, now)
	if err == nil && (c.Action == Unshelve || c.Action == InService) {
		err = w.back(&a, now)
	}
	return a, err
}

// back puts an alarm that comes back under what suppresses it meanwhile.
func (w *work) back(a *Alarm, now time.Time) error {
	if a.State != Unack {
		return nil
	}
	// It was not shown while it was away: a window may keep it.
	away := *a
	away.State = Normal
	why, err := w.hold(&away, now)
	if err != nil || why.reason == "" {
		return err
	}
	return w.suppress(a, why, now)
}

// tooLate compares the revision on which a person decided with the alarm's. done says that
// the same command was carried out before: the answer to the first try was lost on the way.
func (w *work) tooLate(a Alarm, c Command) (done bool, err error) {
	if c.Rev == 0 || c.Rev == a.Rev {
		return false, nil
	}
	last, err := w.tx.LastEntry(a.ID)
	if err != nil {
		return false, err
	}
	if a.Rev == c.Rev+1 && last.By == c.By && last.Action == c.Action && last.Note == c.Note && last.Data == c.data() {
		return true, nil
	}
	return false, &Conflict{Alarm: a, Last: last}
}

func (w *work) conflict(a Alarm) error {
	last, err := w.tx.LastEntry(a.ID)
	if err != nil {
		return err
	}
	return &Conflict{Alarm: a, Last: last}
}
