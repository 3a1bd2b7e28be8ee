package dashboard_test

import (
	"strings"
	"testing"

	"github.com/campusgate/campusgate/dashboard"
	"github.com/campusgate/campusgate/dashboard/api"
)

func TestPasskeysOnTheLoopback(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	b := w.visit(t)
	var place api.PasskeyPlace
	b.must("GET", "/login/passkey", "", &place)
	if !strings.HasPrefix(place.Origin, "http://localhost:") || strings.HasSuffix(place.Origin, ":0") {
		t.Errorf("passkeys work at %q", place.Origin)
	}
	var asked api.PasskeyOptions
	b.must("POST", "/login/passkey/begin", "{}", &asked)
	if text := string(asked.PublicKey); !strings.Contains(text, `"rpId":"localhost"`) || !strings.Contains(text, `"userVerification":"required"`) {
		t.Errorf("asked %s", text)
	}
	b.refused("POST", "/login/passkey", `{"credential":{"id":"x"}}`, 401, "bad_passkey")
	b.refused("GET", "/me", "", 401, "unauthenticated")
}

func TestPasskeyConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config dashboard.PasskeyConfig
		fault  string
	}{
		{dashboard.PasskeyConfig{}, ""},
		{dashboard.PasskeyConfig{Origin: "https://safety.example.org"}, ""},
		{dashboard.PasskeyConfig{Origin: "https://safety.example.org:8443", RelyingParty: "example.org"}, ""},
		{dashboard.PasskeyConfig{Origin: "http://localhost:8080"}, ""},
		{dashboard.PasskeyConfig{Origin: "http://safety.example.org"}, "origin"},
		{dashboard.PasskeyConfig{Origin: "https://10.0.0.1"}, "origin"},
		{dashboard.PasskeyConfig{Origin: "https://safety.example.org/"}, "origin"},
		{dashboard.PasskeyConfig{Origin: "https://Safety.example.org"}, "origin"},
		{dashboard.PasskeyConfig{Origin: "https://user@safety.example.org"}, "origin"},
		{dashboard.PasskeyConfig{Origin: "safety.example.org"}, "origin"},
		{dashboard.PasskeyConfig{Origin: "https://safety.example.org", RelyingParty: "other.org"}, "relying_party"},
		{dashboard.PasskeyConfig{Origin: "https://safety.example.org", RelyingParty: "org"}, "relying_party"},
		{dashboard.PasskeyConfig{Origin: "https://safety.example.org", RelyingParty: "ty.example.org"}, "relying_party"},
		{dashboard.PasskeyConfig{RelyingParty: "example.org"}, "relying_party"},
	} {
		err := c.config.Validate()
		if (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%+v: %v, want a fault of %q", c.config, err, c.fault)
		}
	}
}
