package tasmota_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/tasmota"
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
	payloadtest.SamplesAt(t, tasmota.New(), "tasmota", sampleTopic, wantSamples())
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
