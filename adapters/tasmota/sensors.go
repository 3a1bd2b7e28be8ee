package tasmota

import (
	"fmt"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// maxSensors bounds the sensors of one message: each may cost a device.
const maxSensors = 64

// reader reads the sensors of one message.
type reader struct {
	batch      *foreign.Batch
	message    *payload.Message
	device     event.DeviceID
	fahrenheit bool
	// taken are the quantities that the device itself has given in this message.
	taken []string
	err   error
}

func sensors(b *foreign.Batch, m *payload.Message, name string, root *fastjson.Value) error {
	device, err := foreign.Device(m, name)
	if err != nil {
		return err
	}
	if err := at(b, root); err != nil {
		return err
	}
	unit, ok := payload.TemperatureUnitOf(string(root.GetStringBytes("TempUnit")))
	if !ok {
		return fmt.Errorf("field %q: %.80q is neither C nor F", "TempUnit", root.GetStringBytes("TempUnit"))
	}
	r := &reader{batch: b, message: m, device: device, fahrenheit: unit == payload.Fahrenheit}
	object := root.GetObject()
	if object.Len() > maxSensors {
		return fmt.Errorf("payload has %d fields, more than %d", object.Len(), maxSensors)
	}
	object.Visit(func(key []byte, v *fastjson.Value) {
		if r.err != nil || v.Type() != fastjson.TypeObject {
			return
		}
		switch sensor := string(key); sensor {
		case "ESP32", "AXP192", "AXP2101", "ENERGY", "MPU6050": // temperatures of a chip
		case "ZbReceived":
			r.zigbee(v)
		default:
			r.sensor(sensor, v, strings.Contains(sensor, "-"))
		}
	})
	return r.err
}

// zigbee reads the devices behind a Zigbee gateway, each under its short address.
func (r *reader) zigbee(v *fastjson.Value) {
	object := v.GetObject()
	if object.Len() > maxSensors {
		r.err = fmt.Errorf("field %q has %d devices, more than %d", "ZbReceived", object.Len(), maxSensors)
		return
	}
	object.Visit(func(key []byte, v *fastjson.Value) {
		if r.err != nil || v.Type() != fastjson.TypeObject {
			return
		}
		name := string(key)
		if given := v.GetStringBytes("Name"); len(given) > 0 {
			name = string(given)
		}
		r.sensor(name, v, true)
		r.truth(name, v, "Fire", event.QuantitySmoke)
		r.truth(name, v, "Water", "water_leak")
	})
}

func (r *reader) sensor(name string, v *fastjson.Value, own bool) {
	surface := r.message.Quantity
	if surface == "" {
		surface = "surface"
	}
	for _, f := range [...]struct{ field, quantity string }{
		{"Temperature", foreign.Quantity(r.message)},
		{"OBJTMP", surface},
		{"AMBTMP", event.QuantityRoom},
	} {
		value := v.Get(f.field)
		if r.err != nil || value == nil {
			continue
		}
		n, ok, err := foreign.Celsius(value, name+"."+f.field, r.fahrenheit)
		r.add(name, own, f.quantity, n, "°C", ok, err)
	}
	for _, f := range [...]struct {
		field, quantity, unit string
		high                  float64
	}{
		{"Humidity", event.QuantityHumidity, "%", 100},
		{"Battery", "battery", "%", 100},
		{"BatteryPercentage", "battery", "%", 100},
		{"CarbonDioxide", "co2", "ppm", 1e6},
		{"PM2.5", "pm25", "µg/m³", 1e5},
	} {
		value := v.Get(f.field)
		if r.err != nil || value == nil {
			continue
		}
		n, ok, err := foreign.Number(value, name+"."+f.field, 0, f.high)
		r.add(name, own, f.quantity, n, f.unit, ok, err)
	}
}

func (r *reader) truth(name string, v *fastjson.Value, field, quantity string) {
	if r.err != nil {
		return
	}
	truth, ok, err := foreign.Truth(v.Get(field), field)
	r.add(name, true, quantity, foreign.Flag(truth), "", ok, err)
}

func (r *reader) add(sensor string, own bool, quantity string, value float64, unit string, ok bool, err error) {
	if err != nil || !ok {
		r.err = err
		return
	}
	device := r.device
	if own || slices.Contains(r.taken, quantity) {
		if device, r.err = foreign.Part(device, sensor); r.err != nil {
			return
		}
	} else {
		r.taken = append(r.taken, quantity)
	}
	r.batch.Reading(device, quantity, value, unit)
}
