package alarm

import (
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// hold is why an alarm is to be suppressed, if it is.
type hold struct {
	reason Suppression
	until  *time.Time
	note   string
}

// hold looks for a reason to suppress an alarm, the one that goes before the others. A
// cause that is unknown or over suppresses nothing.
func (w *work) hold(a *Alarm, now time.Time) (hold, error) {
	if a.CausedBy != "" && a.CausedBy != a.ID {
		parent, err := w.tx.Alarm(a.CausedBy)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return hold{}, err
		}
		if err == nil && parent.Standing {
			return hold{reason: ForCause, note: "under " + a.CausedBy}, nil
		}
	}
	if until, ok := w.waits(a, now); ok {
		return hold{ForCause, &until, "waits for others of its township"}, nil
	}
	// A window hides nothing that people were shown before it and have not acknowledged.
	if shown := a.State == Unack || a.State == RtnUnack; !shown {
		if h, ok := w.plan.cover(a, now); ok {
			return h, nil
		}
	}
	return w.chatter(a, now), nil
}

// chatter tells an alarm that comes and goes. Once it is suppressed for that, each further
// raise makes it wait anew.
func (w *work) chatter(a *Alarm, now time.Time) hold {
	c := &w.cfg.Chatter
	n := len(a.Recent)
	if c.Raises == 0 || n == 0 || a.Momentary || a.Severity == event.SeverityCritical {
		return hold{}
	}
	last := time.Unix(0, a.Recent[n-1]).UTC()
	until := last.Add(c.Quiet)
	if !until.After(now) {
		return hold{}
	}
	if a.Suppression != ForChatter && (n < c.Raises || a.Recent[n-1]-a.Recent[n-c.Raises] > int64(c.Within)) {
		return hold{}
	}
	return hold{ForChatter, &until, fmt.Sprintf("raised %d times within %s", c.Raises, c.Within)}
}

// suppress puts an alarm under a reason, or from one reason under another.
func (w *work) suppress(a *Alarm, why hold, now time.Time) error {
	w.under(a, why)
	data := string(why.reason)
	if why.until != nil {
		data += " until " + why.until.Format(time.RFC3339Nano)
	}
	return w.step(a, Suppress, mark{System, why.note, data}, now)
}

func (w *work) under(a *Alarm, why hold) {
	a.Suppression, a.SuppressedUntil = why.reason, why.until
	if why.until != nil {
		w.nextExpiry = earlier(w.nextExpiry, *why.until)
	}
}

// release brings a suppressed alarm back when no reason is left, or puts it under the one
// that is. Of another alarm it changes nothing.
func (w *work) release(a *Alarm, now time.Time) error {
	if a.State != Suppressed {
		return nil
	}
	why, err := w.hold(a, now)
	switch {
	case err != nil:
		return err
	case why.reason == "" && a.Suppression == ForCause && a.SuppressedUntil != nil:
		return w.step(a, Unsuppress, bySystem("it stands alone"), now)
	case why.reason == "" && a.Suppression == ForChatter:
		return w.step(a, Quiet, bySystem("it has been quiet"), now)
	case why.reason == "" && a.Suppression == ForCause:
		return w.step(a, Unsuppress, bySystem("its cause is over"), now)
	case why.reason == "":
		return w.step(a, Unsuppress, bySystem("the maintenance is over"), now)
	case why.reason != a.Suppression || !sameEnd(why.until, a.SuppressedUntil):
		return w.suppress(a, why, now)
	}
	return nil
}

func sameEnd(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// plan is the maintenance that is known: windows, and what the county says of sites.
type plan struct {
	windows []Window
	county  func() *event.County
}

func zoneOf(c *event.County) *time.Location {
	if c == nil {
		return time.UTC
	}
	return c.Location()
}

func townshipOf(c *event.County, id event.SiteID) string {
	if c == nil {
		return ""
	}
	if s := c.Site(id); s != nil {
		return s.Township
	}
	return ""
}

// cover returns the window that is on for an alarm; of several, the one that lasts longest.
func (p *plan) cover(a *Alarm, now time.Time) (hold, bool) {
	var found hold
	if len(p.windows) == 0 {
		return found, false
	}
	county := p.county()
	zone, township := zoneOf(county), townshipOf(county, a.Site)
	for i := range p.windows {
		w := &p.windows[i]
		if !w.Covers(a, township) {
			continue
		}
		until, ok := w.Until(now, zone)
		if ok && (found.until == nil || until.After(*found.until)) {
			found = hold{ForMaintenance, &until, "maintenance " + w.ID + ": " + w.Reason}
		}
	}
	return found, found.reason != ""
}
