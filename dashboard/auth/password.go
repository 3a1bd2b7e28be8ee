package auth

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// Lengths of passwords.
const (
	MinPassword = 8   // bytes, of files of the configuration
	MinPersonal = 12  // characters, of what people choose
	MaxPassword = 256 // bytes
)

// params are OWASP's second choice for argon2id (19 MiB, 2 passes): BenchmarkPassword
// measures about 30 ms of one core.
func params() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// Invalid says which field of a request is wrong, and what is wanted.
type Invalid struct{ Field, Want string }

// Error says both.
func (e *Invalid) Error() string { return e.Want }

// NotAllowed says why something cannot be done as things are.
type NotAllowed struct{ Why string }

// Error says why.
func (e *NotAllowed) Error() string { return e.Why }

// ErrPasswordChange says that name and password are right, and that the password was chosen
// by somebody else: another is needed first.
var ErrPasswordChange = errors.New("choose a password of your own")

// CheckPassword says what is wrong with a password that a person chooses. Length is what
// counts (NIST SP 800-63B, 5.1.1.2): nobody is made to mix kinds of characters.
func CheckPassword(field, password, username string) error {
	lower := strings.ToLower(password)
	kinds := map[rune]bool{}
	for _, c := range lower {
		kinds[c] = true
	}
	switch {
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl):
		return &Invalid{field, "want text without control characters"}
	case utf8.RuneCountInString(password) < MinPersonal || len(password) > MaxPassword:
		return &Invalid{field, fmt.Sprintf("want at least %d characters, and at most %d bytes", MinPersonal, MaxPassword)}
	case len(kinds) < 5:
		return &Invalid{field, "want at least 5 different characters"}
	case len(username) >= 3 && strings.Contains(lower, username):
		return &Invalid{field, "want a password without the account's name"}
	case slices.ContainsFunc(weak(), func(w string) bool { return strings.HasPrefix(lower, w) && len(lower)-len(w) < 8 }):
		return &Invalid{field, "this is among the passwords that are tried first"}
	}
	return nil
}

// weak are beginnings of passwords that guessers try first.
func weak() []string {
	return []string{"password", "passw0rd", "p@ssw0rd", "123456789", "1234567890", "qwertyuiop", "1q2w3e4r", "iloveyou", "admin123", "woaini", "campusgate", "abcdefgh", "a1b2c3d4", "qazwsxedc"}
}

func (m *Manager) hash(ctx context.Context, password string) (string, error) {
	if err := m.enter(ctx); err != nil {
		return "", err
	}
	defer m.leave()
	h, err := argon2id.CreateHash(password, params())
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return h, nil
}

// enter waits for a place among those that hash: they cost memory and a core.
func (m *Manager) enter(ctx context.Context) error {
	select {
	case m.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *Manager) leave() { <-m.hashing }

func (m *Manager) compare(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > MaxPassword {
		password = "" // no account has an empty one
	}
	if hash == "" { // an account of the identity provider: it takes as long as any other
		hash, password = m.dummy, ""
	}
	if err := m.enter(ctx); err != nil {
		return false, err
	}
	defer m.leave()
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	return ok && password != "", nil
}

// ChangePassword gives the caller a new password. The session goes on, all others of the
// account end. Wrong old passwords count as at the login.
func (m *Manager) ChangePassword(ctx context.Context, id Identity, old, password, address string, now time.Time) error {
	a, err := m.own(ctx, id)
	if err != nil {
		return err
	}
	if err := m.confirm(ctx, a, "old", old, address, now); err != nil {
		return err
	}
	if old == password {
		return &Invalid{"password", "want another one than before"}
	}
	if err := CheckPassword("password", password, a.Username); err != nil {
		return err
	}
	if err := m.setPassword(ctx, &a, password, now, audit(a.Username, now, "account.password", a.Username, nil)); err != nil {
		return err
	}
	return m.keepSession(ctx, id, a)
}

// setPassword hashes and stores.
func (m *Manager) setPassword(ctx context.Context, a *Account, password string, now time.Time, what Audit) error {
	h, err := m.hash(ctx, password)
	if err != nil {
		return err
	}
	a.Hash, a.MustChange, a.PasswordAt = h, false, now
	a.Version++
	return m.store.PutAccount(ctx, *a, what)
}

// keepSession carries the caller's session over a change of its account, and ends the rest.
func (m *Manager) keepSession(ctx context.Context, id Identity, a Account) error {
	m.sessions.Put(ctx, versionKey, a.Version)
	if _, _, err := m.sessions.Commit(ctx); err != nil {
		return fmt.Errorf("keep session: %w", err)
	}
	return m.store.EndSessions(ctx, a.Username, "", id.Session)
}

// own returns the account of a caller who may change it: not by a token, and not when the
// configuration keeps it.
func (m *Manager) own(ctx context.Context, id Identity) (Account, error) {
	if id.Token != "" {
		return Account{}, &NotAllowed{"a token cannot change its account"}
	}
	if m.Kept(id.Username) {
		return Account{}, &NotAllowed{"the configuration keeps this account"}
	}
	return m.store.Account(ctx, id.Username)
}

// confirm checks the password of somebody who is logged in; guesses count as at the login.
func (m *Manager) confirm(ctx context.Context, a Account, field, password, address string, now time.Time) error {
	key := "confirm " + a.Username + " " + host(address)
	if wait := m.pair.Wait(now, key); wait > 0 {
		return &TooManyTries{wait}
	}
	ok, err := m.compare(ctx, password, a.Hash)
	if err != nil {
		return err
	}
	if !ok {
		m.pair.Wrong(now, key)
		return &Invalid{field, "this is not the present password"}
	}
	m.pair.Right(key)
	return nil
}

// temporary makes a password for somebody else to begin with: 26 letters and digits.
func temporary() string { return rand.Text() }

// Kept reports whether the configuration makes the account what it is.
func (m *Manager) Kept(username string) bool { return m.kept[username] }

func audit(by string, at time.Time, action, subject string, detail map[string]any) Audit {
	a := Audit{At: at, Actor: by, Action: action, Subject: subject}
	if detail != nil {
		b, _ := json.Marshal(detail) // strings, numbers and lists of them
		a.Detail = string(b)
	}
	return a
}

// plain reports whether text has no control characters.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) })
}

func (m *Manager) cookie(name, value string) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: m.secure}
}
