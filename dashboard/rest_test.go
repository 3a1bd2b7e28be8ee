package dashboard_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/live/state"
	"github.com/campusgate/campusgate/gateway/event"
)

// Every operation with every role: what is not in this table is not allowed to exist.
func TestEveryOperationByRole(t *testing.T) {
	t.Parallel()
	bus := newBus()
	bus.answer = func(_, verb string, _ []byte) ([]byte, error) {
		if verb == "replay" {
			return []byte(`{"replayed":1}`), nil
		}
		return []byte(`{"items":[]}`), nil
	}
	bus.status["gw1"] = `{"state":"ok"}`
	w := start(t, t.TempDir(), bus)
	users := []string{"", "admin", "operator", "guard", "inspector", "lost"}
	browsers := map[string]*browser{}
	for _, u := range users {
		browsers[u] = w.login(t, u)
	}
	bus.raise(anomaly("a1", "s1", 1, event.Raised), anomaly("a2", "s2", 1, event.Raised))
	admin := browsers["admin"]
	eventually(t, "alarms and gateway", func() bool {
		var g list[api.Gateway]
		admin.get("/api/v1/gateways", &g)
		return len(admin.alarms("")) == 2 && len(g.Items) == 1
	})
	until := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	// A revision that is never the present one: 409 means "allowed, and too late".
	late := `{"rev":999,"note":"n"}`
	all := map[string]int{"": 401, "admin": 200, "operator": 200, "guard": 200, "inspector": 200, "lost": 200}
	with := func(base map[string]int, change map[string]int) map[string]int {
		out := map[string]int{}
		for k, v := range base {
			out[k] = v
		}
		for k, v := range change {
			out[k] = v
		}
		return out
	}
	work := map[string]int{"": 401, "admin": 409, "operator": 409, "guard": 409, "inspector": 403, "lost": 404}
	desk := with(work, map[string]int{"guard": 403})
	table := []struct {
		method, path, template, body string
		want                         map[string]int
	}{
		{"GET", "/api/v1/me", "", "", all},
		{"GET", "/api/v1/sites", "", "", all},
		{"GET", "/api/v1/devices", "", "", all},
		{"GET", "/api/v1/devices?site=s2", "/api/v1/devices", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/county", "", "", all},
		{"GET", "/api/v1/map", "", "", all},
		{"GET", "/api/v1/map/tiles", "", "", with(all, map[string]int{"admin": 404, "operator": 404, "guard": 404, "inspector": 404, "lost": 404})},
		{"GET", "/api/v1/map/outline", "", "", with(all, map[string]int{"admin": 404, "operator": 404, "guard": 404, "inspector": 404, "lost": 404})},
		{"GET", "/api/v1/alarms", "", "", all},
		{"GET", "/api/v1/alarms?site=s2", "/api/v1/alarms", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/alarms/a1", "/api/v1/alarms/{id}", "", with(all, map[string]int{"lost": 404})},
		{"GET", "/api/v1/alarms/a2", "/api/v1/alarms/{id}", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"POST", "/api/v1/alarms/a1/ack", "/api/v1/alarms/{id}/ack", late, work},
		{"POST", "/api/v1/alarms/a2/ack", "/api/v1/alarms/{id}/ack", late, with(work, map[string]int{"guard": 404})},
		{"POST", "/api/v1/alarms/a1/comment", "/api/v1/alarms/{id}/comment", late, work},
		{"POST", "/api/v1/alarms/a1/close", "/api/v1/alarms/{id}/close", late, work},
		{"POST", "/api/v1/alarms/a1/false-alarm", "/api/v1/alarms/{id}/false-alarm", late, work},
		{"POST", "/api/v1/alarms/a1/need-help", "/api/v1/alarms/{id}/need-help", late, work},
		{"POST", "/api/v1/alarms/a1/confirm", "/api/v1/alarms/{id}/confirm", late, work},
		{"POST", "/api/v1/alarms/a1/assign", "/api/v1/alarms/{id}/assign", `{"rev":999,"assignee":"guard"}`, desk},
		{"POST", "/api/v1/alarms/a1/position", "/api/v1/alarms/{id}/position", `{"rev":999,"lat":30,"lon":104}`, work},
		{"POST", "/api/v1/alarms/a1/attachments?rev=999", "/api/v1/alarms/{id}/attachments", pixel, work},
		{"GET", "/api/v1/alarms/a1/attachments", "/api/v1/alarms/{id}/attachments", "", with(all, map[string]int{"lost": 404})},
		{"GET", "/api/v1/alarms/a1/attachments/9", "/api/v1/alarms/{id}/attachments/{n}", "", map[string]int{"": 401, "admin": 404, "guard": 404, "lost": 404}},
		{"GET", "/api/v1/assignees?site=s9", "/api/v1/assignees", "", map[string]int{"": 401, "admin": 200, "operator": 200, "guard": 403, "inspector": 200, "lost": 404}},
		{"GET", "/api/v1/maintenance", "", "", all},
		{"POST", "/api/v1/maintenance", "", `{"reason":"n","site":"s9"}`, map[string]int{"": 401, "admin": 422, "operator": 422, "guard": 403, "inspector": 403, "lost": 422}},
		{"POST", "/api/v1/maintenance/w1", "/api/v1/maintenance/{id}", `{"reason":"n","site":"s1","days":["mon"],"start":"10:00","end":"11:00"}`, map[string]int{"": 401, "admin": 404, "operator": 404, "guard": 403, "inspector": 403, "lost": 404}},
		{"POST", "/api/v1/maintenance/w1/end", "/api/v1/maintenance/{id}/end", `{"rev":1}`, map[string]int{"": 401, "admin": 404, "operator": 404, "guard": 403, "inspector": 403, "lost": 404}},
		{"GET", "/api/v1/alarm-numbers", "", "", all},
		{"GET", "/api/v1/calendar", "", "", all},
		{"PUT", "/api/v1/calendar", "", `{"rev":999,"calendar":{"terms":[],"holidays":[],"make_up":[],"exams":[]}}`, map[string]int{"": 401, "admin": 409, "operator": 403, "guard": 403, "inspector": 403, "lost": 403}},
		{"GET", "/api/v1/calendar/days?site=s1", "/api/v1/calendar/days", "", with(all, map[string]int{"lost": 404})},
		{"GET", "/api/v1/shift", "", "", all},
		{"POST", "/api/v1/alarms/a1/shelve", "/api/v1/alarms/{id}/shelve", fmt.Sprintf(`{"rev":999,"note":"n","until":%q}`, until), desk},
		{"POST", "/api/v1/alarms/a1/unshelve", "/api/v1/alarms/{id}/unshelve", late, desk},
		{"POST", "/api/v1/alarms/a1/out-of-service", "/api/v1/alarms/{id}/out-of-service", late, desk},
		{"POST", "/api/v1/alarms/a1/in-service", "/api/v1/alarms/{id}/in-service", late, desk},
		{"GET", "/api/v1/gate-log", "", "", all},
		{"GET", "/api/v1/gate-log?site=s2", "/api/v1/gate-log", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/history?site=s1&device=c1&type=device_status", "/api/v1/history", "", with(all, map[string]int{"lost": 404})},
		{"GET", "/api/v1/history?site=s2&device=c1&type=device_status", "/api/v1/history", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/buses", "", "", all},
		{"GET", "/api/v1/buses/s1/b1/trail", "/api/v1/buses/{site}/{device}/trail", "", with(all, map[string]int{"lost": 404})},
		{"GET", "/api/v1/buses/s2/b1/trail", "/api/v1/buses/{site}/{device}/trail", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/availability", "", "", all},
		{"GET", "/api/v1/availability?site=s2", "/api/v1/availability", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/availability?group=county", "/api/v1/availability", "", all},
		{"GET", "/api/v1/availability?group=day&site=s2", "/api/v1/availability", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/availability/outages", "", "", all},
		{"GET", "/api/v1/availability/outages?site=s2", "/api/v1/availability/outages", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/availability/restatements", "", "", all},
		{"GET", "/api/v1/availability/restatements?site=s2", "/api/v1/availability/restatements", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/availability/days", "", "", all},
		{"GET", "/api/v1/availability/export", "", "", all},
		{"GET", "/api/v1/availability/export?site=s2", "/api/v1/availability/export", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/availability/targets", "", "", all},
		{"PUT", "/api/v1/availability/targets", "", `{"kind":"bus","online_pct":99,"rev":0}`, with(all, map[string]int{"operator": 403, "guard": 403, "inspector": 403, "lost": 403})},
		{"GET", "/api/v1/gateways", "", "", with(all, map[string]int{"guard": 403, "lost": 403})},
		{"GET", "/api/v1/gate-log/count", "", "", all},
		{"GET", "/api/v1/gate-log/count?site=s2", "/api/v1/gate-log/count", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/series?site=s1&device=c1&type=device_status", "/api/v1/series", "", with(all, map[string]int{"lost": 404})},
		{"GET", "/api/v1/series?site=s2&device=c1&type=device_status", "/api/v1/series", "", with(all, map[string]int{"guard": 404, "lost": 404})},
		{"GET", "/api/v1/series?site=s1&device=k1&type=kitchen_reading", "/api/v1/series", "", map[string]int{"admin": 422}},
		{"GET", "/api/v1/series?site=s1&device=c1&type=device_status&points=1001", "/api/v1/series", "", map[string]int{"admin": 422}},
		{"GET", "/api/v1/dead-letters", "", "", with(all, map[string]int{"guard": 403, "inspector": 403, "lost": 403})},
		{"POST", "/api/v1/dead-letters/replay", "", `{"ids":[1]}`, with(all, map[string]int{"operator": 403, "guard": 403, "inspector": 403, "lost": 403})},
		{"GET", "/api/v1/audit", "", "", map[string]int{"": 401, "admin": 200, "operator": 403, "guard": 403, "inspector": 403, "lost": 403}},
		{"GET", "/api/v1/audit?cursor=x", "/api/v1/audit", "", map[string]int{"admin": 422}},
		{"GET", "/api/v1/config", "", "", map[string]int{"": 401, "admin": 200, "operator": 403, "guard": 403, "inspector": 403, "lost": 403}},
		{"GET", "/api/v1/login/ways", "", "", map[string]int{"": 200, "admin": 200, "operator": 200, "guard": 200, "inspector": 200, "lost": 200}},
		{"GET", "/api/v1/login/passkey", "", "", map[string]int{"": 200, "admin": 200}},
		{"POST", "/api/v1/login/passkey/begin", "", `{}`, map[string]int{"": 200, "admin": 200}},
		{"POST", "/api/v1/login/passkey", "", `{}`, map[string]int{"": 422, "admin": 422}},
		{"POST", "/api/v1/login", "", `{"username":"nobody","password":"nothing here"}`, map[string]int{"": 401, "admin": 401, "operator": 401}},
		{"POST", "/api/v1/logout", "", `{}`, map[string]int{"": 401, "admin": 204, "operator": 204, "guard": 204, "inspector": 204, "lost": 204}}, // last: it ends the sessions
	}
	tried := map[string]bool{}
	for _, c := range table {
		if c.template == "" {
			c.template = c.path
		}
		tried[c.method+" "+c.template] = true
		for _, u := range users {
			want, ok := c.want[u]
			if !ok {
				continue
			}
			code, text := browsers[u].do(c.method, c.path, c.body, asPicture(c.body))
			if code != want {
				t.Errorf("%s %s as %q: %d, want %d: %s", c.method, c.path, u, code, want, text)
			}
			if code >= 400 {
				var p api.Problem
				if err := json.Unmarshal([]byte(text), &p); err != nil || p.Status != code || p.Code == "" || p.Detail == "" {
					t.Errorf("%s %s as %q: problem %s (%v)", c.method, c.path, u, text, err)
				}
			}
		}
	}
	var openapi struct {
		Paths map[string]map[string]json.RawMessage
	}
	w.visit(t).get("/api/openapi.json", &openapi)
	if len(openapi.Paths) < 20 {
		t.Errorf("only %d paths are described", len(openapi.Paths))
	}
	for path, methods := range openapi.Paths {
		if strings.HasPrefix(path, "/api/v1/notif") {
			continue // TestEveryNotifyOperationByRole
		}
		if strings.HasPrefix(path, "/api/v1/exports") {
			continue // TestEveryExportOperationByRole
		}
		if strings.HasPrefix(path, "/api/v1/rules") {
			continue // TestEveryRulesOperationByRole
		}
		if strings.HasPrefix(path, "/api/v1/registry") {
			continue // TestEveryRegistryOperationByRole
		}
		if strings.HasPrefix(path, "/api/v1/guard") {
			continue // TestEveryGuardOperationByRole
		}
		if accountPath(path) {
			continue // TestEveryAccountOperationByRole
		}
		if mediaPath(path) {
			continue // TestEveryMediaOperationByRole
		}
		if strings.HasPrefix(path, "/api/v1/reports") {
			continue // TestReports
		}
		if inspectionPath(path) {
			continue // TestEveryInspectionOperationByRole
		}
		for method := range methods {
			if !tried[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is described and not in the table", method, path)
			}
		}
	}
}

// pixel is a picture, as far as its first bytes say.
const pixel = "\x89PNG\r\n\x1a\n and what follows"

// asPicture sends a picture as what it is, and anything else as JSON.
func asPicture(body string) func(*http.Request) {
	return func(r *http.Request) {
		if body == pixel {
			r.Header.Set("Content-Type", "image/png")
		} else if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
	}
}

func TestListsStayWithinTheScope(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	w.history.mu.Lock()
	w.history.rows = []event.Event{*passage(1, "s1"), *passage(2, "s2")}
	w.history.mu.Unlock()
	bus.raise(anomaly("a1", "s1", 1, event.Raised), anomaly("a2", "s2", 1, event.Raised))
	bus.publish(passage(1, "s1"), passage(2, "s2"))
	admin, guard, lost := w.login(t, "admin"), w.login(t, "guard"), w.login(t, "lost")
	eventually(t, "both alarms", func() bool { return len(admin.alarms("")) == 2 })
	eventually(t, "both gates", func() bool {
		var d list[state.Device]
		admin.get("/api/v1/devices?kind=gate", &d)
		return len(d.Items) == 2
	})
	for _, path := range []string{"/api/v1/alarms?state=all", "/api/v1/sites", "/api/v1/devices", "/api/v1/gate-log", "/api/v1/availability?kind=bus"} {
		for b, want := range map[*browser]map[string]bool{admin: {"s1": true, "s2": true}, guard: {"s1": true}, lost: {}} {
			var rows list[struct {
				Site string `json:"site"`
			}]
			b.get(path, &rows)
			got := map[string]bool{}
			for _, r := range rows.Items {
				got[r.Site] = true
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s shows %v, want %v", path, got, want)
			}
		}
	}
	var c api.County
	guard.get("/api/v1/county", &c)
	if fmt.Sprint(c.Townships) != "[north]" || len(c.Routes) != 1 || c.Routes[0].ID != "r1" {
		t.Errorf("the guard's county: %+v", c)
	}
	w.history.mu.Lock()
	defer w.history.mu.Unlock()
	for _, q := range w.history.asked[1:] { // the first is the dashboard's own, for the counters
		if q.Sites != nil && fmt.Sprint(q.Sites) != "[s1]" {
			t.Errorf("the history was asked for %v", q.Sites)
		}
	}
}

func TestPagesOfAlarmsAndDevices(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	for i := range 25 {
		bus.raise(anomaly(fmt.Sprintf("a%02d", i), "s1", 1, event.Raised))
	}
	admin := w.login(t, "admin")
	eventually(t, "the alarms", func() bool { return len(admin.alarms("")) == 25 })
	seen := map[string]int{}
	for cursor, pages := "", 0; ; pages++ {
		var rows list[alarm.Alarm]
		admin.get("/api/v1/alarms?limit=10&cursor="+cursor, &rows)
		for _, a := range rows.Items {
			seen[a.ID]++
		}
		if cursor = rows.Next; cursor == "" {
			if pages != 2 {
				t.Errorf("%d pages before the last, want 2", pages)
			}
			break
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d of 25 alarms in the pages", len(seen))
	}
	var first, second list[state.Device]
	admin.get("/api/v1/devices?limit=3", &first)
	admin.get("/api/v1/devices?limit=3&cursor="+first.Next, &second)
	if len(first.Items) != 3 || len(second.Items) != 1 || second.Next != "" {
		t.Errorf("pages of %d and %d devices, then %q", len(first.Items), len(second.Items), second.Next)
	}
	for path, want := range map[string]int{
		"/api/v1/alarms?cursor=nonsense": 422, "/api/v1/alarms?limit=0": 422, "/api/v1/alarms?state=gone": 422,
		"/api/v1/gate-log?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": 422, "/api/v1/gate-log?from=yesterday": 422,
		"/api/v1/availability?from=2020-01-01T00:00:00Z": 422, "/api/v1/history?site=s1": 422, "/api/v1/nothing": 404, "/api/v1/alarms/zz": 404,
	} {
		if code, text := admin.do(http.MethodGet, path, ""); code != want || !strings.Contains(text, `"code":`) {
			t.Errorf("%s: %d %s, want %d", path, code, text, want)
		}
	}
}

func TestWhatAForeignPageMayNot(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	header := func(key, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(key, value) }
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"another origin":        {header("Origin", "https://evil.example"), 403},
		"another site":          {header("Sec-Fetch-Site", "cross-site"), 403},
		"a form":                {header("Content-Type", "application/x-www-form-urlencoded"), 415},
		"text, as a form sends": {header("Content-Type", "text/plain"), 415},
		"no type":               {header("Content-Type", ""), 415},
	} {
		if code, text := admin.do(http.MethodPost, "/api/v1/logout", `{}`, c.change); code != c.want || !strings.Contains(text, `"code":`) {
			t.Errorf("%s: %d %s, want %d", name, code, text, c.want)
		}
	}
	code, _ := admin.do(http.MethodGet, "/api/v1/live", "", header("Origin", "https://evil.example"), header("Connection", "Upgrade"),
		header("Upgrade", "websocket"), header("Sec-WebSocket-Version", "13"), header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="))
	if code != http.StatusForbidden {
		t.Errorf("a websocket from another origin: %d", code)
	}
	if code, _ := w.visit(t).do(http.MethodGet, "/api/v1/live", ""); code != http.StatusUnauthorized {
		t.Errorf("a websocket without a session: %d", code)
	}
	if code, _ := admin.do(http.MethodPost, "/api/v1/login", `{"username":"a","password":"`+strings.Repeat("x", 100_000)+`"}`); code != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge body: %d", code)
	}
	var me struct{ Username string }
	if admin.get("/api/v1/me", &me); me.Username != "admin" {
		t.Errorf("after all that I am %q", me.Username)
	}
}

func TestHeadersAndPage(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	b := w.visit(t)
	for _, path := range []string{"/", "/alarms/a1", "/api/v1/me", "/healthz"} {
		res := b.request(http.MethodGet, path, "")
		for key, want := range map[string]string{
			"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		} {
			if !strings.HasPrefix(res.Header.Get(key), want) {
				t.Errorf("%s: %s is %q", path, key, res.Header.Get(key))
			}
		}
	}
	if code, text := b.do(http.MethodGet, "/alarms/a1", ""); code != 200 || text != "page" {
		t.Errorf("a path of the page: %d %s", code, text)
	}
	if code, text := b.do(http.MethodGet, "/metrics", ""); code != 200 || !strings.Contains(text, "campusgate_live_clients") {
		t.Errorf("/metrics: %d", code)
	}
	if res := b.request(http.MethodGet, "/api/v1/me", ""); res.Header.Get("Content-Type") != "application/problem+json" || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers of a problem: %v", res.Header)
	}
	if res := b.request(http.MethodGet, "/api/v1/alarms?limit=x", ""); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a stranger's wrong question is looked at: %d", res.StatusCode)
	}
}

func TestTooManyLoginsWait(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	b := w.visit(t)
	for try := 1; ; try++ {
		res := b.request(http.MethodPost, "/api/v1/login", `{"username":"admin","password":"wrong wrong"}`)
		switch {
		case res.StatusCode == http.StatusUnauthorized && try < 12: // a busy machine may outlast the first waits, which double
			continue
		case res.StatusCode != http.StatusTooManyRequests || try <= 5 || res.Header.Get("Retry-After") == "":
			t.Errorf("try %d: %d %v", try, res.StatusCode, res.Header)
		}
		return
	}
}

func TestDeadLettersComeFromTheGateway(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	admin := w.login(t, "admin")
	if code, text := admin.do(http.MethodGet, "/api/v1/dead-letters", ""); code != http.StatusServiceUnavailable || !strings.Contains(text, "no gateway") {
		t.Errorf("before any gateway: %d %s", code, text)
	}
	bus.change(func() {
		bus.status["gw1"] = `{"state":"degraded","reason":"disk","depth":7}`
		bus.status["gw2"] = `{}`
		bus.status["Bad name"] = `{}`
		bus.answer = func(gateway, verb string, payload []byte) ([]byte, error) {
			if gateway != "gw1" {
				return nil, errors.New("no answer")
			}
			if verb == "replay" {
				return fmt.Appendf(nil, `{"replayed":2,"failed":0,"detail":%q}`, payload), nil
			}
			return []byte(`{"items":[{"id":7,"topic":"x/y","reason":"no JSON","payload":"/w=="}]}`), nil
		}
	})
	var gateways list[api.Gateway]
	eventually(t, "the gateways", func() bool {
		admin.get("/api/v1/gateways", &gateways)
		return len(gateways.Items) == 2
	})
	if g := gateways.Items[0]; g.State != "degraded" || g.Reason != "disk" || !strings.Contains(string(g.Status), `"depth":7`) {
		t.Errorf("gateway %+v", g)
	}
	for path, want := range map[string]int{"?gateway=gw1": 200, "": 422, "?gateway=gw2": 503, "?gateway=gw3": 404, "?gateway=gw1&cursor=x": 422} {
		if code, text := admin.do(http.MethodGet, "/api/v1/dead-letters"+path, ""); code != want {
			t.Errorf("dead letters of %q: %d %s", path, code, text)
		}
	}
	var letters list[api.DeadLetter]
	admin.get("/api/v1/dead-letters?gateway=gw1", &letters)
	if l := letters.Items[0]; l.ID != 7 || l.Gateway != "gw1" || string(l.Payload) != "\xff" {
		t.Errorf("letter %+v", l)
	}
	code, text := admin.do(http.MethodPost, "/api/v1/dead-letters/replay", `{"gateway":"gw1","ids":[7,8]}`)
	if code != http.StatusOK || !strings.Contains(text, `"replayed":2`) || !strings.Contains(text, `[7,8]`) {
		t.Errorf("replay: %d %s", code, text)
	}
}

func TestAvailabilityFromHistoryAndAlarms(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	now := time.Now().UTC().Truncate(time.Minute)
	status := func(site event.SiteID, minutesAgo int, word string) event.Event {
		return event.Event{
			Type: event.TypeDeviceStatus, Kind: event.KindCamera, Site: site, Device: "c1",
			ObservedAt: now.Add(-time.Duration(minutesAgo) * time.Minute), Status: &event.DeviceStatus{Status: word, Period: time.Minute, Heartbeat: true},
		}
	}
	w.history.mu.Lock()
	for m := 60; m > 40; m-- {
		w.history.status = append(w.history.status, status("s1", m, "up"))
	}
	w.history.status = append(w.history.status, status("s1", 40, "down"))
	w.history.mu.Unlock()
	outage := anomaly("o1", "s1", 1, event.Raised)
	outage.Rule, outage.Device, outage.Cause, outage.Devices = "site_outage", "", "power", []event.DeviceID{"c1"}
	outage.StartedAt = now.Add(-30 * time.Minute)
	bus.raise(outage)
	admin := w.login(t, "admin")
	eventually(t, "the outage", func() bool { return len(admin.alarms("")) == 1 })
	path := "/api/v1/availability?from=" + now.Add(-time.Hour).Format(time.RFC3339) + "&to=" + now.Format(time.RFC3339)
	var rows list[api.Uptime]
	admin.get(path+"&site=s1", &rows)
	if len(rows.Items) != 1 {
		t.Fatalf("rows %+v", rows)
	}
	r := rows.Items[0]
	// 20 min up, 3 min down by its own word, 7 min unobserved, then the school has no power.
	if s := r.Seconds; s.Up != 1200 || s.Down != 180 || s.Unobserved != 420 || s.Elsewhere != 1800 {
		t.Errorf("seconds %+v of %+v", s, r.Spans)
	}
	if r.UpPct == nil || *r.UpPct < 86.9 || *r.UpPct > 87 || r.Outages != 1 {
		t.Errorf("uptime %+v", r.Summary)
	}
	admin.get(path+"&site=s2", &rows)
	if rows.Items[0].UpPct != nil || rows.Items[0].Seconds.Unobserved != 3600 {
		t.Errorf("nothing observed is %+v", rows.Items[0])
	}
	// The recorder of s2 is lost for 30 min; the camera on it is not to blame for its 40.
	recorder, camera := anomaly("r1", "s2", 1, event.Raised), anomaly("c1", "s2", 1, event.Raised)
	recorder.Rule, recorder.Device, recorder.StartedAt = "device_silent", "nvr", now.Add(-30*time.Minute)
	camera.Rule, camera.Device, camera.StartedAt, camera.CausedBy = "camera_down", "c1", now.Add(-40*time.Minute), recorder.ID
	bus.raise(recorder)
	bus.raise(camera)
	eventually(t, "the recorder", func() bool { return len(admin.alarms("?site=s2")) == 2 })
	admin.get(path+"&site=s2", &rows)
	if s := rows.Items[0].Seconds; s.Elsewhere != 1800 || s.Down != 600 || s.Unobserved != 1200 {
		t.Errorf("below a lost recorder: %+v of %+v", s, rows.Items[0].Spans)
	}
	admin.get(path, &rows)
	if len(rows.Items) != 2 || len(rows.Items[0].Spans) != 0 {
		t.Errorf("the county: %+v", rows)
	}
	w.history.mu.Lock()
	w.history.err = errors.New("connection refused")
	w.history.mu.Unlock()
	if code, text := admin.do(http.MethodGet, path, ""); code != http.StatusServiceUnavailable || strings.Contains(text, "refused") {
		t.Errorf("without the history: %d %s", code, text)
	}
}
