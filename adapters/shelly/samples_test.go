package shelly_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/shelly"
)

// wantSamples says what the samples give, by the beginning of their names; a sample that is
// not named gives nothing.
func wantSamples() map[string][]string {
	return map[string][]string{
		"001": {"shelly1minig3-54320464f17c up"},
		"011": {
			"shellyplusht-08b61fce63c4 up", "shellyplusht-08b61fce63c4 room 19.9",
		},
	}
}

// TestSamples reads the messages of real devices beside the repository.
func TestSamples(t *testing.T) {
	t.Parallel()
	payloadtest.SamplesAt(t, shelly.New(), "shelly", payloadtest.FirstLine, wantSamples())
}
