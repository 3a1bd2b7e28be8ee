package hikvision

import (
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
const Name = "hikvision"

// Decoder reads ISAPI event notifications.
type Decoder struct{ parsers sync.Pool }

// New returns the adapter "hikvision".
func New() *Decoder {
	return &Decoder{parsers: sync.Pool{New: func() any { return new(fastjson.Parser) }}}
}

// Name is "hikvision".
func (*Decoder) Name() string { return Name }

// Decode appends the events of one body. An alert that says nothing we record, such as
// motion, gives none.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	parts, err := push.Parts(m.Payload)
	if err != nil {
		return dst, err
	}
	w := writer{m: m, clock: clock, place: push.PlaceOf(Name, m.Topic), events: dst}
	found := false
	for _, part := range parts {
		if len(part) == 0 || push.IsPicture(part) {
			continue
		}
		switch part[0] {
		case '{', '[':
			err = d.json(&w, part)
		case '<':
			var a alert
			if a, err = readXML(part); err == nil {
				err = w.alert(a)
			}
		default:
			continue
		}
		if err != nil {
			return dst, err
		}
		found = true
	}
	if !found {
		return dst, errNoEvent
	}
	return w.events, nil
}

func (d *Decoder) json(w *writer, part []byte) error {
	p := d.parsers.Get().(*fastjson.Parser) //nolint:forcetypeassert // only parsers are put in
	defer d.parsers.Put(p)
	alerts, err := readJSON(nil, p, part)
	if err != nil {
		return err
	}
	for _, a := range alerts {
		if err := w.alert(a); err != nil {
			return err
		}
	}
	return nil
}

// writer collects the events of one message.
type writer struct {
	m      payload.Message
	clock  event.Clock
	place  push.Place
	events []event.Event
	nth    int

	// Of the alert at hand:
	device     event.DeviceID
	observed   time.Time
	resolution time.Duration
	seq        uint64
	backfill   bool
	// identity is what a device that sends the alert again says again, empty where it does
	// not number its alerts; within counts the alert's events.
	identity []byte
	within   int
}

func (w *writer) alert(a alert) error {
	kind := strings.ToLower(a.field("eventType"))
	if kind == "" && !a.access {
		return errors.New(`field "eventType": is missing`)
	}
	var ok bool
	if w.observed, w.resolution, ok = push.Time(a.field("dateTime")); !ok {
		return fmt.Errorf("field \"dateTime\": %.80q is no time", a.field("dateTime"))
	}
	w.seq, w.backfill = 0, push.Truth(a.field("currentEvent")) == event.No
	if s := a.field("serialNo"); s != "" && s != "-1" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return fmt.Errorf("field \"serialNo\": %.80q is no whole number", s)
		}
		w.seq = n
	}
	w.identity, w.within = nil, 0
	if w.seq != 0 && !w.observed.IsZero() {
		// A terminal that was offline sends it later with currentEvent false, and without the
		// picture or with another one.
		w.identity = fmt.Appendf(nil, "%d %s %s %s %s", w.seq, a.field("dateTime"), kind, majorOf(a), minorOf(a))
	}
	w.device = w.name(a)
	if w.m.Device == "" && w.device == "" {
		return errors.New("neither topic nor body name the device")
	}
	active := !strings.EqualFold(a.field("eventState"), "inactive")
	fault, isFault := cameraFault(kind)
	switch {
	case kind == "heartbeat":
		w.status(w.statusKind(), event.DeviceStatus{Status: event.StatusUp, Heartbeat: true})
	case kind == "videoloss" && !active:
		w.status(event.KindCamera, event.DeviceStatus{Status: event.StatusUp, Heartbeat: true})
	case isFault && active:
		w.status(event.KindCamera, event.DeviceStatus{Status: event.StatusDegraded, Reason: channel(fault, a)})
	case isFault:
		w.status(event.KindCamera, event.DeviceStatus{Status: event.StatusUp, Reason: channel("no longer: "+fault, a)})
	case kind == "anpr":
		w.plate(a)
	case kind == "facecapture":
		return w.faces(a)
	case a.access || kind == "accesscontrollerevent" || majorOf(a) != "" || minorOf(a) != "":
		return w.access(a, kind)
	}
	return nil
}

// name is what the device calls itself, where the topic does not say.
func (w *writer) name(a alert) event.DeviceID {
	if w.place.Device != "" {
		return w.place.Device
	}
	for _, field := range [...]string{"devIndex", "deviceID", "macAddress", "ipAddress"} {
		if name := payload.CleanName(a.field(field)); name != "" {
			return name
		}
	}
	return ""
}

// statusKind is the kind of a heartbeat's device: a gate's terminal unless the topic says
// camera.
func (w *writer) statusKind() event.Kind {
	for _, level := range w.place.Rest {
		if level == string(event.KindCamera) {
			return event.KindCamera
		}
	}
	return event.KindGate
}

func channel(reason string, a alert) string {
	if id := a.field("channelID"); id != "" && id != "0" {
		return push.Clean(reason + ", channel " + id)
	}
	return reason
}

func (w *writer) add(e event.Event) {
	e.Seq, e.Backfill = w.seq, w.backfill
	if w.identity != nil {
		w.clock.Stamp(&e, w.identity, w.within, w.observed, w.resolution, w.m.Received)
		w.within++
		w.events = append(w.events, e)
		return
	}
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

func (w *writer) plate(a alert) {
	plate := a.field("licensePlate")
	if plate == "" || strings.EqualFold(plate, "unknown") || plate == "无车牌" {
		return
	}
	g := event.GateAccess{
		Direction: w.place.Direction, PersonKind: event.PersonVehicle, Method: "plate",
		Result: event.ResultGranted, Credential: plate,
	}
	switch strings.ToLower(a.field("direction")) {
	case "forward":
		g.Direction = event.In
	case "reverse":
		g.Direction = event.Out
	}
	list := strings.ToLower(a.field("vehicleListName"))
	if strings.HasPrefix(list, "block") || strings.HasPrefix(list, "black") || a.field("barrierGateCtrlType") == "1" {
		g.Result = event.ResultDenied
	}
	e := push.Base(w.m, event.KindGate, w.device)
	e.Type, e.Gate = event.TypeGateAccess, &g
	w.add(e)
}

func (w *writer) faces(a alert) error {
	for _, face := range a.faces {
		if err := w.temperature(event.KindTemperature, face, event.PersonUnknown, ""); err != nil {
			return err
		}
	}
	return nil
}

// temperature adds a check when the terminal measured.
func (w *writer) temperature(kind event.Kind, field func(string) string, person, id string) error {
	celsius, measured, err := celsiusOf(field)
	if err != nil || !measured {
		return err
	}
	t := event.TemperatureCheck{PersonKind: person, Person: id, Celsius: celsius}
	// Hikvision's own spelling, and the one that some firmwares corrected it to.
	for _, name := range [...]string{"isAbnomalTemperature", "isAbnormalTemperature"} {
		switch push.Truth(field(name)) {
		case event.Yes:
			t.DeviceFlag = "abnormal"
		case event.No:
			t.DeviceFlag = "normal"
		}
	}
	e := push.Base(w.m, kind, w.device)
	e.Type, e.Temperature = event.TypeTemperatureCheck, &t
	w.add(e)
	return nil
}

func celsiusOf(field func(string) string) (celsius float64, measured bool, err error) {
	celsius, measured = push.Celsius(field("currTemperature"), field("thermometryUnit"))
	if math.IsNaN(celsius) {
		return 0, false, fmt.Errorf("field \"currTemperature\": %.80q %.80q is no temperature",
			field("currTemperature"), field("thermometryUnit"))
	}
	return celsius, measured, nil
}
