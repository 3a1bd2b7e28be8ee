package onvifmqtt_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/onvifmqtt"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, onvifmqtt.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, onvifmqtt.New()) }
