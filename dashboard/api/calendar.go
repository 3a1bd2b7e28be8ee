package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// countyEntry is the registry's entry that holds the calendar.
	countyEntry = "county"
	maxDays     = 400
	dayForm     = "2006-01-02"
)

// CountyCalendar is the county's calendar and its revision.
type CountyCalendar struct {
	Rev      int64          `json:"rev" doc:"Of the registry's county entry; 0: it cannot be edited here."`
	Calendar event.Calendar `json:"calendar"`
}

type calendarInput struct {
	Body struct {
		Rev      int64          `json:"rev" minimum:"1" doc:"The revision that was seen."`
		Calendar event.Calendar `json:"calendar"`
	}
}

// Day is what the calendar says of a day at a site.
type Day struct {
	Day    string `json:"day" doc:"YYYY-MM-DD"`
	School bool   `json:"school"`
	Exam   bool   `json:"exam"`
	Quiet  bool   `json:"quiet" doc:"No class hours, because of an examination."`
}

type daysInput struct {
	Site string `query:"site" maxLength:"64" required:"true"`
	From string `query:"from" maxLength:"10" doc:"YYYY-MM-DD; default: today."`
	Days int    `query:"days" minimum:"1" maximum:"400" default:"31"`
}

func (a *API) calendarRoutes() {
	handle(a, http.MethodGet, "/calendar", "Terms, holidays, days made up for, examinations", everyone(),
		func(context.Context, auth.Identity, *nothing) (*body[CountyCalendar], error) {
			return &body[CountyCalendar]{a.calendar()}, nil
		})
	handle(a, http.MethodPut, "/calendar", "Write the calendar; gateways get it with the registry", admins(), a.putCalendar)
	handle(a, http.MethodGet, "/calendar/days", "Which days are school days at a site", everyone(), a.days)
}

func (a *API) calendar() CountyCalendar {
	out := CountyCalendar{Calendar: a.present().Calendar}
	if a.deps.Edits != nil {
		if e, ok := a.deps.Edits.Entry(registry.KindCounty, countyEntry); ok {
			out.Rev = e.Rev
		}
	}
	c := &out.Calendar // lists, not null
	for _, l := range []*[]event.DaySpan{&c.Terms, &c.Holidays, &c.MakeUp} {
		if *l == nil {
			*l = []event.DaySpan{}
		}
	}
	if c.Exams == nil {
		c.Exams = []event.ExamSpan{}
	}
	return out
}

// putCalendar changes the calendar in the registry's entry and leaves the rest of it.
func (a *API) putCalendar(ctx context.Context, id auth.Identity, in *calendarInput) (*body[CountyCalendar], error) {
	if !id.Scope.All() {
		return nil, countyOnly()
	}
	r, err := a.edits()
	if err != nil {
		return nil, err
	}
	e, ok := r.Entry(registry.KindCounty, countyEntry)
	if !ok {
		return nil, notFound()
	}
	doc := map[string]json.RawMessage{}
	if err := json.Unmarshal(e.Doc, &doc); err != nil {
		return nil, err
	}
	if doc["calendar"], err = json.Marshal(in.Body.Calendar); err != nil {
		return nil, err
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	if _, err := a.apply(ctx, id, registry.Change{Kind: registry.KindCounty, Key: countyEntry, Rev: in.Body.Rev, Doc: text}); err != nil {
		return nil, err
	}
	return &body[CountyCalendar]{a.calendar()}, nil
}

func (a *API) days(_ context.Context, id auth.Identity, in *daysInput) (*body[list[Day]], error) {
	county := a.present()
	site := county.Site(event.SiteID(in.Site))
	if site == nil || !id.Scope.Allows(site.ID) {
		return nil, notFound()
	}
	at := a.deps.Now().In(county.Location())
	if in.From != "" {
		var err error
		if at, err = time.ParseInLocation(dayForm, in.From, county.Location()); err != nil {
			return nil, invalid("query.from", "want a day, YYYY-MM-DD")
		}
	}
	y, m, d := at.Date()
	rows := make([]Day, 0, min(in.Days, maxDays))
	for i := range min(in.Days, maxDays) {
		noon := time.Date(y, m, d+i, 12, 0, 0, 0, county.Location())
		row := Day{Day: noon.Format(dayForm), School: site.Hours.SchoolDay(noon)}
		row.Exam, row.Quiet = site.Hours.Exam(noon)
		rows = append(rows, row)
	}
	return page(rows, ""), nil
}
