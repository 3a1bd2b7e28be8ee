package eventjson

import (
	"bytes"
	"time"
	"unicode/utf8"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/valyala/fastjson"
)

// fields reads members of JSON objects and remembers whether one was not as expected.
type fields struct{ ok bool }

func (f *fields) object(v *fastjson.Value, member func(key []byte, v *fastjson.Value)) {
	o, err := v.Object()
	if err != nil {
		f.ok = false
		return
	}
	o.Visit(member)
}

func (f *fields) text(v *fastjson.Value) string {
	b, err := v.StringBytes()
	// Half of a surrogate pair stays as it is written here, and becomes U+FFFD there.
	if err != nil || !utf8.Valid(b) || bytes.Contains(b, []byte(`\u`)) {
		f.ok = false
	}
	return string(b)
}

func (f *fields) time(v *fastjson.Value) time.Time {
	b, err := v.StringBytes()
	if err != nil {
		f.ok = false
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		f.ok = false
	}
	return t
}

func (f *fields) flag(v *fastjson.Value) bool {
	b, err := v.Bool()
	f.ok = f.ok && err == nil
	return b
}

func (f *fields) tri(v *fastjson.Value) event.Tri {
	switch v.Type() {
	case fastjson.TypeTrue:
		return event.Yes
	case fastjson.TypeFalse:
		return event.No
	}
	f.ok = false
	return event.Unknown
}

func (f *fields) uint(v *fastjson.Value) uint64 {
	n, err := v.Uint64()
	f.ok = f.ok && err == nil
	return n
}

func (f *fields) int(v *fastjson.Value) int64 {
	n, err := v.Int64()
	f.ok = f.ok && err == nil
	return n
}

func (f *fields) float(v *fastjson.Value) float64 {
	n, err := v.Float64()
	f.ok = f.ok && err == nil
	return n
}

func (f *fields) gate(v *fastjson.Value, g *event.GateAccess) {
	f.object(v, func(key []byte, v *fastjson.Value) {
		switch string(key) {
		case "direction":
			g.Direction = f.text(v)
		case "person_kind":
			g.PersonKind = f.text(v)
		case "method":
			g.Method = f.text(v)
		case "result":
			g.Result = f.text(v)
		case "person":
			g.Person = f.text(v)
		case "credential":
			g.Credential = f.text(v)
		case "registration":
			g.Registration = f.text(v)
		case "escorted_by":
			g.EscortedBy = f.text(v)
		case "guardian":
			g.Guardian = f.text(v)
		case "class_teacher":
			g.ClassTeacher = f.text(v)
		case "items_checked":
			g.ItemsChecked = f.tri(v)
		case "celsius":
			g.Celsius = f.float(v)
		default:
			f.ok = false
		}
	})
}

func (f *fields) temperature(v *fastjson.Value, t *event.TemperatureCheck) {
	f.object(v, func(key []byte, v *fastjson.Value) {
		switch string(key) {
		case "person_kind":
			t.PersonKind = f.text(v)
		case "celsius":
			t.Celsius = f.float(v)
		case "person":
			t.Person = f.text(v)
		case "device_flag":
			t.DeviceFlag = f.text(v)
		default:
			f.ok = false
		}
	})
}

func (f *fields) position(v *fastjson.Value, p *event.VehiclePosition) {
	f.object(v, func(key []byte, v *fastjson.Value) {
		switch string(key) {
		case "lat":
			p.Lat = f.float(v)
		case "lon":
			p.Lon = f.float(v)
		case "fix":
			p.Fix = f.flag(v)
		case "speed_kmh":
			p.SpeedKMH = f.float(v)
		case "heading":
			p.Heading = f.float(v)
		case "altitude_m":
			p.AltitudeM = f.float(v)
		case "satellites":
			p.Satellites = int(f.int(v))
		case "passengers":
			p.Passengers = int(f.int(v))
		case "trip":
			p.Trip = f.text(v)
		case "trip_state":
			p.TripState = f.text(v)
		case "empty_checked":
			p.EmptyChecked = f.tri(v)
		case "doors_open":
			p.DoorsOpen = f.tri(v)
		case "ignition":
			p.Ignition = f.tri(v)
		case "sos":
			p.SOS = f.flag(v)
		case "alarm_bits":
			n := f.uint(v)
			f.ok = f.ok && n <= 1<<32-1
			p.AlarmBits = uint32(n)
		default:
			f.ok = false
		}
	})
}

func (f *fields) reading(v *fastjson.Value, r *event.KitchenReading) {
	f.object(v, func(key []byte, v *fastjson.Value) {
		switch string(key) {
		case "quantity":
			r.Quantity = f.text(v)
		case "value":
			r.Value = f.float(v)
		case "unit":
			r.Unit = f.text(v)
		default:
			f.ok = false
		}
	})
}

func (f *fields) status(v *fastjson.Value, s *event.DeviceStatus) {
	f.object(v, func(key []byte, v *fastjson.Value) {
		switch string(key) {
		case "status":
			s.Status = f.text(v)
		case "heartbeat":
			s.Heartbeat = f.flag(v)
		case "reason":
			s.Reason = f.text(v)
		case "latency_ms":
			s.LatencyMS = f.float(v)
		case "recording":
			s.Recording = f.tri(v)
		case "period":
			s.Period = time.Duration(f.int(v))
		default:
			f.ok = false
		}
	})
}

func (f *fields) call(v *fastjson.Value, c *event.EmergencyCall) {
	f.object(v, func(key []byte, v *fastjson.Value) {
		switch string(key) {
		case "state":
			c.State = f.text(v)
		case "place":
			c.Place = f.text(v)
		default:
			f.ok = false
		}
	})
}

func (f *fields) check(v *fastjson.Value, c *event.CameraCheck) {
	f.object(v, func(key []byte, v *fastjson.Value) {
		switch string(key) {
		case "check":
			c.Check = f.text(v)
		case "result":
			c.Result = f.text(v)
		case "reason":
			c.Reason = f.text(v)
		case "score":
			c.Score = f.float(v)
		case "limit":
			c.Limit = f.float(v)
		case "evidence":
			c.Evidence = f.text(v)
		case "latency_ms":
			c.LatencyMS = f.float(v)
		case "period":
			c.Period = time.Duration(f.int(v))
		case "from":
			c.From = f.time(v)
		case "to":
			c.To = f.time(v)
		case "expected_s":
			c.ExpectedS = f.float(v)
		case "covered_s":
			c.CoveredS = f.float(v)
		case "open_gap_s":
			c.OpenGapS = f.float(v)
		case "gaps":
			c.Gaps = int(f.int(v))
		case "gap_list":
			c.GapList = f.text(v)
		default:
			f.ok = false
		}
	})
}
