package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

// explainAuth is the problem of an error of accounts; nil: it is none.
func explainAuth(err error) *Problem {
	var field *auth.Invalid
	var not *auth.NotAllowed
	switch {
	case errors.Is(err, auth.ErrCredentials):
		return problem(http.StatusUnauthorized, codeBadCredentials, err.Error())
	case errors.Is(err, auth.ErrSecondFactor):
		return problem(http.StatusUnauthorized, codeSecondFactor, err.Error())
	case errors.Is(err, auth.ErrCode):
		return problem(http.StatusUnauthorized, codeBadCode, err.Error())
	case errors.Is(err, auth.ErrPasskey):
		return problem(http.StatusUnauthorized, codeBadPasskey, err.Error())
	case errors.Is(err, auth.ErrPasswordChange):
		return problem(http.StatusForbidden, codePasswordChange, err.Error())
	case errors.As(err, &field):
		return invalid("body."+field.Field, field.Want)
	case errors.As(err, &not):
		return problem(http.StatusConflict, codeNotAllowed, not.Why)
	case errors.Is(err, auth.ErrNoAccount):
		return notFound()
	case errors.Is(err, auth.ErrOvertaken):
		return problem(http.StatusConflict, codeConflict, auth.ErrOvertaken.Error())
	}
	return nil
}

// OwnAccount is what people see of their own account.
type OwnAccount struct {
	Username    string            `json:"username"`
	Name        event.Text        `json:"name"`
	Role        auth.Role         `json:"role"`
	Title       event.Text        `json:"role_name"`
	Scope       []string          `json:"scope" doc:"As the account has it: sites, townships, or \"*\"."`
	Permissions []auth.Permission `json:"permissions"`
	Kept        bool              `json:"kept" doc:"The configuration keeps it: its password cannot be changed here."`
	TOTP        bool              `json:"totp"`
	Recovery    int               `json:"recovery_codes" doc:"How many are left."`
	MinPassword int               `json:"min_password" doc:"Characters."`
}

// OwnSession is one of the caller's sessions.
type OwnSession struct {
	auth.Session
	Current bool `json:"current" doc:"The one that asks."`
}

type idInput struct {
	ID string `path:"id" maxLength:"64"`
}

// Secret is told once.
type Secret struct {
	Token auth.Token `json:"token"`
	Text  string     `json:"text" doc:"The token itself; nobody can read it again."`
}

// Codes are told once.
type Codes struct {
	Codes []string `json:"codes" doc:"Each is good for one login without the authenticator."`
}

type passwordInput struct {
	Peer
	Body struct {
		Password string `json:"password" maxLength:"256" doc:"The present one."`
	}
}

func (a *API) accountRoutes() {
	a.ownRoutes()
	a.ownTokens()
	a.ownFactor()
	a.ownPasskeys()
	a.adminAccounts()
	a.adminRoles()
}

func (a *API) ownRoutes() {
	personal(a, http.MethodGet, "/account", "My account", func(ctx context.Context, id auth.Identity, _ *nothing) (*body[OwnAccount], error) {
		on, codes, err := a.deps.Auth.TOTPState(ctx, id.Username)
		return &body[OwnAccount]{OwnAccount{
			Username: id.Username, Name: id.Name, Role: id.Role, Title: id.Title, Scope: append([]string{}, id.Scope.Names()...),
			Permissions: append([]auth.Permission{}, id.Permissions...), Kept: a.deps.Auth.Kept(id.Username), TOTP: on, Recovery: codes,
			MinPassword: auth.MinPersonal,
		}}, err
	})
	personal(a, http.MethodGet, "/account/sessions", "My sessions, the newest first", func(ctx context.Context, id auth.Identity, _ *nothing) (*body[list[OwnSession]], error) {
		all, err := a.deps.Auth.Sessions(ctx, id.Username, a.deps.Now())
		out := make([]OwnSession, len(all))
		for i, s := range all {
			out[i] = OwnSession{s, s.ID == id.Session}
		}
		return page(out, ""), err
	})
	personal(a, http.MethodPost, "/account/sessions/{id}/end", "End one of my sessions", func(ctx context.Context, id auth.Identity, in *idInput) (*struct{}, error) {
		if err := a.deps.Auth.EndSession(ctx, id, in.ID, a.deps.Now()); err != nil {
			return nil, err
		}
		a.deps.Hub.Disconnect(func(v live.Viewer) bool { return v.User == id.Username && v.Session == in.ID }, live.CloseLoggedOut, "session ended")
		return &struct{}{}, nil
	})
	personal(a, http.MethodPost, "/account/sessions/end-others", "End all my sessions but this one", func(ctx context.Context, id auth.Identity, _ *nothing) (*struct{}, error) {
		if err := a.deps.Auth.EndSession(ctx, id, "", a.deps.Now()); err != nil {
			return nil, err
		}
		a.endOthers(id)
		return &struct{}{}, nil
	})
	personal(a, http.MethodPost, "/account/password", "Change my password; my other sessions end", func(ctx context.Context, id auth.Identity, in *struct {
		Peer
		Body struct {
			Old      string `json:"old" maxLength:"256"`
			Password string `json:"password" maxLength:"256"`
		}
	},
	) (*struct{}, error) {
		if err := a.deps.Auth.ChangePassword(ctx, id, in.Body.Old, in.Body.Password, in.address, a.deps.Now()); err != nil {
			return nil, err
		}
		a.endOthers(id)
		return &struct{}{}, nil
	})
}

// endOthers closes the websockets of the caller's other sessions.
func (a *API) endOthers(id auth.Identity) {
	a.deps.Hub.Disconnect(func(v live.Viewer) bool { return v.User == id.Username && v.Session != id.Session }, live.CloseLoggedOut, "session ended")
}

func (a *API) ownTokens() {
	personal(a, http.MethodGet, "/account/tokens", "My tokens, the newest first", func(ctx context.Context, id auth.Identity, _ *nothing) (*body[list[auth.Token]], error) {
		all, err := a.deps.Auth.Tokens(ctx, id.Username)
		return page(all, ""), err
	})
	personal(a, http.MethodPost, "/account/tokens", "Make a token for a program", func(ctx context.Context, id auth.Identity, in *struct {
		Body struct {
			Name        string            `json:"name" maxLength:"64"`
			Permissions []auth.Permission `json:"permissions" maxItems:"200"`
			Scope       []string          `json:"scope" maxItems:"500"`
			Expires     time.Time         `json:"expires" doc:"At most 366 days ahead."`
		}
	},
	) (*body[Secret], error) {
		t, text, err := a.deps.Auth.NewToken(ctx, id, auth.TokenRequest{Name: in.Body.Name, Permissions: in.Body.Permissions, Scope: in.Body.Scope, Expires: in.Body.Expires}, a.deps.Now())
		return &body[Secret]{Secret{t, text}}, err
	})
	personal(a, http.MethodPost, "/account/tokens/{id}/revoke", "Revoke one of my tokens", func(ctx context.Context, id auth.Identity, in *idInput) (*struct{}, error) {
		return &struct{}{}, a.deps.Auth.RevokeToken(ctx, id, id.Username, in.ID, a.deps.Now())
	})
}

func (a *API) ownFactor() {
	personal(a, http.MethodPost, "/account/totp", "Begin to use a second factor", func(ctx context.Context, id auth.Identity, in *passwordInput) (*body[auth.Enrolment], error) {
		e, err := a.deps.Auth.Enrol(ctx, id, in.Body.Password, in.address, a.deps.Now())
		return &body[auth.Enrolment]{e}, err
	})
	personal(a, http.MethodPost, "/account/totp/confirm", "Turn the second factor on with its first code", func(ctx context.Context, id auth.Identity, in *struct {
		Body struct {
			Code string `json:"code" maxLength:"16"`
		}
	},
	) (*body[Codes], error) {
		codes, err := a.deps.Auth.ConfirmTOTP(ctx, id, in.Body.Code, a.deps.Now())
		if err == nil {
			a.endOthers(id)
		}
		return &body[Codes]{Codes{codes}}, err
	})
	personal(a, http.MethodPost, "/account/totp/remove", "Turn the second factor off", func(ctx context.Context, id auth.Identity, in *passwordInput) (*struct{}, error) {
		return &struct{}{}, a.deps.Auth.RemoveTOTP(ctx, id, in.Body.Password, in.address, a.deps.Now())
	})
}
