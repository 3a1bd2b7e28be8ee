package alarm

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits of a maintenance window.
const (
	maxWindow     = 31 * 24 * time.Hour // of one that happens once
	clockForm     = "15:04"
	dayForm       = "2006-01-02"
	maxWindowName = 64
)

// Window is a time of maintenance: alarms of what it names, raised within, are suppressed
// by design and come back at its end if they still stand. Either From and To say when it
// is, or Days, Start and End do, every week.
type Window struct {
	ID  string `json:"id" readOnly:"true"`
	Rev int64  `json:"rev" doc:"Counts the changes; a change must name the one it was decided on."`
	// What it is about: everything that is not empty must agree, and not all may be empty.
	Site     event.SiteID   `json:"site"`
	Township string         `json:"township"`
	Device   event.DeviceID `json:"device"`
	Kind     event.Kind     `json:"kind"`
	Rule     string         `json:"rule"`
	// Once.
	From *time.Time `json:"from"`
	To   *time.Time `json:"to"`
	// Every week, clock times of the county's zone. An End that is not after Start is on the
	// next day.
	Days  []string `json:"days" doc:"mon … sun: the days on which it begins."`
	Start string   `json:"start" doc:"HH:MM in the county's zone."`
	End   string   `json:"end" doc:"HH:MM; not after start: on the next day."`
	First string   `json:"first" doc:"YYYY-MM-DD: not before this day; empty: since ever."`
	Last  string   `json:"last" doc:"YYYY-MM-DD: not after this day; empty: for ever."`

	Reason  string     `json:"reason"`
	By      string     `json:"by" readOnly:"true"`
	At      time.Time  `json:"at" readOnly:"true"`
	EndedBy string     `json:"ended_by" readOnly:"true"`
	EndedAt *time.Time `json:"ended_at" readOnly:"true"`
}

// Period is [From, To).
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

// Validate returns every fault, as *Invalid.
func (w *Window) Validate() error {
	var faults []error
	check := func(ok bool, field, want string) {
		if !ok {
			faults = append(faults, &Invalid{field, want})
		}
	}
	w.Reason = strings.TrimSpace(w.Reason)
	check(w.Reason != "" && event.ValidLines(w.Reason, MaxNote), "reason", fmt.Sprintf("a reason, at most %d characters", MaxNote))
	check(w.Site != "" || w.Township != "" || w.Device != "" || w.Kind != "" || w.Rule != "", "site", "a site, township, device, kind or rule")
	check(w.Device == "" || w.Site != "", "site", "the site of the device")
	for field, name := range map[string]string{"site": string(w.Site), "device": string(w.Device), "kind": string(w.Kind), "rule": w.Rule} {
		check(name == "" || event.ValidName(name), field, "1 to 64 of a-z, 0-9, '-', '_'")
	}
	check(event.ValidLine(w.Township, maxWindowName), "township", fmt.Sprintf("at most %d characters on one line", maxWindowName))
	weekly := len(w.Days) > 0 || w.Start != "" || w.End != ""
	switch {
	case weekly:
		check(w.From == nil && w.To == nil, "from", "nothing beside days, start and end")
		check(len(w.Days) > 0 && len(w.Days) <= 7, "days", "at least one of mon, tue, wed, thu, fri, sat, sun")
		for _, d := range w.Days {
			check(slices.Contains(weekdays(), d), "days", "only mon, tue, wed, thu, fri, sat, sun")
		}
		for field, text := range map[string]string{"start": w.Start, "end": w.End} {
			_, err := time.Parse(clockForm, text)
			check(err == nil, field, "a time of day, HH:MM")
		}
		check(w.Start != w.End, "end", "another time than start")
		for field, text := range map[string]string{"first": w.First, "last": w.Last} {
			_, err := time.Parse(dayForm, text)
			check(text == "" || err == nil, field, "a day, YYYY-MM-DD")
		}
		check(w.First == "" || w.Last == "" || w.First <= w.Last, "last", "a day that is not before first")
	case w.From == nil || w.To == nil:
		check(false, "from", "from and to, or days, start and end")
	default:
		check(w.To.After(*w.From) && w.To.Sub(*w.From) <= maxWindow, "to", "a time after from, at most 31 days")
	}
	return errors.Join(faults...)
}

// Covers reports whether the window is about an alarm. A critical alarm must be named by
// its device or its rule: a window of a whole site silences no emergency call.
func (w *Window) Covers(a *Alarm, township string) bool {
	if a.Severity == event.SeverityCritical && w.Device == "" && w.Rule == "" {
		return false
	}
	return (w.Rule == "" || w.Rule == a.Rule) && w.Concerns(a.Site, a.Device, a.Kind, township)
}

// Concerns reports whether the window is about a device, whatever the rule.
func (w *Window) Concerns(site event.SiteID, device event.DeviceID, kind event.Kind, township string) bool {
	return (w.Site == "" || w.Site == site) && (w.Township == "" || w.Township == township) &&
		(w.Device == "" || w.Device == device) && (w.Kind == "" || w.Kind == kind)
}

// Spans returns the window's times that overlap [from, to), oldest first. Clock times are
// those of the zone: across a change of the clocks a window keeps its words. A time
// that the clocks leave out is as much later, one that comes twice is the second of the two.
func (w *Window) Spans(from, to time.Time, zone *time.Location) []Period {
	var out []Period
	add := func(s Period) {
		if w.EndedAt != nil && w.EndedAt.Before(s.To) {
			s.To = *w.EndedAt
		}
		if s.To.After(s.From) && s.To.After(from) && s.From.Before(to) {
			out = append(out, s)
		}
	}
	if w.From != nil && w.To != nil {
		add(Period{w.From.UTC(), w.To.UTC()})
		return out
	}
	start, errStart := time.Parse(clockForm, w.Start)
	end, errEnd := time.Parse(clockForm, w.End)
	if errStart != nil || errEnd != nil {
		return nil
	}
	y, m, d := from.In(zone).Date()
	for day := -1; ; day++ {
		// Noon names the day whatever the clocks do at night.
		noon := time.Date(y, m, d+day, 12, 0, 0, 0, zone)
		if noon.Add(-24 * time.Hour).After(to) {
			return out
		}
		date := noon.Format(dayForm)
		if !slices.Contains(w.Days, weekdays()[noon.Weekday()]) || w.First != "" && date < w.First || w.Last != "" && date > w.Last {
			continue
		}
		next := 0
		if !end.After(start) {
			next = 1
		}
		add(Period{
			time.Date(y, m, d+day, start.Hour(), start.Minute(), 0, 0, zone).UTC(),
			time.Date(y, m, d+day+next, end.Hour(), end.Minute(), 0, 0, zone).UTC(),
		})
	}
}

// Until returns when the window ends that is at a time; ok is false when none is.
func (w *Window) Until(at time.Time, zone *time.Location) (end time.Time, ok bool) {
	for _, s := range w.Spans(at, at.Add(time.Nanosecond), zone) {
		if s.To.After(end) {
			end, ok = s.To, true
		}
	}
	return end, ok
}
