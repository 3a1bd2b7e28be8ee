package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

// MaintenanceRow is a window and what it does at present.
type MaintenanceRow struct {
	alarm.Window
	On         bool           `json:"on"`
	Until      *time.Time     `json:"until" doc:"When it ends, while it is on."`
	Next       []alarm.Period `json:"next" doc:"Its next times, within 14 days."`
	Suppressed int            `json:"suppressed" doc:"Alarms that it keeps off the desk now."`
}

type maintenanceInput struct {
	All bool `query:"all" doc:"Also windows that were ended."`
}

type windowInput struct {
	Body struct {
		Site     event.SiteID   `json:"site,omitempty" maxLength:"64"`
		Township string         `json:"township,omitempty" maxLength:"64"`
		Device   event.DeviceID `json:"device,omitempty" maxLength:"64"`
		Kind     event.Kind     `json:"kind,omitempty" maxLength:"64"`
		Rule     string         `json:"rule,omitempty" maxLength:"64"`
		From     *time.Time     `json:"from,omitempty" doc:"Once: from …"`
		To       *time.Time     `json:"to,omitempty" doc:"… to, at most 31 days."`
		Days     []string       `json:"days,omitempty" maxItems:"7" doc:"Weekly: mon … sun."`
		Start    string         `json:"start,omitempty" doc:"HH:MM in the county's zone."`
		End      string         `json:"end,omitempty" doc:"HH:MM; not after start: on the next day."`
		First    string         `json:"first,omitempty" doc:"YYYY-MM-DD"`
		Last     string         `json:"last,omitempty" doc:"YYYY-MM-DD"`
		Reason   string         `json:"reason" maxLength:"2000"`
		Rev      int64          `json:"rev,omitempty" doc:"Of a change."`
	}
}

type windowChange struct {
	ID string `path:"id" maxLength:"64"`
	windowInput
}

type windowEnd struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Rev int64 `json:"rev" minimum:"1"`
	}
}

type timesInput struct {
	Site string    `query:"site" maxLength:"64"`
	From time.Time `query:"from" doc:"Default: 24 hours (numbers) or 8 hours (shift) before to."`
	To   time.Time `query:"to" doc:"Default: now; a later time is now."`
}

func (a *API) deskRoutes() {
	desk := []auth.Role{auth.Admin, auth.Operator}
	a.calendarRoutes()
	handle(a, http.MethodGet, "/maintenance", "Maintenance windows", everyone(), a.listWindows)
	handle(a, http.MethodPost, "/maintenance", "Plan a maintenance window", desk,
		func(ctx context.Context, id auth.Identity, in *windowInput) (*body[alarm.Window], error) {
			return a.putWindow(ctx, id, in.window(""))
		})
	handle(a, http.MethodPost, "/maintenance/{id}", "Change a maintenance window", desk,
		func(ctx context.Context, id auth.Identity, in *windowChange) (*body[alarm.Window], error) {
			return a.putWindow(ctx, id, in.window(in.ID))
		})
	handle(a, http.MethodPost, "/maintenance/{id}/end", "End a maintenance window now", desk, a.endWindow)
	handle(a, http.MethodGet, "/alarm-numbers", "How the alarm system performs, against ISA-18.2 and EEMUA 191", everyone(), a.numbers)
	handle(a, http.MethodGet, "/shift", "What one watch hands over to the next", everyone(), a.shift)
}

func (in *windowInput) window(id string) alarm.Window {
	b := &in.Body
	return alarm.Window{
		ID: id, Rev: b.Rev, Site: b.Site, Township: b.Township, Device: b.Device, Kind: b.Kind, Rule: b.Rule,
		From: b.From, To: b.To, Days: b.Days, Start: b.Start, End: b.End, First: b.First, Last: b.Last, Reason: b.Reason,
	}
}

func (a *API) listWindows(ctx context.Context, id auth.Identity, in *maintenanceInput) (*body[list[MaintenanceRow]], error) {
	windows, err := a.deps.Alarms.Windows(ctx, in.All)
	if err != nil {
		return nil, err
	}
	sites, err := sitesOf(id, "")
	if err != nil {
		return nil, err
	}
	held, _, err := a.deps.Alarms.Alarms(ctx, alarm.Query{
		Sites: sites, AllSites: sites == nil, State: string(alarm.Suppressed), Suppression: alarm.ForMaintenance,
	})
	if err != nil {
		return nil, err
	}
	now, county := a.deps.Now(), a.present()
	rows := []MaintenanceRow{}
	for i := range windows {
		w := &windows[i]
		if !w.ConcernsAny(id.Scope.Allows, county) {
			continue
		}
		row := MaintenanceRow{Window: *w, Next: w.Spans(now, now.Add(14*24*time.Hour), county.Location())}
		if row.Next == nil {
			row.Next = []alarm.Period{}
		}
		if until, on := w.Until(now, county.Location()); on {
			row.On, row.Until = true, &until
			for j := range held {
				if w.Covers(&held[j], township(county, held[j].Site)) {
					row.Suppressed++
				}
			}
		}
		rows = append(rows, row)
	}
	return page(rows, ""), nil
}

func township(county *event.County, id event.SiteID) string {
	if s := county.Site(id); s != nil {
		return s.Township
	}
	return ""
}

// putWindow lets whoever has not the whole county plan for sites of the scope alone.
func (a *API) putWindow(ctx context.Context, id auth.Identity, w alarm.Window) (*body[alarm.Window], error) {
	if err := a.mayPlan(ctx, id, w.ID); err != nil {
		return nil, err
	}
	if !id.Scope.All() && !id.Scope.Allows(w.Site) {
		return nil, invalid("body.site", "want a site of your scope")
	}
	if err := a.known(&w); err != nil {
		return nil, err
	}
	w, err := a.deps.Alarms.PutWindow(ctx, w, id.Username, a.deps.Now())
	if err != nil {
		return nil, err
	}
	return &body[alarm.Window]{w}, nil
}

// known refuses a window about what the registry does not have: a typing error would keep
// nothing off, and nobody would learn of it.
func (a *API) known(w *alarm.Window) error {
	county := a.present()
	site := county.Site(w.Site)
	switch {
	case w.Site != "" && site == nil:
		return invalid("body.site", "want a site of the registry")
	case w.Device != "" && site != nil && county.Device(w.Site, w.Device) == nil:
		return invalid("body.device", "want a device of this site")
	case w.Kind != "" && !slices.Contains(event.Kinds(), w.Kind):
		return invalid("body.kind", "want a kind of device")
	case w.Township != "" && !slices.ContainsFunc(county.Sites, func(s event.Site) bool { return s.Township == w.Township }):
		return invalid("body.township", "want a township of the registry")
	}
	return nil
}

// mayPlan refuses windows beyond the caller's scope.
func (a *API) mayPlan(ctx context.Context, id auth.Identity, window string) error {
	if window == "" || id.Scope.All() {
		return nil
	}
	windows, err := a.deps.Alarms.Windows(ctx, false)
	if err != nil {
		return err
	}
	for i := range windows {
		if windows[i].ID == window && windows[i].Site != "" && id.Scope.Allows(windows[i].Site) {
			return nil
		}
	}
	return notFound()
}

func (a *API) endWindow(ctx context.Context, id auth.Identity, in *windowEnd) (*body[alarm.Window], error) {
	if err := a.mayPlan(ctx, id, in.ID); err != nil {
		return nil, err
	}
	w, err := a.deps.Alarms.EndWindow(ctx, in.ID, in.Body.Rev, id.Username, a.deps.Now())
	if err != nil {
		return nil, err
	}
	return &body[alarm.Window]{w}, nil
}

// span fills in what a request leaves open.
func (a *API) span(in *timesInput, def, most time.Duration) (alarm.Period, error) {
	now := a.deps.Now()
	if in.To.IsZero() || in.To.After(now) {
		in.To = now
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-def)
	}
	if !in.To.After(in.From) || in.To.Sub(in.From) > most {
		return alarm.Period{}, invalid("query.from", "want at most "+most.String()+" before to")
	}
	return alarm.Period{From: in.From, To: in.To}, nil
}

func (a *API) numbers(ctx context.Context, id auth.Identity, in *timesInput) (*body[alarm.Numbers], error) {
	sites, err := sitesOf(id, in.Site)
	if err != nil {
		return nil, err
	}
	span, err := a.span(in, 24*time.Hour, alarm.MaxNumbers)
	if err != nil {
		return nil, err
	}
	out, err := a.deps.Alarms.Numbers(ctx, sites, sites == nil, span, a.deps.Now())
	if err != nil {
		return nil, err
	}
	return &body[alarm.Numbers]{out}, nil
}

func (a *API) shift(ctx context.Context, id auth.Identity, in *timesInput) (*body[alarm.Shift], error) {
	sites, err := sitesOf(id, in.Site)
	if err != nil {
		return nil, err
	}
	span, err := a.span(in, 8*time.Hour, alarm.MaxShift)
	if err != nil {
		return nil, err
	}
	out, err := a.deps.Alarms.Shift(ctx, sites, sites == nil, span, a.deps.Now())
	if err != nil {
		return nil, err
	}
	seen := []alarm.WindowSpans{}
	for _, w := range out.Maintenance {
		if w.Window.ConcernsAny(id.Scope.Allows, a.present()) {
			seen = append(seen, w)
		}
	}
	out.Maintenance = seen
	return &body[alarm.Shift]{out}, nil
}
