package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestAdministratorInBrowser adopts a device that reports unasked and puts a rule in force,
// both on the administrator's pages; then what that device says is an alarm on the screen.
func TestAdministratorInBrowser(t *testing.T) {
	tools := findBrowser(t)
	_, at := startDemo(t, filepath.Join(t.TempDir(), "data"), "--no-simulator")
	p := newPublisher(t, "tcp://"+at.MQTT, "admin-browser-test")
	if err := p.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	page := openScript(t, tools, "adminwalk", map[string]any{
		"origin": at.HTTP, "user": "admin", "password": password, "person": "s012/t77",
		"artifacts": t.ArtifactDir(), "patience": patience.Milliseconds(),
	})
	n := 0
	measure := func() {
		t.Helper()
		n++
		payload := fmt.Sprintf(`{"ts":%q,"seq":%d,"value":36.4,"person":"p-%d","person_kind":"pupil"}`, time.Now().UTC().Format(time.RFC3339Nano), n, n)
		if err := p.Publish(t.Context(), "campus/s012/temperature/t77/check", 1, false, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	page.next("live")
	measure()
	page.next("adopted")
	b := login(t, at.HTTP, "admin")
	var device struct {
		Name struct{ ZH string } `json:"name"`
		Kind string              `json:"kind"`
	}
	if err := b.get("/api/v1/registry/devices/s012/t77", &device); err != nil || device.Name.ZH != "南门测温" || device.Kind != "temperature" {
		t.Errorf("in the registry: %+v, %v", device, err)
	}
	page.next("published")

	// The gateway follows a moment later than the bus has it: the device goes on measuring.
	eventually(t, "the rule has caught a measurement", func() string {
		measure()
		alarms, err := all[alarm](b, "/api/v1/alarms?site=s012&rule=county_measured")
		if err != nil || len(alarms) == 0 {
			return fmt.Sprintf("%v, %v", alarms, err)
		}
		return ""
	})
	alarmed := page.next("alarmed")
	if raised, err := all[alarm](b, "/api/v1/alarms?site=s012&rule=county_measured"); err != nil || len(raised) != 1 || raised[0].ID != alarmed.ID {
		t.Errorf("on the screen %q, on the server %+v (%v)", alarmed.ID, raised, err)
	}
	t.Logf("on the screen: %s", strings.Join(strings.Fields(alarmed.Text), " "))
	page.next("seen")
	for _, fault := range page.next("faults").Faults {
		t.Error(fault)
	}
	page.mustEnd()
}
