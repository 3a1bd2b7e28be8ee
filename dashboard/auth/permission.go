package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/campusgate/campusgate/gateway/event"
)

// Role is what a person may do; Scope is where.
type Role string

// The built-in roles. Words are stored and sent: never rename.
const (
	Admin     Role = "admin"     // everything, and the settings
	Operator  Role = "operator"  // works on alarms
	Guard     Role = "guard"     // works on alarms of own sites
	Inspector Role = "inspector" // reads everything; inspects, and changes nothing else
)

// Roles lists the built-in roles.
func Roles() []Role { return []Role{Admin, Operator, Guard, Inspector} }

// BuiltIn reports whether the role is one of the four.
func (r Role) BuiltIn() bool { return slices.Contains(Roles(), r) }

// Permission is what one set of operations needs, as "area.level": "alarms.work".
type Permission string

// levels names the sets of built-in roles that operations are for.
func levels() map[string][]Role {
	return map[string][]Role{
		"view":    {Admin, Operator, Guard, Inspector},
		"work":    {Admin, Operator, Guard},
		"desk":    {Admin, Operator},
		"report":  {Admin, Operator, Inspector},
		"school":  {Admin, Guard, Inspector},
		"inspect": {Admin, Inspector},
		"admin":   {Admin},
	}
}

// PermissionFor names what an operation of an area needs that is for these built-in roles.
// The same roles in the same area are one permission, whatever their order.
func PermissionFor(area string, roles []Role) Permission {
	has := func(set []Role) bool {
		return len(set) == len(roles) && !slices.ContainsFunc(roles, func(r Role) bool { return !slices.Contains(set, r) })
	}
	for level, set := range levels() {
		if has(set) {
			return Permission(area + "." + level)
		}
	}
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	slices.Sort(words)
	return Permission(area + "." + strings.Join(words, "-"))
}

// OwnRole is a set of permissions that the county made.
type OwnRole struct {
	Name        Role         `json:"name"`
	Title       event.Text   `json:"title"`
	Permissions []Permission `json:"permissions"`
	Rev         int64        `json:"rev"`
	By          string       `json:"updated_by"`
	At          time.Time    `json:"updated_at"`
}

// grants are the permissions that exist, and the built-in roles that have them.
type grants struct {
	mu  sync.RWMutex
	has map[Permission][]Role
}

// Grant makes a permission known, and gives it to built-in roles.
func (m *Manager) Grant(p Permission, roles []Role) {
	m.grants.mu.Lock()
	defer m.grants.mu.Unlock()
	m.grants.has[p] = roles
}

// Catalogue lists the permissions that exist.
func (m *Manager) Catalogue() []Permission {
	m.grants.mu.RLock()
	defer m.grants.mu.RUnlock()
	out := make([]Permission, 0, len(m.grants.has))
	for p := range m.grants.has {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Permissions lists what a role may, sorted. A role that is not there may nothing, and a
// permission that is not there is none.
func (m *Manager) Permissions(ctx context.Context, role Role) ([]Permission, error) {
	if role.BuiltIn() {
		return m.builtIn(role), nil
	}
	own, err := m.store.Role(ctx, role)
	if errors.Is(err, ErrNoAccount) {
		return []Permission{}, nil
	}
	if err != nil {
		return nil, err
	}
	return m.known(own.Permissions), nil
}

func (m *Manager) builtIn(role Role) []Permission {
	m.grants.mu.RLock()
	defer m.grants.mu.RUnlock()
	out := []Permission{}
	for p, roles := range m.grants.has {
		if slices.Contains(roles, role) {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

func (m *Manager) known(ps []Permission) []Permission {
	m.grants.mu.RLock()
	defer m.grants.mu.RUnlock()
	out := []Permission{}
	for _, p := range ps {
		if _, ok := m.grants.has[p]; ok {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// OwnRoles lists the county's roles by name.
func (m *Manager) OwnRoles(ctx context.Context) ([]OwnRole, error) { return m.store.Roles(ctx) }

const maxOwnRoles = 100

// PutRole makes or changes a role of the county. by may give away only what by has.
func (m *Manager) PutRole(ctx context.Context, by Identity, r OwnRole, now time.Time) (OwnRole, error) {
	switch {
	case !event.ValidName(string(r.Name)) || r.Name.BuiltIn():
		return r, &Invalid{"name", "want 1 to 64 of a-z, 0-9, '-', '_', and no built-in role"}
	case !validTitle(r.Title):
		return r, &Invalid{"title", "want 1 to 64 characters in Chinese or English"}
	}
	for i, p := range r.Permissions {
		if !slices.Contains(m.Catalogue(), p) {
			return r, &Invalid{fmt.Sprintf("permissions[%d]", i), fmt.Sprintf("there is no permission %q", p)}
		}
		if !by.May(p) {
			return r, &Invalid{fmt.Sprintf("permissions[%d]", i), fmt.Sprintf("you do not have %q yourself", p)}
		}
	}
	all, err := m.store.Roles(ctx)
	if err != nil {
		return r, err
	}
	if r.Rev == 0 && len(all) >= maxOwnRoles {
		return r, &Invalid{"name", fmt.Sprintf("want at most %d roles", maxOwnRoles)}
	}
	r.Permissions = m.known(r.Permissions)
	r.By, r.At = by.Username, now
	action := "account.role.update"
	if r.Rev == 0 {
		action = "account.role.create"
	}
	seen := r.Rev
	r.Rev++
	return r, m.store.PutRole(ctx, r, seen, audit(by.Username, now, action, string(r.Name), map[string]any{"permissions": r.Permissions}))
}

// DeleteRole removes a role that no account has.
func (m *Manager) DeleteRole(ctx context.Context, by Identity, name Role, now time.Time) error {
	all, err := m.store.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.Role == name {
			return &NotAllowed{fmt.Sprintf("account %s has this role", a.Username)}
		}
	}
	return m.store.DeleteRole(ctx, name, audit(by.Username, now, "account.role.delete", string(name), nil))
}

func validTitle(t event.Text) bool {
	n := max(utf8.RuneCountInString(t.ZH), utf8.RuneCountInString(t.EN))
	return n > 0 && n <= 64 && plain(t.ZH) && plain(t.EN)
}

// missing returns the first of the wanted permissions that have does not hold; both sorted.
func missing(have, want []Permission) (Permission, bool) {
	for _, p := range want {
		if _, ok := slices.BinarySearchFunc(have, p, cmp.Compare[Permission]); !ok {
			return p, true
		}
	}
	return "", false
}
