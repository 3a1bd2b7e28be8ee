package gb28181_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/gb28181"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// sampleStates is what the samples' sources say: the states in order, each with its
// device's last digits. Samples that are not named are SIP without a state of a device.
func sampleStates() map[string]string {
	return map[string]string{
		"005": "degraded:0101", "008": "unknown:0001 unknown:0002",
		"010": "degraded:0001:recording off up:0001 up:0002",
		"011": "up:0001", "014": "degraded:0001", "016": "unknown:0001 unknown:0002",
		"017": "down:0004 down:0005", "018": "down:0001 down:0002",
		"020": "up:0001", "021": "up:0001", "022": "up:0001", "023": "up:0001", "024": "up:0004",
		"025": "up:0002", "027": "up:0001", "039": "up:0001",
	}
}

// TestSamples decodes the messages of the standard and of real devices that lie beside the
// repository.
func TestSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "samples", "gb28181", "*"))
	if err != nil || len(files) == 0 {
		t.Skip("no samples beside the repository")
	}
	want := sampleStates()
	received := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	samples, decoded, nothing, refused, wrong := 0, 0, 0, 0, 0
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasSuffix(name, ".md") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		samples++
		events, err := gb28181.New().Decode(nil, payload.Message{
			Topic: "gb28181/sample/message", Payload: text, Received: received,
		}, event.Clock{})
		switch {
		case err != nil:
			refused++
		case len(events) == 0:
			nothing++
		default:
			decoded++
		}
		if got := summary(events); err != nil || got != want[name[:3]] {
			wrong++
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want[name[:3]])
		}
	}
	t.Logf("family gb28181: samples %d decoded %d nothing %d refused %d wrong %d", samples, decoded, nothing, refused, wrong)
}

func summary(events []event.Event) string {
	words := make([]string, 0, len(events))
	for i := range events {
		word := events[i].Status.Status + ":" + string(events[i].Device[len(events[i].Device)-4:])
		if events[i].Status.Recording == event.No {
			word += ":" + events[i].Status.Reason
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
