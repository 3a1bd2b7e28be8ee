package frigate_test

import (
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/frigate"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

// wantSamples says what the samples give, by the beginning of their names; a sample that is
// not named gives nothing.
func wantSamples() map[string][]string {
	return map[string][]string{
		"009": {"frigate up"},
		"010": {"frigate down"},
		"011": {"frigate down"},
		"012": {"gate_01 up"},
		"013": {"gate_01 down"},
		"014": {"gate_01 unknown"},
		"016": {"gate_01 unknown"},
	}
}

// TestSamples reads the messages of real devices beside the repository.
func TestSamples(t *testing.T) {
	t.Parallel()
	payloadtest.SamplesAt(t, frigate.New(), "frigate", sampleTopic, wantSamples())
}

// sampleTopic divides a sample: the first line of a text is the topic, JSON is of events.
func sampleTopic(name string, body []byte) (string, []byte) {
	if strings.HasSuffix(name, ".json") {
		return "frigate/events", body
	}
	return payloadtest.FirstLine(name, body)
}
