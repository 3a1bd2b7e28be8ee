package hikvision_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/hikvision"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, hikvision.New(), "hikvision/g1",
		`{"ipAddress":"10.8.0.21","macAddress":"c0:56:e3:10:20:30","dateTime":"2026-11-24T07:58:12+08:00","eventType":"AccessControllerEvent","eventState":"active","AccessControllerEvent":{"majorEventType":5,"subEventType":75,"employeeNoString":"e2077","serialNo":881}}`)
}
