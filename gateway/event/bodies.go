package event

import "time"

// The journal forms of the bodies: fields numbered from 1 within each body, under the
// rules of wire.go.

func (g *GateAccess) appendWire(b []byte, field uint64) []byte {
	b, start := openBody(b, field)
	b = appendString(b, 1, g.Direction)
	b = appendString(b, 2, g.PersonKind)
	b = appendString(b, 3, g.Method)
	b = appendString(b, 4, g.Result)
	b = appendString(b, 5, g.Person)
	b = appendString(b, 6, g.Credential)
	b = appendString(b, 7, g.Registration)
	b = appendString(b, 8, g.EscortedBy)
	b = appendString(b, 9, g.Guardian)
	b = appendString(b, 10, g.ClassTeacher)
	b = appendTri(b, 11, g.ItemsChecked)
	b = appendFloat(b, 12, g.Celsius)
	return closeBody(b, start)
}

func (g *GateAccess) readWire(parent *wireReader, wire uint64) {
	r := parent.body(wire)
	for {
		field, wire, ok := r.next()
		if !ok {
			break
		}
		switch field {
		case 1:
			g.Direction = r.string(wire)
		case 2:
			g.PersonKind = r.string(wire)
		case 3:
			g.Method = r.string(wire)
		case 4:
			g.Result = r.string(wire)
		case 5:
			g.Person = r.string(wire)
		case 6:
			g.Credential = r.string(wire)
		case 7:
			g.Registration = r.string(wire)
		case 8:
			g.EscortedBy = r.string(wire)
		case 9:
			g.Guardian = r.string(wire)
		case 10:
			g.ClassTeacher = r.string(wire)
		case 11:
			g.ItemsChecked = r.tri(wire)
		case 12:
			g.Celsius = r.float(wire)
		default:
			r.skip(wire)
		}
	}
	parent.leave(&r)
}

func (t *TemperatureCheck) appendWire(b []byte, field uint64) []byte {
	b, start := openBody(b, field)
	b = appendString(b, 1, t.PersonKind)
	b = appendFloat(b, 2, t.Celsius)
	b = appendString(b, 3, t.Person)
	b = appendString(b, 4, t.DeviceFlag)
	return closeBody(b, start)
}

func (t *TemperatureCheck) readWire(parent *wireReader, wire uint64) {
	r := parent.body(wire)
	for {
		field, wire, ok := r.next()
		if !ok {
			break
		}
		switch field {
		case 1:
			t.PersonKind = r.string(wire)
		case 2:
			t.Celsius = r.float(wire)
		case 3:
			t.Person = r.string(wire)
		case 4:
			t.DeviceFlag = r.string(wire)
		default:
			r.skip(wire)
		}
	}
	parent.leave(&r)
}

func (p *VehiclePosition) appendWire(b []byte, field uint64) []byte {
	b, start := openBody(b, field)
	b = appendFloat(b, 1, p.Lat)
	b = appendFloat(b, 2, p.Lon)
	b = appendBool(b, 3, p.Fix)
	b = appendFloat(b, 4, p.SpeedKMH)
	b = appendFloat(b, 5, p.Heading)
	b = appendFloat(b, 6, p.AltitudeM)
	b = appendInt(b, 7, int64(p.Satellites))
	b = appendInt(b, 8, int64(p.Passengers))
	b = appendString(b, 9, p.Trip)
	b = appendString(b, 10, p.TripState)
	b = appendTri(b, 11, p.EmptyChecked)
	b = appendTri(b, 12, p.DoorsOpen)
	b = appendTri(b, 13, p.Ignition)
	b = appendBool(b, 14, p.SOS)
	b = appendUint(b, 15, uint64(p.AlarmBits))
	return closeBody(b, start)
}

func (p *VehiclePosition) readWire(parent *wireReader, wire uint64) {
	r := parent.body(wire)
	for {
		field, wire, ok := r.next()
		if !ok {
			break
		}
		switch field {
		case 1:
			p.Lat = r.float(wire)
		case 2:
			p.Lon = r.float(wire)
		case 3:
			p.Fix = r.bool(wire)
		case 4:
			p.SpeedKMH = r.float(wire)
		case 5:
			p.Heading = r.float(wire)
		case 6:
			p.AltitudeM = r.float(wire)
		case 7:
			p.Satellites = int(r.int(wire))
		case 8:
			p.Passengers = int(r.int(wire))
		case 9:
			p.Trip = r.string(wire)
		case 10:
			p.TripState = r.string(wire)
		case 11:
			p.EmptyChecked = r.tri(wire)
		case 12:
			p.DoorsOpen = r.tri(wire)
		case 13:
			p.Ignition = r.tri(wire)
		case 14:
			p.SOS = r.bool(wire)
		case 15:
			p.AlarmBits = r.uint32(wire)
		default:
			r.skip(wire)
		}
	}
	parent.leave(&r)
}

func (k *KitchenReading) appendWire(b []byte, field uint64) []byte {
	b, start := openBody(b, field)
	b = appendString(b, 1, k.Quantity)
	b = appendFloat(b, 2, k.Value)
	b = appendString(b, 3, k.Unit)
	return closeBody(b, start)
}

func (k *KitchenReading) readWire(parent *wireReader, wire uint64) {
	r := parent.body(wire)
	for {
		field, wire, ok := r.next()
		if !ok {
			break
		}
		switch field {
		case 1:
			k.Quantity = r.string(wire)
		case 2:
			k.Value = r.float(wire)
		case 3:
			k.Unit = r.string(wire)
		default:
			r.skip(wire)
		}
	}
	parent.leave(&r)
}

func (s *DeviceStatus) appendWire(b []byte, field uint64) []byte {
	b, start := openBody(b, field)
	b = appendString(b, 1, s.Status)
	b = appendBool(b, 2, s.Heartbeat)
	b = appendString(b, 3, s.Reason)
	b = appendFloat(b, 4, s.LatencyMS)
	b = appendTri(b, 5, s.Recording)
	b = appendInt(b, 6, int64(s.Period))
	return closeBody(b, start)
}

func (s *DeviceStatus) readWire(parent *wireReader, wire uint64) {
	r := parent.body(wire)
	for {
		field, wire, ok := r.next()
		if !ok {
			break
		}
		switch field {
		case 1:
			s.Status = r.string(wire)
		case 2:
			s.Heartbeat = r.bool(wire)
		case 3:
			s.Reason = r.string(wire)
		case 4:
			s.LatencyMS = r.float(wire)
		case 5:
			s.Recording = r.tri(wire)
		case 6:
			s.Period = time.Duration(r.int(wire))
		default:
			r.skip(wire)
		}
	}
	parent.leave(&r)
}

func (c *EmergencyCall) appendWire(b []byte, field uint64) []byte {
	b, start := openBody(b, field)
	b = appendString(b, 1, c.State)
	b = appendString(b, 2, c.Place)
	return closeBody(b, start)
}

func (c *EmergencyCall) readWire(parent *wireReader, wire uint64) {
	r := parent.body(wire)
	for {
		field, wire, ok := r.next()
		if !ok {
			break
		}
		switch field {
		case 1:
			c.State = r.string(wire)
		case 2:
			c.Place = r.string(wire)
		default:
			r.skip(wire)
		}
	}
	parent.leave(&r)
}
