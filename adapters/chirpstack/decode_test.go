package chirpstack_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/chirpstack"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, chirpstack.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, chirpstack.New()) }
