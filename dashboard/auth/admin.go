package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const maxScope = 500 // names in a scope

// Change is what an administrator writes of an account.
type Change struct {
	Username string
	Name     event.Text
	Role     Role
	Scope    []string
	Disabled bool
	Version  int64 // that was read; 0: there must be none yet
}

// List returns the accounts that the caller may look after: those within the own scope.
func (m *Manager) List(ctx context.Context, by Identity) ([]Account, error) {
	all, err := m.store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Account, 0, len(all))
	for _, a := range all {
		if by.Scope.within(a.Scope) {
			a.Hash = ""
			out = append(out, a)
		}
	}
	return out, nil
}

// target returns an account that the caller may change.
func (m *Manager) target(ctx context.Context, by Identity, username string) (Account, error) {
	a, err := m.store.Account(ctx, username)
	if err != nil {
		return a, err
	}
	if !by.Scope.within(a.Scope) {
		return a, ErrNoAccount
	}
	if m.Kept(username) {
		return a, &NotAllowed{"the configuration keeps this account"}
	}
	return a, m.mayGive(ctx, by, a.Role)
}

// mayGive refuses roles that may more than the caller.
func (m *Manager) mayGive(ctx context.Context, by Identity, role Role) error {
	want, err := m.Permissions(ctx, role)
	if err != nil {
		return err
	}
	if p, lacks := missing(by.Permissions, want); lacks {
		return &NotAllowed{fmt.Sprintf("the role %s has %q, and you do not", role, p)}
	}
	return nil
}

// Create makes an account and returns a password to begin with, which nobody can read again.
func (m *Manager) Create(ctx context.Context, by Identity, in Change, now time.Time) (Account, string, error) {
	if err := m.check(ctx, by, in); err != nil {
		return Account{}, "", err
	}
	password := temporary()
	h, err := m.hash(ctx, password)
	if err != nil {
		return Account{}, "", err
	}
	a := Account{
		Username: in.Username, Name: in.Name, Role: in.Role, Scope: in.Scope, Disabled: in.Disabled, Hash: h, Version: 1,
		MustChange: true, PasswordAt: now,
	}
	err = m.store.PutAccount(ctx, a, audit(by.Username, now, "account.create", a.Username, in.detail()))
	a.Hash = ""
	return a, password, err
}

// Update changes name, role, scope or state of an account; its sessions end.
func (m *Manager) Update(ctx context.Context, by Identity, in Change, now time.Time) (Account, error) {
	a, err := m.target(ctx, by, in.Username)
	if err != nil {
		return a, err
	}
	if a.Version != in.Version {
		return a, ErrOvertaken
	}
	if err := m.check(ctx, by, in); err != nil {
		return a, err
	}
	if by.Username == in.Username && (in.Disabled || in.Role != a.Role || !NewScope(a.Scope).sameNames(in.Scope)) {
		return a, &NotAllowed{"nobody changes their own role, scope or state: another administrator does"}
	}
	same := a.Name == in.Name && a.Role == in.Role && a.Disabled == in.Disabled && NewScope(a.Scope).sameNames(in.Scope)
	if !same {
		before := Change{Name: a.Name, Role: a.Role, Scope: a.Scope, Disabled: a.Disabled}.detail()
		a.Name, a.Role, a.Scope, a.Disabled = in.Name, in.Role, in.Scope, in.Disabled
		a.Version++
		if err := m.store.PutAccount(ctx, a, audit(by.Username, now, "account.update", a.Username, map[string]any{"before": before, "after": in.detail()})); err != nil {
			return a, err
		}
		if by.Username == a.Username {
			err = m.keepSession(ctx, by, a)
		} else {
			err = m.store.EndSessions(ctx, a.Username, "", "")
		}
	}
	a.Hash = ""
	return a, err
}

// Reset gives an account a new password to begin with, takes its second factor and passkeys
// away where asked, and ends its sessions.
func (m *Manager) Reset(ctx context.Context, by Identity, username string, factor bool, now time.Time) (Account, string, error) {
	a, err := m.target(ctx, by, username)
	if err != nil {
		return a, "", err
	}
	if by.Username == username {
		return a, "", &NotAllowed{"change your own password on your own page"}
	}
	if a.Subject != "" { // one would outlive what the provider says
		return a, "", &NotAllowed{"this account logs in with the identity provider, and has no password"}
	}
	password := temporary()
	if a.Hash, err = m.hash(ctx, password); err != nil {
		return a, "", err
	}
	a.MustChange, a.PasswordAt = true, now
	a.Version++
	err = m.store.PutAccount(ctx, a, audit(by.Username, now, "account.reset", username, map[string]any{"second_factor": factor}))
	if err != nil {
		return a, "", err
	}
	if factor {
		what := audit(by.Username, now, "account.totp.off", username, nil)
		if err := m.store.DeleteTOTP(ctx, username, what); err != nil && !errors.Is(err, ErrNoAccount) {
			return a, "", err
		}
		what = audit(by.Username, now, "account.passkey.remove", username, nil)
		if err := m.store.DeletePasskey(ctx, username, "", what); err != nil && !errors.Is(err, ErrNoAccount) {
			return a, "", err
		}
	}
	a.Hash = ""
	return a, password, m.store.EndSessions(ctx, username, "", "")
}

// check says what is wrong with what an administrator wrote.
func (m *Manager) check(ctx context.Context, by Identity, in Change) error {
	switch {
	case !event.ValidName(in.Username) || in.Username == "system":
		return &Invalid{"username", `want 1 to 64 of a-z, 0-9, "-", "_", and not "system"`}
	case !validTitle(in.Name):
		return &Invalid{"name", "want 1 to 64 characters in Chinese or English"}
	case len(in.Scope) > maxScope:
		return &Invalid{"scope", fmt.Sprintf("want at most %d names", maxScope)}
	}
	for _, n := range in.Scope {
		if !ValidScope(n) {
			return &Invalid{"scope", `want "*", ids of sites, or "township:" and a name`}
		}
	}
	if !by.Scope.within(in.Scope) {
		return &Invalid{"scope", "want a scope within your own"}
	}
	if !in.Role.BuiltIn() {
		if _, err := m.store.Role(ctx, in.Role); errors.Is(err, ErrNoAccount) {
			return &Invalid{"role", "there is no such role"}
		} else if err != nil {
			return err
		}
	}
	return m.mayGive(ctx, by, in.Role)
}

func (c Change) detail() map[string]any {
	scope := slices.Clone(c.Scope)
	slices.Sort(scope)
	return map[string]any{"role": c.Role, "scope": scope, "disabled": c.Disabled}
}

// EndAll ends the sessions of an account.
func (m *Manager) EndAll(ctx context.Context, by Identity, username string, now time.Time) error {
	a, err := m.store.Account(ctx, username)
	if err != nil {
		return err
	}
	if !by.Scope.within(a.Scope) {
		return ErrNoAccount
	}
	if err := m.mayGive(ctx, by, a.Role); err != nil {
		return err
	}
	return m.store.EndSessions(ctx, username, "", "", audit(by.Username, now, "account.session.end", username, nil))
}

// TokensWithin lists the tokens of the accounts that the caller may look after.
func (m *Manager) TokensWithin(ctx context.Context, by Identity) ([]Token, error) {
	accounts, err := m.List(ctx, by)
	if err != nil {
		return nil, err
	}
	mine := map[string]bool{}
	for _, a := range accounts {
		mine[a.Username] = true
	}
	all, err := m.store.Tokens(ctx, "")
	return slices.DeleteFunc(all, func(t Token) bool { return !mine[t.Username] }), err
}
