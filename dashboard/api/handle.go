package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
)

// areas are the first words of paths whose operations belong to a larger area. All others
// are areas of their own.
func areas() map[string]string {
	return map[string]string{
		"assignees": "alarms", "maintenance": "alarms", "alarm-numbers": "alarms", "shift": "alarms",
		"sites": "county", "devices": "county", "calendar": "county",
		"gate-log": "history", "dead-letters": "gateways", "notifications": "notify",
		"notices": "inspections", "hazards": "inspections", "draws": "inspections", "inspection-forms": "inspections",
		"roles": "accounts", "tokens": "accounts",
	}
}

// areaOf is the area of a path below /api/v1.
func areaOf(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if area, ok := areas()[first]; ok {
		return area
	}
	return first
}

// handle registers an operation for built-in roles. The area of its path and these roles
// are its permission, which roles of the county and tokens can have too. The check comes
// before the body is looked at.
func handle[I, O any](a *API, method, path, summary string, roles []auth.Role, fn func(context.Context, auth.Identity, *I) (*O, error), change ...func(*huma.Operation)) {
	need := auth.PermissionFor(areaOf(path), roles)
	a.deps.Auth.Grant(need, roles)
	register(a, method, path, summary, func(id auth.Identity) string {
		if id.May(need) {
			return ""
		}
		return "this is not for the role " + string(id.Role) + ": it needs the permission " + string(need)
	}, fn, change...)
}

// personal registers an operation on the caller's own account, which no role can lack and
// no token has.
func personal[I, O any](a *API, method, path, summary string, fn func(context.Context, auth.Identity, *I) (*O, error), change ...func(*huma.Operation)) {
	register(a, method, path, summary, func(id auth.Identity) string {
		if id.Token == "" {
			return ""
		}
		return "this is not for tokens"
	}, fn, change...)
}

// register adds an operation; refuse says why somebody may not use it.
func register[I, O any](a *API, method, path, summary string, refuse func(auth.Identity) string, fn func(context.Context, auth.Identity, *I) (*O, error), change ...func(*huma.Operation)) {
	op := huma.Operation{
		OperationID: operationID(method, path), Method: method, Path: "/api/v1" + path, Summary: summary,
		MaxBodyBytes: 64 << 10, Security: []map[string][]string{{"session": {}}, {"token": {}}},
	}
	cost := costOf(method, path)
	op.Middlewares = huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		id, ok := auth.From(ctx.Context())
		if !ok {
			answer(ctx, problem(http.StatusUnauthorized, codeUnauthenticated, auth.ErrUnauthenticated.Error()))
		} else if why := refuse(id); why != "" {
			answer(ctx, problem(http.StatusForbidden, codeForbidden, why))
		} else if !a.limited(ctx, cost, id) {
			next(ctx)
		}
	}}
	for _, c := range change {
		c(&op)
	}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		id, _ := auth.From(ctx)
		out, err := fn(ctx, id, in)
		return out, a.explain(err)
	})
}

// answer writes a problem in the place of the operation.
func answer(ctx huma.Context, p *Problem) {
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) // the caller has gone if this fails
}
