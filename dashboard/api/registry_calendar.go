package api

import (
	"context"
	"net/http"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/gateway/event"
)

// calendarEntry is the entry that holds the calendar; every school may know it.
func (a *API) calendarEntry() (registry.Entry, error) {
	r, err := a.edits()
	if err != nil {
		return registry.Entry{}, err
	}
	kind, key := registry.CalendarKey()
	e, ok := r.Entry(kind, key)
	if !ok {
		return e, notFound()
	}
	return e, nil
}

func (a *API) registryCalendar() {
	handle(a, http.MethodGet, "/registry/calendar", "Terms, holidays, make-up days and exams", everyone(),
		func(_ context.Context, id auth.Identity, _ *nothing) (*body[registry.CalendarRow], error) {
			e, err := a.calendarEntry()
			if err != nil {
				return nil, err
			}
			row := e.Calendar()
			for _, days := range []*[]registry.DaysRow{&row.Terms, &row.Holidays, &row.MakeUp, &row.Exams} {
				*days = concerned(id, *days)
			}
			return &body[registry.CalendarRow]{row}, nil
		})
	handle(a, http.MethodPut, "/registry/calendar", "Change the calendar", admins(),
		func(ctx context.Context, id auth.Identity, in *struct{ Body registry.CalendarRow }) (*body[registry.CalendarRow], error) {
			if !id.Scope.All() {
				return nil, countyOnly()
			}
			e, err := a.calendarEntry()
			if err != nil {
				return nil, err
			}
			if in.Body.Rev < 1 {
				return nil, invalid("body.rev", "want the revision that was seen")
			}
			e, err = a.apply(ctx, id, in.Body.Change(e))
			return &body[registry.CalendarRow]{e.Calendar()}, err
		}, longBody)
}

// concerned leaves out days that are for other people's sites alone, and those sites.
func concerned(id auth.Identity, days []registry.DaysRow) []registry.DaysRow {
	if id.Scope.All() {
		return days
	}
	out := []registry.DaysRow{}
	for _, d := range days {
		all, own := len(d.Sites) == 0, []event.SiteID{}
		for _, s := range d.Sites {
			if id.Scope.Allows(s) {
				own = append(own, s)
			}
		}
		if d.Sites = own; all || len(own) > 0 {
			out = append(out, d)
		}
	}
	return out
}
