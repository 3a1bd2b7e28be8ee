package temperature_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/temperature"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, temperature.New(), "campus/s012/temperature/t1/check",
		`{"ts":"2026-11-24T07:59:59.123+08:00","seq":311,"person_kind":"pupil","person":"p-10233","value":36.6,"unit":"celsius","flag":"normal"}`)
}
