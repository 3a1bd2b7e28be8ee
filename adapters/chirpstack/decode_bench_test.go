package chirpstack_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/chirpstack"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, chirpstack.New(), "application/5f0c/device/a81758fffe0512ab/event/up",
		`{"time":"2026-11-23T23:59:58.120+00:00","deviceInfo":{"applicationName":"Canteens","deviceName":"Cold room 2","devEui":"a81758fffe0512ab"},"fPort":2,"object":{"temperature":4.3,"humidity":61,"battery":97}}`)
}
