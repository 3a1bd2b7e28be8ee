package homeassistant_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/homeassistant"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestDiscoverySaysUnitsAndWords(t *testing.T) {
	t.Parallel()
	d := homeassistant.New()
	for _, m := range []struct{ topic, body, want string }{
		{"yard/cold/state", `{"t":23.0,"hum":50}`, "kitchen_reading yard-cold humidity 50"},
		{"homeassistant/sensor/cold-t/config", `{"~":"yard/cold","stat_t":"~/state","val_tpl":"{{ value_json.t | float }}","dev_cla":"temperature","unit_of_meas":"°F","avty_t":"~/lwt","pl_avail":"on","pl_not_avail":"gone"}`, ""},
		{"homeassistant/sensor/gas/config", `{"state_topic":"yard/gas/7","device_class":"gas","unit_of_measurement":"%LEL"}`, ""},
		{"homeassistant/sensor/press/config", `{"state_topic":"yard/p","device_class":"atmospheric_pressure","unit_of_measurement":"kPa"}`, ""},
		{"yard/cold/state", `{"t":50,"hum":50}`, "kitchen_reading yard-cold room 10; kitchen_reading yard-cold humidity 50"},
		{"yard/gas/7", `12.5`, "kitchen_reading yard-gas-7 gas 12.5"},
		{"yard/p", `101.5`, "kitchen_reading yard-p pressure 1015"},
		{"yard/cold/lwt", `gone`, "device_status yard-cold down"},
		{"yard/cold/lwt", `on`, "device_status yard-cold up"},
		{"homeassistant/sensor/cold-t/config", ``, ""},
		{"yard/cold/state", `{"t":50,"hum":50}`, "kitchen_reading yard-cold humidity 50"},
		{"yard/cold/lwt", `on`, ""},
	} {
		events, err := d.Decode(nil, payload.Message{Topic: m.topic, Payload: []byte(m.body), Received: payloadtest.Received()}, event.Clock{})
		if got := payloadtest.Brief(events, false); err != nil || got != m.want {
			t.Errorf("%s %s: got %q, %v; want %q", m.topic, m.body, got, err, m.want)
		}
	}
}
