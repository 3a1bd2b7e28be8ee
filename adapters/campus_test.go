package adapters_test

import (
	"testing"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	payloadtest.Run(t, adapters.Campus())
}

func FuzzDecode(f *testing.F) { payloadtest.Fuzz(f, adapters.Campus()) }
