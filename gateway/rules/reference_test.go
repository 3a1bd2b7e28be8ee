package rules_test

import (
	"path/filepath"
	"testing"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/rules"
)

func gateAccess() event.GateAccess {
	return event.GateAccess{Direction: event.Out, PersonKind: event.PersonPupil, Result: event.ResultDenied}
}

// TestReference holds configs/rules/README.md equal to what the language has.
func TestReference(t *testing.T) {
	t.Parallel()
	golden(t, filepath.Join("..", "..", "configs", "rules", "README.md"), rules.Reference())
}

// TestExamplesOfFunctions: the example of each function is an expression that is taken.
func TestExamplesOfFunctions(t *testing.T) {
	t.Parallel()
	for _, f := range rules.Functions() {
		text := "fences: {reservoir_road: {centre: {lat: 30, lon: 104}, radius_m: 100}}\nrules:\n  - name: r\n" +
			"    on: {types: [kitchen_reading, gate_access, vehicle_position, device_status]}\n    when: |-\n      " + f.Example + "\n    text: {zh: a, en: a}\n"
		if _, err := rules.Parse(f.Name, []byte(text)); err != nil {
			t.Errorf("%s", err)
		}
	}
}
