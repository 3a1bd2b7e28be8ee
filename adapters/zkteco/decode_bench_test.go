package zkteco_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/zkteco"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, zkteco.New(), "zkteco/abc1/ATTLOG",
		"1042\t2026-11-24 07:31:05\t0\t15\t0\t0\n")
}
