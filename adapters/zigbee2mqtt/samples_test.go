package zigbee2mqtt_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/zigbee2mqtt"
)

// wantSamples says what the samples give, by the beginning of their names; a sample that is
// not named gives nothing.
func wantSamples() map[string][]string {
	return map[string][]string{
		"001": {"friendly_name room 27.34", "friendly_name humidity 44.72"},
		"005": {"zigbee2mqtt-bridge down"},
		"011": {"remote down"},
		"013": {"bulb_new_name up"},
		"015": {"weather_sensor room -0.85"},
		"017": {"weather_sensor room -1"},
		"019": {"weather_sensor room 0.08", "weather_sensor pressure 2"},
		"021": {"weather_sensor room 0.09", "weather_sensor humidity 0.01", "weather_sensor pressure 2"},
		"023": {"smoke battery 100", "smoke smoke 0", "smoke tamper 0", "smoke battery_low 0"},
		"025": {"h6-t1 battery 100", "h6-t1 contact 0"},
		"027": {"back-deck-door battery 100", "back-deck-door contact 0"},
		"029": {"zigbee2mqtt-bridge down"},
		"031": {"zigbee2mqtt-bridge up"},
	}
}

// TestSamples reads the messages of real devices beside the repository.
func TestSamples(t *testing.T) {
	t.Parallel()
	payloadtest.SamplesAt(t, zigbee2mqtt.New(), "zigbee2mqtt", payloadtest.FirstLine, wantSamples())
}
