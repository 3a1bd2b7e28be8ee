package temperature

import (
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// New returns the adapter "temperature".
func New() payload.Decoder {
	return payload.NewFamily(event.KindTemperature,
		payload.Channel{Name: "check", Type: event.TypeTemperatureCheck, Read: readCheck})
}

func readCheck(o *payload.Object, e *event.Event) {
	if !o.Has("value") {
		o.Fault("value", "is missing")
	}
	e.Temperature = &event.TemperatureCheck{
		PersonKind: o.PersonKind("person_kind"),
		Celsius:    o.Celsius("value", o.TemperatureUnit("unit")),
		Person:     o.Text("person"),
		DeviceFlag: o.Text("flag"),
	}
}
