package jt808

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// Name is the adapter's name.
const Name = "jt808"

// Limits of what is taken for a measurement.
const (
	maxKMH      = 220  // no bus goes faster: the receiver has jumped
	minAltitude = -500 // metres
	maxAltitude = 9000
)

// Decoder reads whole messages of terminals.
type Decoder struct{}

// New returns the adapter "jt808".
func New() *Decoder { return new(Decoder) }

// Name is "jt808".
func (*Decoder) Name() string { return Name }

var (
	errEncrypted = errors.New("the body is encrypted, and there is no key")
	errFragment  = errors.New("one part of a longer message")
	errNoItem    = errors.New("no position in the batch can be read")
)

// Decode appends the events of one message: a frame, still escaped, with or without the
// 0x7e around it. Messages that say nothing we record give none. Checksum and length are
// not judged here, since the listener has done so by the policy for the device.
func (*Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	var room [512]byte
	h, body, err := parse(m.Payload, ChecksumIgnore, room[:0])
	switch {
	case err != nil:
		return dst, err
	case h.Encrypt != 0:
		return dst, errEncrypted
	case h.Fragment && h.Total != 1:
		return dst, errFragment
	}
	w := writer{m: &m, clock: clock, h: &h}
	switch h.ID {
	case IDPosition:
		return w.position(dst, body, 0, false)
	case IDPositionAnswer: // the serial number of the query comes first
		return w.position(dst, body[min(2, len(body)):], 0, false)
	case IDPositionBatch:
		return w.batch(dst, body)
	case IDDriver:
		return w.driver(dst, bytes.Clone(body))
	case IDParametersAnswer:
		return w.parameters(dst, bytes.Clone(body))
	case IDHeartbeat:
		return w.status(dst, event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}), nil
	case IDAuthenticate:
		return w.status(dst, event.DeviceStatus{Status: event.StatusUp, Reason: "authenticated"}), nil
	case IDLogout:
		return w.status(dst, event.DeviceStatus{Status: event.StatusDown, Reason: leavingReason(m.Topic)}), nil
	}
	return dst, nil
}

// writer makes the events of one message.
type writer struct {
	m     *payload.Message
	h     *Header
	clock event.Clock
}

func (w *writer) base(t event.Type) event.Event {
	e := event.Event{Type: t, Kind: event.KindBus, Site: w.m.Site, Device: w.m.Device, Retained: w.m.Retained}
	if e.Site == "" {
		e.Site = event.CountySite
	}
	if e.Device == "" {
		e.Device = payload.CleanName(Name + "-" + phoneText(w.h.RawPhone[:w.h.PhoneBytes]))
	}
	return e
}

// position adds a position, the nth of its message, and the faults that its alarms tell.
func (w *writer) position(dst []event.Event, body []byte, nth int, backfill bool) ([]event.Event, error) {
	p, err := ParsePosition(body)
	if err != nil {
		return dst, err
	}
	e := w.base(event.TypeVehiclePosition)
	if strings.HasSuffix(w.m.Topic, shiftedTopic) {
		p.Lat, p.Lon = payload.ToWGS84(payload.DatumGCJ02, p.Lat, p.Lon)
	}
	e.Backfill, e.Position = backfill, p.vehicle()
	w.stamp(&e, body, nth, p.Time)
	dst = append(dst, e)
	if p.Alarms&faults != 0 {
		e := w.base(event.TypeDeviceStatus)
		e.Backfill = backfill
		e.Status = &event.DeviceStatus{Status: event.StatusDegraded, Reason: faultText(p.Alarms&faults, w.h.Version2019)}
		w.stamp(&e, body, nth, p.Time)
		dst = append(dst, e)
	}
	return dst, nil
}

// vehicle judges a position. Coordinates that are none, and a speed that no bus has, mean
// that the receiver has lost its place: the report stands, as one without a fix.
func (p *Position) vehicle() *event.VehiclePosition {
	v := &event.VehiclePosition{
		Fix: p.Status&StatusFix != 0, Passengers: -1, SpeedKMH: p.SpeedKMH, Satellites: p.Satellites,
		Ignition: event.TriOf(p.Status&StatusACC != 0), SOS: p.Alarms&AlarmEmergency != 0, AlarmBits: p.Alarms,
	}
	place := p.Status&StatusEncrypted == 0 && p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180 && (p.Lat != 0 || p.Lon != 0)
	if place {
		v.Lat, v.Lon = p.Lat, p.Lon
	}
	if p.SpeedKMH > maxKMH {
		v.SpeedKMH = 0
		if p.RecorderKMH >= 0 && p.RecorderKMH <= maxKMH {
			v.SpeedKMH = p.RecorderKMH
		}
	}
	v.Fix = v.Fix && place && p.SpeedKMH <= maxKMH
	if p.Heading > 0 && p.Heading < 360 {
		v.Heading = float64(p.Heading)
	}
	if p.AltitudeM >= minAltitude && p.AltitudeM <= maxAltitude {
		v.AltitudeM = float64(p.AltitudeM)
	}
	switch {
	case p.Status&doorsOpen != 0:
		v.DoorsOpen = event.Yes
	case p.Status&StatusDoorLocked != 0:
		v.DoorsOpen = event.No // without a contact on the doors their bits are 0, too
	}
	return v
}

// faultText names faults in the order of their bits.
func faultText(bits uint32, version2019 bool) string {
	names := Names(bits, version2019)
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = n.EN
	}
	return strings.Join(words, ", ")
}

// batch adds the positions of 0x0704 that can be read.
func (w *writer) batch(dst []event.Event, body []byte) ([]event.Event, error) {
	if len(body) < batchHead {
		return dst, errNoItem
	}
	backfill := body[batchHead-1] == batchBackfill
	events, nth := dst, 0
	for item, rest := nextItem(body[batchHead:]); item != nil; item, rest = nextItem(rest) {
		if more, err := w.position(events, item, nth, backfill); err == nil {
			events = more
		}
		nth++
	}
	if len(events) == len(dst) {
		return dst, errNoItem
	}
	return events, nil
}

// driver tells that a driver's card was put in or pulled out. It is no passage of a gate,
// and would count as one in a school: it is told as a state of the terminal.
func (w *writer) driver(dst []event.Event, body []byte) ([]event.Event, error) {
	d, err := ParseDriver(body)
	if err != nil {
		return dst, err
	}
	reason := "driver on duty"
	switch {
	case d.Out:
		reason = "driver off duty"
	case d.Result == CardNoKey, d.Result == CardLocked:
		reason = "driver's card refused"
	case d.Result != CardRead:
		return dst, nil // a card that could not be read says nothing of its driver
	}
	if d.Certificate != "" {
		reason += ", card " + pseudonym(d.Certificate)
	}
	e := w.base(event.TypeDeviceStatus)
	e.Status = &event.DeviceStatus{Status: event.StatusUp, Reason: reason}
	w.stamp(&e, body, 0, d.Time)
	return append(dst, e), nil
}

// pseudonym tells the drivers of a county apart. The number of a certificate is often that
// of the identity card, of which so few are possible that a longer digest could be turned
// back by trying them all; thousands of them share this one.
func pseudonym(certificate string) string {
	sum := sha256.Sum256([]byte("driver " + certificate))
	return hex.EncodeToString(sum[:3])
}

// parameters tells how often a terminal says that it reports.
func (w *writer) parameters(dst []event.Event, body []byte) ([]event.Event, error) {
	_, all, err := ParseParameters(body)
	if err != nil {
		return dst, err
	}
	period := reportPeriod(all)
	if period == 0 {
		return dst, nil
	}
	return w.status(dst, event.DeviceStatus{Status: event.StatusUp, Period: period}), nil
}

// status adds what a message without a time says by coming at all.
func (w *writer) status(dst []event.Event, s event.DeviceStatus) []event.Event {
	e := w.base(event.TypeDeviceStatus)
	e.Status = &s
	w.stamp(&e, nil, 0, time.Time{})
	return append(dst, e)
}

// stamp gives an event its id and times. With a time, the id depends on the body alone: what
// comes again, in another message or in a batch, is the same event. Without one a body is
// the same each time, and what tells two apart is the message: its serial number, which
// begins anew with each connection, and when it came.
func (w *writer) stamp(e *event.Event, body []byte, nth int, at time.Time) {
	if !at.IsZero() {
		w.clock.Stamp(e, body, 0, at, time.Second, w.m.Received)
		return
	}
	b := binary.BigEndian.AppendUint16(nil, w.h.ID)
	b = binary.BigEndian.AppendUint16(b, w.h.Serial)
	b = binary.BigEndian.AppendUint64(b, uint64(w.m.Received.UnixNano()))
	w.clock.Stamp(e, append(b, body...), nth, at, 0, w.m.Received)
}
