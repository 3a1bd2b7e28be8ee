package main_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/configs/counties"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
)

// TestInstalledDevices lets devices of other makers report as they do, by their own push and
// over MQTT, to the built program; what they say stands in InfluxDB under the names that the
// registry gives them.
func TestInstalledDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const gate = "{id: g1, kind: gate,"
	county := strings.Replace(string(counties.Small()), gate, gate+` addresses: ["hikvision:face-1", "zkteco:ABC123"],`, 1)
	writeFile(t, filepath.Join(w.dir, "small.yaml"), county)
	hikvision, zkteco := freePort(t), freePort(t)
	w.subscriptions = `
          - {filter: "zigbee2mqtt/#", qos: 1, adapter: zigbee2mqtt, site: s001, quantity: cold_store}
          - {filter: "vendor/+/up", qos: 1, adapter: coldroom, site: s001, device_level: 2}`
	w.uplink = false
	w.extra = fmt.Sprintf(`
listeners:
  hikvision: {enabled: true, listen: "127.0.0.1:%d", credentials_file: %q}
  zkteco: {enabled: true, listen: "127.0.0.1:%d", credentials_file: %q}
mappings:
  - name: coldroom
    format: json
    outputs:
      - type: kitchen_reading
        fields:
          quantity: {value: freezer}
          value: {from: t.v, scale: 0.1}
          unit: {value: "°C"}
`,
		hikvision, writeFile(t, filepath.Join(w.dir, "hikvision"), "face-1 open-sesame in\n"),
		zkteco, writeFile(t, filepath.Join(w.dir, "zkteco"), "ABC123 -\n"))
	w.write()
	w.startMosquitto()
	w.startInflux()
	w.startGateway()
	w.answers(w.gatewayURL() + "/readyz")

	push := func(url, body string) {
		t.Helper()
		eventually(t, url+" answers", func() string {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
			if err != nil {
				return err.Error()
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return err.Error()
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK {
				return res.Status
			}
			return ""
		})
	}
	push(fmt.Sprintf("http://127.0.0.1:%d/hikvision/face-1/open-sesame", hikvision),
		`{"eventType":"AccessControllerEvent","eventState":"active","AccessControllerEvent":{"employeeNoString":"p-31","currentVerifyMode":"face","majorEventType":5,"subEventType":75,"serialNo":7}}`)
	push(fmt.Sprintf("http://127.0.0.1:%d/iclock/cdata?SN=ABC123&table=ATTLOG&Stamp=1", zkteco), "p-32\t2026-11-24 07:31:05\t1\t2\t0\t0\n")
	device := newPublisher(t, w.mqttURL(), "devices")
	for topic, payload := range map[string]string{
		"zigbee2mqtt/fridge": `{"temperature":5.25}`,
		"vendor/store2/up":   `{"t":{"v":-185}}`,
	} {
		if err := device.send(topic, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}

	r := w.reader()
	for _, want := range []struct {
		device event.DeviceID
		what   event.Type
		says   string
	}{
		{"g1", event.TypeGateAccess, `"method":"face","result":"granted","person":"p-31"`},
		{"g1", event.TypeGateAccess, `"direction":"out"`},
		{"fridge", event.TypeKitchenReading, `"quantity":"cold_store","value":5.25`},
		{"store2", event.TypeKitchenReading, `"quantity":"freezer","value":-18.5`},
	} {
		eventually(t, want.says, func() string {
			rows, _, err := r.History(t.Context(), influx.HistoryQuery{Site: "s001", Device: want.device, Type: want.what})
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
