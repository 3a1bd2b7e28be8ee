package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// tokenPrefix lets scanners of code and logs find tokens.
const tokenPrefix = "cgt_"

const (
	maxTokens   = 20 // live ones of an account
	maxTokenAge = 366 * 24 * time.Hour
)

// TokenRequest asks for a token.
type TokenRequest struct {
	Name        string
	Permissions []Permission // at most those of the account
	Scope       []string     // within the account's
	Expires     time.Time
}

// NewToken makes a token of the caller's account and returns its text, which nobody can
// read again. It may never do more than the account may at the time it is used.
func (m *Manager) NewToken(ctx context.Context, by Identity, in TokenRequest, now time.Time) (Token, string, error) {
	fail := func(field, want string) (Token, string, error) { return Token{}, "", &Invalid{field, want} }
	if by.Token != "" {
		return Token{}, "", &NotAllowed{"a token cannot make tokens"}
	}
	if n := utf8.RuneCountInString(in.Name); n == 0 || n > 64 || !plain(in.Name) || strings.TrimSpace(in.Name) == "" {
		return fail("name", "want 1 to 64 characters")
	}
	if !in.Expires.After(now) || in.Expires.Sub(now) > maxTokenAge {
		return fail("expires", "want a time to come, at most 366 days ahead")
	}
	in.Permissions = slices.Clone(in.Permissions)
	slices.Sort(in.Permissions)
	in.Permissions = slices.Compact(in.Permissions)
	if len(in.Permissions) == 0 {
		return fail("permissions", "want one at least")
	}
	if p, lacks := missing(by.Permissions, in.Permissions); lacks {
		return fail("permissions", fmt.Sprintf("you do not have %q yourself", p))
	}
	if len(in.Scope) == 0 || len(in.Scope) > maxScope || !by.Scope.within(in.Scope) {
		return fail("scope", "want sites, townships or the county within your own scope")
	}
	all, err := m.store.Tokens(ctx, by.Username)
	if err != nil {
		return Token{}, "", err
	}
	live := 0
	for i := range all {
		if all[i].Revoked == nil && all[i].Expires.After(now) {
			live++
		}
	}
	if live >= maxTokens {
		return fail("name", fmt.Sprintf("want at most %d tokens: revoke one first", maxTokens))
	}
	text := tokenPrefix + rand.Text()
	t := Token{
		ID: strings.ToLower(rand.Text()[:10]), Username: by.Username, Name: in.Name, Permissions: in.Permissions, Scope: in.Scope,
		Created: now, Expires: in.Expires,
	}
	return t, text, m.store.AddToken(ctx, t, digest(text), audit(by.Username, now, "account.token.create", t.ID,
		map[string]any{"name": t.Name, "permissions": t.Permissions, "scope": t.Scope, "expires": t.Expires}))
}

// Tokens lists the tokens of an account; of all with an empty name.
func (m *Manager) Tokens(ctx context.Context, username string) ([]Token, error) {
	return m.store.Tokens(ctx, username)
}

// RevokeToken ends a token of the account; of any with an empty name.
func (m *Manager) RevokeToken(ctx context.Context, by Identity, username, id string, now time.Time) error {
	if by.Token != "" {
		return &NotAllowed{"a token cannot revoke tokens"}
	}
	all, err := m.store.Tokens(ctx, username)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(t Token) bool { return t.ID == id })
	if i < 0 {
		return ErrNoAccount
	}
	if all[i].Revoked != nil {
		return nil
	}
	return m.store.RevokeToken(ctx, id, by.Username, now, audit(by.Username, now, "account.token.revoke", id, map[string]any{"account": all[i].Username, "name": all[i].Name}))
}

// byToken is who asks with a token: its account, with what both may.
func (m *Manager) byToken(ctx context.Context, text, address string) (Identity, error) {
	if !strings.HasPrefix(text, tokenPrefix) || len(text) > 64 {
		return Identity{}, ErrUnauthenticated
	}
	t, err := m.store.TokenByDigest(ctx, digest(text))
	if err != nil {
		return Identity{}, nobody(err)
	}
	now := m.now()
	if t.Revoked != nil || !t.Expires.After(now) {
		return Identity{}, ErrUnauthenticated
	}
	a, err := m.store.Account(ctx, t.Username)
	if err != nil {
		return Identity{}, nobody(err)
	}
	if a.Disabled {
		return Identity{}, ErrUnauthenticated
	}
	id, err := m.describe(ctx, a)
	if err != nil {
		return Identity{}, err
	}
	id.Permissions = slices.DeleteFunc(id.Permissions, func(p Permission) bool { return !slices.Contains(t.Permissions, p) })
	id.Scope = id.Scope.meet(m.Scope(t.Scope))
	id.Expires, id.Token = t.Expires, t.ID
	if t.Used == nil || now.Sub(*t.Used) > time.Minute {
		_ = m.store.TouchToken(ctx, t.ID, now, host(address)) // a list's column: the request is worth more
	}
	return id, nil
}
