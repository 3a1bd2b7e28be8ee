package gb28181_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/gb28181"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
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
	want := sampleStates()
	payloadtest.EachSample(t, "gb28181", func(name string, body []byte) ([]event.Event, string, error) {
		events, err := gb28181.New().Decode(nil, payload.Message{
			Topic: "gb28181/sample/message", Payload: body, Received: payloadtest.Received(),
		}, event.Clock{})
		if got := summary(events); err != nil || got != want[name[:3]] {
			return events, fmt.Sprintf("got %q, want %q", got, want[name[:3]]), err
		}
		return events, "", err
	})
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
