package event

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// DutyHours is a device's own clock: when its silence is a fault.
type DutyHours struct {
	// From (included) and To (excluded), "HH:MM" in the county's zone. A To that is not after
	// From is on the next day; equal ones are the whole day.
	From string `yaml:"from" json:"from"`
	To   string `yaml:"to" json:"to"`
	// Days on which it begins, mon … sun; empty: every day.
	Days []string `yaml:"days" json:"days"`
	// SchoolDays limits it to the site's school days.
	SchoolDays bool `yaml:"school_days" json:"school_days"`
}

// Validate returns every fault.
func (h *DutyHours) Validate() error {
	var faults []error
	for key, value := range map[string]string{"from": h.From, "to": h.To} {
		if _, err := clock(value); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", key, err))
		}
	}
	for _, d := range h.Days {
		if !slices.Contains(weekdays(), d) {
			faults = append(faults, fmt.Errorf("days: %q is none of mon, tue, wed, thu, fri, sat, sun", d))
		}
	}
	return errors.Join(faults...)
}

// OnDuty reports whether the silence of a device is a fault at local, a time in the
// county's zone, by the hours of its site. Of a bus only its trips can tell.
func (d *Device) OnDuty(site Hours, local time.Time) bool {
	switch d.Duty {
	case DutyService:
		return site.Kitchen(local)
	case DutyOwn:
		return d.DutyHours != nil && (d.DutyHours.begun(site, local, local) || d.DutyHours.begun(site, local.AddDate(0, 0, -1), local))
	}
	return true
}

// begun reports whether local lies within the duty that begins on day.
func (h *DutyHours) begun(site Hours, day, local time.Time) bool {
	from, to, ok := h.on(site, day)
	return ok && !local.Before(from) && local.Before(to)
}

// on returns the duty that begins on day's date; ok is false when none does.
func (h *DutyHours) on(site Hours, day time.Time) (from, to time.Time, ok bool) {
	if len(h.Days) > 0 && !slices.Contains(h.Days, weekday(day.Weekday())) || h.SchoolDays && !site.SchoolDay(day) {
		return from, to, false
	}
	from, to = site.On(day, h.From), site.On(day, h.To)
	if !to.After(from) {
		to = site.On(day.AddDate(0, 0, 1), h.To)
	}
	return from, to, true
}

// DutyOn returns the duty of a device that begins on day's date by its own hours or its
// site's kitchen hours; ok is false when none does.
func (d *Device) DutyOn(site Hours, day time.Time) (from, to time.Time, ok bool) {
	switch {
	case d.Duty == DutyService && site.SchoolDay(day):
		return site.On(day, site.KitchenFrom), site.On(day, site.KitchenTo), true
	case d.Duty == DutyOwn && d.DutyHours != nil:
		return d.DutyHours.on(site, day)
	}
	return from, to, false
}

// nextDutyDays is how far NextDuty looks: the longest holiday, and some days more.
const nextDutyDays = 100

// NextDuty returns when the device's next duty begins after local, zero when none does in
// the next hundred days.
func (d *Device) NextDuty(site Hours, local time.Time) time.Time {
	for i := range nextDutyDays {
		day := local.AddDate(0, 0, i)
		start, _, ok := d.DutyOn(site, day)
		if !ok {
			continue
		}
		if start.After(local) {
			return start
		}
	}
	return time.Time{}
}

func (d *Device) checkDuty() error {
	switch d.Duty {
	case "", DutyAlways, DutyService, DutyTrip:
		return nil
	case DutyOwn:
		if d.DutyHours == nil {
			return fmt.Errorf("%q needs duty_hours", d.Duty)
		}
		return d.DutyHours.Validate()
	}
	return fmt.Errorf("%q is none of always, service, trip, hours", d.Duty)
}
