package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alexedwards/argon2id"

	"github.com/campusgate/campusgate/gateway/event"
)

// Role is what a person may do; Scope is where.
type Role string

// The roles. Words are stored and sent: never rename.
const (
	Admin     Role = "admin"     // everything, and the settings
	Operator  Role = "operator"  // works on alarms
	Guard     Role = "guard"     // works on alarms of own sites
	Inspector Role = "inspector" // reads everything; inspects, and changes nothing else
)

// Roles lists the roles.
func Roles() []Role { return []Role{Admin, Operator, Guard, Inspector} }

// Everywhere is the scope of the whole county, as accounts write it.
const Everywhere = "*"

// Scope is the sites a person may see. The zero Scope is none.
type Scope struct {
	all   bool
	sites []event.SiteID // sorted, each once
	key   string
}

// NewScope makes a scope of site names; Everywhere among them is the county.
func NewScope(names []string) Scope {
	if slices.Contains(names, Everywhere) {
		return Scope{all: true, key: Everywhere}
	}
	var s Scope
	for _, n := range names {
		if event.ValidName(n) {
			s.sites = append(s.sites, event.SiteID(n))
		}
	}
	slices.Sort(s.sites)
	s.sites = slices.Compact(s.sites)
	s.key = strings.Join(s.Sites(), ",")
	return s
}

// All reports whether the scope is the whole county.
func (s Scope) All() bool { return s.all }

// Allows reports whether a site may be seen.
func (s Scope) Allows(site event.SiteID) bool {
	if s.all {
		return true
	}
	_, found := slices.BinarySearch(s.sites, site)
	return found
}

// List returns the sites, none for the whole county: ask All first.
func (s Scope) List() []event.SiteID { return slices.Clone(s.sites) }

// Sites returns the sites by name, ["*"] for the whole county; never nil.
func (s Scope) Sites() []string {
	if s.all {
		return []string{Everywhere}
	}
	out := make([]string, len(s.sites))
	for i, site := range s.sites {
		out[i] = string(site)
	}
	return out
}

// Key is the same for scopes that allow the same.
func (s Scope) Key() string { return s.key }

// Account is a person or a post that logs in.
type Account struct {
	Username string
	Name     event.Text
	Role     Role
	Scope    []string // site names, or "*"
	Disabled bool
	// Password is set only to change it; it is never read back.
	Password string
	Hash     string // argon2id, PHC string
	Version  int64  // counts changes; sessions of an older one have ended
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
	check(slices.Contains(Roles(), a.Role), "role", fmt.Sprintf("%q", a.Role), "one of admin, operator, guard, inspector")
	for _, s := range a.Scope {
		check(s == Everywhere || event.ValidName(s), "scope", fmt.Sprintf("%q", s), "\"*\" or the id of a site")
	}
	check(a.Password == "" || len(a.Password) >= MinPassword && len(a.Password) <= MaxPassword, "password", fmt.Sprintf("%d bytes", len(a.Password)), fmt.Sprintf("%d to %d bytes", MinPassword, MaxPassword))
	return errors.Join(faults...)
}

// Lengths of passwords, in bytes.
const (
	MinPassword = 8
	MaxPassword = 256
)

// Store keeps accounts; dashboard/store satisfies it.
type Store interface {
	// Account returns ErrNoAccount when there is none.
	Account(ctx context.Context, username string) (Account, error)
	Accounts(ctx context.Context) ([]Account, error)
	// PutAccount writes an account as it is, with its version one higher.
	PutAccount(ctx context.Context, a Account) error
}

// ErrNoAccount says that there is no such account.
var ErrNoAccount = errors.New("no such account")

// params are OWASP's second choice for argon2id (19 MiB, 2 passes): about 30 ms of one core.
func params() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// EnsureAccounts makes the accounts what they should be. An account that already is, with
// that password, is left alone, so its sessions live on.
func EnsureAccounts(ctx context.Context, s Store, accounts []Account) error {
	for _, want := range accounts {
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
			NewScope(have.Scope).Key() == NewScope(want.Scope).Key()
		want.Hash = have.Hash
		if want.Password != "" {
			ok := false
			if !isNew {
				if ok, err = argon2id.ComparePasswordAndHash(want.Password, have.Hash); err != nil {
					return fmt.Errorf("check password of %q: %w", want.Username, err)
				}
			}
			if !ok {
				same = false
				if want.Hash, err = argon2id.CreateHash(want.Password, params()); err != nil {
					return fmt.Errorf("hash password of %q: %w", want.Username, err)
				}
			}
		}
		if same {
			continue
		}
		want.Version = have.Version + 1
		if err := s.PutAccount(ctx, want); err != nil {
			return err
		}
	}
	return nil
}
