package bus_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/bus"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, bus.New(), "campus/depot1/bus/b07/position",
		`{"ts":"2026-11-24T07:59:59.123+08:00","seq":90211,"lat":36.012345,"lon":116.812345,"speed_kmh":42.5,"heading":271,"altitude_m":38,"satellites":11,"passengers":31,"trip":"r07-am","trip_state":"running","doors_open":false,"ignition":true}`)
}
