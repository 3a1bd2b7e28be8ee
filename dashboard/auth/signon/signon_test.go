package signon

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func working(issuer string) Config {
	c := DefaultConfig()
	c.Issuer, c.ClientID, c.PublicURL = issuer, "campusgate", "https://safety.example.cn"
	c.Roles = []RoleMapping{{"chief", "admin"}, {"desk", "operator"}, {"night", "night-watch"}}
	c.Sites = []SiteMapping{{"all", []string{"*"}}, {"north", []string{"s1", "township:乔庄镇"}}, {"south", []string{"s1", "s2"}}}
	return c
}

func TestNobodyIsSentElsewhere(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/alarms?state=open": "/alarms?state=open", "/sites/s%201": "/sites/s%201", "/": "/", "/单位": "/%E5%8D%95%E4%BD%8D",
		"": "/", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", `\\evil.example`: "/", "/\t/evil.example": "/",
		"/%2f/evil.example/..": "/", "/%5cevil.example": "/", "/api/v1/login/oidc": "/", "javascript:alert(1)": "/", "evil.example": "/",
		"/%2fevil.example": "/", "/%": "/", "/a#b": "/a", "/" + strings.Repeat("a", 1000): "/",
	} {
		if got := LocalPath(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func TestMappingFailsClosed(t *testing.T) {
	t.Parallel()
	c := working("https://id.example.cn")
	c.RoleClaim = "realm.roles"
	claims := func(roles, sites, user any) map[string]any {
		return map[string]any{"realm": map[string]any{"roles": roles}, "sites": sites, "preferred_username": user, "name": "王\u202e五\n"}
	}
	for _, x := range []struct {
		roles, sites, user any
		code               Code
		want               string
	}{
		{[]any{"desk", "chief"}, "all", "Wang.Wu@edu", "", "wang-wu-edu admin [*]"},
		{"night", []any{"south", "north", "elsewhere"}, "w5", "", "w5 night-watch [s1 s2 township:乔庄镇]"},
		{[]any{"Desk"}, "all", "w5", NoRole, ""}, // exactly
		{nil, "all", "w5", NoRole, ""},
		{map[string]any{"desk": true}, "all", "w5", NoRole, ""},
		{"desk", "west", "w5", NoSites, ""},
		{"desk", []any{}, "w5", NoSites, ""},
		{"desk", 1.0, "w5", NoSites, ""},
		{"desk", "all", nil, BadName, ""},
		{"desk", "all", "王五", BadName, ""},
		{"desk", "all", "system", BadName, ""},
		{"desk", "all", strings.Repeat("a", 65), BadName, ""},
	} {
		p, err := c.person(claims(x.roles, x.sites, x.user))
		var r *Refusal
		switch {
		case x.code == "" && err != nil:
			t.Errorf("%v: %v", x, err)
		case x.code == "":
			if got := fmt.Sprintf("%s %s %v", p.Username, p.Role, p.Scope); got != x.want || p.Name.ZH != "王五" {
				t.Errorf("%v is %s (%q), want %s", x, got, p.Name.ZH, x.want)
			}
		case !errors.As(err, &r) || r.Code != x.code:
			t.Errorf("%v: %v, want %s", x, err, x.code)
		}
	}
}

func TestProviderThatIsDownIsAskedAgainAfterAPause(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer server.Close()
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	p, err := New(working(server.URL), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if h := p.Health(); h.State != event.OK || asked.Load() != 0 {
		t.Fatalf("before anybody wants to log in: %v, asked %d times", h, asked.Load())
	}
	for i, pause := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		for range 3 {
			_, _, err := p.Begin(t.Context(), "/", "10.0.0.1")
			var r *Refusal
			if !errors.As(err, &r) || r.Code != Down {
				t.Fatalf("try %d: %v, want %s", i, err, Down)
			}
		}
		if n := asked.Load(); n != int32(i)+1 {
			t.Fatalf("try %d: asked %d times", i, n)
		}
		now = now.Add(pause * time.Second)
	}
	if h := p.Health(); h.State != event.Degraded || h.Reason == "" {
		t.Errorf("health %v, want degraded, and why", h)
	}
}

func TestLoginsInWaitingAreBounded(t *testing.T) {
	t.Parallel()
	p := pending{byState: map[string]login{}}
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	p.put("mine", login{peer: "mine", at: now}, time.Hour)
	for i := range 3 * maxPendingPeer {
		p.put(fmt.Sprint("flood", i), login{peer: "one", at: now}, time.Hour)
	}
	if n := len(p.byState); n != maxPendingPeer+1 || n != p.order.Len() {
		t.Errorf("%d logins and %d in order, want %d", n, p.order.Len(), maxPendingPeer+1)
	}
	if _, ok := p.take("mine"); !ok {
		t.Error("a flood from one address pushed another's login out")
	}
	if _, ok := p.take("mine"); ok {
		t.Error("a state was good twice")
	}
	for i := range maxPending + 100 {
		p.put(fmt.Sprint("many", i), login{peer: fmt.Sprint(i), at: now}, time.Hour)
	}
	if n := len(p.byState); n > maxPending {
		t.Errorf("%d logins, want at most %d", n, maxPending)
	}
	p.put("late", login{peer: "x", at: now.Add(2 * time.Hour)}, time.Hour)
	if n := len(p.byState); n != 1 {
		t.Errorf("%d logins, want the one that is not too old", n)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("without a provider: %v", err)
	}
	if err := working("https://id.example.cn/realms/county").Validate(); err != nil {
		t.Errorf("working settings: %v", err)
	}
	for key, spoil := range map[string]func(*Config){
		"issuer":         func(c *Config) { c.Issuer = "http://id.example.cn" },
		"public_url":     func(c *Config) { c.PublicURL = "https://safety.example.cn/" },
		"client_id":      func(c *Config) { c.ClientID = "" },
		"scopes":         func(c *Config) { c.Scopes = []string{"profile"} },
		"text.en":        func(c *Config) { c.Text.EN = "" },
		"role_claim":     func(c *Config) { c.RoleClaim = "" },
		"roles":          func(c *Config) { c.Roles = nil },
		"sites":          func(c *Config) { c.Sites = nil },
		"roles[0].role":  func(c *Config) { c.Roles = []RoleMapping{{"a", "No Role"}} },
		"sites[0].scope": func(c *Config) { c.Sites = []SiteMapping{{"a", []string{"S 1"}}} },
		"timeout":        func(c *Config) { c.Timeout = time.Hour },
		"patience":       func(c *Config) { c.Patience = time.Second },
	} {
		c := working("https://id.example.cn")
		spoil(&c)
		var fault *event.Fault
		if err := c.Validate(); !errors.As(err, &fault) || fault.Key != key {
			t.Errorf("%s: %v", key, err)
		}
	}
	short := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(short, []byte("seven77\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for key, spoil := range map[string]func(*Config){
		"client_secret_file": func(c *Config) { c.ClientSecretFile = short },
		"ca_file":            func(c *Config) { c.CAFile = short },
	} {
		c := working("https://id.example.cn")
		spoil(&c)
		if _, err := New(c, time.Now); err == nil || !strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "seven77") {
			t.Errorf("%s: %v", key, err)
		}
	}
}
