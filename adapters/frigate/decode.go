package frigate

import (
	"errors"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// maxFPS bounds a camera's frames a second.
const maxFPS = 10000

// Decoder is the adapter "frigate".
type Decoder struct{ parsers foreign.Parsers }

// New returns the adapter.
func New() *Decoder { return new(Decoder) }

// Name implements payload.Decoder.
func (*Decoder) Name() string { return "frigate" }

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	if len(m.Payload) == 0 { // a retained message was cleared
		return dst, nil
	}
	levels := strings.Split(m.Topic, "/")
	n := len(levels)
	b := foreign.NewBatch(dst, &m, clock)
	var err error
	switch {
	case n >= 4 && levels[n-2] == "status":
		err = role(b, &m, levels[n-3], levels[n-1])
	case n >= 4 && levels[n-2] == "enabled" && levels[n-1] == "state":
		err = enabled(b, &m, levels[n-3])
	case n >= 2 && levels[n-1] == "available":
		err = available(b, &m, strings.Join(levels[:n-1], "-"))
	case n >= 2 && levels[n-1] == "stats":
		err = d.parsers.Object(m.Payload, func(root *fastjson.Value) error { return stats(b, root) })
	}
	if err != nil {
		return dst, err
	}
	return b.Events, nil
}

func word(m *payload.Message) string { return strings.ToLower(strings.TrimSpace(string(m.Payload))) }

func available(b *foreign.Batch, m *payload.Message, prefix string) error {
	device, err := foreign.Device(m, prefix)
	if err != nil {
		return err
	}
	s := event.DeviceStatus{Status: event.StatusDown}
	switch word(m) {
	case "online":
		s.Status = event.StatusUp
	case "offline":
		s.Reason = "connection lost"
	case "stopped":
		s.Reason = "stopped"
	default:
		return fmt.Errorf("payload %.80q is none of online, offline, stopped", m.Payload)
	}
	b.Status(event.KindCamera, device, s)
	return nil
}

func role(b *foreign.Batch, m *payload.Message, camera, role string) error {
	device, err := foreign.Device(m, camera)
	if err != nil {
		return err
	}
	if role != "detect" && role != "record" && role != "audio" {
		return fmt.Errorf("topic: role %.80q is none of detect, record, audio", role)
	}
	var s event.DeviceStatus
	switch word(m) {
	case "online":
		s.Status = event.StatusUp
		if role == "record" {
			s.Recording = event.Yes
		}
	case "offline":
		s.Reason = "stream for " + role + " is offline"
		switch role {
		case "detect":
			s.Status = event.StatusDown
		case "record":
			s.Status, s.Recording = event.StatusDegraded, event.No
		default:
			s.Status = event.StatusDegraded
		}
	case "disabled":
		s.Status, s.Reason = event.StatusUnknown, role+" is switched off"
	default:
		return fmt.Errorf("payload %.80q is none of online, offline, disabled", m.Payload)
	}
	b.Status(event.KindCamera, device, s)
	return nil
}

func enabled(b *foreign.Batch, m *payload.Message, camera string) error {
	device, err := foreign.Device(m, camera)
	if err != nil {
		return err
	}
	switch word(m) {
	case "on":
	case "off":
		b.Status(event.KindCamera, device, event.DeviceStatus{Status: event.StatusUnknown, Reason: "camera is switched off"})
	default:
		return fmt.Errorf("payload %.80q is neither ON nor OFF", m.Payload)
	}
	return nil
}

// stats reads one heartbeat for each camera. A mapping's device cannot name many: each has
// the name that Frigate gives it.
func stats(b *foreign.Batch, root *fastjson.Value) error {
	observed, resolution, err := foreign.Time(root.Get("service", "last_updated"), "service.last_updated")
	if err != nil {
		return err
	}
	b.At(observed, resolution)
	cameras, old := root.GetObject("cameras"), false
	if cameras == nil {
		cameras, old = root.GetObject(), true
	}
	if cameras.Len() > payload.MaxItems {
		return fmt.Errorf("field %q has %d cameras, more than %d", "cameras", cameras.Len(), payload.MaxItems)
	}
	found := false
	cameras.Visit(func(key []byte, v *fastjson.Value) {
		fps := v.Get("camera_fps")
		if err != nil || (old && fps == nil) {
			return
		}
		found = true
		err = frames(b, string(key), fps)
	})
	if err == nil && old && !found {
		return errors.New(`field "cameras" is missing`)
	}
	return err
}

func frames(b *foreign.Batch, camera string, v *fastjson.Value) error {
	device, err := foreign.Clean(camera)
	if err != nil {
		return err
	}
	fps, ok, err := foreign.Number(v, "camera_fps", 0, maxFPS)
	if err != nil || !ok {
		return err
	}
	s := event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}
	if fps == 0 {
		s = event.DeviceStatus{Status: event.StatusDown, Reason: "no frames"}
	}
	b.Status(event.KindCamera, device, s)
	return nil
}
