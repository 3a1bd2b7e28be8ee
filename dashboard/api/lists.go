package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/live/state"
	"github.com/campusgate/campusgate/gateway/event"
)

type devicesInput struct {
	Site   string `query:"site" maxLength:"64"`
	Kind   string `query:"kind" enum:"gate,temperature,bus,kitchen,camera,button,gateway"`
	Status string `query:"status" enum:"up,down,degraded,unknown,stale"`
	Limit  int    `query:"limit" minimum:"1" maximum:"5000" default:"500"`
	Cursor string `query:"cursor" maxLength:"200"`
}

// County is the registry, as far as the page needs it.
type County struct {
	Name      event.Text    `json:"name"`
	Zone      string        `json:"zone"`
	Townships []string      `json:"townships"`
	Routes    []event.Route `json:"routes"`
}

func (a *API) listRoutes() {
	handle(a, http.MethodGet, "/sites", "Sites with their counters", everyone(),
		func(_ context.Context, id auth.Identity, _ *nothing) (*body[list[state.Site]], error) {
			return page(a.deps.State.Sites(id.Scope.Allows), ""), nil
		})
	handle(a, http.MethodGet, "/devices", "Devices and their latest state", everyone(), a.listDevices)
	handle(a, http.MethodGet, "/county", "The county's registry", everyone(),
		func(_ context.Context, id auth.Identity, _ *nothing) (*body[County], error) {
			return &body[County]{a.county(id.Scope)}, nil
		})
}

func (a *API) listDevices(_ context.Context, id auth.Identity, in *devicesInput) (*body[list[state.Device]], error) {
	if _, err := sitesOf(id, in.Site); err != nil {
		return nil, err
	}
	rows, more := a.deps.State.Devices(state.Filter{
		Allows: id.Scope.Allows, Site: event.SiteID(in.Site), Kind: event.Kind(in.Kind), Status: in.Status, After: in.Cursor, Limit: in.Limit,
	})
	next := ""
	if more {
		next = rows[len(rows)-1].ID
	}
	return page(rows, next), nil
}

func (a *API) county(scope auth.Scope) County {
	c := a.present()
	out := County{Name: c.Name, Zone: c.Location().String(), Townships: []string{}, Routes: []event.Route{}}
	routes := map[string]bool{}
	for i := range c.Sites {
		s := &c.Sites[i]
		if !scope.Allows(s.ID) {
			continue
		}
		if s.Township != "" {
			out.Townships = append(out.Townships, s.Township)
		}
		for j := range s.Devices {
			routes[s.Devices[j].Route] = true
		}
	}
	slices.Sort(out.Townships)
	out.Townships = slices.Compact(out.Townships)
	for i := range c.Routes {
		if scope.All() || routes[c.Routes[i].ID] {
			out.Routes = append(out.Routes, c.Routes[i])
		}
	}
	return out
}
