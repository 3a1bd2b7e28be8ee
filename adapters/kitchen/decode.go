package kitchen

import (
	"strings"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// anything bounds the value of a quantity that we do not know.
const anything = 1e12

// New returns the adapter "kitchen".
func New() payload.Decoder {
	return payload.NewFamily(event.KindKitchen,
		payload.Channel{Name: "reading", Type: event.TypeKitchenReading, Read: readReading})
}

func readReading(o *payload.Object, e *event.Event) {
	r := &event.KitchenReading{Quantity: o.Name("quantity"), Unit: o.Text("unit")}
	if !o.Has("value") {
		o.Fault("value", "is missing")
	}
	switch r.Quantity {
	case event.QuantityColdStore, event.QuantityFreezer, event.QuantityHotHolding, event.QuantityRoom:
		// 0 °C is a temperature here, and 0 °F is -17.8 °C: there is always a measurement.
		if o.TemperatureUnit("unit") == payload.Fahrenheit {
			r.Value = o.FahrenheitOf("value")
		} else {
			r.Value = o.Celsius("value", payload.Celsius)
		}
		r.Unit = "°C"
	case event.QuantityHumidity:
		r.Value = o.Number("value", 0, 0, 100)
		r.Unit = "%"
	case event.QuantityGas:
		if r.Unit == "" || strings.EqualFold(r.Unit, "%LEL") {
			r.Value, r.Unit = o.Number("value", 0, 0, 100), "%LEL"
		} else {
			r.Value = o.Number("value", 0, 0, 1e6)
		}
	case event.QuantitySmoke:
		r.Value = o.Number("value", 0, 0, 100)
	default:
		r.Value = o.Number("value", 0, -anything, anything)
	}
	e.Reading = r
}
