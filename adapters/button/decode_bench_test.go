package button_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/button"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, button.New(), "campus/s012/button/e1/call",
		`{"ts":"2026-11-24T07:59:59.123+08:00","seq":3,"state":"pressed","place":"保卫室"}`)
}
