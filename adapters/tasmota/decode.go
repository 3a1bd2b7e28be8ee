package tasmota

import (
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// Decoder is the adapter "tasmota".
type Decoder struct{ parsers foreign.Parsers }

// New returns the adapter.
func New() *Decoder { return new(Decoder) }

// Name implements payload.Decoder.
func (*Decoder) Name() string { return "tasmota" }

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	if len(m.Payload) == 0 { // a retained message was cleared
		return dst, nil
	}
	b := foreign.NewBatch(dst, &m, clock)
	if err := d.read(b, &m); err != nil {
		return dst, err
	}
	return b.Events, nil
}

func (d *Decoder) read(b *foreign.Batch, m *payload.Message) error {
	name, channel := split(m.Topic)
	if channel == "LWT" {
		return will(b, m, name)
	}
	object := channel == "SENSOR" || channel == "STATE" || channel == "UPTIME" || channel == "RESULT" || strings.HasPrefix(channel, "STATUS")
	if !object {
		return nil
	}
	return d.parsers.Object(m.Payload, func(root *fastjson.Value) error {
		switch channel {
		case "STATE", "UPTIME":
			return state(b, m, name, root)
		case "SENSOR":
			return sensors(b, m, name, root)
		case "STATUS8", "STATUS10":
			if inner := root.Get("StatusSNS"); inner != nil && inner.Type() == fastjson.TypeObject {
				return sensors(b, m, name, inner)
			}
		}
		return nil
	})
}

// split finds the device's name and the last level of a topic.
func split(topic string) (name, channel string) {
	levels := strings.Split(topic, "/")
	last := len(levels) - 1
	channel = levels[last]
	for i := range last {
		if levels[i] != "tele" && levels[i] != "stat" {
			continue
		}
		if i+1 < last {
			return strings.Join(levels[i+1:last], "-"), channel
		}
		return strings.Join(levels[:i], "-"), channel
	}
	return strings.Join(levels[:last], "-"), channel
}

func will(b *foreign.Batch, m *payload.Message, name string) error {
	device, err := foreign.Device(m, name)
	if err != nil {
		return err
	}
	status, ok := foreign.Online(string(m.Payload))
	if !ok {
		return fmt.Errorf("payload %.80q is neither Online nor Offline", m.Payload)
	}
	s := event.DeviceStatus{Status: status}
	if status == event.StatusDown {
		s.Reason = "connection lost"
	}
	b.Status(event.KindKitchen, device, s)
	return nil
}

func state(b *foreign.Batch, m *payload.Message, name string, root *fastjson.Value) error {
	device, err := foreign.Device(m, name)
	if err != nil {
		return err
	}
	if err := at(b, root); err != nil {
		return err
	}
	b.Status(event.KindKitchen, device, event.DeviceStatus{Status: event.StatusUp, Heartbeat: true})
	return nil
}

// at takes the time of a message: Epoch is UTC beyond doubt, Time is local.
func at(b *foreign.Batch, root *fastjson.Value) error {
	field := "Epoch"
	if foreign.Absent(root.Get(field)) {
		field = "Time"
	}
	observed, resolution, err := foreign.Time(root.Get(field), field)
	if err != nil {
		return err
	}
	b.At(observed, resolution)
	return nil
}
