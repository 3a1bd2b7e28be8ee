package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// BrowserCookie names a browser in which an account has logged in before. Guesses made
// elsewhere do not keep it waiting (OWASP, "device cookies"), so nobody can lock another out.
const BrowserCookie = "campusgate_browser"

const (
	browserAge  = 180 * 24 * time.Hour
	maxBrowsers = 20 // of an account
)

// LoginRequest is what somebody says at the login.
type LoginRequest struct {
	Username    string
	Password    string
	Code        string // of the second factor, or a recovery code; may be empty at first
	NewPassword string // where the password was chosen by somebody else
	Address     string // the peer's
	Agent       string // what the browser calls itself
	Browser     string // value of BrowserCookie
}

// Login checks name, password and second factor, starts a session in the context, which
// Middleware must have prepared, and returns the cookies to set. Errors are ErrCredentials,
// ErrSecondFactor, ErrCode, ErrPasswordChange, *Invalid (of the new password),
// *TooManyTries, or of the store.
func (m *Manager) Login(ctx context.Context, in LoginRequest, now time.Time) (Identity, []*http.Cookie, error) {
	if len(in.Username) > 64 {
		in.Username = in.Username[:64]
	}
	c, err := m.counter(ctx, in, now)
	if err != nil {
		return Identity{}, nil, err
	}
	id, cookies, err := m.login(ctx, c, in, now)
	if err != nil {
		m.refused(ctx, attempt{ByPassword, in.Username, in.Address, err, c.wait(now)}, now)
	}
	return id, cookies, err
}

func (m *Manager) login(ctx context.Context, c counter, in LoginRequest, now time.Time) (Identity, []*http.Cookie, error) {
	if wait := c.wait(now); wait > 0 {
		return Identity{}, nil, &TooManyTries{wait}
	}
	a, err := m.store.Account(ctx, in.Username)
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return Identity{}, nil, err
	}
	known := err == nil && !a.Disabled
	hash := m.dummy
	if known {
		hash = a.Hash
	}
	ok, err := m.compare(ctx, in.Password, hash)
	if err != nil {
		return Identity{}, nil, err
	}
	if !ok || !known {
		c.wrong(now)
		return Identity{}, nil, ErrCredentials
	}
	replace := a.MustChange && !m.Kept(a.Username)
	if replace { // first: a code is good for one try only
		if err := checkReplacement(in); err != nil {
			return Identity{}, nil, err
		}
	}
	how, err := m.secondFactor(ctx, a, in.Code, now)
	if err != nil {
		if errors.Is(err, ErrCode) {
			c.wrong(now)
		}
		return Identity{}, nil, err
	}
	if replace {
		what := audit(a.Username, now, "account.password", a.Username, nil)
		if err := m.setPassword(ctx, &a, in.NewPassword, now, what); err != nil {
			return Identity{}, nil, err
		}
	}
	c.right()
	return m.begin(ctx, a, how, in, now)
}

// checkReplacement says what is wrong with the password that shall take the place of one
// that somebody else chose.
func checkReplacement(in LoginRequest) error {
	switch in.NewPassword {
	case "":
		return ErrPasswordChange
	case in.Password:
		return &Invalid{"new_password", "want another one than before"}
	}
	return CheckPassword("new_password", in.NewPassword, in.Username)
}

// begin starts the session of somebody who has shown who they are.
func (m *Manager) begin(ctx context.Context, a Account, how How, in LoginRequest, now time.Time) (Identity, []*http.Cookie, error) {
	fail := func(err error) (Identity, []*http.Cookie, error) {
		return Identity{}, nil, fmt.Errorf("start session: %w", err)
	}
	if err := m.sessions.RenewToken(ctx); err != nil {
		return fail(err)
	}
	s := Session{
		ID: rand.Text(), Username: a.Username, How: how, Address: host(in.Address), Agent: cleanAgent(in.Agent),
		Began: now, Seen: now, Expires: m.sessions.Deadline(ctx),
	}
	m.sessions.Put(ctx, userKey, a.Username)
	m.sessions.Put(ctx, versionKey, a.Version)
	m.sessions.Put(ctx, idKey, s.ID)
	token, expiry, err := m.sessions.Commit(ctx)
	if err != nil {
		return fail(err)
	}
	s.Expires = expiry
	what := audit(s.Username, now, "session.login", s.Username, map[string]any{"means": s.How, "address": s.Address})
	if err := m.store.AddSession(ctx, s, what); err != nil {
		return fail(err)
	}
	cookie := m.cookie(CookieName, token)
	cookie.Expires, cookie.MaxAge = expiry, int(expiry.Sub(now)/time.Second)
	cookies := []*http.Cookie{cookie}
	if m.browserOf(ctx, in.Browser, now) != a.Username {
		value := rand.Text()
		if err := m.store.AddBrowser(ctx, digest(value), a.Username, now, maxBrowsers); err != nil {
			return fail(err)
		}
		b := m.cookie(BrowserCookie, value)
		b.Expires, b.MaxAge = now.Add(browserAge), int(browserAge/time.Second)
		cookies = append(cookies, b)
	}
	id, err := m.identity(ctx, a)
	return id, cookies, err
}

// counter counts the wrong tries of one login.
type counter struct {
	m           *Manager
	pair, alone []string
}

func (m *Manager) counter(ctx context.Context, in LoginRequest, now time.Time) (counter, error) {
	user := strings.ToLower(in.Username)
	if in.Browser != "" && m.browserOf(ctx, in.Browser, now) == user {
		return counter{m, []string{"browser " + digest(in.Browser)}, nil}, nil
	}
	account, peer := "account "+user, "address "+host(in.Address)
	return counter{m, []string{account + " " + peer}, []string{account, peer}}, ctx.Err()
}

func (c counter) wait(now time.Time) time.Duration {
	return max(c.m.pair.Wait(now, c.pair...), c.m.alone.Wait(now, c.alone...))
}

func (c counter) wrong(now time.Time) {
	c.m.pair.Wrong(now, c.pair...)
	c.m.alone.Wrong(now, c.alone...)
}

// right forgets the wrong ones of this account and address. The address alone keeps its
// count: one right password must not pay for guessing others.
func (c counter) right() { c.m.pair.Right(c.pair...) }

// browserOf returns whose browser this is; empty: nobody's, or it cannot be said now.
func (m *Manager) browserOf(ctx context.Context, value string, now time.Time) string {
	if value == "" {
		return ""
	}
	user, err := m.store.Browser(ctx, digest(value), now.Add(-browserAge))
	if err != nil {
		return ""
	}
	return user
}

// digest is what the database has of a random value.
func digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

func cleanAgent(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
			return -1
		}
		return c
	}, s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200])
	}
	return s
}

// Sessions lists the sessions of an account.
func (m *Manager) Sessions(ctx context.Context, username string, now time.Time) ([]Session, error) {
	return m.store.SessionsOf(ctx, username, now)
}

// EndSession ends one of the caller's sessions; with id empty all but the present one.
func (m *Manager) EndSession(ctx context.Context, by Identity, id string, now time.Time) error {
	return m.store.EndSessions(ctx, by.Username, id, by.Session,
		audit(by.Username, now, "account.session.end", by.Username, map[string]any{"session": id}))
}
