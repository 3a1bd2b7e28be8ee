package auth

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Person is somebody as the county's identity provider knows them, who has logged in there.
type Person struct {
	Subject  string // issuer and subject: who it is, for ever
	Username string // what a new account is called
	Name     event.Text
	Role     Role
	Scope    []string
}

// Errors of LoginExternal.
var (
	// ErrDisabled says that the account was disabled here, whatever the provider says.
	ErrDisabled = errors.New("the account is disabled")
	// ErrTaken says that the person's name is that of somebody else's account.
	ErrTaken = errors.New("another account has this name")
	// ErrNoSuchRole says that the person shall have a role that the county does not have.
	ErrNoSuchRole = errors.New("there is no such role")
)

// LoginExternal starts a session for somebody whom the identity provider has named, and
// makes or updates the account. It never takes over an account that was made here: that
// would give the provider everybody's rights. changed says that the account was there with
// other rights, so that its other sessions have ended. Errors are ErrDisabled, ErrTaken,
// ErrNoSuchRole, *Invalid, or of the store.
func (m *Manager) LoginExternal(ctx context.Context, p Person, in LoginRequest, now time.Time) (id Identity, cookies []*http.Cookie, changed bool, err error) {
	a, changed, err := m.external(ctx, p, now)
	if errors.Is(err, ErrOvertaken) { // two windows at once: the other one has made it
		a, changed, err = m.external(ctx, p, now)
	}
	if err != nil {
		m.refused(ctx, attempt{how: ByOIDC, user: cmp.Or(a.Username, p.Username), address: in.Address, err: err}, now)
		return Identity{}, nil, false, err
	}
	id, cookies, err = m.begin(ctx, a, ByOIDC, in, now)
	return id, cookies, changed, err
}

// external makes the account what the provider says.
func (m *Manager) external(ctx context.Context, p Person, now time.Time) (a Account, changed bool, err error) {
	if err := m.checkPerson(ctx, p); err != nil {
		return a, false, err
	}
	next := Change{Username: p.Username, Name: p.Name, Role: p.Role, Scope: p.Scope}.detail()
	next["by"] = ByOIDC
	a, err = m.store.AccountOf(ctx, p.Subject)
	if errors.Is(err, ErrNoAccount) {
		if _, err = m.store.Account(ctx, p.Username); !errors.Is(err, ErrNoAccount) {
			return a, false, cmp.Or(err, ErrTaken)
		}
		a = Account{Username: p.Username, Name: p.Name, Role: p.Role, Scope: p.Scope, Version: 1, Subject: p.Subject}
		return a, false, m.store.PutAccount(ctx, a, audit(p.Username, now, "account.create", p.Username, next))
	}
	switch {
	case err != nil:
		return a, false, err
	case m.Kept(a.Username):
		return a, false, ErrTaken
	case a.Disabled:
		return a, false, ErrDisabled
	case a.Name == p.Name && a.Role == p.Role && NewScope(a.Scope).sameNames(p.Scope):
		return a, false, nil
	}
	before := Change{Role: a.Role, Scope: a.Scope}.detail()
	a.Name, a.Role, a.Scope = p.Name, p.Role, p.Scope
	a.Version++
	what := audit(a.Username, now, "account.update", a.Username, map[string]any{"before": before, "after": next})
	if err := m.store.PutAccount(ctx, a, what); err != nil {
		return a, false, err
	}
	return a, true, m.store.EndSessions(ctx, a.Username, "", "")
}

// checkPerson refuses what no account may be.
func (m *Manager) checkPerson(ctx context.Context, p Person) error {
	switch {
	case p.Subject == "":
		return &Invalid{"subject", "want who it is"}
	case !event.ValidName(p.Username) || p.Username == "system":
		return &Invalid{"username", `want 1 to 64 of a-z, 0-9, "-", "_", and not "system"`}
	case !validTitle(p.Name):
		return &Invalid{"name", "want 1 to 64 characters"}
	case len(p.Scope) == 0 || len(p.Scope) > maxScope || slices.ContainsFunc(p.Scope, func(n string) bool { return !ValidScope(n) }):
		return &Invalid{"scope", `want "*", ids of sites, or "township:" and a name`}
	case p.Role.BuiltIn():
		return nil
	}
	_, err := m.store.Role(ctx, p.Role)
	if errors.Is(err, ErrNoAccount) {
		return ErrNoSuchRole
	}
	return err
}
