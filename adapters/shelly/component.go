package shelly

import (
	"strings"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// component reads what one component of a device measures, for instance "temperature:0".
func component(b *foreign.Batch, m *payload.Message, device event.DeviceID, name string, v *fastjson.Value) error {
	kind, id, ok := strings.Cut(name, ":")
	if !ok {
		return nil
	}
	quantity, unit := "", ""
	var value float64
	var err error
	switch kind {
	case "temperature":
		quantity, unit = foreign.Quantity(m), "°C"
		value, ok, err = temperature(v, name)
	case "humidity":
		quantity, unit = event.QuantityHumidity, "%"
		value, ok, err = foreign.Number(v.Get("rh"), name+".rh", 0, 100)
	case "smoke":
		quantity = event.QuantitySmoke
		value, ok, err = alarm(v, name)
	case "flood":
		quantity = "water_leak"
		value, ok, err = alarm(v, name)
	case "devicepower":
		quantity, unit = "battery", "%"
		value, ok, err = foreign.Number(v.Get("battery", "percent"), name+".battery.percent", 0, 100)
	default:
		return nil
	}
	if err != nil || !ok {
		return err
	}
	if id == "0" {
		id = ""
	}
	part, err := foreign.Part(device, id)
	if err != nil {
		return err
	}
	b.Reading(part, quantity, value, unit)
	return nil
}

func temperature(v *fastjson.Value, name string) (float64, bool, error) {
	if foreign.Absent(v.Get("tC")) {
		return foreign.Celsius(v.Get("tF"), name+".tF", true)
	}
	return foreign.Celsius(v.Get("tC"), name+".tC", false)
}

func alarm(v *fastjson.Value, name string) (float64, bool, error) {
	truth, ok, err := foreign.Truth(v.Get("alarm"), name+".alarm")
	return foreign.Flag(truth), ok, err
}
