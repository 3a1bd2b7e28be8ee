package frigate_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/frigate"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, frigate.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, frigate.New()) }
