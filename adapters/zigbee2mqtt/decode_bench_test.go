package zigbee2mqtt_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/zigbee2mqtt"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, zigbee2mqtt.New(), "zigbee2mqtt/canteen_climate",
		`{"temperature":23.4,"humidity":51.2,"battery":87,"linkquality":120,"voltage":2955}`)
}
