package traccar_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/traccar"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, traccar.New(), "traccar/positions",
		`{"position":{"deviceId":31,"protocol":"jt808","deviceTime":"2026-11-23T23:59:50.000+00:00","fixTime":"2026-11-23T23:59:48.000+00:00","serverTime":"2026-11-23T23:59:51.000+00:00","outdated":false,"valid":true,"latitude":30.251,"longitude":120.171,"altitude":11.5,"speed":20,"course":36,"attributes":{"ignition":true,"sat":9,"motion":true}},"device":{"id":31,"name":"Bus of Mr Li","uniqueId":"013912345678","phone":"13900000000"}}`)
}
