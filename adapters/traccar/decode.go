package traccar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// kmhPerKnot turns knots into km/h, exactly.
const kmhPerKnot = 1.852

// maxKMH is the speed above which no bus goes.
const maxKMH = 300

// Decoder reads the messages. It is safe for concurrent use.
type Decoder struct{ parsers sync.Pool }

// New returns the adapter "traccar".
func New() *Decoder { return new(Decoder) }

// Name implements payload.Decoder.
func (d *Decoder) Name() string { return "traccar" }

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	if len(m.Payload) == 0 {
		if m.Retained {
			return dst, nil // the last value was deleted
		}
		return dst, errors.New("payload is empty")
	}
	c := &message{Message: m}
	c.Batch = foreign.NewBatch(dst, &c.Message, clock)
	if err := d.parse(m.Payload, c.decode); err != nil {
		return dst, err
	}
	return c.Events, nil
}

// message is one message and the events made of it.
type message struct {
	payload.Message
	*foreign.Batch
	records int // arrays may hold arrays: together they are bounded
}

func (c *message) decode(v *fastjson.Value) error {
	if v.Type() != fastjson.TypeArray {
		return c.decodeOne(v)
	}
	items := v.GetArray()
	if len(items) == 0 || len(items) > payload.MaxItems {
		return fmt.Errorf("payload is an array of %d objects, not of 1 to %d", len(items), payload.MaxItems)
	}
	for i, item := range items {
		if err := c.decodeOne(item); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
	}
	return nil
}

func (c *message) decodeOne(v *fastjson.Value) error {
	switch {
	case v.Type() != fastjson.TypeObject:
		return fmt.Errorf("payload is a JSON %s, not an object", v.Type())
	case v.Exists("event"):
		return c.serverEvent(v)
	case v.Exists("state", "reported"):
		return c.reported(v.Get("state", "reported"))
	case v.Exists("position"):
		return c.position(v.Get("position"), v.Get("device"))
	case v.Exists("latlng"):
		return c.tracker(v)
	}
	return c.position(v, nil)
}

// deviceOf is what a server's message calls the device.
func deviceOf(device, inner *fastjson.Value) string {
	if device != nil {
		if id := device.GetStringBytes("uniqueId"); len(id) > 0 {
			return string(id)
		}
	}
	for _, key := range [...]string{"uniqueId", "deviceId"} {
		if v := inner.Get(key); v != nil {
			switch v.Type() {
			case fastjson.TypeString:
				return string(v.GetStringBytes())
			case fastjson.TypeNumber:
				return v.String()
			}
		}
	}
	return ""
}

// serverEvent reads what the server says about a device's connection.
func (c *message) serverEvent(v *fastjson.Value) error {
	e := v.Get("event")
	if e.Type() != fastjson.TypeObject {
		return fmt.Errorf(`field "event" is a JSON %s, not an object`, e.Type())
	}
	status := ""
	switch string(e.GetStringBytes("type")) {
	case "deviceOnline":
		status = event.StatusUp
	case "deviceOffline":
		status = event.StatusDown
	case "deviceUnknown", "deviceInactive":
		status = event.StatusUnknown
	case "":
		return errors.New(`field "type" is missing`)
	default:
		return nil
	}
	id, err := foreign.Device(&c.Message, deviceOf(v.Get("device"), e))
	if err != nil {
		return err
	}
	key := "eventTime"
	if !e.Exists(key) {
		key = "serverTime"
	}
	at, res, err := when(key, e.Get(key))
	if err != nil {
		return err
	}
	c.At(at, res)
	c.Status(event.KindBus, id, event.DeviceStatus{Status: status})
	return nil
}

// position reads one position of the server's model.
func (c *message) position(v, device *fastjson.Value) error {
	if v.Type() != fastjson.TypeObject {
		return fmt.Errorf("position is a JSON %s, not an object", v.Type())
	}
	id, err := foreign.Device(&c.Message, deviceOf(device, v))
	if err != nil {
		return err
	}
	f := fields{v: v}
	p := &event.VehiclePosition{
		Lat: f.number("latitude", true, -90, 90), Lon: f.number("longitude", true, -180, 180),
		SpeedKMH: min(f.number("speed", false, 0, maxKMH/kmhPerKnot)*kmhPerKnot, maxKMH), Heading: f.heading("course"),
		AltitudeM: f.number("altitude", false, -12000, 20000), Passengers: -1,
	}
	outdated := f.truth("outdated") == event.Yes
	p.Fix = f.truth("valid") != event.No && !outdated && (p.Lat != 0 || p.Lon != 0)
	key := "fixTime"
	if outdated || !known(v.Get(key)) {
		key = "deviceTime"
	}
	at, res, err := when(key, v.Get(key))
	if err != nil {
		return err
	}
	e := event.Event{Type: event.TypeVehiclePosition, Kind: event.KindBus, Device: id, Position: p}
	if a := v.Get("attributes"); a != nil && a.Type() == fastjson.TypeObject {
		attributes := fields{v: a}
		p.Ignition, p.DoorsOpen = attributes.truth("ignition"), attributes.truth("door")
		p.Satellites = int(attributes.number("sat", false, 0, 1000))
		p.SOS = hasAlarm(string(a.GetStringBytes("alarm")), "sos")
		e.Backfill = attributes.truth("archive") == event.Yes
		if f.err == nil {
			f.err = attributes.err
		}
	}
	if f.err != nil {
		return f.err
	}
	c.At(at, res)
	c.Add(e)
	return nil
}

// hasAlarm looks for one alarm in a list such as "sos,tampering".
func hasAlarm(list, alarm string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(one) == alarm {
			return true
		}
	}
	return false
}

func known(v *fastjson.Value) bool { return v != nil && v.Type() != fastjson.TypeNull }

// fields reads an object's fields and keeps the first fault.
type fields struct {
	v   *fastjson.Value
	err error
}

func (f *fields) number(field string, required bool, low, high float64) float64 {
	v := f.v.Get(field)
	if !known(v) {
		if required && f.err == nil {
			f.err = fmt.Errorf("field %q is missing", field)
		}
		return 0
	}
	n, ok := number(v)
	if (!ok || n < low || n > high) && f.err == nil {
		f.err = fmt.Errorf("field %q: %.80q is no number from %.6g to %.6g", field, v.String(), low, high)
	}
	if f.err != nil {
		return 0
	}
	return n
}

// heading reads degrees; 360 is north too.
func (f *fields) heading(field string) float64 {
	n := f.number(field, false, 0, 360)
	if n == 360 {
		return 0
	}
	return n
}

// truth reads true, false, 1 or 0; everything else is left unsaid.
func (f *fields) truth(field string) event.Tri {
	v := f.v.Get(field)
	if v == nil {
		return event.Unknown
	}
	switch v.Type() {
	case fastjson.TypeTrue:
		return event.Yes
	case fastjson.TypeFalse:
		return event.No
	}
	if n, ok := number(v); ok && (n == 0 || n == 1) {
		return event.TriOf(n == 1)
	}
	return event.Unknown
}

// reported reads what a tracker reports: one record or an array of them.
func (c *message) reported(v *fastjson.Value) error {
	if v.Type() != fastjson.TypeArray {
		return c.tracker(v)
	}
	items := v.GetArray()
	if len(items) == 0 || len(items) > payload.MaxItems {
		return fmt.Errorf(`field "reported" is an array of %d records, not of 1 to %d`, len(items), payload.MaxItems)
	}
	for i, item := range items {
		if err := c.tracker(item); err != nil {
			return fmt.Errorf("record %d: %w", i, err)
		}
	}
	return nil
}

// tracker reads one record of a tracker.
func (c *message) tracker(v *fastjson.Value) error {
	if c.records++; c.records > payload.MaxItems {
		return fmt.Errorf("payload has more than %d records", payload.MaxItems)
	}
	if v.Type() != fastjson.TypeObject {
		return fmt.Errorf("record is a JSON %s, not an object", v.Type())
	}
	id, err := foreign.Device(&c.Message, trackerOf(c.Topic))
	if err != nil {
		return err
	}
	f := fields{v: v}
	p := &event.VehiclePosition{
		SpeedKMH: f.number("sp", false, 0, maxKMH), Heading: f.heading("ang"),
		AltitudeM: f.number("alt", false, -12000, 20000), Satellites: int(f.number("sat", false, 0, 1000)),
		Passengers: -1, Ignition: f.truth("239"), SOS: f.number("pr", false, 0, 10) == 2,
	}
	if f.err != nil {
		return f.err
	}
	if p.Lat, p.Lon, err = latLng(v.Get("latlng")); err != nil {
		return err
	}
	p.Fix = (p.Lat != 0 || p.Lon != 0) && (!known(v.Get("sat")) || p.Satellites > 0)
	at, res, err := when("ts", v.Get("ts"))
	if err != nil {
		return err
	}
	c.At(at, res)
	c.Add(event.Event{Type: event.TypeVehiclePosition, Kind: event.KindBus, Device: id, Position: p})
	return nil
}

func latLng(v *fastjson.Value) (lat, lon float64, err error) {
	if v == nil || v.Type() != fastjson.TypeString {
		return 0, 0, errors.New(`field "latlng" is no text "latitude,longitude"`)
	}
	s := string(v.GetStringBytes())
	first, second, ok := strings.Cut(s, ",")
	lat, okLat := degrees(first, 90)
	lon, okLon := degrees(second, 180)
	if !ok || !okLat || !okLon {
		return 0, 0, fmt.Errorf(`field "latlng": %.80q is no "latitude,longitude"`, s)
	}
	return lat, lon, nil
}

func degrees(s string, limit float64) (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return n, err == nil && n >= -limit && n <= limit
}

// trackerOf finds the tracker's id in <imei>/data, …/<imei>/data and …/<imei>/shadow/update.
func trackerOf(topic string) string {
	levels := strings.Split(topic, "/")
	for i := len(levels) - 1; i > 0; i-- {
		if levels[i] == "data" || levels[i] == "shadow" {
			return levels[i-1]
		}
	}
	return levels[len(levels)-1]
}
