package homeassistant

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// New returns the adapter "homeassistant".
func New() *Decoder { return new(Decoder) }

// Name implements payload.Decoder.
func (d *Decoder) Name() string { return "homeassistant" }

// address is what a topic says.
type address struct {
	device   string
	quantity string // what a bare number on this topic measures, as far as the topic says
	last     string // the last level, small letters
}

func parseTopic(topic string) address {
	levels := strings.Split(strings.Trim(topic, "/"), "/")
	a := address{last: strings.ToLower(levels[len(levels)-1])}
	if levels[0] == "homeassistant" && len(levels) > 2 {
		levels = levels[2:]
	}
	switch a.last {
	case "status", "availability", "available", "lwt", "state", "connected", "config":
		if len(levels) > 1 {
			levels = levels[:len(levels)-1]
		}
	}
	whole := levels
	if len(levels) > 1 {
		a.quantity = levels[len(levels)-1]
		if _, ok := knownName(a.quantity); ok {
			whole = levels[:len(levels)-1]
		}
	}
	// An entity is named after what it measures: kitchen_temperature.
	if i := strings.LastIndexByte(levels[len(levels)-1], '_'); i > 0 {
		a.quantity = levels[len(levels)-1][i+1:]
	}
	a.device = strings.Join(whole, "-")
	return a
}

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	if len(m.Payload) == 0 {
		return dst, nil // the topic was cleared or the device renamed
	}
	a := parseTopic(m.Topic)
	out := dst
	if status := availability(m.Payload); status != "" {
		c, err := newMessage(dst, m, clock, a.device)
		if err != nil {
			return dst, err
		}
		c.status(status)
		return c.events, nil
	}
	if noMeasurement(string(bytes.Trim(m.Payload, "\" \t\r\n"))) {
		return dst, nil
	}
	err := d.parse(m.Payload, func(v *fastjson.Value) error {
		if a.last == "config" && strings.HasPrefix(m.Topic, "homeassistant/") {
			if v.Type() != fastjson.TypeObject {
				return fmt.Errorf("payload is a JSON %s, not a discovery object", v.Type())
			}
			return nil
		}
		c, err := newMessage(dst, m, clock, a.device)
		if err != nil {
			return err
		}
		if err := c.decode(v, a); err != nil {
			return err
		}
		out = c.events
		return nil
	})
	if err != nil {
		return dst, err
	}
	return out, nil
}

// availability reads a plain availability word; empty when the payload is none.
func availability(b []byte) string {
	word := bytes.Trim(b, "\" \t\r\n")
	if len(word) > 20 {
		return ""
	}
	switch strings.ToLower(string(word)) {
	case "online", "connected", "available":
		return event.StatusUp
	case "offline", "disconnected", "connection lost", "stopped":
		return event.StatusDown
	}
	return ""
}

// noMeasurement knows the words for a value that is not there, or that is no number: the
// states of switches, lamps and covers.
func noMeasurement(word string) bool {
	switch strings.ToLower(word) {
	case "unknown", "unavailable", "none", "null", "nan", "", "on", "off", "open", "closed", "true", "false":
		return true
	}
	return false
}

func (c *message) status(status string) {
	c.add(event.Event{
		Type: event.TypeDeviceStatus, Kind: event.KindKitchen,
		Status: &event.DeviceStatus{Status: status},
	}, 0, time.Time{}, 0)
}

func (c *message) decode(v *fastjson.Value, a address) error {
	switch v.Type() {
	case fastjson.TypeNumber:
		k, ok := knownName(a.quantity)
		if !ok {
			return nil
		}
		_, err := c.reading(a.quantity, k, v, 0, time.Time{}, 0)
		return err
	case fastjson.TypeObject:
	default:
		return fmt.Errorf("payload is a JSON %s, neither an object nor a number", v.Type())
	}
	if state := v.GetStringBytes("state"); a.last != "config" && len(state) > 0 {
		if status := availability(state); status != "" {
			c.status(status)
			return nil
		}
	}
	return c.object(v)
}

func (c *message) object(v *fastjson.Value) error {
	var at time.Time
	var res time.Duration
	for _, key := range [...]string{"last_seen", "timestamp", "time", "tst"} {
		if t := v.Get(key); t != nil {
			var err error
			if at, res, err = when(key, t); err != nil {
				return err
			}
			break
		}
	}
	members := v.GetObject()
	if members.Len() > payload.MaxItems {
		return fmt.Errorf("payload has %d members, more than %d", members.Len(), payload.MaxItems)
	}
	var fault error
	nth := 0
	members.Visit(func(key []byte, v *fastjson.Value) {
		if fault != nil {
			return
		}
		k, ok := knownName(string(key))
		if !ok {
			return
		}
		made, err := c.reading(string(key), k, v, nth, at, res)
		if made {
			nth++
		}
		fault = err
	})
	return fault
}

// known is what a name means.
type known struct {
	quantity  string
	unit      string
	low, high float64
}

// knownName looks up a field's name or a topic's last level.
func knownName(name string) (known, bool) {
	switch strings.ToLower(name) {
	case "temperature", "temp":
		return known{"", "°C", -273.15, 1000}, true
	case "humidity", "hum":
		return known{event.QuantityHumidity, "%", 0, 100}, true
	case "battery", "batt", "battery_level":
		return known{"battery", "%", 0, 100}, true
	case "co2", "carbon_dioxide":
		return known{"co2", "ppm", 0, 1e6}, true
	case "pm25", "pm2_5":
		return known{"pm25", "µg/m³", 0, 1e6}, true
	case "pressure":
		return known{"pressure", "hPa", 0, 2000}, true
	case "illuminance", "illuminance_lux", "lux":
		return known{"illuminance", "lx", 0, 1e6}, true
	case "brightness":
		return known{"brightness", "", 0, 1e6}, true
	case "gas":
		return known{event.QuantityGas, "%LEL", 0, 100}, true
	case "smoke":
		return known{event.QuantitySmoke, "", 0, 100}, true
	case "contact":
		return known{"contact", "", 0, 1}, true
	case "water_leak", "leak":
		return known{"leak", "", 0, 1}, true
	}
	return known{}, false
}

// reading makes the event of one value, unless it says that there is no measurement.
func (c *message) reading(name string, k known, v *fastjson.Value, nth int, at time.Time, res time.Duration) (made bool, err error) {
	quantity, unit, n := k.quantity, k.unit, 0.0
	switch v.Type() {
	case fastjson.TypeTrue, fastjson.TypeFalse:
		if quantity == event.QuantityGas {
			quantity, unit = "gas_alarm", "" // a truth is no concentration
		}
		if unit != "" || quantity == "" || quantity == "brightness" {
			return false, nil
		}
		if v.Type() == fastjson.TypeTrue {
			n = 1
		}
	case fastjson.TypeNull, fastjson.TypeObject, fastjson.TypeArray:
		return false, nil
	default:
		var ok bool
		if n, ok = number(v); !ok {
			if v.Type() == fastjson.TypeString && noMeasurement(string(v.GetStringBytes())) {
				return false, nil
			}
			return false, fmt.Errorf("field %.80q: %.80q is no number", name, v.String())
		}
		if n < k.low || n > k.high {
			if n == -1 {
				return false, nil // not known
			}
			return false, fmt.Errorf("field %.80q: %.80q is out of range", name, v.String())
		}
	}
	if quantity == "" {
		quantity = c.Quantity
	}
	if quantity == "" {
		quantity = event.QuantityRoom
	}
	c.add(event.Event{
		Type: event.TypeKitchenReading, Kind: event.KindKitchen,
		Reading: &event.KitchenReading{Quantity: quantity, Value: n, Unit: unit},
	}, nth, at, res)
	return true, nil
}
