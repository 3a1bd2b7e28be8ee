package camera_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/camera"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, camera.New(), "campus/s012/camera/c017/heartbeat",
		`{"ts":"2026-11-24T07:59:59.123+08:00","seq":551,"period_s":60,"latency_ms":18.2,"recording":true}`)
}
