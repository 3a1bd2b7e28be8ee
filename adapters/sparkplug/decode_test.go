package sparkplug_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/sparkplug"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, sparkplug.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, sparkplug.New()) }
