package chirpstack_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/chirpstack"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSamples decodes the collected samples where they are at hand.
func TestSamples(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "shared", "samples", "chirpstack")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Skip("no samples here")
	}
	const device, gateway = "application/a/device/0101010101010101/event/", "gateway/0016c001f153a14c/event/"
	// What each sample makes, in short. Nothing: an empty text.
	wants := map[string][2]string{
		"001": {device + "up", "device_status 0101010101010101 up 2022-07-18T09:34:15"},
		"002": {device + "status", "device_status 0101010101010101 up 2022-07-18T09:35:06; kitchen_reading 0101010101010101 battery 88.3 2022-07-18T09:35:06"},
		"003": {device + "join", "device_status 0101010101010101 up 2022-07-18T09:33:28"},
		"004": {device + "ack", "device_status 0101010101010101 up 2022-07-18T09:38:49"},
		"005": {device + "txack", ""},
		"006": {device + "log", "device_status 0101010101010101 degraded 2022-07-18T09:39:57"},
		"007": {device + "location", "vehicle_position 0101010101010101 37.344214 -8.839375 2022-07-18T09:55:11"},
		"008": {device + "integration", ""},
		"009": {gateway + "stats", "device_status 0016c001f153a14c up 2022-08-03T14:37:59"},
		"010": {gateway + "up", ""},
		"011": {gateway + "ack", ""},
		"012": {gateway + "exec", ""},
		"013": {gateway + "raw", ""},
		"017": {"gateway/0016c001ff1a0a5f/event/mesh", ""},
	}
	decoded, nothing, refused, wrong := 0, 0, 0, 0
	for _, f := range files {
		if f.Name() == "SOURCES.md" {
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		want, valid := wants[f.Name()[:3]]
		if !valid {
			want[0] = device + "up"
		}
		m := payload.Message{Topic: want[0], Payload: body, Received: payloadtest.Received()}
		events, err := chirpstack.New().Decode(nil, m, event.Clock{})
		switch {
		case err != nil && valid, err == nil && !valid:
			t.Errorf("%s: error %v, %d events", f.Name(), err, len(events))
			wrong++
			continue
		case err != nil:
			refused++
			continue
		}
		if got := summary(events); got != want[1] {
			t.Errorf("%s: got %q, want %q", f.Name(), got, want[1])
			wrong++
		} else if got == "" {
			nothing++
		} else {
			decoded++
		}
	}
	t.Logf("chirpstack samples: decoded %d, nothing %d, refused %d, wrong %d", decoded, nothing, refused, wrong)
}

// summary writes events in short.
func summary(events []event.Event) string {
	all := make([]string, len(events))
	for i := range events {
		e := &events[i]
		s := string(e.Type) + " " + string(e.Device)
		switch {
		case e.Status != nil:
			s += " " + e.Status.Status
		case e.Reading != nil:
			s += fmt.Sprint(" ", e.Reading.Quantity, " ", e.Reading.Value)
		case e.Position != nil:
			s += fmt.Sprint(" ", e.Position.Lat, " ", e.Position.Lon)
		}
		all[i] = s + e.ObservedAt.Format(" 2006-01-02T15:04:05")
	}
	return strings.Join(all, "; ")
}
