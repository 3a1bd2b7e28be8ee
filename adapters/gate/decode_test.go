package gate_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters/gate"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, gate.New())
}

func FuzzDecode(f *testing.F) { payloadtest.Fuzz(f, gate.New()) }
