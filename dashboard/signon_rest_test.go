package dashboard_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/auth/signon"
)

const clientSecret = "a secret of the client"

// identityProvider is one of the kind that the login asks: it checks what it is told as RFC
// 6749 and RFC 7636 want, and lies where a test tells it to.
type identityProvider struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu      sync.Mutex
	claims  map[string]any // of who logs in
	spoil   func(claims map[string]any)
	signer  *rsa.PrivateKey // nil: the right one
	waiting map[string]url.Values
	codes   int
}

func newIdentityProvider(t *testing.T) *identityProvider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &identityProvider{key: key, waiting: map[string]url.Values{}, claims: map[string]any{
		"sub": "4711", "preferred_username": "Wang.Wu", "name": "王五", "roles": []string{"desk"}, "sites": []string{"all"},
	}}
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1",
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		asked, known := p.waiting[r.FormValue("code")]
		delete(p.waiting, r.FormValue("code"))
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		id, secret, _ := r.BasicAuth()
		secret, _ = url.QueryUnescape(secret)
		if !known || id != "campusgate" || secret != clientSecret || r.FormValue("redirect_uri") != asked.Get("redirect_uri") ||
			base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") {
			w.WriteHeader(http.StatusBadRequest)
			answer(w, map[string]string{"error": "invalid_grant"})
			return
		}
		claims := map[string]any{
			"iss": p.URL, "aud": "campusgate", "nonce": asked.Get("nonce"), "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		}
		maps.Copy(claims, p.claims)
		if p.spoil != nil {
			p.spoil(claims)
		}
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": p.sign(claims)})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *identityProvider) sign(claims map[string]any) string {
	encode := func(v any) string {
		b, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := encode(map[string]string{"alg": "RS256", "kid": "k1"}) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	key := p.key
	if p.signer != nil {
		key = p.signer
	}
	signature, _ := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// change says who logs in next, or how the provider lies.
func (p *identityProvider) change(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fn()
}

// agree is the person's yes at the provider: it returns the way back.
func (p *identityProvider) agree(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if !strings.HasPrefix(address, p.URL+"/authorize?") || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" ||
		q.Get("client_id") != "campusgate" || q.Get("scope") != "openid profile" || len(q.Get("state")) < 20 || len(q.Get("nonce")) < 20 ||
		q.Get("redirect_uri") != "https://safety.example.cn/api/v1/login/oidc/callback" {
		t.Fatalf("sent to %s", address)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes++
	code := "code" + string(rune('a'+p.codes))
	p.waiting[code] = q
	return url.Values{"state": {q.Get("state")}, "code": {code}}
}

func withProvider(t *testing.T, issuer string, now func() time.Time) *world {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(clientSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := dashboard.DefaultConfig()
	cfg.HTTP.Addr, cfg.DataDir = "127.0.0.1:0", t.TempDir()
	cfg.OIDC.Issuer, cfg.OIDC.ClientID, cfg.OIDC.ClientSecretFile, cfg.OIDC.PublicURL = issuer, "campusgate", secret, "https://safety.example.cn"
	cfg.OIDC.Roles = []signon.RoleMapping{{Value: "desk", Role: auth.Operator}, {Value: "gate", Role: auth.Guard}, {Value: "night", Role: "night-watch"}}
	cfg.OIDC.Sites = []signon.SiteMapping{{Value: "all", Scope: []string{"*"}}, {Value: "school1", Scope: []string{"s1"}}}
	w := &world{bus: newBus(), history: &fakeHistory{}}
	var err error
	w.Dashboard, err = dashboard.New(cfg, dashboard.Deps{County: county(t), Bus: w.bus, History: w.history, Accounts: accounts(), Build: "test", Rules: wordRules{}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.stop(t) })
	return w
}

// stay lets a test see where a browser is sent.
func (w *world) stay(t *testing.T) *browser {
	b := w.visit(t)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

func (b *browser) sent(path string) string {
	b.t.Helper()
	res := b.request(http.MethodGet, path, "")
	if res.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%s: %d, want %d", path, res.StatusCode, http.StatusSeeOther)
	}
	return res.Header.Get("Location")
}

const callback = "/api/v1/login/oidc/callback?"

// signOn goes the whole way, and returns where the browser ends.
func (b *browser) signOn(t *testing.T, p *identityProvider, to string) string {
	t.Helper()
	return b.sent(callback + p.agree(t, b.sent("/api/v1/login/oidc?to="+url.QueryEscape(to))).Encode())
}

func (b *browser) who() (me api.Me, status int) {
	b.t.Helper()
	status, text := b.do(http.MethodGet, "/api/v1/me", "")
	if status == http.StatusOK {
		if err := json.Unmarshal([]byte(text), &me); err != nil {
			b.t.Fatal(err)
		}
	}
	return me, status
}

func TestSignOnMakesAndUpdatesTheAccount(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	w := withProvider(t, p.URL, nil)
	b := w.stay(t)
	var ways api.LoginWays
	b.get("/api/v1/login/ways", &ways)
	if ways.OIDC == nil || ways.OIDC.EN != "Single sign-on" {
		t.Errorf("ways to log in: %+v", ways)
	}
	if to := b.signOn(t, p, "/alarms?state=open"); to != "/alarms?state=open" {
		t.Errorf("sent to %q", to)
	}
	me, _ := b.who()
	if me.Username != "wang-wu" || me.Name.ZH != "王五" || me.Role != auth.Operator || len(me.Scope) != 1 || me.Scope[0] != "*" {
		t.Errorf("logged in as %+v", me)
	}
	var sessions list[auth.Session]
	b.get("/api/v1/account/sessions", &sessions)
	if len(sessions.Items) != 1 || sessions.Items[0].How != auth.ByOIDC {
		t.Errorf("sessions %+v", sessions.Items)
	}
	// No password fits an account of the provider, and none can be given.
	admin := w.login(t, "admin")
	w.visit(t).refused(http.MethodPost, "/login", `{"username":"wang-wu","password":""}`, http.StatusUnauthorized, "bad_credentials")
	admin.refused(http.MethodPost, "/accounts/wang-wu/reset", `{}`, http.StatusConflict, "not_allowed")

	// Other rights at the provider: the account follows at the next login, and the session of
	// the old ones ends.
	p.change(func() {
		p.claims["roles"], p.claims["sites"] = "gate", "school1"
		p.claims["preferred_username"] = "renamed"
	})
	second := w.stay(t)
	if to := second.signOn(t, p, "/"); to != "/gate" {
		t.Errorf("a guard lands on %q", to)
	}
	if me, _ = second.who(); me.Username != "wang-wu" || me.Role != auth.Guard || len(me.Scope) != 1 || me.Scope[0] != "s1" {
		t.Errorf("logged in as %+v", me)
	}
	if _, status := b.who(); status != http.StatusUnauthorized {
		t.Errorf("the session of the old rights: %d", status)
	}
	second.must(http.MethodPost, "/logout", "{}", nil)
	if _, status := second.who(); status != http.StatusUnauthorized {
		t.Errorf("after the logout: %d", status)
	}
	var audit list[struct{ Action string }]
	admin.get("/api/v1/audit?q=wang-wu", &audit)
	actions := ""
	for _, row := range audit.Items {
		actions += row.Action + " "
	}
	if !strings.Contains(actions, "account.create") || !strings.Contains(actions, "account.update") {
		t.Errorf("audit has %q", actions)
	}
}

func TestSignOnRefusesAnswersThatDoNotHold(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	w := withProvider(t, p.URL, nil)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(map[string]any){
		"nonce of another login": func(c map[string]any) { c["nonce"] = "another" },
		"no nonce":               func(c map[string]any) { delete(c, "nonce") },
		"another audience":       func(c map[string]any) { c["aud"] = "payroll" },
		"two audiences":          func(c map[string]any) { c["aud"] = []string{"campusgate", "payroll"} },
		"for another party":      func(c map[string]any) { c["azp"] = "payroll" },
		"another issuer":         func(c map[string]any) { c["iss"] = "https://evil.example" },
		"expired":                func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() },
		"no subject":             func(c map[string]any) { c["sub"] = "" },
		"signed by another":      nil,
	} {
		p.change(func() {
			p.spoil, p.signer = spoil, nil
			if spoil == nil {
				p.signer = other
			}
		})
		b := w.stay(t)
		if to := b.signOn(t, p, "/uptime"); to != "/uptime?signon=bad_answer" {
			t.Errorf("%s: sent to %q", name, to)
		}
		if _, status := b.who(); status != http.StatusUnauthorized {
			t.Errorf("%s: logged in", name)
		}
	}
	p.change(func() { p.spoil, p.signer = nil, nil })
	expect := func(name string, b *browser, path, want string) {
		t.Helper()
		if to := b.sent(path); to != want {
			t.Errorf("%s: sent to %q, want %q", name, to, want)
		}
		if _, status := b.who(); status != http.StatusUnauthorized {
			t.Errorf("%s: logged in", name)
		}
	}
	b := w.stay(t)
	expect("no state", b, callback+"code=x", "/?signon=stale")
	back := p.agree(t, b.sent("/api/v1/login/oidc"))
	expect("state of nobody", b, callback+url.Values{"state": {"made up"}, "code": back["code"]}.Encode(), "/?signon=stale")
	back = p.agree(t, b.sent("/api/v1/login/oidc"))
	expect("another browser", w.stay(t), callback+back.Encode(), "/?signon=stale")
	expect("and then the right one", b, callback+back.Encode(), "/?signon=stale")
	back = p.agree(t, b.sent("/api/v1/login/oidc"))
	expect("code of nobody", b, callback+url.Values{"state": back["state"], "code": {"made up"}}.Encode(), "/?signon=bad_answer")
	back = p.agree(t, b.sent("/api/v1/login/oidc"))
	back.Set("iss", "https://evil.example")
	expect("answer of another issuer", b, callback+back.Encode(), "/?signon=bad_answer")
	back = p.agree(t, b.sent("/api/v1/login/oidc?to=//evil.example"))
	expect("the person says no", b, callback+url.Values{"state": back["state"], "error": {"access_denied"}}.Encode(), "/?signon=cancelled")
	// Once is once: the second use changes nothing, and the session of the first stays.
	back = p.agree(t, b.sent("/api/v1/login/oidc?to=https://evil.example/"))
	if to := b.sent(callback + back.Encode()); to != "/" {
		t.Errorf("a good login was sent to %q", to)
	}
	if to := b.sent(callback + back.Encode()); to != "/?signon=stale" {
		t.Errorf("used twice: sent to %q", to)
	}
	if _, status := b.who(); status != http.StatusOK {
		t.Errorf("after the second use: %d", status)
	}
}

func TestSignOnFailsClosed(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	w := withProvider(t, p.URL, nil)
	admin := w.login(t, "admin")
	expect := func(name, want string, claims map[string]any) {
		t.Helper()
		p.change(func() {
			p.claims = map[string]any{"sub": "1", "preferred_username": "zhao", "name": "赵六", "roles": "desk", "sites": "all"}
			maps.Copy(p.claims, claims)
		})
		b := w.stay(t)
		if to := b.signOn(t, p, "/"); to != want {
			t.Errorf("%s: sent to %q, want %q", name, to, want)
		}
		if _, status := b.who(); (status == http.StatusOK) != (want == "/") {
			t.Errorf("%s: who am I is %d", name, status)
		}
	}
	expect("no role", "/?signon=no_role", map[string]any{"roles": []string{"teacher"}})
	expect("role that the county does not have", "/?signon=no_role", map[string]any{"roles": "night"})
	expect("no school", "/?signon=no_sites", map[string]any{"sites": nil})
	expect("name of an administrator here", "/?signon=taken", map[string]any{"preferred_username": "admin"})
	expect("name that is none", "/?signon=bad_name", map[string]any{"preferred_username": "赵六"})
	expect("good", "/", nil)
	expect("somebody else of that name", "/?signon=taken", map[string]any{"sub": "2"})
	var rows list[api.AccountRow]
	admin.get("/api/v1/accounts", &rows)
	for _, r := range rows.Items {
		if r.Username == "zhao" && (!r.External || r.Version != 1) {
			t.Errorf("account %+v", r)
		}
	}
	admin.must(http.MethodPut, "/accounts/zhao", `{"name":{"zh":"赵六","en":"赵六"},"role":"operator","scope":["*"],"disabled":true,"version":1}`, nil)
	expect("disabled here", "/?signon=disabled", nil)
	admin.must(http.MethodPut, "/accounts/zhao", `{"name":{"zh":"赵六","en":"赵六"},"role":"operator","scope":["*"],"disabled":false,"version":2}`, nil)
	expect("and again", "/", nil)
}

func TestSignOnTakesOnlySoLong(t *testing.T) {
	t.Parallel()
	p := newIdentityProvider(t)
	var mu sync.Mutex
	var late time.Duration
	w := withProvider(t, p.URL, func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return time.Now().Add(late)
	})
	b := w.stay(t)
	back := p.agree(t, b.sent("/api/v1/login/oidc?to=/uptime"))
	mu.Lock()
	late = 11 * time.Minute
	mu.Unlock()
	if to := b.sent(callback + back.Encode()); to != "/uptime?signon=stale" {
		t.Errorf("eleven minutes later: sent to %q", to)
	}
}

func TestProviderThatIsDownStopsNothingElse(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	w := withProvider(t, gone.URL, nil)
	if to := w.stay(t).sent("/api/v1/login/oidc?to=/alarms"); to != "/alarms?signon=down" {
		t.Errorf("sent to %q", to)
	}
	if me, _ := w.login(t, "operator").who(); me.Username != "operator" {
		t.Errorf("with a password: %+v", me)
	}
	if h := w.Components()["oidc"]; h.State != "degraded" || h.Reason == "" {
		t.Errorf("health %+v", h)
	}
	if code, text := w.visit(t).do(http.MethodGet, "/readyz", ""); !strings.Contains(text, "oidc") {
		t.Errorf("/readyz: %d %s", code, text)
	}
	// And without a provider there is no such login.
	none := start(t, t.TempDir(), newBus())
	var ways api.LoginWays
	b := none.visit(t)
	b.get("/api/v1/login/ways", &ways)
	if code, _ := b.do(http.MethodGet, "/api/v1/login/oidc", ""); ways.OIDC != nil || code != http.StatusNotFound {
		t.Errorf("without a provider: %+v, %d", ways, code)
	}
}
