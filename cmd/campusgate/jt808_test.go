package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/jt808/jt808test"
	"github.com/campusgate/campusgate/configs/counties"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
)

// TestBusTerminals lets terminals of JT/T 808 speak to the built program: one that the
// registry knows stands in InfluxDB under its name there, one that it does not know under
// the county. A code of authentication is still good after the gateway was killed.
func TestBusTerminals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const bus = "{id: b01, kind: bus,"
	county := strings.Replace(string(counties.Small()), bus, bus+` addresses: ["jt808:013800138001"],`, 1)
	writeFile(t, filepath.Join(w.dir, "small.yaml"), county)
	port := freePort(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	w.uplink = false
	w.extra = fmt.Sprintf(`
listeners:
  jt808: {enabled: true, listen_tcp: %q, listen_udp: %q, auth_secret_file: %q}
`, addr, addr, writeFile(t, filepath.Join(w.dir, "jt808"), "a secret of the test\n"))
	w.write()
	w.startMosquitto()
	w.startInflux()
	gateway := w.startGateway()
	w.answers(w.gatewayURL() + "/readyz")

	now := time.Now()
	position := func(lat float64) []byte {
		return jt808test.Position{Status: 3, Lat: lat, Lon: 116.83, SpeedKMH: 31.5, Heading: 45, Time: now}.Append(nil)
	}
	known := terminal(t, "tcp", addr, "13800138001")
	stranger := terminal(t, "udp", addr, "13800138099")
	stranger.Version2019 = true
	for _, term := range []*jt808test.Terminal{known, stranger} {
		if err := term.Login(); err != nil {
			t.Fatal(err)
		}
		ask(t, term, jt808.IDPosition, position(36.0125))
		ask(t, term, jt808.IDHeartbeat, nil)
	}
	code := known.Code
	gateway.kill()
	gateway.start()
	w.answers(w.gatewayURL() + "/readyz")
	known = terminal(t, "tcp", addr, "13800138001")
	known.Code = code
	if result, err := known.Authenticate(); err != nil || result != 0 {
		t.Fatalf("after a restart: %d, %v", result, err)
	}
	ask(t, known, jt808.IDPositionBatch, jt808test.Batch(1, jt808test.Position{Status: 3, Lat: 36.5, Lon: 116.5, Time: now.Add(-time.Hour)}))

	r := w.reader()
	for _, want := range []struct {
		site   event.SiteID
		device event.DeviceID
		says   string
	}{
		{"depot1", "b01", `"lat":36.0125`},
		{"depot1", "b01", `"lat":36.5,`},
		{event.CountySite, "jt808-13800138099", `"lat":36.0125`},
	} {
		eventually(t, want.says, func() string {
			rows, _, err := r.History(t.Context(), influx.HistoryQuery{Site: want.site, Device: want.device, Type: event.TypeVehiclePosition})
			if err != nil {
				return err.Error()
			}
			var got []byte
			for i := range rows {
				got = append(rows[i].AppendJSON(got), '\n')
			}
			if !strings.Contains(string(got), want.says) {
				return string(got)
			}
			return ""
		})
	}
}

// TestAnAcknowledgedSOSReachesTheBus goes the whole way: the driver presses the emergency
// switch, an operator acknowledges the alarm at the page, and the terminal is told.
func TestAnAcknowledgedSOSReachesTheBus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const bus = "{id: b01, kind: bus,"
	county := strings.Replace(string(counties.Small()), bus, bus+` addresses: ["jt808:13800138001"],`, 1)
	writeFile(t, filepath.Join(w.dir, "small.yaml"), county)
	addr := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	w.extra = fmt.Sprintf(`
listeners:
  jt808: {enabled: true, listen_tcp: %q, require_auth: false}
`, addr)
	w.write()
	w.startMosquitto()
	w.startInflux()
	w.startDashboard()
	w.startGateway()
	w.answers(w.gatewayURL() + "/readyz")
	term := terminal(t, "tcp", addr, "13800138001")
	sos := jt808test.Position{Alarm: jt808.AlarmEmergency, Status: 3, Lat: 36.0125, Lon: 116.83, Time: time.Now()}
	ask(t, term, jt808.IDPosition, sos.Append(nil))

	operator := login(t, w.pageURL(), "admin")
	var found struct {
		ID  string `json:"id"`
		Rev int64  `json:"rev"`
	}
	eventually(t, "the alarm is on the page", func() string {
		type row struct {
			ID     string         `json:"id"`
			Rev    int64          `json:"rev"`
			Device event.DeviceID `json:"device"`
			Rule   string         `json:"rule"`
		}
		rows, err := all[row](operator, "/api/v1/alarms?state=open")
		for _, r := range rows {
			if r.Device == "b01" && r.Rule == "bus_sos" {
				found.ID, found.Rev = r.ID, r.Rev
				return ""
			}
		}
		return fmt.Sprint(rows, err)
	})
	status, body, err := operator.do("POST", "/api/v1/alarms/"+found.ID+"/ack", map[string]any{"rev": found.Rev})
	if err != nil || status != 200 {
		t.Fatal(status, string(body), err)
	}
	m, err := term.Receive()
	if err != nil || m.ID != jt808.IDConfirmAlarm {
		t.Fatalf("0x%04x % x, %v", m.ID, m.Body, err)
	}
	sos.Time = sos.Time.Add(time.Second)
	if result, err := term.Ask(jt808.IDPosition, sos.Append(nil)); err != nil || result != 4 {
		t.Errorf("the next position with the alarm: %d, %v", result, err)
	}
}

func terminal(t *testing.T, network, addr, phone string) *jt808test.Terminal {
	t.Helper()
	term, err := jt808test.Dial(network, addr, phone)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(term.Close)
	return term
}

// ask sends a message, which must be answered with "done".
func ask(t *testing.T, term *jt808test.Terminal, id uint16, body []byte) {
	t.Helper()
	if result, err := term.Ask(id, body); err != nil || result != 0 {
		t.Fatalf("0x%04x: result %d, %v", id, result, err)
	}
}
