package dahua_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/dahua"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, dahua.New(), "dahua/g4",
		"Code=AccessControl;action=Pulse;index=0;data={\"Method\":15,\"UserID\":\"u31\",\"Status\":1,\"UTC\":1795478292}")
}
