package api

import (
	"context"
	"errors"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	maxUptimeWindow = 31 * 24 * time.Hour
	maxUptimeDays   = 366
)

type availabilityInput struct {
	Site   string    `query:"site" maxLength:"64"`
	Kind   string    `query:"kind" enum:"gate,temperature,bus,kitchen,camera,button" default:"camera"`
	Device string    `query:"device" maxLength:"64"`
	From   time.Time `query:"from" doc:"Without group. Default: 24 hours before to."`
	To     time.Time `query:"to" doc:"Without group. Default: now; a later time is now."`

	Group    string `query:"group" enum:"county,township,site,device,day" doc:"Add up whole days by this; today counts so far."`
	Township string `query:"township" maxLength:"64" doc:"With group."`
	DayRange
	Compare bool `query:"compare" doc:"With group, but day: tell also the rates of as many days before."`
}

// DayRange are days of the county's zone. It is exported because huma reads only such fields.
type DayRange struct {
	FromDay string `query:"from_day" maxLength:"10" doc:"YYYY-MM-DD; default: six days before to_day."`
	ToDay   string `query:"to_day" maxLength:"10" doc:"YYYY-MM-DD, included; default: today."`
}

// Uptime is the row of a device, or of the devices of a group.
type Uptime struct {
	Site   event.SiteID   `json:"site" doc:"Empty where a group is of more than one."`
	Device event.DeviceID `json:"device"`
	Kind   event.Kind     `json:"kind"`
	Name   event.Text     `json:"name"`
	availability.Summary
	Township    string        `json:"township"`
	Day         string        `json:"day" doc:"Of the group day."`
	Devices     int           `json:"devices" doc:"How many."`
	Days        int           `json:"days" doc:"On how many days something is known."`
	RegisteredS float64       `json:"registered_s" doc:"How long they were registered, in seconds."`
	BaseS       float64       `json:"base_s" doc:"Observed service time: up, degraded and down, in seconds."`
	Causes      rollup.Causes `json:"causes" doc:"Who is to blame for the rest, in seconds."`

	Rates  *availability.Rates `json:"rates,omitempty" doc:"Of cameras: online, recorded, usable."`
	Before *availability.Rates `json:"before,omitempty" doc:"Those of as many days before."`
	Spans  []availability.Span `json:"spans" doc:"Only when one site is asked for."`
}

func (a *API) availability(ctx context.Context, id auth.Identity, in *availabilityInput) (*body[list[Uptime]], error) {
	if in.Group != "" {
		return a.uptimeGroups(ctx, id, in)
	}
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
	if a.deps.Availability == nil {
		return nil, a.unavailable("the history", errors.New("no history is configured"))
	}
	window := availability.Interval{From: in.From.UTC(), To: in.To.UTC()}
	c, err := a.deps.Availability.Collect(ctx, rollup.Selection{Interval: window, Sites: sites, Kind: event.Kind(in.Kind), Device: event.DeviceID(in.Device)})
	if err != nil {
		return nil, a.rollupError(err)
	}
	rows := c.Rows()
	out := make([]Uptime, len(rows))
	for i := range rows {
		out[i] = uptimeOf(&rows[i])
		if in.Site != "" {
			out[i].Spans = rows[i].Spans
		}
	}
	return page(out, ""), nil
}
