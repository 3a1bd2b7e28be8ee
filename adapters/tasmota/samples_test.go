package tasmota_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/tasmota"
	"github.com/campusgate/campusgate/gateway/event"
)

// wantSamples says what the samples give, by the beginning of their names; a sample that is
// not named gives nothing.
func wantSamples() map[string][]string {
	return map[string][]string{
		"003": {"tasmota up"},
		"013": {
			"topic-lywsd03-52680f room 21.1", "topic-lywsd03-52680f humidity 58", "topic-lywsd03-52680f battery 100",
			"topic-lywsd02-a2fd09 room 21.4", "topic-lywsd02-a2fd09 humidity 57", "topic-lywsd02-a2fd09 battery 2",
			"topic-mj_ht_v1-d8799d room 21.4", "topic-mj_ht_v1-d8799d humidity 54.6",
		},
		"019": {"error"},
		"035": {"tasmota surface 23.8", "tasmota room 22.7"},
		"049": {"ds1820 room 20.9"},
		"051": {"error"},
		"055": {"error"},
		"059": {"tasmota-e8a6e4 up"},
		"061": {"tasmota-e8a6e4 up"},
	}
}

// TestSamples reads the messages of real devices beside the repository.
func TestSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "tasmota", "*[^d]"))
	if err != nil || len(files) == 0 {
		t.Skip("no samples beside the repository")
	}
	samples, decoded, nothing, refused, wrong := 0, 0, 0, 0, 0
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		samples++
		name := filepath.Base(file)
		topic, body := sampleTopic(name, body)
		m := payload.Message{Topic: topic, Payload: body, Received: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
		events, err := tasmota.New().Decode(nil, m, event.Clock{})
		var got []string
		for i := range events {
			got = append(got, brief(&events[i]))
		}
		switch {
		case err != nil:
			refused++
			got = []string{"error"}
		case len(events) == 0:
			nothing++
		default:
			decoded++
		}
		if want := wantSamples()[name[:3]]; !slices.Equal(got, want) {
			wrong++
			t.Errorf("%s: %q, want %q (%v)", name, got, want, err)
		}
	}
	t.Logf("%-12s samples %d decoded %d nothing %d refused %d wrong %d", "tasmota", samples, decoded, nothing, refused, wrong)
}

func brief(e *event.Event) string {
	switch {
	case e.Status != nil:
		return strings.TrimSpace(fmt.Sprintf("%s %s", e.Device, e.Status.Status))
	case e.Reading != nil:
		return fmt.Sprintf("%s %s %g", e.Device, e.Reading.Quantity, e.Reading.Value)
	}
	return string(e.Type)
}

// sampleTopic finds a sample's topic in the table of its sources.
func sampleTopic(name string, body []byte) (string, []byte) {
	table, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "samples", "tasmota", "SOURCES.md"))
	if err != nil {
		return "", body
	}
	for line := range strings.Lines(string(table)) {
		if _, rest, ok := strings.Cut(line, name+" |"); ok {
			_, topic, _ := strings.Cut(rest, "| topic ")
			topic, _, _ = strings.Cut(topic, " |")
			return topic, body
		}
	}
	return "", body
}
