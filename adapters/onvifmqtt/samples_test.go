package onvifmqtt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/onvifmqtt"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSamples decodes the collected samples where they are at hand.
func TestSamples(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "shared", "samples", "axis_onvif_mqtt")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Skip("no samples here")
	}
	const axis = "axis/0123456789AB/event/tns:axis/CameraApplicationPlatform/"
	// What each sample makes, in short. Nothing: an empty text.
	wants := map[string][2]string{
		"001": {axis + "ObjectDwellTimer/Entered/$source/zone/1", "device_status 0123456789ab up 2026-07-29T13:45:31"},
		"002": {axis + "ObjectAnalytics/Device1Scenario1", "kitchen_reading 0123456789ab count-car 21093 2022-12-08T17:08:52"},
		"003": {axis + "ObjectAnalytics/Device1ScenarioANY", "device_status b8a44fc5c075 up 2025-10-06T01:21:33"},
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
			want[0] = axis + "VideoSource"
		}
		m := payload.Message{Topic: want[0], Payload: body, Received: payloadtest.Received()}
		events, err := onvifmqtt.New().Decode(nil, m, event.Clock{})
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
	t.Logf("onvifmqtt samples: decoded %d, nothing %d, refused %d, wrong %d", decoded, nothing, refused, wrong)
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
