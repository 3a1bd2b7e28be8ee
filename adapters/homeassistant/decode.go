package homeassistant

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// Decoder reads the messages. It is safe for concurrent use. It remembers discovery messages:
// see discovery.
type Decoder struct {
	parsers    foreign.Parsers
	discovered discovery
}

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
	a := parseTopic(m.Topic)
	config := a.last == "config" && strings.HasPrefix(m.Topic, "homeassistant/")
	if len(m.Payload) == 0 {
		if config {
			d.discovered.forget(m.Topic)
		}
		return dst, nil // the topic was cleared or the device renamed
	}
	out := dst
	told, words := d.discovered.look(m.Topic)
	status := words.said(string(bytes.TrimSpace(m.Payload)))
	if status == "" {
		status = availability(m.Payload, a.last)
	}
	if status != "" {
		c, err := newMessage(dst, m, clock, a.device)
		if err != nil {
			return dst, err
		}
		c.status(status)
		return c.Events, nil
	}
	if noMeasurement(string(bytes.Trim(m.Payload, "\" \t\r\n"))) {
		return dst, nil
	}
	if len(m.Payload) <= 64 {
		if n, err := strconv.ParseFloat(string(bytes.TrimSpace(m.Payload)), 64); err == nil {
			return bareNumber(dst, m, clock, a, told, n)
		}
	}
	err := d.parsers.Object(m.Payload, func(v *fastjson.Value) error {
		if config {
			d.discovered.learn(m.Topic, v)
			return nil
		}
		c, err := newMessage(dst, m, clock, a.device)
		if err != nil {
			return err
		}
		c.told = told
		if err := c.decode(v, a); err != nil {
			return err
		}
		out = c.Events
		return nil
	})
	if err != nil {
		return dst, err
	}
	return out, nil
}

// availability reads a plain availability word; empty when the payload is none.
func availability(b []byte, last string) string {
	word := bytes.Trim(b, "\" \t\r\n")
	if len(word) > 20 {
		return ""
	}
	switch strings.ToLower(string(word)) {
	case "online", "connected", "available":
		return event.StatusUp
	case "offline", "disconnected", "connection lost", "stopped":
		return event.StatusDown
	case "true", "false":
		// Only a topic of this name means the connection by it.
		if last == "availability" || last == "available" || last == "connected" {
			status, _ := foreign.Online(string(word))
			return status
		}
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

// bareNumber reads a payload that is nothing but a number: the topic says of what.
func bareNumber(dst []event.Event, m payload.Message, clock event.Clock, a address, told sensors, n float64) ([]event.Event, error) {
	k, n, ok := told.meaning(a.quantity, "", n)
	if !ok {
		return dst, nil
	}
	c, err := newMessage(dst, m, clock, a.device)
	if err != nil {
		return dst, err
	}
	if err := c.measured(a.quantity, k, n, time.Time{}, 0); err != nil {
		return dst, err
	}
	return c.Events, nil
}

func (c *message) status(status string) {
	c.add(event.Event{
		Type: event.TypeDeviceStatus, Kind: event.KindKitchen,
		Status: &event.DeviceStatus{Status: status},
	}, time.Time{}, 0)
}

func (c *message) decode(v *fastjson.Value, a address) error {
	if state := v.GetStringBytes("state"); a.last != "config" && len(state) > 0 {
		if status := availability(state, a.last); status != "" {
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
			if at, res, err = foreign.Time(t, key); err != nil {
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
	members.Visit(func(key []byte, v *fastjson.Value) {
		if fault != nil {
			return
		}
		name := string(key)
		if e := c.told[name]; e.class != "" {
			name = e.class
		}
		k, ok := knownName(name)
		if !ok {
			return
		}
		fault = c.reading(string(key), k, v, at, res)
	})
	return fault
}

// known is what a name means.
type known struct {
	quantity  string
	unit      string
	low, high float64
	truth     bool // it may be a truth, 1 for true
}

// knownName looks up a field's name or a topic's last level.
func knownName(name string) (known, bool) {
	switch strings.ToLower(name) {
	case "temperature", "temp":
		return known{"", "°C", -273.15, 1000, false}, true
	case "humidity", "hum":
		return known{event.QuantityHumidity, "%", 0, 100, false}, true
	case "battery", "batt", "battery_level":
		return known{"battery", "%", 0, 100, false}, true
	case "co2", "carbon_dioxide":
		return known{"co2", "ppm", 0, 1e6, false}, true
	case "pm25", "pm2_5":
		return known{"pm25", "µg/m³", 0, 1e6, false}, true
	case "pressure", "atmospheric_pressure":
		return known{"pressure", "hPa", 0, 2000, false}, true
	case "illuminance", "illuminance_lux", "lux":
		return known{"illuminance", "lx", 0, 1e6, false}, true
	case "brightness":
		return known{"brightness", "", 0, 1e6, false}, true
	case "gas":
		return known{event.QuantityGas, "%LEL", 0, 100, false}, true
	case "smoke":
		return known{event.QuantitySmoke, "", 0, 100, true}, true
	case "contact":
		return known{"contact", "", 0, 1, true}, true
	case "water_leak", "leak":
		return known{"water_leak", "", 0, 1, true}, true
	}
	return known{}, false
}

// reading makes the event of one value, unless it says that there is no measurement.
func (c *message) reading(name string, k known, v *fastjson.Value, at time.Time, res time.Duration) error {
	switch v.Type() {
	case fastjson.TypeTrue, fastjson.TypeFalse:
		yes := 1.0
		if k.quantity == event.QuantityGas {
			yes = 100 // an alarm without a measure
		} else if !k.truth {
			return nil
		}
		return c.measured(name, k, yes*foreign.Flag(v.Type() == fastjson.TypeTrue), at, res)
	case fastjson.TypeNull, fastjson.TypeObject, fastjson.TypeArray:
		return nil
	}
	if n, ok := number(v); ok {
		k, n, ok = c.told.meaning(name, name, n)
		if !ok {
			return nil // parts per million of gas, cubic metres of a meter
		}
		return c.measured(name, k, n, at, res)
	}
	if v.Type() == fastjson.TypeString && noMeasurement(string(v.GetStringBytes())) {
		return nil
	}
	return fmt.Errorf("field %.80q: %.80q is no number", name, v.String())
}

func (c *message) measured(name string, k known, n float64, at time.Time, res time.Duration) error {
	if !(n >= k.low && n <= k.high) {
		if n == -1 {
			return nil // not known
		}
		return fmt.Errorf("field %.80q: %v is out of range: want %v to %v", name, n, k.low, k.high)
	}
	quantity := k.quantity
	if quantity == "" {
		quantity = foreign.Quantity(&c.Message)
	}
	c.At(at, res)
	c.Reading(c.device, quantity, n, k.unit)
	return nil
}
