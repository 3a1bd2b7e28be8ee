package auth

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/campusgate/campusgate/gateway/event"
)

// Everywhere is the scope of the whole county, as accounts write it.
const Everywhere = "*"

// townshipPrefix stands before the name of a township in a scope.
const townshipPrefix = "township:"

// Townships returns the sites of a township as the registry has them now.
type Townships func(township string) []event.SiteID

// Scope is the sites a person may see. The zero Scope is none.
type Scope struct {
	all   bool
	sites []event.SiteID // sorted, each once
	key   string
	names []string // as the account has them
}

// NewScope makes a scope of site names; Everywhere among them is the county. Townships are
// none here: see Manager.Scope.
func NewScope(names []string) Scope { return Expand(names, nil) }

// Expand makes a scope of site names and townships.
func Expand(names []string, townships Townships) Scope {
	s := Scope{names: slices.Clone(names)}
	if slices.Contains(names, Everywhere) {
		s.all, s.key = true, Everywhere
		return s
	}
	for _, n := range names {
		if township, ok := strings.CutPrefix(n, townshipPrefix); ok {
			if townships != nil && township != "" {
				s.sites = append(s.sites, townships(township)...)
			}
		} else if event.ValidName(n) {
			s.sites = append(s.sites, event.SiteID(n))
		}
	}
	slices.Sort(s.sites)
	s.sites = slices.Compact(s.sites)
	s.key = strings.Join(s.Sites(), ",")
	return s
}

// meet is what both scopes allow.
func (s Scope) meet(o Scope) Scope {
	switch {
	case o.all:
		return s
	case s.all:
		return o
	}
	var both []string
	for _, site := range s.sites {
		if o.Allows(site) {
			both = append(both, string(site))
		}
	}
	return NewScope(both)
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

// Names returns the scope as the account has it, townships by name.
func (s Scope) Names() []string { return slices.Clone(s.names) }

// ValidScope reports whether an account may have this word in its scope.
func ValidScope(name string) bool {
	if township, ok := strings.CutPrefix(name, townshipPrefix); ok {
		return township != "" && utf8.RuneCountInString(township) <= 64 && strings.TrimSpace(township) == township &&
			!strings.ContainsFunc(township, unicode.IsControl)
	}
	return name == Everywhere || event.ValidName(name)
}

// sameNames reports whether another list of names says the same.
func (s Scope) sameNames(names []string) bool {
	norm := func(in []string) []string {
		out := slices.Clone(in)
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(norm(s.names), norm(names))
}

// within reports whether every name of inner is allowed by s, now and after the registry
// has changed: a township needs the township itself, or the county.
func (s Scope) within(inner []string) bool {
	for _, n := range inner {
		switch {
		case s.all, slices.Contains(s.names, n):
		case n == Everywhere, strings.HasPrefix(n, townshipPrefix), !s.Allows(event.SiteID(n)):
			return false
		}
	}
	return true
}
