package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/auth/signon"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	signOnPath   = "/api/v1/login/oidc"
	signOnCookie = "campusgate_signon"
	// signOnQuery tells the page why somebody comes back without a session.
	signOnQuery = "signon"
)

// LoginWays are the ways to log in beside name and password.
type LoginWays struct {
	OIDC *event.Text `json:"oidc" doc:"Text of the button that leads to /api/v1/login/oidc; null: there is no identity provider."`
}

// signOn logs people in with the identity provider.
type signOn struct {
	*API
	provider *signon.Provider
}

type beginSignOn struct {
	To string `query:"to"`
	Peer
}

type finishSignOn struct {
	State  string `query:"state"`
	Code   string `query:"code"`
	Error  string `query:"error"`
	Issuer string `query:"iss"`
	Cookie string `cookie:"campusgate_signon"`
	Peer
}

// elsewhere sends the browser on.
type elsewhere struct {
	Status    int
	Location  string   `header:"Location"`
	SetCookie []string `header:"Set-Cookie"`
}

// ServeSignOn adds the login with an identity provider; nil: there is none.
func (a *API) ServeSignOn(provider *signon.Provider) {
	huma.Register(a.huma, huma.Operation{
		OperationID: "login-ways", Method: http.MethodGet, Path: "/api/v1/login/ways", Summary: "Ways to log in",
	}, func(context.Context, *nothing) (*body[LoginWays], error) {
		var out LoginWays
		if provider != nil {
			text := provider.Text()
			out.OIDC = &text
		}
		return &body[LoginWays]{out}, nil
	})
	if provider == nil {
		return
	}
	s := &signOn{a, provider}
	// Browsers go there, programs do not.
	huma.Register(a.huma, huma.Operation{OperationID: "sign-on", Method: http.MethodGet, Path: signOnPath, Hidden: true}, s.begin)
	huma.Register(a.huma, huma.Operation{OperationID: "sign-on-callback", Method: http.MethodGet, Path: signon.CallbackPath, Hidden: true}, s.finish)
}

func (s *signOn) begin(ctx context.Context, in *beginSignOn) (*elsewhere, error) {
	address, browser, err := s.provider.Begin(ctx, in.To, in.address)
	if err != nil {
		return s.refuse(err, signon.LocalPath(in.To), in.address), nil
	}
	return &elsewhere{http.StatusSeeOther, address, []string{s.cookie(browser, s.provider.Patience())}}, nil
}

func (s *signOn) finish(ctx context.Context, in *finishSignOn) (*elsewhere, error) {
	person, to, err := s.provider.Finish(ctx, signon.Answer{State: in.State, Code: in.Code, Error: in.Error, Issuer: in.Issuer}, in.Cookie)
	if err != nil {
		return s.refuse(err, to, in.address), nil
	}
	id, cookies, changed, err := s.deps.Auth.LoginExternal(ctx, person, auth.LoginRequest{Address: in.address, Agent: in.Agent, Browser: in.Browser}, s.deps.Now())
	if err != nil {
		return s.refuse(err, to, in.address), nil
	}
	if changed {
		s.disconnect(id.Username)
	}
	s.deps.Log.Info().Str("user", id.Username).Str("peer", in.address).Str("how", string(auth.ByOIDC)).Msg("logged in")
	return &elsewhere{http.StatusSeeOther, home(to, id.Role), append(written(cookies), s.cookie("", -1))}, nil
}

// home is where the work of a role is, for who wanted to be nowhere else; the page has the
// same after a login with a password.
func home(to string, role auth.Role) string {
	switch {
	case to == "/" && role == auth.Guard:
		return "/gate"
	case to == "/" && role == auth.Inspector:
		return "/uptime"
	}
	return to
}

// refuse sends the browser back to the login page, which says why in its own words.
func (s *signOn) refuse(err error, to, peer string) *elsewhere {
	code := signon.Failed
	var refusal *signon.Refusal
	var field *auth.Invalid
	switch {
	case errors.As(err, &refusal):
		code = refusal.Code
	case errors.Is(err, auth.ErrDisabled):
		code = signon.Disabled
	case errors.Is(err, auth.ErrTaken):
		code = signon.Taken
	case errors.Is(err, auth.ErrNoSuchRole):
		code = signon.NoRole
	case errors.As(err, &field):
		code = signon.BadName
	}
	s.deps.Log.Warn().Err(err).Str("code", string(code)).Str("peer", peer).Msg("sign-on refused")
	u, err := url.Parse(to)
	if err != nil {
		u = &url.URL{Path: "/"}
	}
	q := u.Query()
	q.Set(signOnQuery, string(code))
	u.RawQuery = q.Encode()
	return &elsewhere{http.StatusSeeOther, u.RequestURI(), []string{s.cookie("", -1)}}
}

// cookie binds a login to the browser. It is Lax, as the way back from the provider begins
// on another site; the session's own cookie stays Strict.
func (s *signOn) cookie(value string, age time.Duration) string {
	c := http.Cookie{
		Name: signOnCookie, Value: value, Path: signOnPath, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.deps.TLS,
		MaxAge: int(age / time.Second),
	}
	if age < 0 {
		c.MaxAge = -1
	}
	return c.String()
}
