package onvifmqtt

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// Decoder reads the messages. It is safe for concurrent use.
type Decoder struct{ parsers foreign.Parsers }

// New returns the adapter "onvifmqtt".
func New() *Decoder { return new(Decoder) }

// Name implements payload.Decoder.
func (d *Decoder) Name() string { return "onvifmqtt" }

// parseTopic finds the camera and the event's name in an MQTT topic.
func parseTopic(topic string) (camera, name string) {
	levels := strings.Split(topic, "/")
	for i, level := range levels {
		if i > 0 && (level == "event" || level == "onvif-ej") {
			return levels[i-1], strings.Join(levels[i+1:], "/")
		}
	}
	if len(levels) == 1 {
		return levels[0], ""
	}
	return levels[len(levels)-2], ""
}

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	if len(m.Payload) == 0 {
		if m.Retained {
			return dst, nil // the last value was deleted
		}
		return dst, errors.New("payload is empty")
	}
	camera, name := parseTopic(m.Topic)
	if word := bytes.Trim(m.Payload, "\" \t\r\n"); len(word) < 40 && name == "" {
		if status := connection(string(word)); status != "" {
			c, err := newMessage(dst, m, clock, camera)
			if err != nil {
				return dst, err
			}
			c.status(event.DeviceStatus{Status: status}, time.Time{}, 0)
			return c.Events, nil
		}
	}
	out := dst
	err := d.parsers.Object(m.Payload, func(v *fastjson.Value) error {
		if serial := v.GetStringBytes("serial"); len(serial) > 0 {
			camera = string(serial)
		}
		c, err := newMessage(dst, m, clock, camera)
		if err != nil {
			return err
		}
		if err := c.decode(v, name); err != nil {
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

// connection reads the word of a connect message or last will; empty when it is none.
func connection(word string) string {
	switch strings.ToLower(word) {
	case "online", "connected", "client connected", "true", "up", "alive":
		return event.StatusUp
	case "offline", "disconnected", "connection lost", "client disconnected", "client lost connection", "false", "down", "dead":
		return event.StatusDown
	}
	return ""
}

func (c *message) status(s event.DeviceStatus, at time.Time, res time.Duration) {
	c.add(event.Event{Type: event.TypeDeviceStatus, Kind: event.KindCamera, Status: &s}, at, res)
}

func (c *message) reading(quantity string, value float64, at time.Time, res time.Duration) {
	c.add(event.Event{
		Type: event.TypeKitchenReading, Kind: event.KindCamera,
		Reading: &event.KitchenReading{Quantity: quantity, Value: value},
	}, at, res)
}

func (c *message) decode(v *fastjson.Value, name string) error {
	data := v.Get("message", "data")
	key := "timestamp"
	if data == nil {
		data, key = v.Get("Data"), "UtcTime"
	}
	at, res, err := foreign.Time(v.Get(key), key)
	if err != nil {
		return err
	}
	if topic := v.GetStringBytes("topic"); len(topic) > 0 {
		name = string(topic)
	}
	if data == nil {
		return c.session(v, at, res)
	}
	if data.Type() != fastjson.TypeObject {
		return fmt.Errorf(`field "data" is a JSON %s, not an object`, data.Type())
	}
	if name == "" {
		return errors.New("neither the payload nor the topic names the event")
	}
	return c.camera(strings.ToLower(name), data, at, res)
}

// session reads a connect message or a last will written as an object.
func (c *message) session(v *fastjson.Value, at time.Time, res time.Duration) error {
	for _, field := range [...]string{"online", "connected", "status", "state", "connection"} {
		f := v.Get(field)
		if f == nil {
			continue
		}
		word := f.String()
		if f.Type() == fastjson.TypeString {
			word = string(f.GetStringBytes())
		}
		status := connection(word)
		if status == "" {
			return fmt.Errorf("field %q: %.80q is neither online nor offline", field, word)
		}
		if status == event.StatusDown {
			at = time.Time{} // a last will was written when the camera connected
		}
		c.status(event.DeviceStatus{Status: status}, at, res)
		return nil
	}
	return errors.New(`field "message" is missing: neither an event nor a connect message`)
}

// trouble is the reason of an event that makes a camera's pictures doubtful; empty for others.
func trouble(name string) string {
	for _, t := range [...]struct{ part, reason string }{
		{"tamper", "tampering"},
		{"signalloss", "video lost"},
		{"videoloss", "video lost"},
		{"videolost", "video lost"},
		{"globalscenechange", "scene changed"},
		{"imagetooblurry", "image too blurry"},
		{"imagetoodark", "image too dark"},
		{"imagetoobright", "image too bright"},
		{"storagefailure", "storage failed"},
		{"storage/disruption", "storage failed"},
		{"hardwarefailure", "hardware failed"},
	} {
		if strings.Contains(name, t.part) {
			return t.reason
		}
	}
	return ""
}

func (c *message) camera(name string, data *fastjson.Value, at time.Time, res time.Duration) error {
	if reason := trouble(name); reason != "" {
		state, said := firstOf(data, "State", "state", "active", "tampering", "disruption", "Failed", "IsTampered", "lost")
		if said && state == event.Unknown {
			return errors.New(`field "data": the state is neither true nor false`)
		}
		if state == event.No {
			c.status(event.DeviceStatus{Status: event.StatusUp, Reason: reason + ": ended"}, at, res)
			return nil
		}
		c.status(event.DeviceStatus{Status: event.StatusDegraded, Reason: reason}, at, res)
		return nil
	}
	if strings.Contains(name, "digitalinput") || strings.Contains(name, "io/port") {
		if state, _ := firstOf(data, "LogicalState", "state", "State"); state != event.Unknown {
			value := 0.0
			if state == event.Yes {
				value = 1
			}
			c.reading("contact", value, at, res)
			return nil
		}
	}
	for _, field := range [...]string{"total", "Count", "count"} {
		f := data.Get(field)
		if f == nil {
			continue
		}
		n, ok := number(f)
		if !ok || n < 0 || n > 1e12 {
			return fmt.Errorf("field %q: %.80q is no count", field, f.String())
		}
		quantity := "count"
		if class := payload.CleanName(string(data.GetStringBytes("reason"))); class != "" {
			quantity = string(payload.CleanName("count-" + string(class)))
		}
		c.reading(quantity, n, at, res)
		return nil
	}
	c.status(event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}, at, res)
	return nil
}

// firstOf reads the first of the fields that is there as a truth.
func firstOf(v *fastjson.Value, fields ...string) (state event.Tri, said bool) {
	for _, field := range fields {
		f := v.Get(field)
		if f == nil || f.Type() == fastjson.TypeNull {
			continue
		}
		if n, ok := number(f); ok && (n == 0 || n == 1) {
			return event.TriOf(n == 1), true
		}
		switch f.Type() {
		case fastjson.TypeTrue:
			return event.Yes, true
		case fastjson.TypeFalse:
			return event.No, true
		case fastjson.TypeString:
			switch strings.ToLower(string(f.GetStringBytes())) {
			case "true", "active", "high":
				return event.Yes, true
			case "false", "inactive", "low":
				return event.No, true
			}
		}
		return event.Unknown, true
	}
	return event.Unknown, false
}
