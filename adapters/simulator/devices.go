package simulator

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// How often devices report by themselves, at speed 1. Each says so in its messages.
const (
	heartbeatEvery = 30 * time.Second
	cameraEvery    = 20 * time.Second
	readingEvery   = 30 * time.Second
	kitchenEvery   = time.Minute // heartbeats of kitchen sensors, beside their readings
	// births is the time over which the county's devices come up.
	births = 8 * time.Second
)

// period is how often the device reports by itself at the set speed.
func (d *device) period() time.Duration {
	switch d.Kind {
	case event.KindKitchen:
		return d.t.scaled(kitchenEvery)
	case event.KindCamera:
		return d.t.scaled(cameraEvery)
	}
	return d.t.scaled(heartbeatEvery)
}

// begin lets the device come up and report from then on.
func (d *device) begin() {
	d.t.after(d.t.span(0, births), func() { d.birth("power on") })
	if d.Kind == event.KindBus {
		return // positions are its signs of life
	}
	d.t.after(births+d.t.span(0, d.period()), d.beat)
	if d.Kind == event.KindKitchen {
		d.t.after(births+d.t.span(0, d.t.scaled(readingEvery)), d.measure)
	}
}

func (d *device) birth(reason string) { d.state(event.StatusUp, reason) }

// state says that the device's state is or has become status, also when it is silent
// otherwise.
func (d *device) state(status, reason string) {
	if d.t.now < d.site.darkUntil {
		return
	}
	d.publish("status", event.TypeDeviceStatus, func(f *fields) {
		f.str("status", status)
		f.str("reason", reason)
		f.num("period_s", d.period().Seconds(), 1)
		if d.Kind == event.KindCamera {
			f.bool("recording", status == event.StatusUp)
		}
	})
}

// beat sends a heartbeat and sets the next; 3 % of jitter is well below what makes a
// device late.
func (d *device) beat() {
	d.send("heartbeat", event.TypeDeviceStatus, func(f *fields) {
		f.num("period_s", d.period().Seconds(), 1)
		f.num("latency_ms", d.t.between(4, 40), 1)
		if d.Kind == event.KindCamera {
			f.bool("recording", true)
		}
	})
	d.t.after(time.Duration(float64(d.period())*d.t.between(0.97, 1.03)), d.beat)
}

// measure sends a reading and sets the next.
func (d *device) measure() {
	d.reading()
	d.t.after(time.Duration(float64(d.t.scaled(readingEvery))*d.t.between(0.97, 1.03)), d.measure)
}

// quantity is what a kitchen sensor measures: its id says so, k1-cold and so on.
func (d *device) quantity() string {
	switch _, what := cutLast(string(d.ID)); what {
	case "cold":
		return event.QuantityColdStore
	case "freezer":
		return event.QuantityFreezer
	case "gas":
		return event.QuantityGas
	case "smoke":
		return event.QuantitySmoke
	}
	return event.QuantityRoom
}

func (d *device) reading() {
	quantity := d.quantity()
	var value float64
	unit, places := "°C", 1
	switch quantity {
	case event.QuantityColdStore:
		value = d.t.between(2.8, 5.2)
	case event.QuantityFreezer:
		value = d.t.between(-20.5, -17.5)
	case event.QuantityGas:
		value, unit = d.t.between(0, 1.5), "%LEL"
	case event.QuantitySmoke:
		unit, places = "", 0
	default:
		value = d.t.between(17, 24)
	}
	if d.t.now < d.overrideUntil {
		value = d.override
		if unit == "°C" {
			value += d.t.between(-0.3, 0.3)
		}
	}
	d.send("reading", event.TypeKitchenReading, func(f *fields) {
		f.str("quantity", quantity)
		f.num("value", value, places)
		f.str("unit", unit)
	})
}

// cutLast cuts a device's id at its last hyphen.
func cutLast(id string) (before, after string) {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i] == '-' {
			return id[:i], id[i+1:]
		}
	}
	return id, ""
}
