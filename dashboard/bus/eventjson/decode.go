// Package eventjson reads events in their bus form faster than encoding/json.
//
// It is a package of its own so that it can be fuzzed without building the bus.
package eventjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/valyala/fastjson"
)

// Decoder reads the bus form of events. The zero Decoder is ready. It is not safe for concurrent use.
//
// At ten thousand events a second encoding/json would take a good part of a core, so
// what looks as our gateways write it is read by hand; everything else goes to
// encoding/json, which also words the errors.
type Decoder struct{ parser fastjson.Parser }

// Event reads one event; it keeps no reference to data. The event has the body that its type
// names, an id, a site and a device, or there is an error.
func (d *Decoder) Event(data []byte) (*event.Event, error) {
	e := new(event.Event)
	if !d.fast(data, e) {
		*e = event.Event{}
		if err := json.Unmarshal(data, e); err != nil {
			return nil, fmt.Errorf("read event: %w", err)
		}
	}
	if err := check(e); err != nil {
		return nil, err
	}
	return e, nil
}

// fast reads a well-formed event; it returns false for anything it is not sure of.
func (d *Decoder) fast(data []byte, e *event.Event) bool {
	v, err := d.parser.ParseBytes(data)
	if err != nil {
		return false
	}
	f := fields{ok: true}
	f.object(v, func(key []byte, v *fastjson.Value) {
		switch string(key) {
		case "id":
			e.ID = f.text(v)
		case "type":
			e.Type = event.Type(f.text(v))
		case "kind":
			e.Kind = event.Kind(f.text(v))
		case "site":
			e.Site = event.SiteID(f.text(v))
		case "device":
			e.Device = event.DeviceID(f.text(v))
		case "observed_at":
			e.ObservedAt = f.time(v)
		case "received_at":
			e.ReceivedAt = f.time(v)
		case "late":
			e.Late = f.flag(v)
		case "backfill":
			e.Backfill = f.flag(v)
		case "retained":
			e.Retained = f.flag(v)
		case "seq":
			e.Seq = f.uint(v)
		case "skew":
			e.Skew = time.Duration(f.int(v))
		case "gate":
			e.Gate = new(event.GateAccess)
			f.gate(v, e.Gate)
		case "temperature":
			e.Temperature = new(event.TemperatureCheck)
			f.temperature(v, e.Temperature)
		case "position":
			e.Position = new(event.VehiclePosition)
			f.position(v, e.Position)
		case "reading":
			e.Reading = new(event.KitchenReading)
			f.reading(v, e.Reading)
		case "status":
			e.Status = new(event.DeviceStatus)
			f.status(v, e.Status)
		case "call":
			e.Call = new(event.EmergencyCall)
			f.call(v, e.Call)
		case "check":
			e.Check = new(event.CameraCheck)
			f.check(v, e.Check)
		default:
			f.ok = false // newer than this program, or spelt otherwise
		}
	})
	return f.ok
}

// check makes sure that the body the type names is there: those who follow rely on it.
func check(e *event.Event) error {
	ok := false
	switch e.Type {
	case event.TypeGateAccess:
		ok = e.Gate != nil
	case event.TypeTemperatureCheck:
		ok = e.Temperature != nil
	case event.TypeVehiclePosition:
		ok = e.Position != nil
	case event.TypeKitchenReading:
		ok = e.Reading != nil
	case event.TypeDeviceStatus:
		ok = e.Status != nil
	case event.TypeEmergencyCall:
		ok = e.Call != nil
	case event.TypeCameraCheck:
		ok = e.Check != nil
	default:
		return fmt.Errorf("read event: unknown type %q", e.Type)
	}
	if !ok {
		return fmt.Errorf("read event: no body of type %s", e.Type)
	}
	if e.ID == "" || e.Site == "" || e.Device == "" {
		return errors.New("read event: no id, site or device")
	}
	return nil
}
