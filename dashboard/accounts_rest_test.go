package dashboard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pquerna/otp/totp"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/auth"
)

func accountPath(path string) bool {
	for _, p := range []string{"/api/v1/account", "/api/v1/roles", "/api/v1/tokens"} {
		if path == p || strings.HasPrefix(path, p+"/") || strings.HasPrefix(path, "/api/v1/accounts") {
			return true
		}
	}
	return false
}

func TestEveryAccountOperationByRole(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	users := []string{"", "admin", "operator", "guard", "inspector", "lost"}
	people := map[string]*browser{}
	for _, u := range users {
		people[u] = w.login(t, u)
	}
	same := func(code int) map[string]int {
		return map[string]int{"": 401, "admin": code, "operator": code, "guard": code, "inspector": code, "lost": code}
	}
	only := func(code int) map[string]int {
		return map[string]int{"": 401, "admin": code, "operator": 403, "guard": 403, "inspector": 403, "lost": 403}
	}
	table := []struct {
		method, path, body string
		want               map[string]int
	}{
		{"GET", "/account", "", same(200)},
		{"GET", "/account/sessions", "", same(200)},
		{"POST", "/account/sessions/{id}/end", "{}", same(404)},
		{"POST", "/account/sessions/end-others", "{}", same(204)},
		{"POST", "/account/password", `{"old":"x","password":"y"}`, same(409)}, // the configuration keeps them
		{"GET", "/account/tokens", "", same(200)},
		{"POST", "/account/tokens", `{"name":"n","permissions":["alarms.view"],"scope":[],"expires":"2000-01-01T00:00:00Z"}`, same(422)},
		{"POST", "/account/tokens/{id}/revoke", "{}", same(404)},
		{"POST", "/account/totp", `{"password":"wrong"}`, same(422)},
		{"POST", "/account/totp/confirm", `{"code":"000000"}`, same(404)},
		{"POST", "/account/totp/remove", `{"password":"wrong"}`, same(422)},
		{"GET", "/account/passkeys", "", same(200)},
		{"POST", "/account/passkeys/begin", `{"name":"n","password":"wrong"}`, same(422)},
		{"POST", "/account/passkeys", `{"credential":{}}`, same(422)},
		{"POST", "/account/passkeys/{id}/remove", `{"password":"wrong"}`, same(422)},
		{"GET", "/accounts", "", only(200)},
		{"POST", "/accounts", `{"username":"A B","name":{"zh":"","en":"x"},"role":"guard","scope":[]}`, only(422)},
		{"PUT", "/accounts/{username}", `{"name":{"zh":"","en":"x"},"role":"guard","scope":[],"version":1}`, only(404)},
		{"POST", "/accounts/{username}/reset", `{}`, only(404)},
		{"POST", "/accounts/{username}/sessions/end", `{}`, only(404)},
		{"GET", "/tokens", "", only(200)},
		{"POST", "/tokens/{id}/revoke", `{}`, only(404)},
		{"GET", "/roles", "", only(200)},
		{"PUT", "/roles/{role}", `{"title":{"zh":"","en":""},"permissions":[]}`, only(422)},
		{"DELETE", "/roles/{role}", "", only(404)},
	}
	tried := map[string]bool{}
	for _, c := range table {
		tried[c.method+" /api/v1"+c.path] = true
		path := "/api/v1" + strings.NewReplacer("{id}", "nothere", "{username}", "nobody", "{role}", "norole").Replace(c.path)
		for _, u := range users {
			if code, text := people[u].do(c.method, path, c.body, asJSON); code != c.want[u] {
				t.Errorf("%s %s as %q: %d, want %d: %s", c.method, path, u, code, c.want[u], text)
			}
		}
	}
	var openapi struct {
		Paths map[string]map[string]json.RawMessage
	}
	w.visit(t).get("/api/openapi.json", &openapi)
	for path, methods := range openapi.Paths {
		for method := range methods {
			if accountPath(path) && !tried[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is described and not in the table", method, path)
			}
		}
	}
}

// must does a request that succeeds, and reads its answer.
func (b *browser) must(method, path, body string, into any) {
	b.t.Helper()
	code, text := b.do(method, "/api/v1"+path, body, asJSON)
	if code >= 300 {
		b.t.Fatalf("%s %s: %d %s", method, path, code, text)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			b.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
}

// refused does a request that fails with this status and code.
func (b *browser) refused(method, path, body string, status int, code string) {
	b.t.Helper()
	got, text := b.do(method, "/api/v1"+path, body, asJSON)
	if got != status || !strings.Contains(text, fmt.Sprintf(`"code":%q`, code)) {
		b.t.Errorf("%s %s: %d %s, want %d %s", method, path, got, text, status, code)
	}
}

const chosen = "a river runs uphill"

// newcomer makes an account and logs it in with a password of its own.
func newcomer(t *testing.T, w *world, admin *browser, name, role, scope string) *browser {
	t.Helper()
	var made api.NewSecret
	admin.must("POST", "/accounts", fmt.Sprintf(`{"username":%q,"name":{"zh":"新人","en":"New"},"role":%q,"scope":%s}`, name, role, scope), &made)
	b := w.visit(t)
	b.must("POST", "/login", fmt.Sprintf(`{"username":%q,"password":%q,"new_password":%q}`, name, made.Password, chosen), nil)
	return b
}

func TestAdministratorMakesChangesAndResetsAccounts(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	var made api.NewSecret
	admin.must("POST", "/accounts", `{"username":"zhang","name":{"zh":"张三","en":"Zhang"},"role":"operator","scope":["s1"]}`, &made)
	if made.Password == "" || made.Account.Version != 1 || !made.Account.MustChange {
		t.Fatalf("made %+v", made)
	}
	admin.refused("POST", "/accounts", `{"username":"zhang","name":{"zh":"张三","en":"Zhang"},"role":"operator","scope":["s1"]}`, 409, "conflict")
	b := w.visit(t)
	first := fmt.Sprintf(`{"username":"zhang","password":%q`, made.Password)
	b.refused("POST", "/login", first+`}`, 403, "password_change")
	b.refused("GET", "/me", "", 401, "unauthenticated")
	b.refused("POST", "/login", first+`,"new_password":"short"}`, 422, "invalid")
	b.refused("POST", "/login", first+fmt.Sprintf(`,"new_password":%q}`, made.Password), 422, "invalid")
	b.must("POST", "/login", first+fmt.Sprintf(`,"new_password":%q}`, chosen), nil)
	w.visit(t).refused("POST", "/login", first+`}`, 401, "bad_credentials")

	// A change ends its sessions, and their websockets.
	ws := b.socket()
	frame(t, ws, "hello")
	admin.must("PUT", "/accounts/zhang", `{"name":{"zh":"张三","en":"Zhang"},"role":"guard","scope":["s1"],"version":2}`, nil)
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 4401) {
		t.Errorf("the websocket after the change: %v", err)
	}
	b.refused("GET", "/me", "", 401, "unauthenticated")
	admin.refused("PUT", "/accounts/zhang", `{"name":{"zh":"张三","en":"Zhang"},"role":"admin","scope":["s1"],"version":2}`, 409, "conflict")
	login := fmt.Sprintf(`{"username":"zhang","password":%q}`, chosen)
	b.must("POST", "/login", login, nil)
	admin.must("PUT", "/accounts/zhang", `{"name":{"zh":"张三","en":"Zhang"},"role":"guard","scope":["s1"],"version":3,"disabled":true}`, nil)
	b.refused("POST", "/login", login, 401, "bad_credentials")
	admin.must("PUT", "/accounts/zhang", `{"name":{"zh":"张三","en":"Zhang"},"role":"guard","scope":["s1"],"version":4}`, nil)
	var again api.NewSecret
	admin.must("POST", "/accounts/zhang/reset", `{}`, &again)
	b.refused("POST", "/login", login, 401, "bad_credentials")
	b.must("POST", "/login", fmt.Sprintf(`{"username":"zhang","password":%q,"new_password":"another river uphill"}`, again.Password), nil)

	for what, c := range map[string][3]string{
		"an account of the configuration": {"PUT", "/accounts/guard", `{"name":{"zh":"a","en":"b"},"role":"guard","scope":["s1"],"version":1}`},
		"the password of such a one":      {"POST", "/accounts/guard/reset", `{}`},
	} {
		if code, text := admin.do(c[0], "/api/v1"+c[1], c[2], asJSON); code != 409 {
			t.Errorf("%s: %d %s", what, code, text)
		}
	}
	var log list[api.AuditEntry]
	admin.must("GET", "/audit?area=account", "", &log)
	got := map[string]int{}
	for _, e := range log.Items {
		got[e.Action]++
		if strings.Contains(string(e.Detail), made.Password) || strings.Contains(string(e.Detail), chosen) {
			t.Errorf("the audit has a password: %s", e.Detail)
		}
	}
	if got["account.create"] != 1 || got["account.update"] != 3 || got["account.reset"] != 1 || got["account.password"] != 2 {
		t.Errorf("audit %v", got)
	}
}

func TestAdministratorOfOneSchoolStaysThere(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	county := w.login(t, "admin")
	school := newcomer(t, w, county, "school", "admin", `["s1"]`)
	var all list[api.AccountRow]
	school.must("GET", "/accounts", "", &all)
	for _, a := range all.Items {
		for _, s := range a.Scope {
			if s != "s1" {
				t.Errorf("sees %s of %v", a.Username, a.Scope)
			}
		}
	}
	account := func(scope string) string {
		return `{"username":"x1","name":{"zh":"a","en":"b"},"role":"guard","scope":` + scope + `}`
	}
	for _, scope := range []string{`["*"]`, `["s2"]`, `["s1","s2"]`, `["township:north"]`} {
		school.refused("POST", "/accounts", account(scope), 422, "invalid")
	}
	school.must("POST", "/accounts", account(`["s1"]`), nil)
	school.refused("POST", "/accounts/operator/reset", `{}`, 404, "not_found")
	school.refused("PUT", "/roles/r1", `{"title":{"zh":"a","en":"b"},"permissions":[]}`, 403, "forbidden")
	school.refused("PUT", "/accounts/school", `{"name":{"zh":"a","en":"b"},"role":"admin","scope":[],"version":2}`, 409, "not_allowed")
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	a := newcomer(t, w, w.login(t, "admin"), "zhang", "operator", `["*"]`)
	b := w.visit(t)
	login := fmt.Sprintf(`{"username":"zhang","password":%q}`, chosen)
	b.must("POST", "/login", login, nil)
	var sessions list[api.OwnSession]
	a.must("GET", "/account/sessions", "", &sessions)
	if len(sessions.Items) != 2 || sessions.Items[0].Current || !sessions.Items[1].Current || sessions.Items[0].Address != "127.0.0.1" || sessions.Items[0].Agent == "" {
		t.Fatalf("sessions %+v", sessions.Items)
	}
	ws := b.socket()
	frame(t, ws, "hello")
	a.must("POST", "/account/sessions/"+sessions.Items[0].ID+"/end", `{}`, nil)
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, 4401) {
		t.Errorf("its websocket: %v", err)
	}
	b.refused("GET", "/me", "", 401, "unauthenticated")
	// A stranger's session is none of theirs.
	w.login(t, "operator").refused("POST", "/account/sessions/"+sessions.Items[1].ID+"/end", `{}`, 404, "not_found")
	b.must("POST", "/login", login, nil)
	a.refused("POST", "/account/password", `{"old":"wrong","password":"nine lives of a cat"}`, 422, "invalid")
	a.must("POST", "/account/password", fmt.Sprintf(`{"old":%q,"password":"nine lives of a cat"}`, chosen), nil)
	a.must("GET", "/me", "", nil)
	b.refused("GET", "/me", "", 401, "unauthenticated")
	b.refused("POST", "/login", login, 401, "bad_credentials")
	b.must("POST", "/login", `{"username":"zhang","password":"nine lives of a cat"}`, nil)
	b.must("POST", "/account/sessions/end-others", `{}`, nil)
	a.refused("GET", "/me", "", 401, "unauthenticated")
}

func bearer(text string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+text) }
}

func TestTokensDoWhatTheyAreForAndNoMore(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	zhang := newcomer(t, w, admin, "zhang", "operator", `["s1","s2"]`)
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	ask := func(permission, scope, expires string) string {
		return fmt.Sprintf(`{"name":"report","permissions":[%q],"scope":%s,"expires":%q}`, permission, scope, expires)
	}
	for what, body := range map[string]string{
		"a permission of administrators": ask("audit.admin", `["s1"]`, soon),
		"a permission that is none":      ask("alarms.everything", `["s1"]`, soon),
		"the county":                     ask("alarms.view", `["*"]`, soon),
		"no site":                        ask("alarms.view", `[]`, soon),
		"yesterday":                      ask("alarms.view", `["s1"]`, time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)),
		"for ever":                       ask("alarms.view", `["s1"]`, "2099-01-01T00:00:00Z"),
	} {
		if code, text := zhang.do("POST", "/api/v1/account/tokens", body); code != 422 {
			t.Errorf("%s: %d %s", what, code, text)
		}
	}
	var made api.Secret
	zhang.must("POST", "/account/tokens", ask("alarms.view", `["s1"]`, soon), &made)
	program := w.visit(t)
	with := bearer(made.Text)
	for path, want := range map[string]int{
		"/api/v1/alarms": 200, "/api/v1/alarms?site=s1": 200, "/api/v1/alarms?site=s2": 404, "/api/v1/me": 200,
		"/api/v1/sites": 403, "/api/v1/audit": 403, "/api/v1/account": 403, "/api/v1/account/tokens": 403,
	} {
		if code, text := program.do("GET", path, "", with); code != want {
			t.Errorf("GET %s: %d, want %d: %s", path, code, want, text)
		}
	}
	if code, _ := program.do("POST", "/api/v1/alarms/a1/ack", `{"rev":1}`, with); code != 403 {
		t.Errorf("a reading token acknowledges: %d", code)
	}
	// Not for websockets: neither in the header nor in the address.
	upgrade := func(r *http.Request) {
		for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
			r.Header.Set(k, v)
		}
	}
	for _, path := range []string{"/api/v1/live", "/api/v1/live?token=" + made.Text, "/api/v1/live?access_token=" + made.Text} {
		if code, _ := program.do("GET", path, "", upgrade, with); code != 401 {
			t.Errorf("GET %s with the token: %d", path, code)
		}
		if code, _ := program.do("GET", path, "", upgrade); code != 401 {
			t.Errorf("GET %s: %d", path, code)
		}
	}
	if code, _ := program.do("GET", "/api/v1/alarms?access_token="+made.Text, ""); code != 401 {
		t.Errorf("a token in the address: %d", code)
	}
	if code, _ := zhang.do("GET", "/api/v1/me", "", bearer("cgt_wrong")); code != 401 {
		t.Errorf("a wrong token beside a good cookie: %d", code)
	}
	var mine list[auth.Token]
	zhang.must("GET", "/account/tokens", "", &mine)
	if len(mine.Items) != 1 || mine.Items[0].Used == nil || mine.Items[0].UsedFrom != "127.0.0.1" {
		t.Errorf("my tokens %+v", mine.Items)
	}
	// What the account loses, the token loses.
	admin.must("PUT", "/accounts/zhang", `{"name":{"zh":"a","en":"b"},"role":"operator","scope":["s2"],"version":2}`, nil)
	if code, _ := program.do("GET", "/api/v1/alarms?site=s1", "", with); code != 404 {
		t.Errorf("the site that the account lost: %d", code)
	}
	admin.must("PUT", "/accounts/zhang", `{"name":{"zh":"a","en":"b"},"role":"operator","scope":["s1"],"version":3,"disabled":true}`, nil)
	if code, _ := program.do("GET", "/api/v1/alarms", "", with); code != 401 {
		t.Errorf("a token of a disabled account: %d", code)
	}
	admin.must("PUT", "/accounts/zhang", `{"name":{"zh":"a","en":"b"},"role":"operator","scope":["s1"],"version":4}`, nil)
	if code, _ := program.do("GET", "/api/v1/alarms", "", with); code != 200 {
		t.Errorf("and enabled again: %d", code)
	}
	admin.must("POST", "/tokens/"+made.Token.ID+"/revoke", `{}`, nil)
	if code, _ := program.do("GET", "/api/v1/alarms", "", with); code != 401 {
		t.Errorf("a revoked token: %d", code)
	}
}

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	b := newcomer(t, w, w.login(t, "admin"), "zhang", "operator", `["*"]`)
	b.refused("POST", "/account/totp", `{"password":"wrong"}`, 422, "invalid")
	var e auth.Enrolment
	b.must("POST", "/account/totp", fmt.Sprintf(`{"password":%q}`, chosen), &e)
	if !strings.HasPrefix(e.URL, "otpauth://totp/") || !strings.Contains(e.URL, e.Secret) || !strings.HasPrefix(e.QR, "M0 0h7v1h-7z") || e.Size < 21 {
		t.Fatalf("enrolment %+v", e)
	}
	code := func(steps int) string {
		c, err := totp.GenerateCode(e.Secret, time.Now().Add(time.Duration(steps)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	login := func(code string) string {
		return fmt.Sprintf(`{"username":"zhang","password":%q,"code":%q}`, chosen, code)
	}
	other := w.visit(t)
	other.must("POST", "/login", login(""), nil) // not on yet
	b.refused("POST", "/account/totp/confirm", `{"code":"000000"}`, 422, "invalid")
	first := code(-1)
	var codes api.Codes
	b.must("POST", "/account/totp/confirm", fmt.Sprintf(`{"code":%q}`, first), &codes)
	if len(codes.Codes) != 10 {
		t.Fatalf("recovery codes %v", codes)
	}
	other.refused("GET", "/me", "", 401, "unauthenticated") // it began without the second factor
	other.refused("POST", "/login", login(""), 401, "second_factor")
	other.refused("POST", "/login", login(first), 401, "bad_code")
	now := code(0)
	other.must("POST", "/login", login(now), nil)
	other.refused("POST", "/login", login(now), 401, "bad_code")
	other.must("POST", "/login", login(codes.Codes[0]), nil)
	other.refused("POST", "/login", login(codes.Codes[0]), 401, "bad_code")
	other.must("POST", "/login", login(strings.ToUpper(strings.ReplaceAll(codes.Codes[1], "-", ""))), nil)
	var me api.OwnAccount
	b.must("GET", "/account", "", &me)
	if !me.TOTP || me.Recovery != 8 {
		t.Errorf("account %+v", me)
	}
	b.must("POST", "/account/totp/remove", fmt.Sprintf(`{"password":%q}`, chosen), nil)
	w.visit(t).must("POST", "/login", login(""), nil)
}

// TestLoginsAreInTheAudit reads what the audit says of those who came, left and were refused.
func TestLoginsAreInTheAudit(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	w.login(t, "operator").must("POST", "/logout", `{}`, nil)
	w.visit(t).refused("POST", "/login", `{"username":"guard","password":"not the right one"}`, 401, "bad_credentials")
	admin := w.login(t, "admin")
	eventually(t, "a refused login in the audit", func() bool {
		var log list[api.AuditEntry]
		code, text := admin.do("GET", "/api/v1/audit?area=session", "", asJSON)
		if code == 429 {
			return false // asked too often
		}
		if err := json.Unmarshal([]byte(text), &log); code != 200 || err != nil {
			t.Fatalf("audit: %d %s: %v", code, text, err)
		}
		got := map[string]int{}
		for _, e := range log.Items {
			got[e.By+" "+e.Action+" "+e.Subject]++
			if strings.Contains(string(e.Detail), "not the right one") {
				t.Errorf("the audit has a password: %s", e.Detail)
			}
		}
		return got["operator session.login operator"] == 1 && got["operator session.logout operator"] == 1 &&
			got["admin session.login admin"] == 1 && got["system session.refused guard"] == 1
	})
}
