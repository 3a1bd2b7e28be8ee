package gb28181_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/gb28181"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, gb28181.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, gb28181.New()) }
