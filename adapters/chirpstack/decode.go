package chirpstack

import (
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

// New returns the adapter "chirpstack".
func New() *Decoder { return new(Decoder) }

// Name implements payload.Decoder.
func (d *Decoder) Name() string { return "chirpstack" }

// topicParts is what a topic says.
type topicParts struct {
	device  string
	what    string // last level: "up", "stats", "conn" …
	gateway bool
}

// parseTopic reads …/device/<devEui>/event/<what>, …/gateway/<id>/(event|state)/<what> and
// the path of a push, whose query names the event.
func parseTopic(topic string) topicParts {
	if _, what, ok := strings.Cut(topic, "?event="); ok {
		what, _, _ = strings.Cut(what, "&")
		return topicParts{what: what}
	}
	levels := strings.Split(topic, "/")
	n := len(levels)
	if n < 4 || (levels[n-2] != "event" && levels[n-2] != "state" && levels[n-2] != "command") {
		return topicParts{}
	}
	t := topicParts{device: levels[n-3], what: levels[n-1], gateway: levels[n-4] == "gateway"}
	if levels[n-2] == "command" {
		t.what = "command"
	}
	return t
}

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	if len(m.Payload) == 0 {
		if m.Retained {
			return dst, nil // the last state was deleted
		}
		return dst, errors.New("payload is empty")
	}
	t := parseTopic(m.Topic)
	out := dst
	err := d.parsers.Object(m.Payload, func(v *fastjson.Value) error {
		events, err := decode(dst, m, clock, t, v)
		out = events
		return err
	})
	if err != nil {
		return dst, err
	}
	return out, nil
}

func decode(dst []event.Event, m payload.Message, clock event.Clock, t topicParts, v *fastjson.Value) ([]event.Event, error) {
	if t.what == "" {
		t.what = guess(v)
	}
	if t.device == "" {
		if eui := v.GetStringBytes("deviceInfo", "devEui"); len(eui) > 0 {
			t.device = string(eui)
		} else {
			t.device = string(v.GetStringBytes("gatewayId"))
		}
	}
	info := v.Get("deviceInfo")
	if !t.gateway && t.what != "command" && (info == nil || info.Type() != fastjson.TypeObject) && t.what != "conn" && t.what != "stats" {
		return dst, errors.New(`field "deviceInfo" is missing: no event of a ChirpStack v4 application`)
	}
	c, err := newMessage(dst, m, clock, t.device)
	if err != nil {
		return dst, err
	}
	at, res, err := foreign.Time(v.Get("time"), "time")
	if err != nil {
		return dst, err
	}
	if t.gateway || t.what == "conn" || t.what == "stats" {
		err = c.gateway(v, t.what, at, res)
	} else {
		err = c.deviceEvent(v, t.what, at, res)
	}
	return c.Events, err
}

// guess names an event by its fields where the topic does not say it.
func guess(v *fastjson.Value) string {
	switch {
	case v.Exists("integrationName"):
		return "integration"
	case v.Exists("location"):
		return "location"
	case v.Exists("margin"), v.Exists("batteryLevel"):
		return "status"
	case v.Exists("acknowledged"):
		return "ack"
	case v.Exists("level"):
		return "log"
	case v.Exists("downlinkId"), v.Exists("queueItemId"):
		return "txack"
	case v.Exists("fPort"), v.Exists("rxInfo"), v.Exists("object"):
		return "up"
	case v.Exists("rxPacketsReceived"):
		return "stats"
	case v.Exists("devAddr"):
		return "join"
	}
	return ""
}

func (c *message) status(s event.DeviceStatus, at time.Time, res time.Duration) {
	c.add(event.Event{Type: event.TypeDeviceStatus, Kind: event.KindKitchen, Status: &s}, at, res)
}

func (c *message) gateway(v *fastjson.Value, what string, at time.Time, res time.Duration) error {
	switch what {
	case "stats":
		c.status(event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}, at, res)
	case "conn":
		switch state := v.GetStringBytes("state"); {
		case strings.EqualFold(string(state), "online"):
			c.status(event.DeviceStatus{Status: event.StatusUp}, at, res)
		case strings.EqualFold(string(state), "offline"), v.Get("state") == nil && v.Exists("gatewayId"):
			// OFFLINE is the enumeration's zero, which protobuf's JSON leaves out.
			c.status(event.DeviceStatus{Status: event.StatusDown}, at, res)
		default:
			return fmt.Errorf(`field "state": %.80q is neither ONLINE nor OFFLINE`, state)
		}
	}
	return nil
}

func (c *message) deviceEvent(v *fastjson.Value, what string, at time.Time, res time.Duration) error {
	switch what {
	case "up":
		return c.up(v, at, res)
	case "status":
		return c.battery(v, at, res)
	case "join":
		c.status(event.DeviceStatus{Status: event.StatusUp, Reason: "joined"}, at, res)
	case "ack":
		if v.GetBool("acknowledged") {
			c.status(event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}, at, res)
		}
	case "log":
		if string(v.GetStringBytes("level")) == "ERROR" {
			// The code is one of a list; the description is free text.
			code := payload.CleanName(string(v.GetStringBytes("code")))
			c.status(event.DeviceStatus{Status: event.StatusDegraded, Reason: string(code)}, at, res)
		}
	case "location":
		return c.location(v.Get("location"), at, res)
	case "txack", "integration", "command":
	default:
		return fmt.Errorf("topic: event %.80q is none of ChirpStack's", what)
	}
	return nil
}

func (c *message) battery(v *fastjson.Value, at time.Time, res time.Duration) error {
	c.status(event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}, at, res)
	level := v.Get("batteryLevel")
	if level == nil || level.Type() == fastjson.TypeNull || v.GetBool("externalPowerSource") || v.GetBool("batteryLevelUnavailable") {
		return nil
	}
	n, ok := number(level)
	if !ok || n < 0 || n > 100 {
		return fmt.Errorf(`field "batteryLevel": %.80q is no number from 0 to 100`, level.String())
	}
	if n > 0 {
		c.add(event.Event{
			Type: event.TypeKitchenReading, Kind: event.KindKitchen,
			Reading: &event.KitchenReading{Quantity: "battery", Value: n, Unit: "%"},
		}, at, res)
	}
	return nil
}

func (c *message) location(v *fastjson.Value, at time.Time, res time.Duration) error {
	if v == nil || v.Type() != fastjson.TypeObject {
		return errors.New(`field "location" is missing`)
	}
	// Protobuf's JSON leaves zeros out: an absent coordinate is 0.
	coordinate := func(name string, limit float64) (float64, error) {
		f := v.Get(name)
		if f == nil {
			return 0, nil
		}
		n, ok := number(f)
		if !ok || n < -limit || n > limit {
			return 0, fmt.Errorf("field %q: %.80q is out of range", name, f.String())
		}
		return n, nil
	}
	lat, err := coordinate("latitude", 90)
	if err != nil {
		return err
	}
	lon, err := coordinate("longitude", 180)
	if err != nil {
		return err
	}
	altitude, err := coordinate("altitude", 20000)
	if err != nil || (lat == 0 && lon == 0) {
		return err // 0, 0 is a location that nobody set
	}
	c.add(event.Event{
		Type: event.TypeVehiclePosition, Kind: event.KindBus,
		Position: &event.VehiclePosition{Lat: lat, Lon: lon, Fix: true, AltitudeM: altitude, Passengers: -1},
	}, at, res)
	return nil
}
