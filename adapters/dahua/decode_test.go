package dahua_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/dahua"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

var _ payload.Decoder = dahua.New()

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, dahua.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, dahua.New()) }
