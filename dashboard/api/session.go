package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

// Me is who asks.
type Me struct {
	Username string     `json:"username"`
	Name     event.Text `json:"name"`
	Role     auth.Role  `json:"role" enum:"admin,operator,guard,inspector"`
	Scope    []string   `json:"scope" doc:"Ids of sites, or \"*\" for the county."`
	Expires  time.Time  `json:"expires_at"`
	Zone     string     `json:"zone" doc:"The county's IANA time zone."`
	Build    string     `json:"build"`
}

func (a *API) me(id auth.Identity) Me {
	return Me{
		Username: id.Username, Name: id.Name, Role: id.Role, Scope: id.Scope.Sites(), Expires: id.Expires,
		Zone: a.present().Location().String(), Build: a.deps.Build,
	}
}

type loginInput struct {
	Body struct {
		Username string `json:"username" maxLength:"64"`
		Password string `json:"password" maxLength:"256"`
	}
	address string
}

// Resolve notes the peer's address.
func (i *loginInput) Resolve(ctx huma.Context) []error {
	i.address = ctx.RemoteAddr()
	return nil
}

type sessionOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Me
}

type goneOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

type nothing struct{}

func (a *API) sessionRoutes() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "login", Method: http.MethodPost, Path: "/api/v1/login", Summary: "Log in", MaxBodyBytes: 4 << 10,
	}, func(ctx context.Context, in *loginInput) (*sessionOutput, error) {
		id, cookie, err := a.deps.Auth.Login(ctx, in.Body.Username, in.Body.Password, in.address, a.deps.Now())
		if err != nil {
			a.deps.Log.Info().Str("user", in.Body.Username).Str("peer", in.address).Msg("login refused")
			return nil, a.explain(err)
		}
		a.deps.Log.Info().Str("user", id.Username).Str("peer", in.address).Msg("logged in")
		return &sessionOutput{*cookie, a.me(id)}, nil
	})
	handle(a, http.MethodPost, "/logout", "Log out", everyone(), func(ctx context.Context, id auth.Identity, _ *nothing) (*goneOutput, error) {
		cookie, err := a.deps.Auth.Logout(ctx)
		if err != nil {
			return nil, err
		}
		a.deps.Hub.Disconnect(func(v live.Viewer) bool { return v.Session == id.Session }, live.CloseLoggedOut, "logged out")
		return &goneOutput{*cookie}, nil
	}, func(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent })
	handle(a, http.MethodGet, "/me", "Who I am", everyone(), func(_ context.Context, id auth.Identity, _ *nothing) (*body[Me], error) {
		return &body[Me]{a.me(id)}, nil
	})
}
