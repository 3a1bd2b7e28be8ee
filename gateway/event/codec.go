package event

import (
	"fmt"
	"time"
)

// AppendBinary appends the journal form of the event: compact, versioned, exact to the
// nanosecond. Times come back in UTC. It fails on an event without the body that its
// type names and on a time before 1678 or after 2262; then it returns dst unchanged.
func (e *Event) AppendBinary(dst []byte) ([]byte, error) {
	if err := e.checkBody(); err != nil {
		return dst, err
	}
	if !storable(e.ObservedAt) || !storable(e.ReceivedAt) {
		return dst, fmt.Errorf("event %q: a time lies outside the years 1678 to 2262", e.ID)
	}
	b := append(dst, wireVersion)
	b = appendString(b, 1, e.ID)
	b = appendString(b, 2, string(e.Type))
	b = appendString(b, 3, string(e.Kind))
	b = appendString(b, 4, string(e.Site))
	b = appendString(b, 5, string(e.Device))
	b = appendTime(b, 6, e.ObservedAt)
	b = appendTime(b, 7, e.ReceivedAt)
	b = appendBool(b, 8, e.Late)
	b = appendBool(b, 9, e.Backfill)
	b = appendBool(b, 10, e.Retained)
	b = appendUint(b, 11, e.Seq)
	b = appendInt(b, 12, int64(e.Skew))
	if e.Gate != nil {
		b = e.Gate.appendWire(b, 16)
	}
	if e.Temperature != nil {
		b = e.Temperature.appendWire(b, 17)
	}
	if e.Position != nil {
		b = e.Position.appendWire(b, 18)
	}
	if e.Reading != nil {
		b = e.Reading.appendWire(b, 19)
	}
	if e.Status != nil {
		b = e.Status.appendWire(b, 20)
	}
	if e.Call != nil {
		b = e.Call.appendWire(b, 21)
	}
	if e.Check != nil {
		b = e.Check.appendWire(b, 22)
	}
	return b, nil
}

// UnmarshalBinary reads the journal form of an event, of this or a newer version of the
// program (fields it does not know are skipped). It keeps no reference to b. On damaged
// input it returns an error and leaves the event in an undefined state.
func (e *Event) UnmarshalBinary(b []byte) error {
	r, err := newWireReader(b)
	if err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	*e = Event{}
	for {
		field, wire, ok := r.next()
		if !ok {
			break
		}
		switch field {
		case 1:
			e.ID = r.string(wire)
		case 2:
			e.Type = Type(r.string(wire))
		case 3:
			e.Kind = Kind(r.string(wire))
		case 4:
			e.Site = SiteID(r.string(wire))
		case 5:
			e.Device = DeviceID(r.string(wire))
		case 6:
			e.ObservedAt = r.time(wire)
		case 7:
			e.ReceivedAt = r.time(wire)
		case 8:
			e.Late = r.bool(wire)
		case 9:
			e.Backfill = r.bool(wire)
		case 10:
			e.Retained = r.bool(wire)
		case 11:
			e.Seq = r.uint(wire)
		case 12:
			e.Skew = time.Duration(r.int(wire))
		case 16:
			e.Gate = new(GateAccess)
			e.Gate.readWire(&r, wire)
		case 17:
			e.Temperature = new(TemperatureCheck)
			e.Temperature.readWire(&r, wire)
		case 18:
			e.Position = new(VehiclePosition)
			e.Position.readWire(&r, wire)
		case 19:
			e.Reading = new(KitchenReading)
			e.Reading.readWire(&r, wire)
		case 20:
			e.Status = new(DeviceStatus)
			e.Status.readWire(&r, wire)
		case 21:
			e.Call = new(EmergencyCall)
			e.Call.readWire(&r, wire)
		case 22:
			e.Check = new(CameraCheck)
			e.Check.readWire(&r, wire)
		default:
			r.skip(wire)
		}
	}
	if r.bad {
		return fmt.Errorf("read event: %w", errWireDamaged)
	}
	return e.checkBody()
}

// checkBody reports an event whose body is missing; everything downstream reads the body
// that the type names without asking. A type this version does not know has no body here.
func (e *Event) checkBody() error {
	ok := true
	switch e.Type {
	case TypeGateAccess:
		ok = e.Gate != nil
	case TypeTemperatureCheck:
		ok = e.Temperature != nil
	case TypeVehiclePosition:
		ok = e.Position != nil
	case TypeKitchenReading:
		ok = e.Reading != nil
	case TypeDeviceStatus:
		ok = e.Status != nil
	case TypeEmergencyCall:
		ok = e.Call != nil
	case TypeCameraCheck:
		ok = e.Check != nil
	}
	if !ok {
		return fmt.Errorf("event %q: type %s without its body", e.ID, e.Type)
	}
	return nil
}

// AppendBinary appends the journal form of the anomaly: compact, versioned, exact to the
// nanosecond. Times come back in UTC, an empty list of devices as nil. It fails on a time
// before 1678 or after 2262; then it returns dst unchanged.
func (a *Anomaly) AppendBinary(dst []byte) ([]byte, error) {
	if !storable(a.StartedAt) || !storable(a.UpdatedAt) {
		return dst, fmt.Errorf("anomaly %q: a time lies outside the years 1678 to 2262", a.ID)
	}
	b := append(dst, wireVersion)
	b = appendString(b, 1, a.ID)
	b = appendString(b, 2, a.Rule)
	b = appendString(b, 3, string(a.Site))
	b = appendString(b, 4, string(a.Device))
	b = appendString(b, 5, string(a.Kind))
	b = appendString(b, 6, string(a.Severity))
	b = appendString(b, 7, string(a.State))
	b = appendUint(b, 8, uint64(a.Revision))
	b = appendTime(b, 9, a.StartedAt)
	b = appendTime(b, 10, a.UpdatedAt)
	b = appendBool(b, 11, a.Momentary)
	b = appendInt(b, 12, int64(a.Count))
	b = appendFloat(b, 13, a.Value)
	b = appendFloat(b, 14, a.Limit)
	b = appendString(b, 15, a.Unit)
	b = appendString(b, 16, a.Text.ZH)
	b = appendString(b, 17, a.Text.EN)
	b = appendString(b, 18, a.EventID)
	b = appendString(b, 19, a.CausedBy)
	b = appendString(b, 20, a.Cause)
	for _, d := range a.Devices {
		b = appendTag(b, 21, wireBytes)
		b = append(appendLength(b, len(d)), d...)
	}
	return appendBool(b, 22, a.Late), nil
}

// UnmarshalBinary reads the journal form of an anomaly, under the promises of
// Event.UnmarshalBinary.
func (a *Anomaly) UnmarshalBinary(b []byte) error {
	r, err := newWireReader(b)
	if err != nil {
		return fmt.Errorf("read anomaly: %w", err)
	}
	*a = Anomaly{}
	for {
		field, wire, ok := r.next()
		if !ok {
			break
		}
		switch field {
		case 1:
			a.ID = r.string(wire)
		case 2:
			a.Rule = r.string(wire)
		case 3:
			a.Site = SiteID(r.string(wire))
		case 4:
			a.Device = DeviceID(r.string(wire))
		case 5:
			a.Kind = Kind(r.string(wire))
		case 6:
			a.Severity = Severity(r.string(wire))
		case 7:
			a.State = AnomalyState(r.string(wire))
		case 8:
			a.Revision = r.uint32(wire)
		case 9:
			a.StartedAt = r.time(wire)
		case 10:
			a.UpdatedAt = r.time(wire)
		case 11:
			a.Momentary = r.bool(wire)
		case 12:
			a.Count = int(r.int(wire))
		case 13:
			a.Value = r.float(wire)
		case 14:
			a.Limit = r.float(wire)
		case 15:
			a.Unit = r.string(wire)
		case 16:
			a.Text.ZH = r.string(wire)
		case 17:
			a.Text.EN = r.string(wire)
		case 18:
			a.EventID = r.string(wire)
		case 19:
			a.CausedBy = r.string(wire)
		case 20:
			a.Cause = r.string(wire)
		case 21:
			a.Devices = append(a.Devices, DeviceID(r.string(wire)))
		case 22:
			a.Late = r.bool(wire)
		default:
			r.skip(wire)
		}
	}
	if r.bad {
		return fmt.Errorf("read anomaly: %w", errWireDamaged)
	}
	return nil
}
