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
	dir := filepath.Join("..", "..", "..", "shared", "samples", "homeassistant_mqtt")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Skip("no samples here")
	}
	// What each sample makes, in short. Nothing: an empty text.
	wants := map[string][2]string{
		"002": {"office/sensor1", "kitchen_reading office-sensor1 room 23.2 2026-11-24T00:00:00; kitchen_reading office-sensor1 humidity 43.7 2026-11-24T00:00:00"},
		"003": {"owntracks/tablet/tablet", "kitchen_reading owntracks-tablet-tablet battery 92 2026-11-24T00:00:00"},
		"005": {"homeassistant/sensor/x/config", ""},
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
			want[0] = "homeassistant/sensor/x/config"
		}
		m := payload.Message{Topic: want[0], Payload: body, Received: payloadtest.Received()}
		events, err := homeassistant.New().Decode(nil, m, event.Clock{})
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
	t.Logf("homeassistant samples: decoded %d, nothing %d, refused %d, wrong %d", decoded, nothing, refused, wrong)
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
		if got := summary(events); err != nil || got != want[i] {
			t.Errorf("%s: got %q, %v; want %q", line, got, err, want[i])
		}
	}
}
