package event

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

func (h *Hours) fill() error {
	def := DefaultHours()
	var faults []error
	for _, f := range []struct {
		key   string
		value *string
		def   string
	}{
		{"open", &h.Open, def.Open},
		{"class_from", &h.ClassFrom, def.ClassFrom},
		{"class_to", &h.ClassTo, def.ClassTo},
		{"lunch_from", &h.LunchFrom, def.LunchFrom},
		{"lunch_to", &h.LunchTo, def.LunchTo},
		{"close", &h.Close, def.Close},
		{"kitchen_from", &h.KitchenFrom, def.KitchenFrom},
		{"kitchen_to", &h.KitchenTo, def.KitchenTo},
	} {
		if *f.value == "" {
			*f.value = f.def
		}
		if _, err := clock(*f.value); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", f.key, err))
		}
	}
	if h.Days == nil {
		h.Days = def.Days
	}
	for _, d := range h.Days {
		if !slices.Contains(weekdays(), d) {
			faults = append(faults, fmt.Errorf("days: %q is none of mon, tue, wed, thu, fri, sat, sun", d))
		}
	}
	return errors.Join(faults...)
}

// weekdays are the names of Hours.Days, from Sunday on as in package time.
func weekdays() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

func weekday(d time.Weekday) string { return weekdays()[d] }

// clock reads "HH:MM" as the time since midnight.
func clock(s string) (time.Duration, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day (HH:MM, 00:00 to 23:59)", s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// Between reports whether local, a time in the county's zone, lies on a school day from
// the clock time from (included) to the clock time to (excluded).
func (h Hours) Between(local time.Time, from, to string) bool {
	if !h.SchoolDay(local) {
		return false
	}
	a, errA := clock(from)
	b, errB := clock(to)
	if errA != nil || errB != nil {
		return false
	}
	at := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
	return at >= a && at < b
}

// SchoolDay reports whether local falls on one of the site's days, by the county's
// calendar and else by the weekday.
func (h Hours) SchoolDay(local time.Time) bool {
	if school, decided := h.calendar.SchoolDay(h.site, local); decided {
		return school
	}
	return slices.Contains(h.Days, weekday(local.Weekday()))
}

// Exam reports whether an examination is held on local's day, and whether class hours are
// to be left alone on it.
func (h Hours) Exam(local time.Time) (exam, quiet bool) { return h.calendar.Exam(h.site, local) }

// InClass reports whether pupils belong inside: class hours without the lunch break, not
// on a quiet day of examinations.
func (h Hours) InClass(local time.Time) bool {
	if _, quiet := h.Exam(local); quiet {
		return false
	}
	return h.Between(local, h.ClassFrom, h.ClassTo) && !h.Between(local, h.LunchFrom, h.LunchTo)
}

// Kitchen reports whether the kitchen is in service.
func (h Hours) Kitchen(local time.Time) bool { return h.Between(local, h.KitchenFrom, h.KitchenTo) }

// On returns the moment of a clock time on local's day.
func (h Hours) On(local time.Time, at string) time.Time {
	d, err := clock(at)
	if err != nil {
		return time.Time{}
	}
	y, m, day := local.Date()
	return time.Date(y, m, day, int(d/time.Hour), int(d/time.Minute)%60, 0, 0, local.Location())
}
