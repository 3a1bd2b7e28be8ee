package zigbee2mqtt_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/zigbee2mqtt"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, zigbee2mqtt.New())
}

func FuzzDecode(f *testing.F) { payloadtest.FuzzVendor(f, zigbee2mqtt.New()) }
