package dashboard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Nothing that changes anything is done for a page of another origin or for a foreign form,
// whoever is logged in: every operation that is described, and none is forgotten.
func TestNothingIsChangedFromElsewhere(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	var openapi struct {
		Paths map[string]map[string]json.RawMessage
	}
	admin.get("/api/openapi.json", &openapi)
	parameter := regexp.MustCompile(`\{[^}]+\}`)
	tried := 0
	for path, methods := range openapi.Paths {
		for method := range methods {
			if method == "get" || method == "head" {
				continue
			}
			tried++
			ask := parameter.ReplaceAllString(path, "x1")
			for name, c := range map[string]struct {
				key, value string
				want       int
			}{
				"another origin":            {"Origin", "https://evil.example", http.StatusForbidden},
				"a neighbour by its cookie": {"Sec-Fetch-Site", "same-site", http.StatusForbidden},
				"another site":              {"Sec-Fetch-Site", "cross-site", http.StatusForbidden},
				"a form":                    {"Content-Type", "application/x-www-form-urlencoded", http.StatusUnsupportedMediaType},
				"a form with files":         {"Content-Type", "multipart/form-data; boundary=x", http.StatusUnsupportedMediaType},
				"text, as a form sends":     {"Content-Type", "text/plain", http.StatusUnsupportedMediaType},
				"no type":                   {"Content-Type", "", http.StatusUnsupportedMediaType},
			} {
				code, text := admin.do(strings.ToUpper(method), ask, "{}", asJSON, func(r *http.Request) { r.Header.Set(c.key, c.value) })
				if code != c.want || !strings.Contains(text, `"code":`) {
					t.Errorf("%s %s from %s: %d %s, want %d", method, path, name, code, text, c.want)
				}
			}
		}
	}
	if tried < 60 {
		t.Errorf("only %d operations change something", tried)
	}
	admin.must("GET", "/me", "", nil) // nobody logged it out
}

// Every answer, of pages, files, the API and its errors, says what a browser may load.
func TestEveryAnswerHasThePolicy(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	var openapi struct {
		Paths map[string]map[string]json.RawMessage
	}
	admin.get("/api/openapi.json", &openapi)
	paths := []string{
		"/", "/alarms", "/alarms/a1", "/shelved", "/shift", "/numbers", "/gate", "/gate/desk", "/gate/history", "/cameras", "/buses", "/buses/s1%2Fb1", "/wall", "/uptime",
		"/ops", "/ops/accounts", "/inspections", "/hazards", "/account", "/login", "/sites/s1", "/nowhere", "/api/v1/nowhere", "/api/openapi.json", "/healthz", "/readyz", "/metrics",
	}
	for path := range openapi.Paths {
		paths = append(paths, path)
	}
	for _, path := range paths {
		res := admin.request(http.MethodGet, path, "")
		directives := map[string]string{}
		for d := range strings.SplitSeq(res.Header.Get("Content-Security-Policy"), ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(d), " ")
			directives[key] = value
		}
		for key, want := range map[string]string{
			"default-src": "'self'", "script-src": "'self'", "connect-src": "'self'", "object-src": "'none'", "base-uri": "'none'", "form-action": "'self'", "frame-ancestors": "'none'",
		} {
			if directives[key] != want {
				t.Errorf("%s: %s is %q, want %q", path, key, directives[key], want)
			}
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", path, res.Header)
		}
		if res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may be read from elsewhere", path)
		}
	}
}

// Whoever asks for people too often has to wait, and nobody else with it.
func TestTooManyLooksWait(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin, operator := w.login(t, "admin"), w.login(t, "operator")
	look := func(b *browser) (*http.Response, string) {
		res := b.request(http.MethodPost, "/api/v1/guard/visitors/nobody/reveal", `{"reason":"r"}`)
		var p struct{ Code string }
		if err := json.NewDecoder(res.Body).Decode(&p); err != nil {
			t.Fatal(err)
		}
		return res, p.Code
	}
	passed := 0
	for {
		res, code := look(admin)
		if res.StatusCode == http.StatusNotFound && passed < 600 { // a busy machine gives some back meanwhile
			passed++
			continue
		}
		wait, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if res.StatusCode != http.StatusTooManyRequests || code != "too_many_requests" || err != nil || wait < 1 || wait > 2 {
			t.Fatalf("after %d: %d %s, Retry-After %q", passed, res.StatusCode, code, res.Header.Get("Retry-After"))
		}
		if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("Content-Type %q", got)
		}
		break
	}
	if passed < 60 {
		t.Errorf("only %d looks in a burst", passed)
	}
	if res, code := look(operator); res.StatusCode != http.StatusNotFound {
		t.Errorf("another session: %d %s", res.StatusCode, code)
	}
	admin.must("GET", "/alarms", "", nil)
	eventually(t, "a token", func() bool {
		res, _ := look(admin)
		return res.StatusCode == http.StatusNotFound
	})
	if _, text := admin.do(http.MethodGet, "/metrics", ""); !strings.Contains(text, fmt.Sprintf("campusgate_http_limited_total{limit=%q}", "personal")) {
		t.Error("no metric counts what was refused")
	}
}
