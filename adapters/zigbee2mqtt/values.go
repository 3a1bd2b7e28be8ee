package zigbee2mqtt

import (
	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// values reads what a device reports.
func values(b *foreign.Batch, m *payload.Message, name string, root *fastjson.Value) error {
	device, err := foreign.Device(m, name)
	if err != nil {
		return err
	}
	observed, resolution, err := foreign.Time(root.Get("last_seen"), "last_seen")
	if err != nil {
		return err
	}
	b.At(observed, resolution)
	if t, ok, err := foreign.Celsius(root.Get("temperature"), "temperature", false); err != nil {
		return err
	} else if ok {
		b.Reading(device, foreign.Quantity(m), t, "°C")
	}
	if err := numbers(b, device, root); err != nil {
		return err
	}
	if err := truths(b, device, root); err != nil {
		return err
	}
	return call(b, device, root)
}

func numbers(b *foreign.Batch, device event.DeviceID, root *fastjson.Value) error {
	for _, f := range [...]struct {
		field, quantity, unit string
		high                  float64
	}{
		{"humidity", event.QuantityHumidity, "%", 100},
		{"battery", "battery", "%", 100},
		{"co2", "co2", "ppm", 1e6},
		{"pm25", "pm25", "µg/m³", 1e5},
		{"pressure", "pressure", "hPa", 1e4},
	} {
		n, ok, err := foreign.Number(root.Get(f.field), f.field, 0, f.high)
		if err != nil {
			return err
		}
		if ok {
			b.Reading(device, f.quantity, n, f.unit)
		}
	}
	return nil
}

func truths(b *foreign.Batch, device event.DeviceID, root *fastjson.Value) error {
	for _, f := range [...]struct {
		field, quantity, unit string
		yes                   float64
	}{
		{"smoke", event.QuantitySmoke, "", 1},
		{"gas", event.QuantityGas, "%LEL", 100},
		{"carbon_monoxide", "carbon_monoxide", "", 1},
		{"water_leak", "water_leak", "", 1},
		{"contact", "contact", "", 1},
		{"tamper", "tamper", "", 1},
		{"battery_low", "battery_low", "", 1},
	} {
		truth, ok, err := foreign.Truth(root.Get(f.field), f.field)
		if err != nil {
			return err
		}
		if ok {
			b.Reading(device, f.quantity, f.yes*foreign.Flag(truth), f.unit)
		}
	}
	return nil
}

// call reads an emergency button. What it is released by is never told.
func call(b *foreign.Batch, device event.DeviceID, root *fastjson.Value) error {
	pressed, _, err := foreign.Truth(root.Get("sos"), "sos")
	if err != nil {
		return err
	}
	switch string(root.GetStringBytes("action")) {
	case "sos", "emergency", "panic":
		pressed = true
	}
	if pressed {
		b.Add(event.Event{
			Type: event.TypeEmergencyCall, Kind: event.KindButton, Device: device,
			Call: &event.EmergencyCall{State: event.CallPressed},
		})
	}
	return nil
}
