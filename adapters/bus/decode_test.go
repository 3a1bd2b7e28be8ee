package bus_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/bus"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, bus.New())
}

func FuzzDecode(f *testing.F) { payloadtest.Fuzz(f, bus.New()) }
