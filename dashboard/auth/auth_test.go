package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "correct horse"

func newStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "d.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func guard() auth.Account {
	return auth.Account{Username: "guard", Role: auth.Guard, Scope: []string{"s2", "s1"}, Password: password, Name: event.Text{ZH: "门卫", EN: "guard"}}
}

type site struct {
	*auth.Manager
	handler http.Handler
}

// serve is a server that says who asks, with a login and a logout.
func serve(t *testing.T, s *store.Store, secure bool) *site {
	t.Helper()
	m, err := auth.New(auth.DefaultConfig(), s, s.Sessions(), secure)
	if err != nil {
		t.Fatal(err)
	}
	unavailable := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/login":
			user, pass, _ := r.BasicAuth()
			_, cookies, err := m.Login(r.Context(), auth.LoginRequest{Username: user, Password: pass, Address: r.RemoteAddr}, time.Now())
			if err != nil {
				http.Error(w, err.Error(), http.StatusUnauthorized)
				return
			}
			for _, c := range cookies {
				http.SetCookie(w, c)
			}
		case "/logout":
			cookie, err := m.Logout(r.Context(), r.RemoteAddr, time.Now())
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			http.SetCookie(w, cookie)
		default:
			if id, ok := auth.From(r.Context()); ok {
				_, _ = w.Write([]byte(id.Username + " " + string(id.Role) + " " + id.Scope.Key()))
			}
		}
	})
	return &site{m, m.Middleware(unavailable)(inner)}
}

func (s *site) do(path, user, pass string, cookie *http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if user != "" {
		r.SetBasicAuth(user, pass)
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func cookieOf(t *testing.T, w *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	for _, c := range w.Result().Cookies() {
		if c.Name == auth.CookieName {
			return c
		}
	}
	t.Fatalf("no cookie in %d %s", w.Code, w.Body)
	return nil
}

func TestSessionLivesAndDies(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	if err := auth.EnsureAccounts(t.Context(), db, []auth.Account{guard()}); err != nil {
		t.Fatal(err)
	}
	s := serve(t, db, true)
	if got := s.do("/who", "", "", nil).Body.String(); got != "" {
		t.Errorf("without a cookie I am %q", got)
	}
	cookie := cookieOf(t, s.do("/login", "guard", password, nil))
	if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" {
		t.Errorf("cookie %+v", cookie)
	}
	if got := s.do("/who", "", "", cookie).Body.String(); got != "guard guard s1,s2" {
		t.Errorf("with the cookie I am %q", got)
	}
	// A restart keeps sessions.
	again := serve(t, db, true)
	if got := again.do("/who", "", "", cookie).Body.String(); got != "guard guard s1,s2" {
		t.Errorf("after a restart I am %q", got)
	}
	// The token itself is nowhere in the database.
	if _, found, err := db.Sessions().Find(cookie.Value); found || err != nil {
		t.Errorf("the database holds the token itself (%v)", err)
	}
	forged := *cookie
	forged.Value = strings.Repeat("A", len(cookie.Value))
	if got := s.do("/who", "", "", &forged).Body.String(); got != "" {
		t.Errorf("with a forged cookie I am %q", got)
	}
	gone := cookieOf(t, s.do("/logout", "", "", cookie))
	if gone.MaxAge >= 0 {
		t.Errorf("logout sets %+v", gone)
	}
	if got := s.do("/who", "", "", cookie).Body.String(); got != "" {
		t.Errorf("after the logout I am %q", got)
	}
}

func TestChangedAccountEndsItsSessions(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	s := serve(t, db, false)
	for name, change := range map[string]func(*auth.Account){
		"scope":    func(a *auth.Account) { a.Scope = []string{"s1"} },
		"role":     func(a *auth.Account) { a.Role = auth.Inspector },
		"password": func(a *auth.Account) { a.Password = "another one" },
		"disabled": func(a *auth.Account) { a.Disabled = true },
	} {
		a := guard()
		a.Username = "g-" + name
		if err := auth.EnsureAccounts(t.Context(), db, []auth.Account{a}); err != nil {
			t.Fatal(err)
		}
		cookie := cookieOf(t, s.do("/login", a.Username, password, nil))
		if err := auth.EnsureAccounts(t.Context(), db, []auth.Account{a}); err != nil {
			t.Fatal(err)
		}
		if s.do("/who", "", "", cookie).Body.Len() == 0 {
			t.Errorf("%s: the same account again ended the session", name)
		}
		change(&a)
		if err := auth.EnsureAccounts(t.Context(), db, []auth.Account{a}); err != nil {
			t.Fatal(err)
		}
		if got := s.do("/who", "", "", cookie).Body.String(); got != "" {
			t.Errorf("%s changed, and the session is still %q", name, got)
		}
	}
	if w := s.do("/login", "g-disabled", password, nil); w.Code != http.StatusUnauthorized {
		t.Errorf("a disabled account logs in: %d", w.Code)
	}
}

func TestGuessingIsSlow(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	if err := auth.EnsureAccounts(t.Context(), db, []auth.Account{guard()}); err != nil {
		t.Fatal(err)
	}
	m, err := auth.New(auth.DefaultConfig(), db, db.Sessions(), false)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	browser := ""
	try := func(pass, address string, at time.Time) error {
		h := m.Middleware(http.NotFoundHandler())(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			var cookies []*http.Cookie
			_, cookies, err = m.Login(r.Context(), auth.LoginRequest{Username: "guard", Password: pass, Address: address + ":1234", Browser: browser}, at)
			for _, c := range cookies {
				if c.Name == auth.BrowserCookie {
					browser = c.Value
				}
			}
		}))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil))
		return err
	}
	for i := range 5 {
		if err := try("wrong", "10.0.0.1", now); !errors.Is(err, auth.ErrCredentials) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	var wait *auth.TooManyTries
	if err := try(password, "10.0.0.1", now); !errors.As(err, &wait) || wait.Wait <= 0 {
		t.Errorf("the sixth try: %v", err)
	}
	if err := try(password, "10.0.0.2", now); err != nil {
		t.Errorf("the guard himself, elsewhere: %v", err)
	}
	known := browser
	browser = ""
	if err := try(password, "10.0.0.1", now.Add(2*time.Second)); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	browser = ""
	for i := range 25 {
		if err := try("wrong", fmt.Sprintf("10.1.0.%d", i), now); !errors.Is(err, auth.ErrCredentials) {
			t.Fatalf("try %d from everywhere: %v", i, err)
		}
	}
	if err := try(password, "10.0.0.2", now); !errors.As(err, &wait) {
		t.Errorf("the account after 30 wrong ones from everywhere: %v", err)
	}
	// The browser in which he has logged in before does not wait for what others do …
	browser = known
	for range 4 {
		if err := try("wrong", "10.0.0.1", now); !errors.Is(err, auth.ErrCredentials) {
			t.Errorf("a wrong one in the known browser: %v", err)
		}
	}
	if err := try(password, "10.0.0.1", now); err != nil {
		t.Errorf("the known browser: %v", err)
	}
	// … and is no way to guess on.
	for range 5 {
		_ = try("wrong", "10.0.0.1", now)
	}
	if err := try(password, "10.0.0.1", now); !errors.As(err, &wait) {
		t.Errorf("the known browser after five wrong ones: %v", err)
	}
}

func TestThrottleDoublesAndForgets(t *testing.T) {
	t.Parallel()
	th, now := auth.NewThrottle(5), time.Unix(1_000_000, 0)
	for range 4 {
		th.Wrong(now, "a")
	}
	if w := th.Wait(now, "a"); w != 0 {
		t.Errorf("four wrong ones: wait %s", w)
	}
	for i, want := range []time.Duration{1, 2, 4, 8} {
		th.Wrong(now, "a")
		if w := th.Wait(now, "a", "b"); w != want*time.Second {
			t.Errorf("%d too many: wait %s, want %ds", i+1, w, want)
		}
	}
	for range 100 {
		th.Wrong(now, "a")
	}
	if w := th.Wait(now, "a"); w != 5*time.Minute {
		t.Errorf("very many: wait %s", w)
	}
	later := now.Add(time.Hour)
	th.Wrong(later, "a")
	if w := th.Wait(later, "a"); w != 0 {
		t.Errorf("an hour later: wait %s", w)
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names  []string
		key    string
		allows map[string]bool
	}{
		{nil, "", map[string]bool{"s1": false, "": false, "county": false, "*": false}},
		{[]string{"s2", "s1", "s2"}, "s1,s2", map[string]bool{"s1": true, "s2": true, "s3": false, "": false, "county": false}},
		{[]string{"*"}, "*", map[string]bool{"s1": true, "county": true}},
		{[]string{"", "S1", "a,b"}, "", map[string]bool{"": false, "S1": false, "a": false}},
	} {
		s := auth.NewScope(c.names)
		if s.Key() != c.key {
			t.Errorf("%v: key %q, want %q", c.names, s.Key(), c.key)
		}
		for name, want := range c.allows {
			if s.Allows(event.SiteID(name)) != want {
				t.Errorf("%v allows %q: %v", c.names, name, !want)
			}
		}
	}
	if (auth.Scope{}).Allows("s1") || len((auth.Scope{}).Sites()) != 0 {
		t.Error("the zero scope sees something")
	}
}

func TestBadAccountsAreRefused(t *testing.T) {
	t.Parallel()
	db := newStore(t)
	for name, a := range map[string]auth.Account{
		"name":           {Username: "A b", Role: auth.Admin, Password: password},
		"system":         {Username: "system", Role: auth.Admin, Password: password},
		"role":           {Username: "a", Role: "king", Password: password},
		"township":       {Username: "a", Role: auth.Admin, Scope: []string{"township:"}, Password: password},
		"scope":          {Username: "a", Role: auth.Admin, Scope: []string{"S 1"}, Password: password},
		"short password": {Username: "a", Role: auth.Admin, Password: "short"},
		"no password":    {Username: "a", Role: auth.Admin},
	} {
		if err := auth.EnsureAccounts(context.Background(), db, []auth.Account{a}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if all, err := db.Accounts(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("stored: %v, %v", all, err)
	}
}

func BenchmarkPassword(b *testing.B) {
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "d.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for i := 0; b.Loop(); i++ {
		a := guard()
		a.Username = fmt.Sprintf("g%d", i)
		if err := auth.EnsureAccounts(b.Context(), db, []auth.Account{a}); err != nil { // one hash, one small transaction
			b.Fatal(err)
		}
	}
}

func TestPasswordsOfPeople(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]bool{
		"correct horse": true,
		"黄河之水天上来奔流到海不复回": true,
		"short":                     false,
		"eleven char":               false,
		"aaaaaaaaaaaaaaaa":          false,
		"password12345":             false,
		"I am wangwu and long":      false,
		"tab\tin the middle of":     false,
		strings.Repeat("ab3d5", 60): false,
		"campusgate-on-the-river":   true,
	} {
		if err := auth.CheckPassword("password", password, "wangwu"); (err == nil) != want {
			t.Errorf("%q: %v", password, err)
		}
	}
}
