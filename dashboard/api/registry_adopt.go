package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/live/state"
	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/gateway/event"
)

// adoptInput names a device that reports and is not in the registry, and what it shall be.
type adoptInput struct {
	Body struct {
		From struct {
			Site   event.SiteID   `json:"site" maxLength:"64"`
			Device event.DeviceID `json:"device" maxLength:"64"`
		} `json:"from" doc:"As it reports, from /registry/unknown."`
		Site      event.SiteID   `json:"site" maxLength:"64"`
		Device    event.DeviceID `json:"device" maxLength:"64" required:"false" doc:"Its new id; empty keeps the one it reports."`
		Kind      event.Kind     `json:"kind" enum:"gate,temperature,bus,kitchen,camera,button,gateway" required:"false" doc:"Empty: the one it reports."`
		Name      event.Text     `json:"name" required:"false"`
		Place     string         `json:"place" required:"false" maxLength:"200"`
		Addresses []string       `json:"addresses" required:"false" maxItems:"15" doc:"<adapter>:<address> by which its protocol knows it, besides the one that adoption adds."`
	}
}

func (a *API) adoptionRoutes() {
	handle(a, http.MethodGet, "/registry/unknown", "Devices that report and are not in the registry", everyone(),
		func(_ context.Context, id auth.Identity, in *devicesInput) (*body[list[state.Device]], error) {
			if _, err := sitesOf(id, in.Site); err != nil {
				return nil, err
			}
			rows, _ := a.deps.State.Devices(state.Filter{
				Allows: id.Scope.Allows, Site: event.SiteID(in.Site), Kind: event.Kind(in.Kind), Status: in.Status, After: in.Cursor,
			})
			rows = slices.DeleteFunc(rows, func(d state.Device) bool { return d.Assigned || d.Kind == event.KindGateway })
			if len(rows) > in.Limit {
				return page(rows[:in.Limit], rows[in.Limit-1].ID), nil
			}
			return page(rows, ""), nil
		})
	handle(a, http.MethodPost, "/registry/adopt", "Take a device that reports into the registry", admins(), a.adopt)
}

// adopt makes a registered device of one that reports. Only what came in without a site can
// get another: where a topic or a setting names the site, that is where its messages belong.
func (a *API) adopt(ctx context.Context, id auth.Identity, in *adoptInput) (*body[registry.DeviceRow], error) {
	b := &in.Body
	if err := needsSite(id, b.Site); err != nil {
		return nil, err
	}
	if err := needsSite(id, b.From.Site); err != nil {
		return nil, err
	}
	rows, _ := a.deps.State.Devices(state.Filter{Allows: id.Scope.Allows, Site: b.From.Site})
	i := slices.IndexFunc(rows, func(d state.Device) bool { return d.Device == b.From.Device && !d.Assigned })
	if i < 0 {
		return nil, invalid("body.from", "no such unknown device has reported")
	}
	row := registry.DeviceRow{Site: b.Site, Device: b.Device, Kind: b.Kind, Name: b.Name, Place: b.Place, Addresses: b.Addresses}
	if row.Device == "" {
		row.Device = b.From.Device
	}
	if row.Kind == "" {
		row.Kind = rows[i].Kind
	}
	switch {
	case row.Site == b.From.Site && row.Device == b.From.Device: // it is called so already
	case b.From.Site == event.CountySite:
		row.Addresses = append(slices.Clone(row.Addresses), event.UnassignedAddress+":"+string(b.From.Device))
	default:
		return nil, invalid("body.site", "this device names its site and itself: it can be adopted as "+string(b.From.Site)+"/"+string(b.From.Device)+" only")
	}
	e, err := a.apply(ctx, id, row.Change())
	return &body[registry.DeviceRow]{e.Device()}, err
}
