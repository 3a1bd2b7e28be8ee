package api

import (
	"context"
	"errors"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	maxUptimeWindow = 31 * 24 * time.Hour
	holdPeriods     = 3 // a status is valid for this many of the device's periods
)

type availabilityInput struct {
	Site   string    `query:"site" maxLength:"64"`
	Kind   string    `query:"kind" enum:"gate,temperature,bus,kitchen,camera,button" default:"camera"`
	Device string    `query:"device" maxLength:"64"`
	From   time.Time `query:"from" doc:"Default: 24 hours before to."`
	To     time.Time `query:"to" doc:"Default: now; a later time is now."`
}

// Uptime is the row of a device.
type Uptime struct {
	Site   event.SiteID   `json:"site"`
	Device event.DeviceID `json:"device"`
	Kind   event.Kind     `json:"kind"`
	Name   event.Text     `json:"name"`
	availability.Summary
	Rates *availability.Rates `json:"rates,omitempty" doc:"Of cameras: online, recorded, usable."`
	Spans []availability.Span `json:"spans" doc:"Only when one site is asked for."`
}

func (a *API) availability(ctx context.Context, id auth.Identity, in *availabilityInput) (*body[list[Uptime]], error) {
	sites, err := sitesOf(id, in.Site)
	if err != nil {
		return nil, err
	}
	now := a.deps.Now()
	if in.To.IsZero() || in.To.After(now) {
		in.To = now // nobody knows the future
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-24 * time.Hour)
	}
	if !in.To.After(in.From) || in.To.Sub(in.From) > maxUptimeWindow {
		return nil, invalid("query.from", "want at most 31 days before to")
	}
	if sites != nil && len(sites) == 0 {
		return page[Uptime](nil, ""), nil
	}
	if a.deps.History == nil {
		return nil, a.unavailable("the history", errors.New("no history is configured"))
	}
	window := availability.Interval{From: in.From.UTC(), To: in.To.UTC()}
	report := newUptimeReport(a.present(), window, in, id.Scope)
	if err := a.deps.History.EachStatus(ctx, sites, nil, window.From, window.To, report.status); err != nil {
		return nil, a.historyError(err)
	}
	if event.Kind(in.Kind) == event.KindCamera {
		if err := a.deps.History.EachCheck(ctx, sites, window.From, window.To, report.check); err != nil {
			return nil, a.historyError(err)
		}
	}
	outages, _, err := a.deps.Alarms.Alarms(ctx, alarm.Query{
		Sites: sites, AllSites: sites == nil, State: "all", From: window.From, To: window.To,
		Rules: []string{"site_outage", "switch_outage", "camera_down", "device_silent", "kitchen_silent", "bus_silent"},
	})
	if err != nil {
		return nil, err
	}
	report.outages(outages)
	planned, err := a.deps.Alarms.WindowsOn(ctx, window.From, window.To)
	if err != nil {
		return nil, err
	}
	for i := range planned {
		report.maintenance(&planned[i])
	}
	return page(report.rows(in.Site != ""), ""), nil
}

// uptimeReport collects what the timelines of the devices in question are made from.
type uptimeReport struct {
	county  *event.County
	window  availability.Interval
	devices []*uptimeDevice
	byKey   map[event.DeviceKey]*uptimeDevice
	watched map[event.SiteID][]availability.Interval
}

type uptimeDevice struct {
	site    *event.Site
	device  *event.Device
	samples []availability.Sample
	layers  []availability.Layer
	checks  availability.CameraChecks
}

func newUptimeReport(county *event.County, window availability.Interval, in *availabilityInput, scope auth.Scope) *uptimeReport {
	r := &uptimeReport{
		county: county, window: window,
		byKey: map[event.DeviceKey]*uptimeDevice{}, watched: map[event.SiteID][]availability.Interval{},
	}
	for i := range county.Sites {
		s := &county.Sites[i]
		if !scope.Allows(s.ID) || in.Site != "" && string(s.ID) != in.Site {
			continue
		}
		for j := range s.Devices {
			d := &s.Devices[j]
			if in.Kind != string(d.Kind) || in.Device != "" && string(d.ID) != in.Device {
				continue
			}
			u := &uptimeDevice{site: s, device: d}
			if d.Duty == event.DutyService || d.Duty == event.DutyOwn {
				u.layers = offDuty(d, s, county.Location(), window)
			}
			r.devices = append(r.devices, u)
			r.byKey[event.DeviceKey{Site: s.ID, Device: d.ID}] = u
		}
	}
	return r
}

// status takes in one device_status event.
func (r *uptimeReport) status(e *event.Event) error {
	if e.Status == nil || e.Retained {
		return nil
	}
	period := e.Status.Period
	d := r.county.Device(e.Site, e.Device)
	if period <= 0 && d != nil {
		period = d.Period
	}
	if period <= 0 {
		period = time.Minute
	}
	hold := holdPeriods * period
	// Whoever's word arrived, somebody listened at that site.
	r.watched[e.Site] = join(r.watched[e.Site], availability.Interval{From: e.ObservedAt, To: e.ObservedAt.Add(hold)})
	u := r.byKey[event.DeviceKey{Site: e.Site, Device: e.Device}]
	if u == nil {
		return nil
	}
	s := availability.Sample{At: e.ObservedAt, Hold: hold, Reason: e.Status.Reason, State: availability.Unobserved}
	switch e.Status.Status {
	case event.StatusUp:
		s.State, s.Reason = availability.Up, ""
		if recording, said := e.Status.Recording.Bool(); said && !recording {
			s.State, s.Reason = availability.Degraded, "not_recording"
		}
	case event.StatusDown:
		s.State = availability.Down
	case event.StatusDegraded:
		s.State = availability.Degraded
	}
	u.samples = availability.Record(u.samples, s)
	return nil
}

// check takes in one camera_check event.
func (r *uptimeReport) check(e *event.Event) error {
	if e.Check == nil || e.Retained {
		return nil
	}
	if u := r.byKey[event.DeviceKey{Site: e.Site, Device: e.Device}]; u != nil {
		u.checks.Add(e.Check, e.ObservedAt)
	}
	return nil
}

// join keeps a site's intervals short while they arrive nearly in order.
func join(in []availability.Interval, x availability.Interval) []availability.Interval {
	if n := len(in); n > 0 && !x.From.Before(in[n-1].From) && !x.From.After(in[n-1].To) {
		if x.To.After(in[n-1].To) {
			in[n-1].To = x.To
		}
		return in
	}
	return append(in, x)
}

// outages takes in the alarms that say why or that devices did not work.
func (r *uptimeReport) outages(alarms []alarm.Alarm) {
	byID := make(map[string]*alarm.Alarm, len(alarms))
	for i := range alarms {
		byID[alarms[i].ID] = &alarms[i]
	}
	for i := range alarms {
		if a := &alarms[i]; !a.Momentary {
			r.outage(a, byID[a.CausedBy])
		}
	}
}

// span is how long an alarm's condition held in the window.
func (r *uptimeReport) span(a *alarm.Alarm) availability.Interval {
	if a.ClearedAt != nil {
		return availability.Interval{From: a.StartedAt, To: *a.ClearedAt}
	}
	return availability.Interval{From: a.StartedAt, To: r.window.To}
}

// elsewhere is why the devices under an alarm do not work: the cause of a site's outage,
// the switch, recorder or gateway on which they hang.
func elsewhere(a *alarm.Alarm) string {
	switch {
	case a.Rule == "switch_outage":
		return "switch"
	case a.Rule == "site_outage" && a.Cause != "":
		return a.Cause
	case a.Rule == "site_outage":
		return a.Rule
	case a.Kind == event.KindGateway:
		return "gateway"
	}
	return "switch"
}

// outage takes in an alarm and, where that is known, the one of the switch, recorder or
// gateway that took the device with it: for as long as that stands the device is not to
// blame.
func (r *uptimeReport) outage(a, cause *alarm.Alarm) {
	l := availability.Layer{Interval: r.span(a), State: availability.Down, Reason: a.Rule}
	if a.Rule != "site_outage" && a.Rule != "switch_outage" {
		u := r.byKey[event.DeviceKey{Site: a.Site, Device: a.Device}]
		if u == nil {
			return
		}
		u.layers = append(u.layers, l)
		if cause != nil && !cause.Momentary {
			l.State, l.Reason, l.Interval = availability.Elsewhere, elsewhere(cause), r.span(cause)
			if l.From.Before(a.StartedAt) {
				l.From = a.StartedAt
			}
			if to := r.span(a).To; l.To.After(to) {
				l.To = to
			}
			u.layers = append(u.layers, l)
		}
		return
	}
	l.State, l.Reason = availability.Elsewhere, elsewhere(a)
	for _, d := range a.Devices {
		if u := r.byKey[event.DeviceKey{Site: a.Site, Device: d}]; u != nil {
			u.layers = append(u.layers, l)
		}
	}
}

// maintenance takes in a window about whole devices: one about a rule is no reason for a
// device to be away.
func (r *uptimeReport) maintenance(w *alarm.WindowSpans) {
	if w.Window.Rule != "" {
		return
	}
	for _, u := range r.devices {
		if !w.Window.Concerns(u.site.ID, u.device.ID, u.device.Kind, u.site.Township) {
			continue
		}
		for _, p := range w.Spans {
			u.layers = append(u.layers, availability.Layer{
				Interval: availability.Interval{From: p.From, To: p.To}, State: availability.Maintenance, Reason: w.Window.Reason,
			})
		}
	}
}

func (r *uptimeReport) rows(spans bool) []Uptime {
	out := make([]Uptime, 0, len(r.devices))
	for _, u := range r.devices {
		timeline := availability.Timeline(availability.Input{
			Interval: r.window, Samples: u.samples, Layers: u.layers, Watched: r.watched[u.site.ID],
		})
		row := Uptime{
			Site: u.site.ID, Device: u.device.ID, Kind: u.device.Kind, Name: u.device.Name,
			Summary: availability.Sum(timeline), Spans: []availability.Span{},
		}
		if u.device.Kind == event.KindCamera {
			rates := u.checks.Rates(r.window, timeline)
			row.Rates = &rates
		}
		if spans {
			row.Spans = timeline
		}
		out = append(out, row)
	}
	return out
}
