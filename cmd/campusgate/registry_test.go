package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// TestRegistryFollowedWithoutRestart adopts a device that reports unasked, at a dashboard
// and a gateway of their own processes: it is assigned at once and its limits are in force,
// and a gateway that starts without the centre still knows it.
func TestRegistryFollowedWithoutRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t).write()
	w.startMosquitto()
	page, gw := w.startDashboard(), w.startGateway()
	w.connected()
	b := login(t, w.pageURL(), "admin")
	p := newPublisher(t, w.mqttURL(), "device")
	n := 0
	measure := func(celsius float64) {
		t.Helper()
		n++
		payload := fmt.Sprintf(`{"ts":%q,"seq":%d,"value":%.1f,"person":"p-%d","person_kind":"pupil"}`, time.Now().UTC().Format(time.RFC3339Nano), n, celsius, n)
		if err := p.Publish(t.Context(), "campus/s001/temperature/t77/check", 1, false, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	feverOf := func() int {
		alarms, err := all[alarm](b, "/api/v1/alarms?state=all&site=s001")
		if err != nil {
			t.Fatal(err)
		}
		return len(slices.DeleteFunc(alarms, func(a alarm) bool { return a.Device != "t77" || a.Rule != "fever" }))
	}
	measure(36.9)
	eventually(t, "the stranger is seen", func() string {
		rows, err := all[event.DeviceKey](b, "/api/v1/registry/unknown?site=s001")
		if err != nil || !slices.Contains(rows, event.DeviceKey{Site: "s001", Device: "t77"}) {
			return fmt.Sprint(rows, err)
		}
		return ""
	})
	if st, err := w.status(); err != nil || st.Devices.Unknown == 0 {
		t.Errorf("the gateway does not say that it is unknown: %+v, %v", st.Devices, err)
	}
	do := func(method, path string, body any) {
		t.Helper()
		if status, text, err := b.do(method, path, body); err != nil || status != http.StatusOK {
			t.Fatalf("%s %s: %d %s %v", method, path, status, text, err)
		}
	}
	began := time.Now()
	do(http.MethodPost, "/api/v1/registry/adopt", map[string]any{"from": map[string]string{"site": "s001", "device": "t77"}, "site": "s001"})
	do(http.MethodPut, "/api/v1/registry/devices/s001/t77", map[string]any{
		"site": "s001", "device": "t77", "kind": "temperature", "limits": map[string]float64{"fever_celsius": 36.5}, "rev": 1,
	})
	eventually(t, "the gateway has it", func() string {
		st, err := w.status()
		if d := st.Documents["registry"]; err != nil || d.Version < 2 || d.Error != "" || st.Devices.Unknown != 0 {
			return fmt.Sprintf("%+v, %d unknown, %v", d, st.Devices.Unknown, err)
		}
		return ""
	})
	t.Logf("adopted, limited and in force at the gateway after %v", time.Since(began).Round(time.Millisecond))
	var rows listing[struct {
		Device   string
		Assigned bool
	}]
	if err := b.get("/api/v1/devices?site=s001&kind=temperature", &rows); err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(rows.Items, func(r struct {
		Device   string
		Assigned bool
	},
	) bool {
		return r.Device == "t77"
	}); i < 0 || !rows.Items[i].Assigned {
		t.Errorf("devices %+v", rows.Items)
	}
	// Below the county's limit and above its own: the detectors follow within half a second.
	eventually(t, "its own limit is in force", func() string {
		measure(36.9)
		if feverOf() == 0 {
			return "no fever"
		}
		return ""
	})

	if code := gw.signal(terminate); code != 0 {
		t.Errorf("gateway: exit code %d", code)
	}
	if code := page.signal(terminate); code != 0 {
		t.Errorf("dashboard: exit code %d", code)
	}
	gw.start() // without the centre
	w.connected()
	measure(36.9)
	eventually(t, "the gateway remembers the registry", func() string {
		st, err := w.status()
		if d := st.Documents["registry"]; err != nil || d.Version < 2 || st.Devices.Seen == 0 || st.Devices.Unknown != 0 {
			return fmt.Sprintf("%+v, %+v, %v", d, st.Devices, err)
		}
		return ""
	})
}
