package hikvision_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/hikvision"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

var _ payload.Decoder = hikvision.New()

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, hikvision.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, hikvision.New()) }
