package shelly_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/shelly"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, shelly.New(), "shellyplusht-a1b2c3d4e5f6/events/rpc",
		`{"src":"shellyplusht-a1b2c3d4e5f6","method":"NotifyStatus","params":{"ts":1795478398.75,"temperature:0":{"id":0,"tC":21.5,"tF":70.7}}}`)
}
