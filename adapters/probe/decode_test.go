package probe_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/probe"
)

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, probe.New())
}

func FuzzDecode(f *testing.F) { payloadtest.Fuzz(f, probe.New()) }

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, probe.New(), "probe/s012/c017/online",
		`{"check":"online","ts":"2026-11-23T23:59:58.123456789Z","period_s":60,"latency_ms":18.25,"status":"up"}`)
}
