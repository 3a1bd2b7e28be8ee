package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/gateway/event"
)

// maxRegistryBody holds the longest route and what it is wrapped in.
const maxRegistryBody = 4 << 20

type registryListInput struct {
	Site   string `query:"site" maxLength:"64"`
	Query  string `query:"q" maxLength:"100" doc:"Text in the id, names, addresses or plate."`
	Limit  int    `query:"limit" minimum:"1" maximum:"5000" default:"500"`
	Cursor string `query:"cursor" maxLength:"200"`
}

// RegistryStatus is the registry in a few numbers.
type RegistryStatus struct {
	Version   int64              `json:"version"`
	Counts    map[string]int     `json:"counts"`
	Published registry.Published `json:"published"`
}

// Vehicle is a bus with its route's timetable.
type Vehicle struct {
	registry.DeviceRow
	RouteName  event.Text `json:"route_name"`
	Departures []string   `json:"departures"`
}

// Keys of entries in paths; the framework reads exported ones only.
type (
	// SiteKey names a site.
	SiteKey struct {
		Site string `path:"site" maxLength:"64"`
	}
	// DeviceKey names a device.
	DeviceKey struct {
		Site   string `path:"site" maxLength:"64"`
		Device string `path:"device" maxLength:"64"`
	}
	// RouteKey names a route.
	RouteKey struct {
		Route string `path:"route" maxLength:"64"`
	}
	// PersonKey names a person.
	PersonKey struct {
		Person string `path:"person" maxLength:"64"`
	}
	// SeenRev is what a removal has seen.
	SeenRev struct {
		Rev int64 `query:"rev" required:"true" minimum:"1" doc:"The revision that was seen."`
	}
)

func admins() []auth.Role { return []auth.Role{auth.Admin} }

func longBody(op *huma.Operation) { op.MaxBodyBytes = maxRegistryBody }

// edits is the registry, or why it is not there.
func (a *API) edits() (*registry.Service, error) {
	if a.deps.Edits == nil {
		return nil, problem(http.StatusServiceUnavailable, codeUnavailable, "the registry cannot be edited here")
	}
	return a.deps.Edits, nil
}

func (a *API) registryRoutes() {
	handle(a, http.MethodGet, "/registry", "The registry's version, and how far gateways can have it", everyone(),
		func(_ context.Context, id auth.Identity, _ *nothing) (*body[RegistryStatus], error) {
			r, err := a.edits()
			if err != nil {
				return nil, err
			}
			if !id.Scope.All() {
				return nil, countyOnly()
			}
			return &body[RegistryStatus]{RegistryStatus{r.Version(), r.Counts(), r.Published()}}, nil
		})
	a.registrySites()
	a.registryDevices()
	a.registryRoads()
	a.registryPeople()
	a.registryCalendar()
	a.registryAudit()
	a.adoptionRoutes()
	a.registryFiles()
}

// entry is one that the scope may see.
func (a *API) entry(id auth.Identity, kind, key string) (registry.Entry, error) {
	r, err := a.edits()
	if err != nil {
		return registry.Entry{}, err
	}
	e, ok := r.Entry(kind, key)
	if !ok || !a.sees(id, e) {
		return e, notFound()
	}
	return e, nil
}

// sees reports whether an entry lies in the scope.
func (a *API) sees(id auth.Identity, e registry.Entry) bool {
	if id.Scope.All() {
		return true
	}
	switch e.Kind {
	case registry.KindSite:
		return id.Scope.Allows(event.SiteID(e.Key))
	case registry.KindDevice:
		return id.Scope.Allows(e.Device().Site)
	case registry.KindPerson:
		p := e.Person()
		return p.Site != "" && id.Scope.Allows(p.Site)
	case registry.KindRoute:
		for _, r := range a.county(id.Scope).Routes {
			if r.ID == e.Key {
				return true
			}
		}
	}
	return false
}

// list pages through the entries of a kind in the scope.
func registryList[T any](a *API, id auth.Identity, kind string, in *registryListInput, row func(registry.Entry) (T, string, bool)) (*body[list[T]], error) {
	r, err := a.edits()
	if err != nil {
		return nil, err
	}
	if _, err := sitesOf(id, in.Site); err != nil {
		return nil, err
	}
	wanted := strings.ToLower(in.Query)
	rows, last := []T{}, ""
	for _, e := range r.Entries(kind) {
		if e.Key <= in.Cursor || !a.sees(id, e) {
			continue
		}
		item, site, ok := row(e)
		if !ok || in.Site != "" && site != in.Site || wanted != "" && !mentions(e, item, wanted) {
			continue
		}
		if len(rows) == in.Limit {
			return page(rows, last), nil
		}
		rows, last = append(rows, item), e.Key
	}
	return page(rows, ""), nil
}

// mentions looks into what the caller sees of a row, so that nobody finds a name by asking.
func mentions(e registry.Entry, item any, wanted string) bool {
	if strings.Contains(strings.ToLower(e.Key), wanted) {
		return true
	}
	text, err := json.Marshal(item)
	return err == nil && strings.Contains(strings.ToLower(string(text)), wanted)
}

// apply makes one edit and returns the entry as it is then.
func (a *API) apply(ctx context.Context, id auth.Identity, c registry.Change) (registry.Entry, error) {
	r, err := a.edits()
	if err != nil {
		return registry.Entry{}, err
	}
	if _, err := r.Apply(ctx, id.Username, []registry.Change{c}); err != nil {
		return registry.Entry{}, registryError(err)
	}
	e, ok := r.Entry(c.Kind, c.Key)
	if !ok && c.Doc != nil {
		return e, notFound() // somebody has removed it since
	}
	return e, nil
}

// registryError tells an edit's refusal: 409 when somebody was faster, 422 with every fault.
func registryError(err error) error {
	var conflict *registry.Conflict
	var bad *registry.Invalid
	switch {
	case errors.As(err, &conflict):
		p := problem(http.StatusConflict, codeConflict, conflict.Error())
		p.Conflict = &Conflict{Rev: conflict.Rev, By: conflict.By, At: conflict.At, Action: "edit"}
		return p
	case errors.As(err, &bad):
		p := problem(http.StatusUnprocessableEntity, codeInvalid, bad.Error())
		for i, f := range bad.Faults {
			if i == 100 {
				break
			}
			p.Errors = append(p.Errors, &huma.ErrorDetail{Location: "body." + f.Field, Message: "want " + f.Want.EN, Value: f})
		}
		return p
	case errors.Is(err, registry.ErrNotFound):
		return notFound()
	}
	return err
}

// needsSite refuses an edit outside the editor's scope.
func needsSite(id auth.Identity, site event.SiteID) error {
	if site == "" && !id.Scope.All() || site != "" && !id.Scope.Allows(site) {
		return notFound()
	}
	return nil
}

type auditInput struct {
	Kind   string `query:"kind" enum:"county,site,device,route,person"`
	Key    string `query:"key" maxLength:"200"`
	Before int64  `query:"before" minimum:"0" doc:"Go on below this number."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

func (a *API) registryAudit() {
	handle(a, http.MethodGet, "/registry/changes", "Who changed what, the newest first", []auth.Role{auth.Admin, auth.Operator, auth.Inspector},
		func(ctx context.Context, id auth.Identity, in *auditInput) (*body[list[registry.Audit]], error) {
			r, err := a.edits()
			if err != nil {
				return nil, err
			}
			if !id.Scope.All() {
				return nil, countyOnly()
			}
			rows, err := r.Audit(ctx, registry.AuditQuery{Kind: in.Kind, Key: in.Key, Before: in.Before, Limit: in.Limit})
			return page(rows, ""), err
		})
}
