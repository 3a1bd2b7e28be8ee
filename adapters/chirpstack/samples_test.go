package chirpstack_test

import (
	"fmt"
	"testing"

	"github.com/campusgate/campusgate/adapters/chirpstack"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSamples decodes the collected samples where they are at hand.
func TestSamples(t *testing.T) {
	t.Parallel()
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
	payloadtest.EachSample(t, "chirpstack", func(name string, body []byte) ([]event.Event, string, error) {
		want, valid := wants[name[:3]]
		if !valid {
			want[0] = device + "up"
		}
		m := payload.Message{Topic: want[0], Payload: body, Received: payloadtest.Received()}
		events, err := chirpstack.New().Decode(nil, m, event.Clock{})
		switch got := payloadtest.Brief(events, true); {
		case (err == nil) != valid:
			return events, fmt.Sprintf("%d events, valid %v", len(events), valid), err
		case valid && got != want[1]:
			return events, fmt.Sprintf("got %q, want %q", got, want[1]), err
		}
		return events, "", err
	})
}
