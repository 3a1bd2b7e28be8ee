package signon

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

// CallbackPath is where the provider sends people back to, below the page's public address.
const CallbackPath = "/api/v1/login/oidc/callback"

// Config lets people log in with the county's identity provider (OpenID Connect).
type Config struct {
	// Issuer is the provider's address, as its discovery document names itself; https, or http
	// on the loopback. Empty: there is no such login, and the other settings have no effect.
	Issuer string `yaml:"issuer"`
	// ClientID is what the provider calls this dashboard. Required with Issuer.
	ClientID string `yaml:"client_id"`
	// ClientSecretFile holds the secret, 8 to 1024 characters; a line break at its end is left
	// out. Empty: a public client, kept safe by PKCE alone.
	ClientSecretFile string `yaml:"client_secret_file"`
	// PublicURL is the page's address as browsers see it, "https://safety.example.cn". The
	// provider must know the redirect address: it, and /api/v1/login/oidc/callback. Required with Issuer.
	PublicURL string `yaml:"public_url"`
	// Scopes are asked of the provider; "openid" must be among them.
	Scopes []string `yaml:"scopes"`
	// Text is that of the button, 1 to 40 characters each.
	Text event.Text `yaml:"text"`
	// UsernameClaim names the claim of the ID token that a new account is called by. Letters are
	// made small, and other ASCII than a-z, 0-9, '-' and '_' becomes '-'; a name with more than
	// ASCII is refused.
	UsernameClaim string `yaml:"username_claim"`
	// NameClaim names the claim with the person's name.
	NameClaim string `yaml:"name_claim"`
	// RoleClaim names the claim with the groups or roles of the person, a text or a list of
	// texts. A dot leads into an object: "realm_access.roles".
	RoleClaim string `yaml:"role_claim"`
	// ScopeClaim names the claim that says which schools the person looks after.
	ScopeClaim string `yaml:"scope_claim"`
	// Roles say which value of RoleClaim is which role. The first that fits holds; a person
	// whom none fits is refused.
	Roles []RoleMapping `yaml:"roles"`
	// Sites say which value of ScopeClaim is which scope. All that fit hold together; a person
	// whom none fits is refused.
	Sites []SiteMapping `yaml:"sites"`
	// CAFile holds certificates (PEM) that the provider's is checked against, instead of the
	// system's.
	CAFile string `yaml:"ca_file"`
	// Timeout of a question to the provider, 1 s to 1 min.
	Timeout time.Duration `yaml:"timeout"`
	// Patience is how long a login at the provider may take, 1 min to 1 h.
	Patience time.Duration `yaml:"patience"`
}

// RoleMapping says what a value means.
type RoleMapping struct {
	Value string    `yaml:"value"` // of the claim, exactly
	Role  auth.Role `yaml:"role"`  // admin, operator, guard, inspector, or one of the county's own
}

// SiteMapping says what a value means.
type SiteMapping struct {
	Value string   `yaml:"value"` // of the claim, exactly
	Scope []string `yaml:"scope"` // ids of sites, "township:" and its name, or "*"
}

// DefaultConfig returns settings without a provider.
func DefaultConfig() Config {
	return Config{
		Scopes: []string{"openid", "profile"}, Text: event.Text{ZH: "统一身份认证登录", EN: "Single sign-on"},
		UsernameClaim: "preferred_username", NameClaim: "name", RoleClaim: "roles", ScopeClaim: "sites",
		Timeout: 10 * time.Second, Patience: 10 * time.Minute,
	}
}

// Enabled reports whether there is a provider.
func (c Config) Enabled() bool { return c.Issuer != "" }

// Validate returns every wrong setting.
func (c Config) Validate() error {
	if !c.Enabled() {
		return nil
	}
	var faults []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	quoted := func(s string) string { return fmt.Sprintf("%q", s) }
	check(safeURL(c.Issuer), "issuer", quoted(c.Issuer), "an https address without query, or http on the loopback")
	check(safeURL(c.PublicURL) && !strings.HasSuffix(c.PublicURL, "/"), "public_url", quoted(c.PublicURL), `"https://" and a host, or http on the loopback, without "/" at the end`)
	check(c.ClientID != "", "client_id", `""`, "the provider's name of this dashboard")
	check(slices.Contains(c.Scopes, "openid"), "scopes", fmt.Sprintf("%q", c.Scopes), `a list with "openid"`)
	for key, text := range map[string]string{"text.zh": c.Text.ZH, "text.en": c.Text.EN} {
		check(text != "" && len([]rune(text)) <= 40, key, quoted(text), "1 to 40 characters")
	}
	for key, claim := range map[string]string{"username_claim": c.UsernameClaim, "name_claim": c.NameClaim, "role_claim": c.RoleClaim, "scope_claim": c.ScopeClaim} {
		check(claim != "", key, `""`, "the name of a claim")
	}
	check(len(c.Roles) > 0, "roles", "[]", "at least one: without it nobody can log in")
	check(len(c.Sites) > 0, "sites", "[]", "at least one: without it nobody can log in")
	for i, r := range c.Roles {
		check(r.Value != "", fmt.Sprintf("roles[%d].value", i), `""`, "a value of the claim")
		check(event.ValidName(string(r.Role)), fmt.Sprintf("roles[%d].role", i), quoted(string(r.Role)), "admin, operator, guard, inspector, or a role of the county's own")
	}
	for i, s := range c.Sites {
		check(s.Value != "", fmt.Sprintf("sites[%d].value", i), `""`, "a value of the claim")
		check(len(s.Scope) > 0, fmt.Sprintf("sites[%d].scope", i), "[]", "at least one site")
		for _, n := range s.Scope {
			check(auth.ValidScope(n), fmt.Sprintf("sites[%d].scope", i), quoted(n), `"*", the id of a site, or "township:" and its name`)
		}
	}
	check(c.Timeout >= time.Second && c.Timeout <= time.Minute, "timeout", c.Timeout, "1s to 1m")
	check(c.Patience >= time.Minute && c.Patience <= time.Hour, "patience", c.Patience, "1m to 1h")
	return errors.Join(faults...)
}

// safeURL reports whether nobody on the way can read or change what goes there.
func safeURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}
