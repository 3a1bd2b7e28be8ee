package owntracks

import (
	"errors"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// fixMeters is the accuracy beyond which a position is a radio cell's, not a vehicle's.
const fixMeters = 1000

// Decoder is the adapter "owntracks".
type Decoder struct{ parsers foreign.Parsers }

// New returns the adapter.
func New() *Decoder { return new(Decoder) }

// Name implements payload.Decoder.
func (*Decoder) Name() string { return "owntracks" }

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	if len(m.Payload) == 0 { // a retained message was cleared
		return dst, nil
	}
	b := foreign.NewBatch(dst, &m, clock)
	if err := d.parsers.Object(m.Payload, func(root *fastjson.Value) error { return read(b, &m, root) }); err != nil {
		return dst, err
	}
	return b.Events, nil
}

func read(b *foreign.Batch, m *payload.Message, root *fastjson.Value) error {
	switch kind := root.GetStringBytes("_type"); string(kind) {
	case "location":
		return location(b, m, root)
	case "lwt":
		device, err := device(m, root)
		if err != nil {
			return err
		}
		b.Status(event.KindBus, device, event.DeviceStatus{Status: event.StatusDown, Reason: "connection lost"})
		return nil
	case "encrypted":
		return errors.New(`field "_type": the payload is encrypted, switch encryption off and use TLS`)
	case "beacon", "card", "cmd", "configuration", "dump", "request", "status", "steps", "transition", "waypoint", "waypoints":
		return nil
	case "":
		return errors.New(`field "_type" is missing`)
	default:
		return fmt.Errorf(`field "_type": %.80q is no type of OwnTracks`, kind)
	}
}

func location(b *foreign.Batch, m *payload.Message, root *fastjson.Value) error {
	device, err := device(m, root)
	if err != nil {
		return err
	}
	observed, resolution, err := foreign.Time(root.Get("tst"), "tst")
	if err != nil {
		return err
	}
	p := &event.VehiclePosition{Passengers: -1}
	accuracy := 0.0
	for _, f := range [...]struct {
		name      string
		low, high float64
		required  bool
		to        *float64
	}{
		{"lat", -90, 90, true, &p.Lat},
		{"lon", -180, 180, true, &p.Lon},
		{"vel", -1, 300, false, &p.SpeedKMH},
		{"cog", -1, 360, false, &p.Heading},
		{"alt", -1000, 20000, false, &p.AltitudeM},
		{"acc", -1, 1e9, false, &accuracy},
	} {
		n, ok, err := foreign.Number(root.Get(f.name), f.name, f.low, f.high)
		if err != nil {
			return err
		}
		if f.required && !ok {
			return fmt.Errorf("field %q is missing", f.name)
		}
		*f.to = n
	}
	p.SpeedKMH = max(p.SpeedKMH, 0)
	if p.Heading < 0 || p.Heading == 360 {
		p.Heading = 0
	}
	p.Fix = accuracy <= fixMeters && (p.Lat != 0 || p.Lon != 0)
	b.At(observed, resolution)
	b.Add(event.Event{Type: event.TypeVehiclePosition, Kind: event.KindBus, Device: device, Position: p})
	return nil
}

// device names the sender. The topic goes before the payload: a broker guards who may
// publish on which topic, but nobody guards what a payload says.
func device(m *payload.Message, root *fastjson.Value) (event.DeviceID, error) {
	if m.Device != "" {
		return m.Device, nil
	}
	name, ok := fromTopic(m.Topic)
	if !ok {
		name, ok = fromTopic(string(root.GetStringBytes("topic")))
	}
	if !ok {
		name = string(root.GetStringBytes("tid"))
	}
	if name == "" {
		return "", errors.New("topic: want owntracks/<user>/<device>")
	}
	return foreign.Clean(name)
}

// fromTopic finds <user>-<device> in a topic of at least three levels.
func fromTopic(topic string) (string, bool) {
	levels := strings.Split(strings.Trim(topic, "/"), "/")
	if len(levels) > 3 {
		switch levels[len(levels)-1] {
		case "beacon", "cmd", "dump", "event", "info", "request", "status", "step", "waypoint", "waypoints":
			levels = levels[:len(levels)-1]
		}
	}
	if len(levels) < 3 {
		return "", false
	}
	return levels[len(levels)-2] + "-" + levels[len(levels)-1], true
}
