package signon

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

// maxTitle is how long a name may be, in characters.
const maxTitle = 64

// person is what claims say, by the mapping of the configuration. What it does not say is
// refused.
func (c Config) person(claims map[string]any) (auth.Person, error) {
	var p auth.Person
	has := texts(claims, c.RoleClaim)
	for _, r := range c.Roles {
		if slices.Contains(has, r.Value) {
			p.Role = r.Role
			break
		}
	}
	if p.Role == "" {
		return p, &Refusal{NoRole, errors.New("no mapping fits the role claim")}
	}
	has = texts(claims, c.ScopeClaim)
	for _, s := range c.Sites {
		if slices.Contains(has, s.Value) {
			p.Scope = append(p.Scope, s.Scope...)
		}
	}
	if len(p.Scope) == 0 {
		return p, &Refusal{NoSites, errors.New("no mapping fits the scope claim")}
	}
	slices.Sort(p.Scope)
	p.Scope = slices.Compact(p.Scope)
	p.Username = username(first(texts(claims, c.UsernameClaim)))
	if !event.ValidName(p.Username) || p.Username == "system" {
		return p, &Refusal{BadName, errors.New("the username claim makes no user name")}
	}
	name := title(first(texts(claims, c.NameClaim)))
	if name == "" {
		name = p.Username
	}
	p.Name = event.Text{ZH: name, EN: name}
	return p, nil
}

// texts returns the texts of a claim: its own, or those of its list. A claim of the whole
// name goes before one that a dot leads to.
func texts(claims map[string]any, name string) []string {
	v, ok := claims[name]
	if !ok {
		head, rest, dotted := strings.Cut(name, ".")
		inner, isObject := claims[head].(map[string]any)
		if !dotted || !isObject {
			return nil
		}
		return texts(inner, rest)
	}
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// username makes a name of an account: "Wang.Wu@edu" is "wang-wu-edu".
func username(s string) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c - 'A' + 'a'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
			return c
		case c < unicode.MaxASCII:
			return '-'
		}
		return '!' // no name has it: two names in Chinese must not become one
	}, s)
	return strings.Trim(s, "-")
}

// title is a name without what cannot be seen.
func title(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, ""))
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > maxTitle {
		s = strings.TrimSpace(string(r[:maxTitle]))
	}
	return s
}
