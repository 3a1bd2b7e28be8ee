package zkteco_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/zkteco"
)

var _ payload.Decoder = zkteco.New()

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, zkteco.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, zkteco.New()) }
