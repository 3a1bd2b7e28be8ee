package kitchen_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/kitchen"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, kitchen.New(), "campus/s012/kitchen/k1-cold/reading",
		`{"ts":"2026-11-24T07:59:59.123+08:00","seq":71,"quantity":"cold_store","value":4.2,"unit":"°C"}`)
}
