package zigbee2mqtt

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// base is the level after which friendly names begin, unless it is called otherwise.
const base = "zigbee2mqtt"

// Decoder is the adapter "zigbee2mqtt".
type Decoder struct{ parsers foreign.Parsers }

// New returns the adapter.
func New() *Decoder { return new(Decoder) }

// Name implements payload.Decoder.
func (*Decoder) Name() string { return "zigbee2mqtt" }

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	if len(m.Payload) == 0 { // a device was renamed or removed
		return dst, nil
	}
	b := foreign.NewBatch(dst, &m, clock)
	if err := d.read(b, &m); err != nil {
		return dst, err
	}
	return b.Events, nil
}

func (d *Decoder) read(b *foreign.Batch, m *payload.Message) error {
	before, name, ok := split(m.Topic)
	if !ok {
		return fmt.Errorf("topic %.80q is not zigbee2mqtt/<name>", m.Topic)
	}
	if channel, ok := strings.CutPrefix(name, "bridge/"); ok {
		return d.bridge(b, m, before, channel)
	}
	if name, ok := strings.CutSuffix(name, "/availability"); ok {
		return d.availability(b, m, name)
	}
	if last := name[strings.LastIndexByte(name, '/')+1:]; last == "get" || last == "set" {
		return nil
	}
	// With output attribute_and_json each value comes once more, alone and on its own topic.
	if body := bytes.TrimSpace(m.Payload); strings.Contains(name, "/") && len(body) > 0 && body[0] != '{' {
		return scalar(body)
	}
	return d.parsers.Object(m.Payload, func(root *fastjson.Value) error { return values(b, m, name, root) })
}

// scalar refuses what is neither an object nor one attribute's value.
func scalar(body []byte) error {
	if body[0] == '[' {
		return errors.New("payload is a JSON array, not an object")
	}
	return nil
}

// split divides a topic into what stands before the friendly name, and the name.
func split(topic string) (before, name string, ok bool) {
	if i := strings.Index("/"+topic, "/"+base+"/"); i >= 0 {
		i += len(base)
		return topic[:i], topic[i+1:], topic[i+1:] != ""
	}
	if before, rest, found := strings.Cut(topic, "/bridge/"); found {
		return before, "bridge/" + rest, before != ""
	}
	before, name, ok = strings.Cut(topic, "/")
	return before, name, ok && name != ""
}

func (d *Decoder) bridge(b *foreign.Batch, m *payload.Message, before, channel string) error {
	if channel != "state" && channel != "health" {
		return nil
	}
	device, err := foreign.Device(m, before+"-bridge")
	if err != nil {
		return err
	}
	if channel == "health" {
		return d.parsers.Object(m.Payload, func(*fastjson.Value) error {
			b.Status(event.KindKitchen, device, event.DeviceStatus{Status: event.StatusUp, Heartbeat: true})
			return nil
		})
	}
	return d.state(b, m, device, "bridge is offline")
}

func (d *Decoder) availability(b *foreign.Batch, m *payload.Message, name string) error {
	device, err := foreign.Device(m, name)
	if err != nil {
		return err
	}
	return d.state(b, m, device, "")
}

// state reads a plain word, or an object with a field of that name.
func (d *Decoder) state(b *foreign.Batch, m *payload.Message, device event.DeviceID, reason string) error {
	word := string(m.Payload)
	if strings.HasPrefix(strings.TrimSpace(word), "{") {
		err := d.parsers.Object(m.Payload, func(root *fastjson.Value) error {
			word = string(root.GetStringBytes("state"))
			return nil
		})
		if err != nil {
			return err
		}
	}
	status, ok := foreign.Online(word)
	if !ok {
		return fmt.Errorf("field %q: %.80q is neither online nor offline", "state", word)
	}
	s := event.DeviceStatus{Status: status}
	if status == event.StatusDown {
		s.Reason = reason
	}
	b.Status(event.KindKitchen, device, s)
	return nil
}
