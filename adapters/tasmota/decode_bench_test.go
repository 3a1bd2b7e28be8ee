package tasmota_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/tasmota"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, tasmota.New(), "tele/fridge-2/SENSOR",
		`{"Time":"2026-11-24T07:59:57","DS18B20":{"Id":"0316A2797A11","Temperature":4.4},"TempUnit":"C"}`)
}
