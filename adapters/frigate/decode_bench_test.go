package frigate_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/frigate"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, frigate.New(), "frigate/yard_east/status/detect",
		`online`)
}
