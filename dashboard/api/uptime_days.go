package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/gateway/event"
)

// UptimeQuery selects devices and days.
type UptimeQuery struct {
	Site     string `query:"site" maxLength:"64"`
	Kind     string `query:"kind" enum:"gate,temperature,bus,kitchen,camera,button" default:"camera"`
	Device   string `query:"device" maxLength:"64"`
	Township string `query:"township" maxLength:"64"`
	DayRange
}

type outagesInput struct {
	UptimeQuery
	Cause string `query:"cause" enum:"device,power,gateway,network,centre"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

type restatementsInput struct {
	UptimeQuery
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"200"`
	Cursor string `query:"cursor" maxLength:"20"`
}

type daysStoredInput struct{ DayRange }

// ComputedDay says when a day was computed; a day that is not told is missing.
type ComputedDay struct {
	Day     string    `json:"day"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	At      time.Time `json:"at" doc:"The last time."`
	FirstAt time.Time `json:"first_at"`
	Devices int       `json:"devices"`
	TookMS  int64     `json:"took_ms"`
}

// Outages are the longest outages.
type Outages struct {
	Items []rollup.Outage `json:"items"`
	More  bool            `json:"more" doc:"There are more than were asked for."`
}

type targetInput struct {
	Body struct {
		Kind        string   `json:"kind" enum:"gate,temperature,bus,kitchen,camera,button"`
		OnlinePct   *float64 `json:"online_pct" minimum:"0" maximum:"100" doc:"Null: nothing is asked for."`
		RecordedPct *float64 `json:"recorded_pct" required:"false" minimum:"0" maximum:"100" doc:"Of cameras only."`
		UsablePct   *float64 `json:"usable_pct" required:"false" minimum:"0" maximum:"100" doc:"Of cameras only."`
		Rev         int64    `json:"rev" minimum:"0" doc:"The revision that was seen."`
	}
}

func (a *API) uptimeRoutes() {
	handle(a, http.MethodGet, "/availability", "How long devices were up, and why not", everyone(), a.availability)
	handle(a, http.MethodGet, "/availability/export", "The same by county, township, site, device or day, as CSV or XLSX", everyone(), a.exportUptime)
	handle(a, http.MethodGet, "/availability/outages", "The longest outages, with what tells of them", everyone(), a.outages)
	handle(a, http.MethodGet, "/availability/restatements", "What was changed afterwards, and why", everyone(), a.restatements)
	handle(a, http.MethodGet, "/availability/days", "Which days are computed", everyone(), a.computedDays)
	handle(a, http.MethodGet, "/availability/targets", "What each kind of device should reach", everyone(),
		func(ctx context.Context, _ auth.Identity, _ *nothing) (*body[list[rollup.Goal]], error) {
			s, err := a.uptime()
			if err != nil {
				return nil, err
			}
			rows, err := s.Targets(ctx)
			return page(rows, ""), err
		})
	handle(a, http.MethodPut, "/availability/targets", "Set what a kind of device should reach", admins(), a.putTarget)
}

// uptime is the service, or a problem without one.
func (a *API) uptime() (*rollup.Service, error) {
	if a.deps.Availability == nil {
		return nil, a.unavailable("the history", errors.New("no history is configured"))
	}
	return a.deps.Availability, nil
}

// rollupError tells a history that does not answer from other faults.
func (a *API) rollupError(err error) error {
	var h *rollup.HistoryError
	if errors.As(err, &h) {
		return a.historyError(h.Err)
	}
	return err
}

// query checks days and scope.
func (a *API) query(id auth.Identity, in *UptimeQuery) (rollup.Query, error) {
	q := rollup.Query{Kind: event.Kind(in.Kind), Township: in.Township, Device: event.DeviceID(in.Device)}
	var err error
	if q.Sites, err = sitesOf(id, in.Site); err != nil {
		return q, err
	}
	q.From, q.To, err = a.dayRangeOf(in.DayRange)
	return q, err
}

// dayRangeOf checks days and fills in those that are not given.
func (a *API) dayRangeOf(in DayRange) (from, to string, err error) {
	today, _ := rollup.DayOf(a.deps.Now(), a.present().Location())
	if in.ToDay == "" {
		in.ToDay = today
	}
	last, err := time.Parse(rollup.DayForm, in.ToDay)
	if err != nil {
		return "", "", invalid("query.to_day", "want a day, YYYY-MM-DD")
	}
	if in.FromDay == "" {
		in.FromDay = last.AddDate(0, 0, -6).Format(rollup.DayForm)
	}
	first, err := time.Parse(rollup.DayForm, in.FromDay)
	if err != nil {
		return "", "", invalid("query.from_day", "want a day, YYYY-MM-DD")
	}
	if first.After(last) || last.Sub(first) > (maxUptimeDays-1)*24*time.Hour {
		return "", "", invalid("query.from_day", "want at most 366 days until to_day")
	}
	return in.FromDay, in.ToDay, nil
}

// uptimeOf is a row as REST tells it.
func uptimeOf(r *rollup.Row) Uptime {
	out := Uptime{
		Site: r.Site, Device: r.Device, Kind: r.Kind, Name: r.Name, Summary: r.Summary(),
		Township: r.Township, Day: r.Day, Devices: r.Devices, Days: r.Days, RegisteredS: r.RegisteredS, BaseS: r.BaseS(), Causes: r.Causes,
		Spans: []availability.Span{},
	}
	if r.Kind == event.KindCamera {
		rates := r.Rates()
		out.Rates = &rates
	}
	return out
}

func (a *API) uptimeGroups(ctx context.Context, id auth.Identity, in *availabilityInput) (*body[list[Uptime]], error) {
	q, err := a.query(id, &UptimeQuery{in.Site, in.Kind, in.Device, in.Township, in.DayRange})
	if err != nil {
		return nil, err
	}
	s, err := a.uptime()
	if err != nil {
		return nil, err
	}
	rows, err := s.Groups(ctx, q, in.Group)
	if err != nil {
		return nil, a.rollupError(err)
	}
	out := make([]Uptime, len(rows))
	for i := range rows {
		rows[i].Kind = q.Kind
		out[i] = uptimeOf(&rows[i])
	}
	if in.Group == rollup.ByDevice && in.Site != "" && q.From == q.To { // the day, span by span
		if err := a.addSpans(ctx, s, q, out); err != nil {
			return nil, err
		}
	}
	if !in.Compare || in.Group == rollup.ByDay {
		return page(out, ""), nil
	}
	if q.From, q.To, err = before(q.From, q.To); err != nil {
		return nil, err
	}
	if rows, err = s.Groups(ctx, q, in.Group); err != nil {
		return nil, a.rollupError(err)
	}
	for i := range rows {
		r := &rows[i]
		r.Kind = q.Kind
		at := slices.IndexFunc(out, func(u Uptime) bool { return u.Site == r.Site && u.Device == r.Device && u.Township == r.Township })
		if at >= 0 {
			rates := r.Rates()
			out[at].Before = &rates
		}
	}
	return page(out, ""), nil
}

func (a *API) addSpans(ctx context.Context, s *rollup.Service, q rollup.Query, out []Uptime) error {
	spans, err := s.Spans(ctx, q)
	if err != nil {
		return a.rollupError(err)
	}
	for i := range out {
		if of := spans[event.DeviceKey{Site: out[i].Site, Device: out[i].Device}]; of != nil {
			out[i].Spans = of
		}
	}
	return nil
}

// before are as many days before the days from to to.
func before(from, to string) (string, string, error) {
	first, err := time.Parse(rollup.DayForm, from)
	if err != nil {
		return "", "", err
	}
	last, err := time.Parse(rollup.DayForm, to)
	if err != nil {
		return "", "", err
	}
	days := int(last.Sub(first)/(24*time.Hour)) + 1
	return first.AddDate(0, 0, -days).Format(rollup.DayForm), last.AddDate(0, 0, -days).Format(rollup.DayForm), nil
}

func (a *API) outages(ctx context.Context, id auth.Identity, in *outagesInput) (*body[Outages], error) {
	q, err := a.query(id, &in.UptimeQuery)
	if err != nil {
		return nil, err
	}
	s, err := a.uptime()
	if err != nil {
		return nil, err
	}
	rows, more, err := s.Outages(ctx, q, in.Cause, in.Limit)
	if err != nil {
		return nil, a.rollupError(err)
	}
	if rows == nil {
		rows = []rollup.Outage{}
	}
	return &body[Outages]{Outages{rows, more}}, nil
}

func (a *API) restatements(ctx context.Context, id auth.Identity, in *restatementsInput) (*body[list[rollup.Restatement]], error) {
	q, err := a.query(id, &in.UptimeQuery)
	if err != nil {
		return nil, err
	}
	var n int64
	if in.Cursor != "" {
		if n, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || n < 1 {
			return nil, invalid("query.cursor", "want what the answer before this one said")
		}
	}
	s, err := a.uptime()
	if err != nil {
		return nil, err
	}
	rows, err := s.Restatements(ctx, q, n, in.Limit)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(rows) == in.Limit {
		next = strconv.FormatInt(rows[len(rows)-1].N, 10)
	}
	return page(rows, next), nil
}

func (a *API) computedDays(ctx context.Context, _ auth.Identity, in *daysStoredInput) (*body[list[ComputedDay]], error) {
	from, to, err := a.dayRangeOf(in.DayRange)
	if err != nil {
		return nil, err
	}
	s, err := a.uptime()
	if err != nil {
		return nil, err
	}
	days, err := s.Days(ctx, from, to)
	if err != nil {
		return nil, err
	}
	out := make([]ComputedDay, len(days))
	for i, c := range days {
		out[i] = ComputedDay{c.Day, c.From, c.To, c.At, c.First, c.Devices, c.Took.Milliseconds()}
	}
	return page(out, ""), nil
}

func (a *API) putTarget(ctx context.Context, id auth.Identity, in *targetInput) (*body[rollup.Goal], error) {
	if !id.Scope.All() {
		return nil, countyOnly()
	}
	s, err := a.uptime()
	if err != nil {
		return nil, err
	}
	b := &in.Body
	if event.Kind(b.Kind) != event.KindCamera && (b.RecordedPct != nil || b.UsablePct != nil) {
		return nil, invalid("body.kind", "only cameras record and show")
	}
	t, err := s.SetTarget(ctx, rollup.Goal{
		Kind: event.Kind(b.Kind), OnlinePct: b.OnlinePct, RecordedPct: b.RecordedPct, UsablePct: b.UsablePct, Rev: b.Rev, By: id.Username,
	})
	if errors.Is(err, rollup.ErrRev) {
		return nil, problem(http.StatusConflict, codeConflict, "somebody was faster")
	}
	return &body[rollup.Goal]{t}, err
}
