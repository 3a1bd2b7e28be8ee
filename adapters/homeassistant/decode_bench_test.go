package homeassistant_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/homeassistant"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, homeassistant.New(), "canteen/shelf",
		`{"temperature": 7.45,"humidity": 63.10}`)
}
