package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/probe/probetest"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
)

// TestProbedCameras lets the built program ask a camera that says nothing by itself: whether
// it answers, its picture, which is black, and its recordings, which stopped two hours ago.
// What was found stands in InfluxDB and is an anomaly; no password is written anywhere.
func TestProbedCameras(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const secret = "camera-password-1"
	now, zone := time.Now(), time.FixedZone("", 8*3600)
	camera := probetest.New(t, probetest.Settings{
		User: "admin", Password: secret, Scheme: "Digest", Algorithm: "SHA-256", QOP: "auth", SDP: probetest.SDP,
		Picture: probetest.Plain(1280, 720, 2), Zone: zone,
		Files: [][2]time.Time{{now.Add(-72 * time.Hour), now.Add(-2 * time.Hour)}},
	})
	targets := fmt.Sprintf("site,device,rtsp,onvif,snapshot,recorder,credentials\ns001,c001,%s,%s,%s,%s,hik\ns001,no such camera,,,,,\n",
		camera.RTSP, camera.ONVIF, camera.Snapshot, camera.Recorder)
	evidence := filepath.Join(w.dir, "evidence")
	w.uplink = false
	w.extra = fmt.Sprintf(`  detect: {limits: {camera_image_minutes: 0}}
listeners:
  probe:
    enabled: true
    targets_file: %q
    credentials_file: %q
    evidence_dir: %q
    online: {interval: 5s, timeout: 5s}
    image: {interval: 5s, timeout: 5s}
    recording: {interval: 5s, timeout: 5s}
`, writeFile(t, filepath.Join(w.dir, "cameras.csv"), targets), writeFile(t, filepath.Join(w.dir, "cameras.credentials"), "hik admin "+secret+"\n"), evidence)
	w.write()
	w.startMosquitto()
	w.startInflux()
	gateway := w.startGateway()
	w.answers(w.gatewayURL() + "/healthz")

	r := w.reader()
	find := func(what event.Type, says string) {
		t.Helper()
		eventually(t, says, func() string {
			rows, _, err := r.History(t.Context(), influx.HistoryQuery{Site: "s001", Device: "c001", Type: what})
			if err != nil {
				return err.Error()
			}
			var got []byte
			for i := range rows {
				got = append(rows[i].AppendJSON(got), '\n')
			}
			if !strings.Contains(string(got), says) {
				return string(got)
			}
			return ""
		})
	}
	find(event.TypeDeviceStatus, `"status":"up","heartbeat":true,"latency_ms":`)
	find(event.TypeCameraCheck, `"check":"image","result":"failed","reason":"black"`)
	find(event.TypeCameraCheck, `"check":"recording","result":`)
	want := []string{"camera_image_unusable"}
	if now.In(zone).Hour() >= 1 { // else today is too young to miss anything
		want = append(want, "recording_gap")
	}
	for _, rule := range want {
		eventually(t, rule, func() string {
			all, err := r.Anomalies(t.Context(), []event.SiteID{"s001"}, now.Add(-time.Hour), now.Add(time.Hour))
			if err != nil {
				return err.Error()
			}
			for i := range all {
				if all[i].Rule == rule && all[i].Device == "c001" && all[i].State == event.Raised {
					return ""
				}
			}
			return fmt.Sprint(all)
		})
	}
	kept, err := filepath.Glob(filepath.Join(evidence, "*.jpg"))
	if err != nil || len(kept) == 0 {
		t.Error("no evidence is kept", err)
	}
	status, err := w.status()
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v", status); !strings.Contains(text, "targets are wrong") {
		t.Errorf("a wrong line of the table is not told: %s", text)
	}
	gateway.signal(syscall.SIGTERM)
	secrets := filepath.Join(w.dir, "cameras.credentials")
	err = filepath.Walk(w.dir, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() || path == secrets {
			return nil //nolint:nilerr // a file of a database that is gone
		}
		content, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(content), secret) {
			t.Errorf("%s holds the password", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
