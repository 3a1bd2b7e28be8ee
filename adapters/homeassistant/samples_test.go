package homeassistant_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/homeassistant"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSamples decodes the collected samples where they are at hand.
func TestSamples(t *testing.T) {
	t.Parallel()
	// What each sample makes, in short. Nothing: an empty text.
	wants := map[string][2]string{
		"002": {"office/sensor1", "kitchen_reading office-sensor1 room 23.2 2026-11-24T00:00:00; kitchen_reading office-sensor1 humidity 43.7 2026-11-24T00:00:00"},
		"003": {"owntracks/tablet/tablet", "kitchen_reading owntracks-tablet-tablet battery 92 2026-11-24T00:00:00"},
		"005": {"homeassistant/sensor/x/config", ""},
	}
	payloadtest.EachSample(t, "homeassistant_mqtt", func(name string, body []byte) ([]event.Event, string, error) {
		want, valid := wants[name[:3]]
		if !valid {
			want[0] = "homeassistant/sensor/x/config"
		}
		m := payload.Message{Topic: want[0], Payload: body, Received: payloadtest.Received()}
		events, err := homeassistant.New().Decode(nil, m, event.Clock{})
		switch got := payloadtest.Brief(events, true); {
		case (err == nil) != valid:
			return events, fmt.Sprintf("%d events, valid %v", len(events), valid), err
		case valid && got != want[1]:
			return events, fmt.Sprintf("got %q, want %q", got, want[1]), err
		}
		return events, "", err
	})
}

// TestSampleLines decodes the lines of a sample that holds topics and payloads.
func TestSampleLines(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "samples", "homeassistant_mqtt", "004_espeasy_status.txt"))
	if err != nil {
		t.Skip("no samples here")
	}
	want := []string{
		"device_status home-bathroom up 2026-11-24T00:00:00",
		"kitchen_reading home-bathroom-analog brightness 290 2026-11-24T00:00:00",
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d", len(lines), len(want))
	}
	for i, line := range lines {
		topic, body, _ := strings.Cut(strings.TrimSpace(line), " ")
		m := payload.Message{Topic: topic, Payload: []byte(body), Received: payloadtest.Received()}
		events, err := homeassistant.New().Decode(nil, m, event.Clock{})
		if got := payloadtest.Brief(events, true); err != nil || got != want[i] {
			t.Errorf("%s: got %q, %v; want %q", line, got, err, want[i])
		}
	}
}
