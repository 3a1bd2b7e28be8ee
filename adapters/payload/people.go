package payload

import (
	"math"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// Temperatures that matter can have, in °C: wide enough for every broken sensor, since
// whether a value is plausible is for the detectors to judge.
const (
	minCelsius = -273.15
	maxCelsius = 1000

	minFahrenheit = minCelsius*9/5 + 32
	maxFahrenheit = maxCelsius*9/5 + 32
)

// PersonKind reads who passed or was measured; absent is "unknown".
func (o *Object) PersonKind(field string) string {
	return o.Word(field, event.PersonUnknown,
		event.PersonPupil, event.PersonStaff, event.PersonVisitor, event.PersonVehicle, event.PersonUnknown)
}

// Celsius reads a temperature in the given unit and returns °C. Absent and 0 stay 0, which
// on terminals means not measured (also in Fahrenheit, where it would be -17.8 °C).
func (o *Object) Celsius(field, unit string) float64 {
	if unit != Fahrenheit {
		return o.Number(field, 0, minCelsius, maxCelsius)
	}
	if o.Number(field, 0, minFahrenheit, maxFahrenheit) == 0 {
		return 0
	}
	return o.FahrenheitOf(field)
}

// FahrenheitOf reads a temperature in °F and returns it in °C, to a hundredth. Here 0 is a
// temperature like any other.
func (o *Object) FahrenheitOf(field string) float64 {
	f := o.Number(field, 0, minFahrenheit, maxFahrenheit)
	return math.Round((f-32)*500/9) / 100
}

// Units of temperature.
const (
	Celsius    = "celsius"
	Fahrenheit = "fahrenheit"
)

// TemperatureUnit reads a unit of temperature as devices spell it; absent is Celsius.
func (o *Object) TemperatureUnit(field string) string {
	unit, ok := TemperatureUnitOf(o.Text(field))
	if !ok {
		o.Fault(field, "%q is none of celsius, fahrenheit", briefly(o.Text(field)))
	}
	return unit
}

// TemperatureUnitOf returns Celsius or Fahrenheit for a unit's spelling; ok is false for
// any other unit.
func TemperatureUnitOf(s string) (unit string, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "celsius", "c", "°c", "℃":
		return Celsius, true
	case "fahrenheit", "f", "°f", "℉":
		return Fahrenheit, true
	}
	return Celsius, false
}
