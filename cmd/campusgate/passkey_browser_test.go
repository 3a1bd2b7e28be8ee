package main_test

import (
	"net/url"
	"path/filepath"
	"testing"
)

// TestPasskeyInBrowser makes a passkey on the real program with Chromium's virtual
// authenticator, logs in with it, and is refused when its counter has gone back.
func TestPasskeyInBrowser(t *testing.T) {
	tools := findBrowser(t)
	_, at := startDemo(t, filepath.Join(t.TempDir(), "data"), "--no-simulator")
	u, err := url.Parse(at.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = "localhost:" + u.Port() // passkeys are not for numbers
	page := openScript(t, tools, "passkeywalk", map[string]any{
		"origin": u.String(), "user": "admin", "password": password,
		"artifacts": t.ArtifactDir(), "patience": patience.Milliseconds(),
	})
	page.next("enrolled")
	page.next("opened")
	page.next("refused")
	b := login(t, at.HTTP, "admin")
	audits, err := all[struct{ Action string }](b, "/api/v1/audit?area=account")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"account.passkey.add", "account.passkey.copied"} {
		n := 0
		for _, a := range audits {
			if a.Action == want {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d audits %s, want 1", n, want)
		}
	}
	for _, fault := range page.next("faults").Faults {
		t.Error(fault)
	}
	page.mustEnd()
}
