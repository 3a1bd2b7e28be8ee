package gb28181

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/recording"
	"github.com/campusgate/campusgate/gateway/event"
)

// Name is the adapter's name.
const Name = "gb28181"

// Decoder reads SIP messages with MANSCDP bodies, and such bodies alone.
type Decoder struct{}

var _ payload.Decoder = (*Decoder)(nil)

// New returns the adapter "gb28181".
func New() *Decoder { return &Decoder{} }

// Name is "gb28181".
func (*Decoder) Name() string { return Name }

// state is what a message says of one device.
type state struct {
	id         string
	status     event.DeviceStatus
	check      *event.CameraCheck // in place of status
	observed   time.Time
	resolution time.Duration
}

// Decode appends one event for each device of which the message says something.
func (*Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	_, body, err := split(m.Payload)
	if err != nil {
		return dst, err
	}
	if len(body) == 0 {
		return dst, nil // REGISTER, answers: the listener says what they mean
	}
	d, err := parseBody(body)
	if err != nil {
		return dst, err
	}
	states, err := d.states()
	if err != nil || len(states) == 0 {
		return dst, err
	}
	chosen := -1
	if m.Device != "" {
		chosen = choose(states, m.Topic)
	}
	alone := chosen >= 0 && topicID(m.Topic) == states[chosen].id
	if m.Site != "" && !event.ValidName(string(m.Site)) {
		return dst, fmt.Errorf("mapping: %.80q does not name a site", m.Site)
	}
	if m.Device != "" && !event.ValidName(string(m.Device)) {
		return dst, fmt.Errorf("mapping: %.80q does not name a device", m.Device)
	}
	for i := range states {
		s := &states[i]
		if alone && i != chosen {
			continue
		}
		e := event.Event{Type: event.TypeDeviceStatus, Kind: event.KindCamera, Retained: m.Retained, Status: &s.status}
		if s.check != nil {
			e.Type, e.Status, e.Check = event.TypeCameraCheck, nil, s.check
		}
		e.Site, e.Device = payload.Unassigned(Name, s.id)
		if m.Site != "" {
			e.Site = m.Site
		}
		if i == chosen {
			e.Device = m.Device
		}
		clock.Stamp(&e, m.Payload, i, s.observed, s.resolution, m.Received)
		dst = append(dst, e)
	}
	return dst, nil
}

// choose finds the device that a mapping named: the one of the topic, or else the first.
func choose(states []state, topic string) int {
	if id := topicID(topic); id != "" {
		for i := range states {
			if states[i].id == id {
				return i
			}
		}
	}
	return 0
}

// topicID is the second level of a topic of the listener.
func topicID(topic string) string {
	rest, ok := strings.CutPrefix(topic, Name+"/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}

var errNoDevice = errors.New("DeviceID is missing")

// states is what a body says of devices.
func (d *document) states() ([]state, error) {
	states, err := d.read()
	if err != nil {
		return nil, err
	}
	for i := range states {
		if !plain(states[i].id) {
			return nil, fmt.Errorf("DeviceID: %.80q is not 1 to 32 letters and digits", states[i].id)
		}
	}
	return states, nil
}

// plain tells an identifier that may stand in a topic and in XML. The standard's have 20
// digits; some devices count otherwise.
func plain(id string) bool {
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return id != "" && len(id) <= 32
}

// read takes a body by its command.
func (d *document) read() ([]state, error) {
	if d.root == rootListener {
		return d.registration()
	}
	switch strings.ToLower(d.command) {
	case "":
		return nil, errors.New("CmdType is missing")
	case "keepalive":
		if d.root == "response" {
			return nil, nil
		}
		return d.keepalive()
	case "catalog":
		return d.catalog()
	case "devicestatus":
		return d.deviceStatus()
	case "alarm":
		if d.root != "notify" {
			return nil, nil // a platform's answer, or a subscription
		}
		return d.alarm()
	case "deviceinfo", "recordinfo", "mobileposition", "mediastatus", "devicecontrol", "deviceconfig",
		"configdownload", "presetquery", "broadcast", "videouploadnotify", "uploadsnapshotfinished":
		return nil, nil // defined, and without a state of a device
	}
	return nil, fmt.Errorf("CmdType: %.80q is not one of GB/T 28181", d.command)
}

// registration reads what our own listener says of a peer.
func (d *document) registration() ([]state, error) {
	if d.id == "" {
		return nil, errNoDevice
	}
	s := state{id: d.id, status: event.DeviceStatus{Reason: d.reason}}
	switch strings.ToLower(d.command) {
	case "recording":
		check, err := recording.Read(d.check)
		if err != nil {
			return nil, fmt.Errorf("element Check: %w", err)
		}
		s.check = check
	case "online":
		s.status.Status = event.StatusUp
	case "offline":
		s.status.Status = event.StatusDown
	default:
		return nil, fmt.Errorf("CmdType: %.80q is none of Online, Offline, Recording", d.command)
	}
	return []state{s}, nil
}

func (d *document) keepalive() ([]state, error) {
	if d.id == "" {
		return nil, errNoDevice
	}
	s := state{id: d.id, status: event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}}
	if word := d.status; word != "" && !isOn(word) {
		s.status.Status, s.status.Reason = event.StatusDegraded, "keepalive says "+word
	}
	states := append(make([]state, 0, 1+len(d.faulty)), s)
	for _, id := range d.faulty {
		if id != d.id {
			states = append(states, state{id: id, status: event.DeviceStatus{
				Status: event.StatusDown, Reason: "reported faulty by its recorder",
			}})
		}
	}
	return states, nil
}

func (d *document) catalog() ([]state, error) {
	if d.root == "query" {
		return nil, nil
	}
	var states []state
	for _, i := range d.items {
		if i.id == "" {
			return nil, errors.New("a DeviceList item's DeviceID is missing")
		}
		if !isDevice(i.id) {
			continue
		}
		if status, ok := i.state(); ok {
			states = append(states, state{id: i.id, status: status})
		}
	}
	return states, nil
}

// state reads an item's Event (of a notification) or Status (of a response).
func (i *item) state() (event.DeviceStatus, bool) {
	word := strings.ToUpper(i.event)
	switch word {
	case "", "UPDATE":
		word = i.status
		if word == "" {
			return event.DeviceStatus{}, false
		}
	case "ADD":
		word = i.status
		if word == "" {
			return event.DeviceStatus{Status: event.StatusUnknown, Reason: "added to the catalogue"}, true
		}
	}
	switch strings.ToUpper(word) {
	case "OFF", "OFFLINE":
		return event.DeviceStatus{Status: event.StatusDown, Reason: "offline"}, true
	case "VLOST":
		return event.DeviceStatus{Status: event.StatusDown, Reason: "video lost"}, true
	case "DEFECT":
		return event.DeviceStatus{Status: event.StatusDegraded, Reason: "defect"}, true
	case "ERROR":
		return event.DeviceStatus{Status: event.StatusDegraded, Reason: "error"}, true
	case "DEL":
		return event.DeviceStatus{Status: event.StatusUnknown, Reason: "deleted from the catalogue"}, true
	}
	if isOn(word) {
		return event.DeviceStatus{Status: event.StatusUp}, true
	}
	return event.DeviceStatus{Status: event.StatusUnknown, Reason: "catalogue says " + word}, true
}

func (d *document) deviceStatus() ([]state, error) {
	if d.root == "query" {
		return nil, nil
	}
	if d.id == "" {
		return nil, errNoDevice
	}
	var states []state
	if d.online != "" {
		s := state{id: d.id, status: event.DeviceStatus{Status: event.StatusUp}}
		switch {
		case strings.EqualFold(d.online, "OFFLINE"), strings.EqualFold(d.online, "OFF"):
			s.status.Status = event.StatusDown
			s.note("offline")
		case !isOn(d.online):
			return nil, fmt.Errorf("element Online: %.80q is neither ONLINE nor OFFLINE", d.online)
		}
		if d.status != "" && !isOn(d.status) {
			s.degrade("status " + d.status)
		}
		if strings.EqualFold(d.encode, "OFF") {
			s.degrade("encoding off")
		}
		switch {
		case isOn(d.record):
			s.status.Recording = event.Yes
		case strings.EqualFold(d.record, "OFF"):
			s.status.Recording = event.No
			s.degrade("recording off")
		}
		if d.reason != "" && s.status.Status != event.StatusUp {
			s.note(d.reason)
		}
		states = append(states, s)
	}
	for _, duty := range d.duties {
		if duty.id == "" {
			return nil, errors.New("an Alarmstatus item's DeviceID is missing")
		}
		s, ok := duty.duty()
		if !ok {
			continue
		}
		states = append(states, s)
	}
	return states, nil
}

// duty reads an alarm input's DutyStatus.
func (i *item) duty() (state, bool) {
	s := state{id: i.id, status: event.DeviceStatus{Status: event.StatusUp}}
	switch strings.ToUpper(i.status) {
	case "ONDUTY":
	case "OFFDUTY":
		s.note("disarmed")
	case "ALARM":
		s.degrade("in alarm")
	default:
		return state{}, false
	}
	return s, true
}

func (d *document) alarm() ([]state, error) {
	if d.id == "" {
		return nil, errNoDevice
	}
	if d.alarmMethod == "" {
		return nil, errors.New("AlarmMethod is missing")
	}
	s := state{id: d.id}
	switch d.alarmMethod {
	case "2":
		switch d.alarmType {
		case "1":
			s.status = event.DeviceStatus{Status: event.StatusDown, Reason: "video lost"}
		case "2":
			s.degrade("tampered with")
		case "3":
			s.degrade("disk full")
		case "4":
			s.degrade("too hot")
		case "5":
			s.degrade("too cold")
		default:
			s.degrade("device alarm")
		}
	case "5":
		if d.alarmType != "11" {
			return nil, nil // what the camera sees, not how it is
		}
		s.degrade("video abnormal")
	case "6":
		switch d.alarmType {
		case "1":
			s.degrade("disk fault")
		case "2":
			s.degrade("fan fault")
		default:
			s.degrade("device fault")
		}
	case "1", "3", "4", "7":
		return nil, nil
	default:
		return nil, fmt.Errorf("AlarmMethod: %.80q is not 1 to 7", d.alarmMethod)
	}
	if d.alarmTime != "" {
		var ok bool
		if s.observed, s.resolution, ok = parseTime(d.alarmTime); !ok {
			return nil, fmt.Errorf("AlarmTime: %.80q is not yyyy-MM-ddTHH:mm:ss", d.alarmTime)
		}
	}
	return []state{s}, nil
}

// degrade makes a device degraded that is not already down, and notes why.
func (s *state) degrade(reason string) {
	if s.status.Status != event.StatusDown {
		s.status.Status = event.StatusDegraded
	}
	s.note(reason)
}

func (s *state) note(reason string) {
	if s.status.Reason != "" {
		reason = s.status.Reason + ", " + reason
	}
	s.status.Reason = cut(reason)
}
