package dahua

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/push"
	"github.com/campusgate/campusgate/gateway/event"
)

// Name is the adapter's name.
const Name = "dahua"

// Decoder reads events of Dahua devices.
type Decoder struct{ parsers sync.Pool }

// New returns the adapter "dahua".
func New() *Decoder {
	return &Decoder{parsers: sync.Pool{New: func() any { return new(fastjson.Parser) }}}
}

// Name is "dahua".
func (*Decoder) Name() string { return Name }

// Decode appends the events of one body. Events that say nothing we record give none.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	parts, err := push.Parts(m.Payload)
	if err != nil {
		return dst, err
	}
	p := d.parsers.Get().(*fastjson.Parser) //nolint:forcetypeassert // only parsers are put in
	defer d.parsers.Put(p)
	w := writer{m: m, clock: clock, place: push.PlaceOf(Name, m.Topic), events: dst}
	found := false
	for _, part := range parts {
		if len(part) == 0 || push.IsPicture(part) {
			continue
		}
		if err := w.part(p, part); err != nil {
			return dst, err
		}
		found = true
	}
	if !found {
		return dst, errNoEvent
	}
	return w.events, nil
}

// writer collects the events of one message.
type writer struct {
	m      payload.Message
	clock  event.Clock
	place  push.Place
	events []event.Event
	nth    int

	// Of the note at hand:
	device     event.DeviceID
	observed   time.Time
	resolution time.Duration
	seq        uint64
	backfill   bool
}

func (w *writer) part(p *fastjson.Parser, part []byte) error {
	var notes []note
	var err error
	switch {
	case bytes.EqualFold(part, []byte("Heartbeat")):
		notes = []note{{code: "Heartbeat", field: none}}
	case part[0] == '{' || part[0] == '[':
		notes, err = readJSON(p, part)
	case bytes.HasPrefix(part, []byte("Code=")):
		return readLines(p, part, w.note)
	case bytes.HasPrefix(part, []byte("totalCount=")), bytes.HasPrefix(part, []byte("found=")),
		bytes.HasPrefix(part, []byte("records[")):
		notes, err = readRecords(part)
	default:
		return errNoEvent
	}
	if err != nil {
		return err
	}
	for _, n := range notes {
		if err := w.note(n); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) note(n note) error {
	w.device = w.place.Device
	if w.device == "" {
		w.device = payload.CleanName(n.field("SN"))
	}
	if w.m.Device == "" && w.device == "" {
		return errors.New("neither topic nor body name the device")
	}
	if n.code == "" {
		return errors.New(`field "Code": is missing`)
	}
	w.backfill = strings.EqualFold(n.source, "Offline")
	w.seq = 0
	if s := n.field("RecNo"); s != "" {
		if seq, err := strconv.ParseUint(s, 10, 64); err == nil {
			w.seq = seq
		}
	}
	if err := w.when(n); err != nil {
		return err
	}
	stop := strings.EqualFold(n.action, "Stop")
	switch n.code {
	case "Heartbeat":
		kind := event.KindGate
		for _, level := range w.place.Rest {
			if level == string(event.KindCamera) {
				kind = event.KindCamera
			}
		}
		w.status(kind, event.DeviceStatus{Status: event.StatusUp, Heartbeat: true})
	case "AccessControl":
		return w.access(n)
	case "BreakIn":
		return w.forced(n)
	case "DoorStatus":
		if strings.EqualFold(n.field("Status"), "Break") {
			return w.forced(n)
		}
	case "Duress":
		if !stop {
			e := push.Base(w.m, event.KindGate, w.device)
			e.Type = event.TypeEmergencyCall
			e.Call = &event.EmergencyCall{State: event.CallPressed, Place: n.field("Name")}
			w.add(e)
		}
	default:
		if kind, reason, ok := faultOf(n.code); ok {
			s := event.DeviceStatus{Status: event.StatusDegraded, Reason: reason}
			if stop {
				s = event.DeviceStatus{Status: event.StatusUp, Reason: "no longer: " + reason}
			}
			if n.index != "" && kind == event.KindCamera {
				s.Reason = push.Clean(s.Reason + ", channel index " + n.index)
			}
			w.status(kind, s)
		}
	}
	return nil
}

// when reads the first of the fields that hold a time.
func (w *writer) when(n note) error {
	w.observed, w.resolution = time.Time{}, 0
	for _, name := range [...]string{"RealUTC", "UTC", "CreateTime", "UTCTime", "LocaleTime", "Time"} {
		s := n.field(name)
		if s == "" || s == "0" {
			continue
		}
		var ok bool
		if w.observed, w.resolution, ok = push.Time(s); !ok {
			return fmt.Errorf("field %q: %.80q is no time", name, s)
		}
		return nil
	}
	return nil
}

func (w *writer) add(e event.Event) {
	e.Seq, e.Backfill = w.seq, w.backfill
	digested := w.m.Payload
	if w.observed.IsZero() && e.Status != nil {
		digested = push.Fresh(w.m)
	}
	w.clock.Stamp(&e, digested, w.nth, w.observed, w.resolution, w.m.Received)
	w.nth++
	w.events = append(w.events, e)
}

func (w *writer) status(kind event.Kind, s event.DeviceStatus) {
	e := push.Base(w.m, kind, w.device)
	e.Type, e.Status = event.TypeDeviceStatus, &s
	w.add(e)
}

func (w *writer) gate(g event.GateAccess) {
	e := push.Base(w.m, event.KindGate, w.device)
	e.Type, e.Gate = event.TypeGateAccess, &g
	w.add(e)
}

func (w *writer) forced(n note) error {
	w.gate(event.GateAccess{
		Direction: w.direction(n), PersonKind: event.PersonUnknown, Method: "manual", Result: event.ResultForced,
	})
	return nil
}

func (w *writer) direction(n note) string {
	switch strings.ToLower(n.field("Type")) {
	case "entry":
		return event.In
	case "exit":
		return event.Out
	}
	return w.place.Direction
}

func (w *writer) access(n note) error {
	g := event.GateAccess{
		Direction: w.direction(n), PersonKind: event.PersonUnknown, Method: "manual", Result: event.ResultGranted,
		Person: n.field("UserID"), Credential: n.field("CardNo"),
	}
	if n.field("UserType") == "2" {
		g.PersonKind = event.PersonVisitor
	}
	if s := n.field("Method"); s != "" {
		code, ok := push.Code(s)
		if !ok {
			return fmt.Errorf("field \"Method\": %.80q is no code", s)
		}
		g.Method = methodOf(code)
	} else if g.Credential != "" {
		g.Method = "card"
	}
	switch status := push.Truth(n.field("Status")); {
	case status == event.No:
		g.Result = event.ResultDenied
	case status == event.Unknown && n.field("Status") != "":
		return fmt.Errorf("field \"Status\": %.80q is neither 0 nor 1", n.field("Status"))
	case status == event.Unknown:
		if code := n.field("ErrorCode"); code != "" && code != "0" {
			g.Result = event.ResultDenied
		}
	}
	celsius, measured := push.Celsius(n.field("CurrentTemperature"), unitOf(n.field("TemperatureUnit")))
	if math.IsNaN(celsius) {
		return fmt.Errorf("field \"CurrentTemperature\": %.80q is no temperature", n.field("CurrentTemperature"))
	}
	// The measurement is an event of its own, before the passage that it is asked for.
	if measured {
		w.temperature(n, g, celsius)
	}
	w.gate(g)
	return nil
}

func (w *writer) temperature(n note, g event.GateAccess, celsius float64) {
	t := event.TemperatureCheck{PersonKind: g.PersonKind, Person: g.Person, Celsius: celsius}
	if t.Person == "" {
		t.Person = g.Credential
	}
	switch push.Truth(n.field("IsOverTemperature")) {
	case event.Yes:
		t.DeviceFlag = "abnormal"
	case event.No:
		t.DeviceFlag = "normal"
	}
	e := push.Base(w.m, event.KindGate, w.device)
	e.Type, e.Temperature = event.TypeTemperatureCheck, &t
	w.add(e)
}

// unitOf spells TemperatureUnit as push.Celsius wants it.
func unitOf(code string) string {
	switch code {
	case "", "0":
		return payload.Celsius
	case "1":
		return payload.Fahrenheit
	}
	return code
}

// methodOf reads Method of AccessControlCardRec. Passwords, fingerprints, buttons, keys and
// remote opening are manual.
func methodOf(code int) string {
	switch code {
	case 1, 2, 3, 7, 9, 30, 33: // card, alone or with a password or fingerprint
		return "card"
	case 14:
		return "qr"
	case 15, 16, 22, 24, 25, 26, 28, 29, 31, 32, 34: // face, alone or with something else
		return "face"
	}
	return "manual"
}

// faultOf names the codes that mean a fault of the device from their Start to their Stop.
func faultOf(code string) (kind event.Kind, reason string, ok bool) {
	switch code {
	case "VideoLoss":
		return event.KindCamera, "video loss", true
	case "VideoBlind":
		return event.KindCamera, "view covered", true
	case "VideoAbnormalDetection":
		return event.KindCamera, "picture abnormal", true
	case "StorageFailure":
		return event.KindCamera, "disk error", true
	case "StorageNotExist":
		return event.KindCamera, "no disk", true
	case "StorageLowSpace":
		return event.KindCamera, "disk full", true
	case "DoorNotClosed":
		return event.KindGate, "door open too long", true
	case "ChassisIntruded":
		return event.KindGate, "case opened", true
	}
	return "", "", false
}
