package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

// AccountRow is an account as administrators see it.
type AccountRow struct {
	Username   string     `json:"username"`
	Name       event.Text `json:"name"`
	Role       auth.Role  `json:"role"`
	Scope      []string   `json:"scope"`
	Disabled   bool       `json:"disabled"`
	Version    int64      `json:"version" doc:"Send it back with a change."`
	MustChange bool       `json:"must_change" doc:"Its password is one to begin with."`
	PasswordAt *time.Time `json:"password_at"`
	External   bool       `json:"external" doc:"Of the identity provider."`
	Kept       bool       `json:"kept" doc:"The configuration keeps it: it cannot be changed here."`
	TOTP       bool       `json:"totp"`
	Sessions   int        `json:"sessions"`
}

// NewSecret is an account and a password to begin with, told once.
type NewSecret struct {
	Account  AccountRow `json:"account"`
	Password string     `json:"password" doc:"Good for one login, which asks for another one."`
}

// AccountKey names an account.
type AccountKey struct {
	Username string `path:"username" maxLength:"64"`
}

// AccountChange is what administrators write of an account.
type AccountChange struct {
	Name     event.Text `json:"name"`
	Role     auth.Role  `json:"role" maxLength:"64"`
	Scope    []string   `json:"scope" maxItems:"500"`
	Disabled bool       `json:"disabled,omitempty"`
	Version  int64      `json:"version,omitempty"`
}

func (c AccountChange) of(username string) auth.Change {
	return auth.Change{Username: username, Name: c.Name, Role: c.Role, Scope: c.Scope, Disabled: c.Disabled, Version: c.Version}
}

func (a *API) accountRow(ctx context.Context, x auth.Account) (AccountRow, error) {
	row := AccountRow{
		Username: x.Username, Name: x.Name, Role: x.Role, Scope: append([]string{}, x.Scope...), Disabled: x.Disabled, Version: x.Version,
		MustChange: x.MustChange, External: x.Subject != "", Kept: a.deps.Auth.Kept(x.Username),
	}
	if !x.PasswordAt.IsZero() {
		row.PasswordAt = &x.PasswordAt
	}
	sessions, err := a.deps.Auth.Sessions(ctx, x.Username, a.deps.Now())
	if err != nil {
		return row, err
	}
	row.Sessions = len(sessions)
	row.TOTP, _, err = a.deps.Auth.TOTPState(ctx, x.Username)
	return row, err
}

// disconnect ends the websockets of an account, whose browsers then ask who they are.
func (a *API) disconnect(username string) {
	a.deps.Hub.Disconnect(func(v live.Viewer) bool { return v.User == username }, live.CloseLoggedOut, "account changed")
}

func (a *API) adminAccounts() {
	handle(a, http.MethodGet, "/accounts", "Accounts within my scope", admins(), func(ctx context.Context, id auth.Identity, _ *nothing) (*body[list[AccountRow]], error) {
		all, err := a.deps.Auth.List(ctx, id)
		if err != nil {
			return nil, err
		}
		out := make([]AccountRow, len(all))
		for i, x := range all {
			if out[i], err = a.accountRow(ctx, x); err != nil {
				return nil, err
			}
		}
		return page(out, ""), nil
	})
	handle(a, http.MethodPost, "/accounts", "Make an account", admins(), func(ctx context.Context, id auth.Identity, in *struct {
		Body struct {
			AccountChange
			Username string `json:"username" maxLength:"64"`
		}
	},
	) (*body[NewSecret], error) {
		x, password, err := a.deps.Auth.Create(ctx, id, in.Body.of(in.Body.Username), a.deps.Now())
		if err != nil {
			return nil, err
		}
		row, err := a.accountRow(ctx, x)
		return &body[NewSecret]{NewSecret{row, password}}, err
	})
	handle(a, http.MethodPut, "/accounts/{username}", "Change an account; its sessions end", admins(), func(ctx context.Context, id auth.Identity, in *struct {
		AccountKey
		Body AccountChange
	},
	) (*body[AccountRow], error) {
		x, err := a.deps.Auth.Update(ctx, id, in.Body.of(in.Username), a.deps.Now())
		if err != nil {
			return nil, err
		}
		if x.Version != in.Body.Version && in.Username != id.Username {
			a.disconnect(in.Username)
		}
		row, err := a.accountRow(ctx, x)
		return &body[AccountRow]{row}, err
	})
	handle(a, http.MethodPost, "/accounts/{username}/reset", "Give an account a password to begin with", admins(), func(ctx context.Context, id auth.Identity, in *struct {
		AccountKey
		Body struct {
			Factor bool `json:"second_factor,omitempty" doc:"Take the second factor away, too."`
		}
	},
	) (*body[NewSecret], error) {
		x, password, err := a.deps.Auth.Reset(ctx, id, in.Username, in.Body.Factor, a.deps.Now())
		if err != nil {
			return nil, err
		}
		a.disconnect(in.Username)
		row, err := a.accountRow(ctx, x)
		return &body[NewSecret]{NewSecret{row, password}}, err
	})
	handle(a, http.MethodPost, "/accounts/{username}/sessions/end", "End the sessions of an account", admins(), func(ctx context.Context, id auth.Identity, in *AccountKey) (*struct{}, error) {
		if err := a.deps.Auth.EndAll(ctx, id, in.Username, a.deps.Now()); err != nil {
			return nil, err
		}
		a.disconnect(in.Username)
		return &struct{}{}, nil
	})
	handle(a, http.MethodGet, "/tokens", "Tokens of the accounts within my scope", admins(), func(ctx context.Context, id auth.Identity, _ *nothing) (*body[list[auth.Token]], error) {
		all, err := a.deps.Auth.TokensWithin(ctx, id)
		return page(all, ""), err
	})
	handle(a, http.MethodPost, "/tokens/{id}/revoke", "Revoke somebody's token", admins(), func(ctx context.Context, id auth.Identity, in *idInput) (*struct{}, error) {
		all, err := a.deps.Auth.TokensWithin(ctx, id)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(t auth.Token) bool { return t.ID == in.ID })
		if i < 0 {
			return nil, notFound()
		}
		return &struct{}{}, a.deps.Auth.RevokeToken(ctx, id, all[i].Username, in.ID, a.deps.Now())
	})
}

// RoleBook is who may what.
type RoleBook struct {
	Catalogue []auth.Permission               `json:"catalogue" doc:"Every permission there is: area.level."`
	BuiltIn   map[auth.Role][]auth.Permission `json:"built_in"`
	Own       []auth.OwnRole                  `json:"own"`
}

// RoleKey names a role.
type RoleKey struct {
	Role auth.Role `path:"role" maxLength:"64"`
}

func (a *API) adminRoles() {
	handle(a, http.MethodGet, "/roles", "Roles and their permissions", admins(), func(ctx context.Context, _ auth.Identity, _ *nothing) (*body[RoleBook], error) {
		book := RoleBook{Catalogue: a.deps.Auth.Catalogue(), BuiltIn: map[auth.Role][]auth.Permission{}}
		var err error
		for _, r := range auth.Roles() {
			if book.BuiltIn[r], err = a.deps.Auth.Permissions(ctx, r); err != nil {
				return nil, err
			}
		}
		book.Own, err = a.deps.Auth.OwnRoles(ctx)
		return &body[RoleBook]{book}, err
	})
	county := func(id auth.Identity) error {
		if !id.Scope.All() {
			return problem(http.StatusForbidden, codeForbidden, "roles are the county's")
		}
		return nil
	}
	handle(a, http.MethodPut, "/roles/{role}", "Make or change a role of the county", admins(), func(ctx context.Context, id auth.Identity, in *struct {
		RoleKey
		Body struct {
			Title       event.Text        `json:"title"`
			Permissions []auth.Permission `json:"permissions" maxItems:"200"`
			Rev         int64             `json:"rev,omitempty" doc:"That was read; 0 makes a new one."`
		}
	},
	) (*body[auth.OwnRole], error) {
		if err := county(id); err != nil {
			return nil, err
		}
		r, err := a.deps.Auth.PutRole(ctx, id, auth.OwnRole{Name: in.Role, Title: in.Body.Title, Permissions: in.Body.Permissions, Rev: in.Body.Rev}, a.deps.Now())
		if err == nil {
			a.deps.Hub.Disconnect(func(v live.Viewer) bool { return v.Role == string(in.Role) }, live.CloseScope, "role changed")
		}
		return &body[auth.OwnRole]{r}, err
	})
	handle(a, http.MethodDelete, "/roles/{role}", "Remove a role that no account has", admins(), func(ctx context.Context, id auth.Identity, in *RoleKey) (*struct{}, error) {
		if err := county(id); err != nil {
			return nil, err
		}
		return &struct{}{}, a.deps.Auth.DeleteRole(ctx, id, in.Role, a.deps.Now())
	})
}
