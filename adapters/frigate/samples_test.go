package frigate_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/frigate"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
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
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "frigate", "*[^d]"))
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
		events, err := frigate.New().Decode(nil, m, event.Clock{})
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
	t.Logf("%-12s samples %d decoded %d nothing %d refused %d wrong %d", "frigate", samples, decoded, nothing, refused, wrong)
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

// sampleTopic divides a sample: the first line of a text is the topic, JSON is of events.
func sampleTopic(name string, body []byte) (string, []byte) {
	if strings.HasSuffix(name, ".json") {
		return "frigate/events", body
	}
	topic, body, _ := bytes.Cut(body, []byte("\n"))
	return string(bytes.TrimSpace(topic)), bytes.TrimSpace(body)
}
