package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/campusgate/campusgate/gateway/event"
)

// Account is a person or a post that logs in.
type Account struct {
	Username string
	Name     event.Text
	Role     Role     // one of Roles, or of the county's own; an unknown one may nothing
	Scope    []string // site names, "township:NAME", or "*"
	Disabled bool
	// Password is set only to change it; it is never read back.
	Password string
	Hash     string // argon2id, PHC string; empty: no password fits
	Version  int64  // counts changes; sessions of an older one have ended
	// MustChange says that somebody else chose the password: it is good for choosing another.
	MustChange bool
	PasswordAt time.Time // when the password was set; zero: not known
	Subject    string    // issuer and subject of the identity provider; empty: none
}

// Validate returns every fault of an account that is to be stored.
func (a *Account) Validate() error {
	var faults []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	check(event.ValidName(a.Username) && a.Username != "system", "username", fmt.Sprintf("%q", a.Username), "1 to 64 of a-z, 0-9, '-', '_', and not \"system\"")
	check(a.Role.BuiltIn(), "role", fmt.Sprintf("%q", a.Role), "one of admin, operator, guard, inspector")
	for _, s := range a.Scope {
		check(ValidScope(s), "scope", fmt.Sprintf("%q", s), "\"*\", the id of a site, or \"township:\" and its name")
	}
	check(a.Password == "" || len(a.Password) >= MinPassword && len(a.Password) <= MaxPassword, "password", fmt.Sprintf("%d bytes", len(a.Password)), fmt.Sprintf("%d to %d bytes", MinPassword, MaxPassword))
	return errors.Join(faults...)
}

// Audit is what goes into the audit with a change, in the same transaction.
type Audit struct {
	At      time.Time
	Actor   string
	Action  string // "account.create" …
	Subject string
	Detail  string // JSON, without secrets
}

// ErrNoAccount says that there is no such account, session, token, role or passkey.
var ErrNoAccount = errors.New("no such account")

// ErrOvertaken says that somebody else changed it in the meantime.
var ErrOvertaken = errors.New("somebody else has changed it")

// EnsureAccounts makes the accounts what they should be. An account that already is, with
// that password, is left alone, so its sessions live on.
func EnsureAccounts(ctx context.Context, s Store, accounts []Account) error {
	for _, want := range accounts {
		if err := ensure(ctx, s, want); err != nil {
			return err
		}
	}
	return nil
}

func ensure(ctx context.Context, s Store, want Account) error {
	if err := want.Validate(); err != nil {
		return fmt.Errorf("account %q: %w", want.Username, err)
	}
	have, err := s.Account(ctx, want.Username)
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return err
	}
	isNew := err != nil
	if isNew && want.Password == "" {
		return fmt.Errorf("account %q is new and has no password", want.Username)
	}
	same := !isNew && have.Role == want.Role && have.Name == want.Name && have.Disabled == want.Disabled &&
		NewScope(have.Scope).sameNames(want.Scope)
	next := have
	next.Username, next.Name, next.Role, next.Scope, next.Disabled = want.Username, want.Name, want.Role, want.Scope, want.Disabled
	if want.Password != "" {
		ok := false
		if !isNew && have.Hash != "" {
			if ok, err = argon2id.ComparePasswordAndHash(want.Password, have.Hash); err != nil {
				return fmt.Errorf("check password of %q: %w", want.Username, err)
			}
		}
		if !ok || have.MustChange {
			same = false
			next.MustChange = false
			if next.Hash, err = argon2id.CreateHash(want.Password, params()); err != nil {
				return fmt.Errorf("hash password of %q: %w", want.Username, err)
			}
		}
	}
	if same {
		return nil
	}
	next.Version = have.Version + 1
	return s.PutAccount(ctx, next)
}
