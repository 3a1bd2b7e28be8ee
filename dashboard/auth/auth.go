package auth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/alexedwards/scs/v2"
	"github.com/go-webauthn/webauthn/webauthn"

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
	Username    string
	Name        event.Text
	Role        Role
	Title       event.Text // of a role of the county; empty of a built-in one
	Scope       Scope
	Permissions []Permission // sorted
	Expires     time.Time
	Session     string // names the session, for ending it and its websockets; empty with a token
	Token       string // id of the token that asks; empty with a session
}

// May reports whether the caller has a permission.
func (i Identity) May(p Permission) bool {
	_, found := slices.BinarySearch(i.Permissions, p)
	return found
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

// Manager logs people in and out, and keeps their accounts.
type Manager struct {
	store    Store
	sessions *scs.SessionManager
	// pair counts by account and address, and by browsers that are known; alone by account
	// and by address each.
	pair, alone *Throttle
	secure      bool
	hashing     chan struct{} // bounds the memory and CPU of password checks
	dummy       string        // hash that an unknown name is compared with
	townships   Townships
	kept        map[string]bool
	grants      grants
	now         func() time.Time
	issuer      string
	place       RelyingParty
	webauthn    *webauthn.WebAuthn // nil: no passkeys
	ceremonies  ceremonies
	trace       trace
}

// Option changes what New makes.
type Option func(*Manager)

// WithTownships lets scopes name townships.
func WithTownships(t Townships) Option { return func(m *Manager) { m.townships = t } }

// WithKept names the accounts that the configuration keeps: nobody can change them here.
func WithKept(names []string) Option {
	return func(m *Manager) {
		for _, n := range names {
			m.kept[n] = true
		}
	}
}

// WithIssuer names this place in people's authenticators.
func WithIssuer(name string) Option { return func(m *Manager) { m.issuer = name } }

// WithNow sets the clock.
func WithNow(now func() time.Time) Option { return func(m *Manager) { m.now = now } }

// New makes a manager. Secure marks cookies for TLS only.
func New(cfg Config, store Store, sessions scs.Store, secure bool, options ...Option) (*Manager, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	dummy, err := argon2id.CreateHash("nobody has this password", params())
	if err != nil {
		return nil, fmt.Errorf("hash: %w", err)
	}
	// Not scs.New: it starts a store in memory, with a goroutine that cannot be ended safely.
	s := &scs.SessionManager{Store: sessions, Codec: scs.GobCodec{}, Lifetime: cfg.Lifetime, HashTokenInStore: true}
	m := &Manager{
		store: store, sessions: s, secure: secure, pair: NewThrottle(freeTries), alone: NewThrottle(freeAlone),
		hashing: make(chan struct{}, 2), dummy: dummy, kept: map[string]bool{}, grants: grants{has: map[Permission][]Role{}},
		now: time.Now, issuer: "campusgate", ceremonies: ceremonies{open: map[string]ceremony{}}, trace: trace{open: map[tracedKey]*traced{}},
	}
	for _, o := range options {
		o(m)
	}
	return m, m.usePlace()
}

const (
	userKey    = "user"
	versionKey = "version"
	idKey      = "id"
)

type contextKey struct{}

// Middleware puts the Identity of a valid session, or of a token in the Authorization
// header, into the context. A request without one goes on without one; one with a token
// that is not good goes on as nobody, whatever cookie it has. unavailable answers when the
// sessions cannot be read.
func (m *Manager) Middleware(unavailable http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			cookie, bearer := "", ""
			if h, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
				bearer = strings.TrimSpace(h)
			} else if c, err := r.Cookie(CookieName); err == nil {
				cookie = c.Value
			}
			ctx, err := m.sessions.Load(r.Context(), cookie)
			if err != nil {
				unavailable.ServeHTTP(w, r)
				return
			}
			var id Identity
			if bearer != "" {
				id, err = m.byToken(ctx, bearer, r.RemoteAddr)
			} else {
				id, err = m.identify(ctx)
			}
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
	if err != nil {
		return Identity{}, nobody(err)
	}
	if a.Disabled || a.Version != m.sessions.GetInt64(ctx, versionKey) {
		return Identity{}, ErrUnauthenticated
	}
	s, err := m.store.Session(ctx, m.sessions.GetString(ctx, idKey))
	if err != nil {
		return Identity{}, nobody(err)
	}
	if s.Username != user {
		return Identity{}, ErrUnauthenticated
	}
	if now := m.now(); now.Sub(s.Seen) > time.Minute {
		_ = m.store.TouchSession(ctx, s.ID, now) // a list's column: the request is worth more
	}
	return m.identity(ctx, a)
}

// nobody turns "there is none" into ErrUnauthenticated.
func nobody(err error) error {
	if errors.Is(err, ErrNoAccount) {
		return ErrUnauthenticated
	}
	return err
}

func (m *Manager) identity(ctx context.Context, a Account) (Identity, error) {
	id, err := m.describe(ctx, a)
	id.Expires, id.Session = m.sessions.Deadline(ctx).UTC(), m.sessions.GetString(ctx, idKey)
	return id, err
}

// describe is what an account may, and where.
func (m *Manager) describe(ctx context.Context, a Account) (Identity, error) {
	id := Identity{Username: a.Username, Name: a.Name, Role: a.Role, Scope: m.Scope(a.Scope)}
	if a.Role.BuiltIn() {
		id.Permissions = m.builtIn(a.Role)
		return id, nil
	}
	own, err := m.store.Role(ctx, a.Role)
	if errors.Is(err, ErrNoAccount) {
		return id, nil // may nothing
	}
	id.Title, id.Permissions = own.Title, m.known(own.Permissions)
	return id, err
}

// Scope makes a scope of site names and townships, as the registry is now.
func (m *Manager) Scope(names []string) Scope { return Expand(names, m.townships) }

// From returns the Identity of a request; ok false when nobody is logged in.
func From(ctx context.Context) (Identity, bool) {
	id, ok := ctx.Value(contextKey{}).(Identity)
	return id, ok
}

// Logout ends the session in the context, asked for from an address, and returns the cookie that takes the browser's away.
func (m *Manager) Logout(ctx context.Context, address string, now time.Time) (*http.Cookie, error) {
	if id, ok := From(ctx); ok && id.Session != "" {
		what := audit(id.Username, now, "session.logout", id.Username, map[string]any{"address": host(address)})
		if err := m.store.EndSessions(ctx, id.Username, id.Session, "", what); err != nil && !errors.Is(err, ErrNoAccount) {
			return nil, err
		}
	}
	if err := m.sessions.Destroy(ctx); err != nil {
		return nil, fmt.Errorf("end session: %w", err)
	}
	cookie := m.cookie(CookieName, "")
	cookie.MaxAge = -1
	return cookie, nil
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
