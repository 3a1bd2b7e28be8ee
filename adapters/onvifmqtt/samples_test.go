package onvifmqtt_test

import (
	"fmt"
	"testing"

	"github.com/campusgate/campusgate/adapters/onvifmqtt"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSamples decodes the collected samples where they are at hand.
func TestSamples(t *testing.T) {
	t.Parallel()
	const axis = "axis/0123456789AB/event/tns:axis/CameraApplicationPlatform/"
	// What each sample makes, in short. Nothing: an empty text.
	wants := map[string][2]string{
		"001": {axis + "ObjectDwellTimer/Entered/$source/zone/1", "device_status 0123456789ab up 2026-07-29T13:45:31"},
		"002": {axis + "ObjectAnalytics/Device1Scenario1", "kitchen_reading 0123456789ab count-car 21093 2022-12-08T17:08:52"},
		"003": {axis + "ObjectAnalytics/Device1ScenarioANY", "device_status b8a44fc5c075 up 2025-10-06T01:21:33"},
	}
	payloadtest.EachSample(t, "axis_onvif_mqtt", func(name string, body []byte) ([]event.Event, string, error) {
		want, valid := wants[name[:3]]
		if !valid {
			want[0] = axis + "VideoSource"
		}
		m := payload.Message{Topic: want[0], Payload: body, Received: payloadtest.Received()}
		events, err := onvifmqtt.New().Decode(nil, m, event.Clock{})
		switch got := payloadtest.Brief(events, true); {
		case (err == nil) != valid:
			return events, fmt.Sprintf("%d events, valid %v", len(events), valid), err
		case valid && got != want[1]:
			return events, fmt.Sprintf("got %q, want %q", got, want[1]), err
		}
		return events, "", err
	})
}
