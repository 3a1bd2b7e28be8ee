package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/alexedwards/scs/v2"

	"github.com/campusgate/campusgate/gateway/event"
)

// CookieName is the session cookie.
const CookieName = "campusgate_session"

// Errors of Login.
var (
	// ErrCredentials says that name or password is wrong, and not which.
	ErrCredentials = errors.New("name or password is wrong")
	// ErrUnauthenticated says that there is no valid session.
	ErrUnauthenticated = errors.New("log in first")
)

// TooManyTries says how long to wait.
type TooManyTries struct{ Wait time.Duration }

// Error says how long to wait.
func (e *TooManyTries) Error() string {
	return fmt.Sprintf("too many tries: wait %s", e.Wait.Round(time.Second))
}

// Identity is who asks.
type Identity struct {
	Username string
	Name     event.Text
	Role     Role
	Scope    Scope
	Expires  time.Time
	Session  string // names the session within this process, for ending its websockets
}

// Config holds the settings of sessions.
type Config struct {
	// Lifetime of a session, 5 minutes to 30 days.
	Lifetime time.Duration `yaml:"lifetime"`
}

// DefaultConfig returns sessions of one watch.
func DefaultConfig() Config { return Config{Lifetime: 12 * time.Hour} }

// Validate returns every wrong setting.
func (c Config) Validate() error {
	if c.Lifetime < 5*time.Minute || c.Lifetime > 30*24*time.Hour {
		return &event.Fault{Key: "lifetime", Value: c.Lifetime, Want: "5m to 720h"}
	}
	return nil
}

// Manager logs people in and out.
type Manager struct {
	store    Store
	sessions *scs.SessionManager
	// pair counts by account and address, alone by each of them: an attacker elsewhere must
	// not keep an operator out.
	pair, alone *Throttle
	secure      bool
	hashing     chan struct{} // bounds the memory and CPU of password checks
	dummy       string        // hash that an unknown name is compared with
}

// New makes a manager. Secure marks cookies for TLS only.
func New(cfg Config, store Store, sessions scs.Store, secure bool) (*Manager, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	dummy, err := argon2id.CreateHash("nobody has this password", params())
	if err != nil {
		return nil, fmt.Errorf("hash: %w", err)
	}
	// Not scs.New: it starts a store in memory, with a goroutine that cannot be ended safely.
	s := &scs.SessionManager{Store: sessions, Codec: scs.GobCodec{}, Lifetime: cfg.Lifetime, HashTokenInStore: true}
	return &Manager{store: store, sessions: s, secure: secure, pair: NewThrottle(freeTries), alone: NewThrottle(freeAlone), hashing: make(chan struct{}, 2), dummy: dummy}, nil
}

const (
	userKey    = "user"
	versionKey = "version"
	idKey      = "id"
)

type contextKey struct{}

// Middleware puts the Identity of a valid session into the context. A request without one
// goes on without one. It only reads: Login and Logout say themselves what cookie to set.
// unavailable answers when the sessions cannot be read.
func (m *Manager) Middleware(unavailable http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			token := ""
			if c, err := r.Cookie(CookieName); err == nil {
				token = c.Value
			}
			ctx, err := m.sessions.Load(r.Context(), token)
			if err != nil {
				unavailable.ServeHTTP(w, r)
				return
			}
			id, err := m.identify(ctx)
			switch {
			case err == nil:
				ctx = context.WithValue(ctx, contextKey{}, id)
			case !errors.Is(err, ErrUnauthenticated):
				unavailable.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

func (m *Manager) identify(ctx context.Context) (Identity, error) {
	user := m.sessions.GetString(ctx, userKey)
	if user == "" {
		return Identity{}, ErrUnauthenticated
	}
	a, err := m.store.Account(ctx, user)
	if errors.Is(err, ErrNoAccount) {
		return Identity{}, ErrUnauthenticated
	}
	if err != nil {
		return Identity{}, err
	}
	if a.Disabled || a.Version != m.sessions.GetInt64(ctx, versionKey) {
		return Identity{}, ErrUnauthenticated
	}
	return m.identity(ctx, a), nil
}

func (m *Manager) identity(ctx context.Context, a Account) Identity {
	return Identity{
		Username: a.Username, Name: a.Name, Role: a.Role, Scope: NewScope(a.Scope),
		Expires: m.sessions.Deadline(ctx).UTC(), Session: m.sessions.GetString(ctx, idKey),
	}
}

// From returns the Identity of a request; ok false when nobody is logged in.
func From(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(contextKey{}).(Identity)
	return id, ok
}

// Login checks name and password and starts a session in the context, which Middleware
// must have prepared, and returns the cookie to set. address is the peer's. Errors are
// ErrCredentials, *TooManyTries, or of the store.
func (m *Manager) Login(ctx context.Context, username, password, address string, now time.Time) (Identity, *http.Cookie, error) {
	if len(username) > 64 {
		username = username[:64]
	}
	account, peer := "account "+strings.ToLower(username), "address "+host(address)
	if wait := max(m.pair.Wait(now, account+" "+peer), m.alone.Wait(now, account, peer)); wait > 0 {
		return Identity{}, nil, &TooManyTries{wait}
	}
	a, err := m.store.Account(ctx, username)
	if err != nil && !errors.Is(err, ErrNoAccount) {
		return Identity{}, nil, err
	}
	known := err == nil && !a.Disabled
	hash := m.dummy
	if known {
		hash = a.Hash
	}
	ok, err := m.compare(ctx, password, hash)
	if err != nil {
		return Identity{}, nil, err
	}
	if !ok || !known {
		m.pair.Wrong(now, account+" "+peer)
		m.alone.Wrong(now, account, peer)
		return Identity{}, nil, ErrCredentials
	}
	// The address keeps its count: one right password must not pay for guessing others.
	m.pair.Right(account + " " + peer)
	if err := m.sessions.RenewToken(ctx); err != nil {
		return Identity{}, nil, fmt.Errorf("start session: %w", err)
	}
	m.sessions.Put(ctx, userKey, a.Username)
	m.sessions.Put(ctx, versionKey, a.Version)
	m.sessions.Put(ctx, idKey, rand.Text())
	token, expiry, err := m.sessions.Commit(ctx)
	if err != nil {
		return Identity{}, nil, fmt.Errorf("start session: %w", err)
	}
	cookie := m.cookie(token)
	cookie.Expires, cookie.MaxAge = expiry, int(expiry.Sub(now)/time.Second)
	return m.identity(ctx, a), cookie, nil
}

func (m *Manager) compare(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > MaxPassword {
		password = "" // no account has an empty one
	}
	select {
	case m.hashing <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-m.hashing }()
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	return ok && password != "", nil
}

// Logout ends the session in the context and returns the cookie that takes the browser's away.
func (m *Manager) Logout(ctx context.Context) (*http.Cookie, error) {
	if err := m.sessions.Destroy(ctx); err != nil {
		return nil, fmt.Errorf("end session: %w", err)
	}
	cookie := m.cookie("")
	cookie.MaxAge = -1
	return cookie, nil
}

func (m *Manager) cookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: CookieName, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: m.secure,
	}
}

func host(address string) string {
	h, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	// One household of IPv6 is one address.
	if ip := net.ParseIP(h); ip != nil && ip.To4() == nil {
		return ip.Mask(net.CIDRMask(64, 128)).String()
	}
	return h
}
