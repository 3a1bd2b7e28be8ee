package traccar

import (
	"errors"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// kmhPerKnot turns knots into km/h, exactly.
const kmhPerKnot = 1.852

// maxKMH is the speed above which no bus goes.
const maxKMH = 300

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
	out := dst
	err := d.parse(m.Payload, func(v *fastjson.Value) error {
		events, err := decodeAll(dst, m, clock, v)
		out = events
		return err
	})
	if err != nil {
		return dst, err
	}
	return out, nil
}

func decodeAll(dst []event.Event, m payload.Message, clock event.Clock, v *fastjson.Value) ([]event.Event, error) {
	if v.Type() != fastjson.TypeArray {
		return decodeOne(dst, m, clock, v, 0)
	}
	items := v.GetArray()
	if len(items) == 0 || len(items) > payload.MaxItems {
		return dst, fmt.Errorf("payload is an array of %d objects, not of 1 to %d", len(items), payload.MaxItems)
	}
	var err error
	for i, item := range items {
		if dst, err = decodeOne(dst, m, clock, item, i); err != nil {
			return dst, fmt.Errorf("item %d: %w", i, err)
		}
	}
	return dst, nil
}

func decodeOne(dst []event.Event, m payload.Message, clock event.Clock, v *fastjson.Value, nth int) ([]event.Event, error) {
	switch {
	case v.Type() != fastjson.TypeObject:
		return dst, fmt.Errorf("payload is a JSON %s, not an object", v.Type())
	case v.Exists("event"):
		return serverEvent(dst, m, clock, v, nth)
	case v.Exists("state", "reported"):
		return reported(dst, m, clock, v.Get("state", "reported"), nth)
	case v.Exists("position"):
		return position(dst, m, clock, v.Get("position"), v.Get("device"), nth)
	case v.Exists("latlng"):
		return tracker(dst, m, clock, v, nth)
	}
	return position(dst, m, clock, v, nil, nth)
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
func serverEvent(dst []event.Event, m payload.Message, clock event.Clock, v *fastjson.Value, nth int) ([]event.Event, error) {
	e := v.Get("event")
	if e.Type() != fastjson.TypeObject {
		return dst, fmt.Errorf(`field "event" is a JSON %s, not an object`, e.Type())
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
		return dst, errors.New(`field "type" is missing`)
	default:
		return dst, nil
	}
	c, err := newMessage(dst, m, clock, deviceOf(v.Get("device"), e))
	if err != nil {
		return dst, err
	}
	key := "eventTime"
	if !e.Exists(key) {
		key = "serverTime"
	}
	at, res, err := when(key, e.Get(key))
	if err != nil {
		return dst, err
	}
	c.add(event.Event{Type: event.TypeDeviceStatus, Kind: event.KindBus, Status: &event.DeviceStatus{Status: status}}, nth, at, res)
	return c.events, nil
}

// position reads one position of the server's model.
func position(dst []event.Event, m payload.Message, clock event.Clock, v, device *fastjson.Value, nth int) ([]event.Event, error) {
	if v.Type() != fastjson.TypeObject {
		return dst, fmt.Errorf("position is a JSON %s, not an object", v.Type())
	}
	c, err := newMessage(dst, m, clock, deviceOf(device, v))
	if err != nil {
		return dst, err
	}
	f := fields{v: v}
	p := &event.VehiclePosition{
		Lat: f.number("latitude", true, -90, 90), Lon: f.number("longitude", true, -180, 180),
		SpeedKMH: f.number("speed", false, 0, maxKMH/kmhPerKnot) * kmhPerKnot, Heading: f.heading("course"),
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
		return dst, err
	}
	e := event.Event{Type: event.TypeVehiclePosition, Kind: event.KindBus, Position: p}
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
		return dst, f.err
	}
	c.add(e, nth, at, res)
	return c.events, nil
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
func reported(dst []event.Event, m payload.Message, clock event.Clock, v *fastjson.Value, nth int) ([]event.Event, error) {
	if v.Type() != fastjson.TypeArray {
		return tracker(dst, m, clock, v, nth)
	}
	items := v.GetArray()
	if len(items) == 0 || len(items) > payload.MaxItems {
		return dst, fmt.Errorf(`field "reported" is an array of %d records, not of 1 to %d`, len(items), payload.MaxItems)
	}
	if nth > 0 {
		return dst, errors.New(`field "reported" is an array within an array`)
	}
	var err error
	for i, item := range items {
		if dst, err = tracker(dst, m, clock, item, i); err != nil {
			return dst, fmt.Errorf("record %d: %w", i, err)
		}
	}
	return dst, nil
}

// tracker reads one record of a tracker.
func tracker(dst []event.Event, m payload.Message, clock event.Clock, v *fastjson.Value, nth int) ([]event.Event, error) {
	if v.Type() != fastjson.TypeObject {
		return dst, fmt.Errorf("record is a JSON %s, not an object", v.Type())
	}
	c, err := newMessage(dst, m, clock, trackerOf(m.Topic))
	if err != nil {
		return dst, err
	}
	f := fields{v: v}
	p := &event.VehiclePosition{
		SpeedKMH: f.number("sp", false, 0, maxKMH), Heading: f.heading("ang"),
		AltitudeM: f.number("alt", false, -12000, 20000), Satellites: int(f.number("sat", false, 0, 1000)),
		Passengers: -1, Ignition: f.truth("239"), SOS: f.number("pr", false, 0, 10) == 2,
	}
	if f.err != nil {
		return dst, f.err
	}
	if p.Lat, p.Lon, err = latLng(v.Get("latlng")); err != nil {
		return dst, err
	}
	p.Fix = (p.Lat != 0 || p.Lon != 0) && (!known(v.Get("sat")) || p.Satellites > 0)
	at, res, err := when("ts", v.Get("ts"))
	if err != nil {
		return dst, err
	}
	c.add(event.Event{Type: event.TypeVehiclePosition, Kind: event.KindBus, Position: p}, nth, at, res)
	return c.events, nil
}

func latLng(v *fastjson.Value) (lat, lon float64, err error) {
	if v == nil || v.Type() != fastjson.TypeString {
		return 0, 0, errors.New(`field "latlng" is no text "latitude,longitude"`)
	}
	s := string(v.GetStringBytes())
	first, second, ok := strings.Cut(s, ",")
	lat, okLat := numeric(strings.TrimSpace(first))
	lon, okLon := numeric(strings.TrimSpace(second))
	if !ok || !okLat || !okLon || lat < -90 || lat > 90 || lon < -180 || lon > 180 {
		return 0, 0, fmt.Errorf(`field "latlng": %.80q is no "latitude,longitude"`, s)
	}
	return lat, lon, nil
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
