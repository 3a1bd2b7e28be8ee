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
	Role     auth.Role  `json:"role" doc:"admin, operator, guard, inspector, or one of the county's own."`
	Title    event.Text `json:"role_name" doc:"Of a role of the county; empty of a built-in one."`
	Scope    []string   `json:"scope" doc:"Ids of sites, or \"*\" for the county."`
	// Permissions are what the page may offer.
	Permissions []auth.Permission `json:"permissions"`
	Expires     time.Time         `json:"expires_at"`
	Zone        string            `json:"zone" doc:"The county's IANA time zone."`
	Build       string            `json:"build"`
}

func (a *API) me(id auth.Identity) Me {
	return Me{
		Username: id.Username, Name: id.Name, Role: id.Role, Title: id.Title, Scope: id.Scope.Sites(), Permissions: append([]auth.Permission{}, id.Permissions...), Expires: id.Expires,
		Zone: a.present().Location().String(), Build: a.deps.Build,
	}
}

type loginInput struct {
	Body struct {
		Username string `json:"username" maxLength:"64"`
		Password string `json:"password" maxLength:"256"`
		// Code is of the second factor, or a recovery code: when an answer has asked for it.
		Code string `json:"code,omitempty" maxLength:"64"`
		// NewPassword is needed when an answer has said "password_change".
		NewPassword string `json:"new_password,omitempty" maxLength:"256"`
	}
	Peer
}

// Peer is where a request comes from.
type Peer struct {
	Browser string `cookie:"campusgate_browser" hidden:"true"`
	Agent   string `header:"User-Agent" hidden:"true"`
	address string
}

// Resolve notes the peer's address.
func (p *Peer) Resolve(ctx huma.Context) []error {
	p.address = ctx.RemoteAddr()
	return nil
}

type sessionOutput struct {
	SetCookie []string `header:"Set-Cookie"`
	Body      Me
}

func written(cookies []*http.Cookie) []string {
	out := make([]string, len(cookies))
	for i, c := range cookies {
		out[i] = c.String()
	}
	return out
}

type goneOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

type nothing struct{}

func (a *API) sessionRoutes() {
	a.passkeyLogin()
	huma.Register(a.huma, huma.Operation{
		OperationID: "login", Method: http.MethodPost, Path: "/api/v1/login", Summary: "Log in", MaxBodyBytes: 4 << 10,
	}, func(ctx context.Context, in *loginInput) (*sessionOutput, error) {
		id, cookies, err := a.deps.Auth.Login(ctx, auth.LoginRequest{
			Username: in.Body.Username, Password: in.Body.Password, Code: in.Body.Code, NewPassword: in.Body.NewPassword,
			Address: in.address, Agent: in.Agent, Browser: in.Browser,
		}, a.deps.Now())
		if err != nil {
			a.deps.Log.Info().Str("user", in.Body.Username).Str("peer", in.address).Msg("login refused")
			return nil, a.explain(err)
		}
		a.deps.Log.Info().Str("user", id.Username).Str("peer", in.address).Msg("logged in")
		return &sessionOutput{written(cookies), a.me(id)}, nil
	})
	personal(a, http.MethodPost, "/logout", "Log out", func(ctx context.Context, id auth.Identity, in *struct{ Peer }) (*goneOutput, error) {
		cookie, err := a.deps.Auth.Logout(ctx, in.address, a.deps.Now())
		if err != nil {
			return nil, err
		}
		a.deps.Hub.Disconnect(func(v live.Viewer) bool { return v.Session == id.Session }, live.CloseLoggedOut, "logged out")
		if a.deps.Media != nil {
			a.deps.Media.EndOf(id.Username, id.Session)
		}
		return &goneOutput{*cookie}, nil
	}, func(op *huma.Operation) { op.DefaultStatus = http.StatusNoContent })
	register(a, http.MethodGet, "/me", "Who I am", func(auth.Identity) string { return "" }, func(_ context.Context, id auth.Identity, _ *nothing) (*body[Me], error) {
		return &body[Me]{a.me(id)}, nil
	})
}
