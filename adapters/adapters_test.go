package adapters_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/adapters"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, d := range adapters.All() {
		if d.Name() == "" || seen[d.Name()] {
			t.Errorf("name %q is empty or used twice", d.Name())
		}
		seen[d.Name()] = true
		if got := adapters.ByName(d.Name()); got == nil || got.Name() != d.Name() {
			t.Errorf("%q is not found by its name", d.Name())
		}
	}
	if d := adapters.ByName("nothing"); d != nil {
		t.Errorf("found %q", d.Name())
	}
}
