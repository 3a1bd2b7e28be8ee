package owntracks_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters/owntracks"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func BenchmarkDecode(b *testing.B) {
	payloadtest.Benchmark(b, owntracks.New(), "owntracks/bus/b07",
		`{"_type":"location","tid":"07","tst":1795478385,"lat":30.2741,"lon":120.1551,"vel":42,"cog":187,"alt":12,"acc":8,"batt":81}`)
}
