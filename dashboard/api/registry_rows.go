package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/gateway/event"
)

func (a *API) registrySites() {
	handle(a, http.MethodGet, "/registry/sites", "Sites of the registry", everyone(),
		func(_ context.Context, id auth.Identity, in *registryListInput) (*body[list[registry.SiteRow]], error) {
			return registryList(a, id, registry.KindSite, in, func(e registry.Entry) (registry.SiteRow, string, bool) { return e.Site(), e.Key, true })
		})
	handle(a, http.MethodGet, "/registry/sites/{site}", "A site", everyone(),
		func(_ context.Context, id auth.Identity, in *SiteKey) (*body[registry.SiteRow], error) {
			e, err := a.entry(id, registry.KindSite, in.Site)
			return &body[registry.SiteRow]{e.Site()}, err
		})
	handle(a, http.MethodPut, "/registry/sites/{site}", "Make or change a site", admins(),
		func(ctx context.Context, id auth.Identity, in *struct {
			SiteKey
			Body registry.SiteRow
		},
		) (*body[registry.SiteRow], error) {
			if in.Body.Site != event.SiteID(in.Site) {
				return nil, invalid("body.site", "want the site of the path")
			}
			if err := needsSite(id, in.Body.Site); err != nil {
				return nil, err
			}
			e, err := a.apply(ctx, id, in.Body.Change())
			return &body[registry.SiteRow]{e.Site()}, err
		})
	handle(a, http.MethodDelete, "/registry/sites/{site}", "Remove a site, which must have no devices and people", admins(),
		func(ctx context.Context, id auth.Identity, in *struct {
			SiteKey
			SeenRev
		},
		) (*nothing, error) {
			return a.remove(ctx, id, registry.KindSite, in.Site, in.Rev)
		})
}

// remove deletes an entry of the scope.
func (a *API) remove(ctx context.Context, id auth.Identity, kind, key string, rev int64) (*nothing, error) {
	if _, err := a.entry(id, kind, key); err != nil {
		return nil, err
	}
	_, err := a.apply(ctx, id, registry.Change{Kind: kind, Key: key, Rev: rev})
	return nil, err
}

func (a *API) registryDevices() {
	handle(a, http.MethodGet, "/registry/devices", "Devices of the registry", everyone(),
		func(_ context.Context, id auth.Identity, in *registryListInput) (*body[list[registry.DeviceRow]], error) {
			return registryList(a, id, registry.KindDevice, in, func(e registry.Entry) (registry.DeviceRow, string, bool) {
				d := e.Device()
				return d, string(d.Site), true
			})
		})
	handle(a, http.MethodGet, "/registry/vehicles", "Buses with plate, capacity, route and timetable", everyone(),
		func(_ context.Context, id auth.Identity, in *registryListInput) (*body[list[Vehicle]], error) {
			county := a.present()
			return registryList(a, id, registry.KindDevice, in, func(e registry.Entry) (Vehicle, string, bool) {
				v := Vehicle{DeviceRow: e.Device(), Departures: []string{}}
				if r := county.Route(v.Route); r != nil {
					v.RouteName, v.Departures = r.Name, append(v.Departures, r.Departures...)
				}
				return v, string(v.Site), v.Kind == event.KindBus
			})
		})
	handle(a, http.MethodGet, "/registry/devices/{site}/{device}", "A device", everyone(),
		func(_ context.Context, id auth.Identity, in *DeviceKey) (*body[registry.DeviceRow], error) {
			e, err := a.entry(id, registry.KindDevice, in.Site+"/"+in.Device)
			return &body[registry.DeviceRow]{e.Device()}, err
		})
	handle(a, http.MethodPut, "/registry/devices/{site}/{device}", "Make or change a device", admins(),
		func(ctx context.Context, id auth.Identity, in *struct {
			DeviceKey
			Body registry.DeviceRow
		},
		) (*body[registry.DeviceRow], error) {
			if in.Body.Site != event.SiteID(in.Site) || in.Body.Device != event.DeviceID(in.Device) {
				return nil, invalid("body.device", "want the site and the device of the path")
			}
			if err := needsSite(id, in.Body.Site); err != nil {
				return nil, err
			}
			e, err := a.apply(ctx, id, in.Body.Change())
			return &body[registry.DeviceRow]{e.Device()}, err
		})
	handle(a, http.MethodDelete, "/registry/devices/{site}/{device}", "Remove a device", admins(),
		func(ctx context.Context, id auth.Identity, in *struct {
			DeviceKey
			SeenRev
		},
		) (*nothing, error) {
			return a.remove(ctx, id, registry.KindDevice, in.Site+"/"+in.Device, in.Rev)
		})
}

func (a *API) registryRoads() {
	handle(a, http.MethodGet, "/registry/routes", "Bus routes with line and stops", everyone(),
		func(_ context.Context, id auth.Identity, in *registryListInput) (*body[list[registry.RouteRow]], error) {
			in.Site = ""
			return registryList(a, id, registry.KindRoute, in, func(e registry.Entry) (registry.RouteRow, string, bool) { return e.Route(), "", true })
		})
	handle(a, http.MethodGet, "/registry/routes/{route}", "A bus route", everyone(),
		func(_ context.Context, id auth.Identity, in *RouteKey) (*body[registry.RouteRow], error) {
			e, err := a.entry(id, registry.KindRoute, in.Route)
			return &body[registry.RouteRow]{e.Route()}, err
		})
	handle(a, http.MethodPut, "/registry/routes/{route}", "Make or change a bus route", admins(),
		func(ctx context.Context, id auth.Identity, in *struct {
			RouteKey
			Body registry.RouteRow
		},
		) (*body[registry.RouteRow], error) {
			if in.Body.Route != in.Route {
				return nil, invalid("body.route", "want the route of the path")
			}
			if !id.Scope.All() {
				return nil, countyOnly()
			}
			e, err := a.apply(ctx, id, in.Body.Change())
			return &body[registry.RouteRow]{e.Route()}, err
		}, longBody)
	handle(a, http.MethodDelete, "/registry/routes/{route}", "Remove a bus route, which no bus may drive", admins(),
		func(ctx context.Context, id auth.Identity, in *struct {
			RouteKey
			SeenRev
		},
		) (*nothing, error) {
			if !id.Scope.All() {
				return nil, countyOnly()
			}
			return a.remove(ctx, id, registry.KindRoute, in.Route, in.Rev)
		})
}

// Name is a person's, for who has asked for it.
type Name struct {
	Person string `json:"person"`
	Name   string `json:"name"`
}

// Reason is why somebody looks at what is masked for all others.
type Reason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"200"`
}

func (a *API) registryPeople() {
	handle(a, http.MethodGet, "/registry/people", "Pseudonyms, with masked names", everyone(),
		func(_ context.Context, id auth.Identity, in *registryListInput) (*body[list[registry.PersonRow]], error) {
			return registryList(a, id, registry.KindPerson, in, func(e registry.Entry) (registry.PersonRow, string, bool) {
				p := e.Person()
				return p, string(p.Site), true
			})
		})
	handle(a, http.MethodGet, "/registry/people/{person}", "A pseudonym, with masked name", everyone(),
		func(_ context.Context, id auth.Identity, in *PersonKey) (*body[registry.PersonRow], error) {
			e, err := a.entry(id, registry.KindPerson, in.Person)
			return &body[registry.PersonRow]{e.Person()}, err
		})
	handle(a, http.MethodPost, "/registry/people/{person}/unmask", "Read a person's name, for a reason that is written down", []auth.Role{auth.Admin, auth.Operator},
		func(ctx context.Context, id auth.Identity, in *struct {
			PersonKey
			Body Reason
		},
		) (*body[Name], error) {
			if _, err := a.entry(id, registry.KindPerson, in.Person); err != nil {
				return nil, err
			}
			reason := strings.TrimSpace(in.Body.Reason)
			if reason == "" {
				return nil, invalid("body.reason", "want a reason")
			}
			name, err := a.deps.Edits.Reveal(ctx, id.Username, in.Person, reason)
			return &body[Name]{Name{in.Person, name}}, registryError(err)
		})
	handle(a, http.MethodPut, "/registry/people/{person}", "Make or change a pseudonym", admins(),
		func(ctx context.Context, id auth.Identity, in *struct {
			PersonKey
			Body registry.PersonRow
		},
		) (*body[registry.PersonRow], error) {
			if in.Body.Person != in.Person {
				return nil, invalid("body.person", "want the person of the path")
			}
			r, err := a.edits()
			if err != nil {
				return nil, err
			}
			known, there := r.Entry(registry.KindPerson, in.Person)
			if there && !a.sees(id, known) {
				return nil, notFound()
			}
			if err := needsSite(id, in.Body.Site); err != nil {
				return nil, err
			}
			e, err := a.apply(ctx, id, in.Body.Change(known))
			return &body[registry.PersonRow]{e.Person()}, err
		})
	handle(a, http.MethodDelete, "/registry/people/{person}", "Remove a pseudonym with its name", admins(),
		func(ctx context.Context, id auth.Identity, in *struct {
			PersonKey
			SeenRev
		},
		) (*nothing, error) {
			return a.remove(ctx, id, registry.KindPerson, in.Person, in.Rev)
		})
}
