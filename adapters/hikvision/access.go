package hikvision

import (
	"fmt"
	"strings"

	"github.com/campusgate/campusgate/adapters/payload/push"
	"github.com/campusgate/campusgate/gateway/event"
)

func firstOf(a alert, names ...string) string {
	for _, name := range names {
		if s := a.field(name); s != "" {
			return s
		}
	}
	return ""
}

func majorOf(a alert) string { return firstOf(a, "majorEventType", "major", "majorEvent") }
func minorOf(a alert) string { return firstOf(a, "subEventType", "minor", "minorEvent") }

// access reads an AccessControllerEvent.
func (w *writer) access(a alert, kind string) error {
	major, minor := majorEvent, 0
	var ok bool
	if s := majorOf(a); s != "" {
		if major, ok = push.Code(s); !ok {
			return fmt.Errorf("field \"majorEventType\": %.80q is no code", s)
		}
	}
	coded := minorOf(a)
	if coded != "" {
		if minor, ok = push.Code(coded); !ok {
			return fmt.Errorf("field \"subEventType\": %.80q is no code", coded)
		}
	}
	if status, reason, ok := stateOf(major, minor); ok {
		w.status(event.KindGate, event.DeviceStatus{Status: status, Reason: reason})
		return nil
	}
	if major == majorAlarm && minor == 1034 {
		w.duress(a)
		return nil
	}
	person, card := firstOf(a, "employeeNoString", "employeeNo"), a.field("cardNo")
	if person == "0" { // a stranger
		person = ""
	}
	var p passage
	switch {
	case major == majorOperation && minor == 1024:
		p = passage{"manual", event.ResultGranted} // opened from afar
	case major != majorEvent:
		return nil
	case coded == "" && person == "" && card == "":
		return nil
	case coded == "":
		p = passage{"", event.ResultGranted}
	default:
		if p, ok = passageOf(minor); !ok {
			return nil
		}
	}
	return w.passage(a, kind, p, person, card, minor == 23 && major == majorEvent)
}

func (w *writer) passage(a alert, kind string, p passage, person, card string, exit bool) error {
	g := event.GateAccess{
		Direction: w.direction(a, kind), PersonKind: personKind(a), Method: p.method, Result: p.result,
		Person: person, Credential: card,
	}
	if exit {
		g.Direction = event.Out
	}
	if mode := strings.ToLower(a.field("currentVerifyMode")); g.Method == "" {
		g.Method = methodOf(mode, card)
	}
	who := person
	if who == "" {
		who = card
	}
	// The measurement is an event of its own, before the passage that it is asked for.
	if err := w.temperature(event.KindGate, a.field, g.PersonKind, who); err != nil {
		return err
	}
	e := push.Base(w.m, event.KindGate, w.device)
	e.Type, e.Gate = event.TypeGateAccess, &g
	w.add(e)
	return nil
}

// methodOf is how somebody passed when the code does not say.
func methodOf(mode, card string) string {
	switch {
	case strings.Contains(mode, "qr"):
		return "qr"
	case mode == "face":
		return "face"
	case card != "":
		return "card"
	case strings.HasPrefix(mode, "face"):
		return "face"
	case strings.HasPrefix(mode, "card"):
		return "card"
	}
	return "manual"
}

func personKind(a alert) string {
	if strings.EqualFold(a.field("userType"), "visitor") || a.field("cardType") == "7" {
		return event.PersonVisitor
	}
	return event.PersonUnknown
}

// direction is the terminal's attendance state; clockIn and clockOut are event types of
// older programs that relay for it.
func (w *writer) direction(a alert, kind string) string {
	for _, s := range [...]string{strings.ToLower(a.field("attendanceStatus")), kind} {
		switch s {
		case "checkin", "breakin", "overtimein", "clockin":
			return event.In
		case "checkout", "breakout", "overtimeout", "clockout":
			return event.Out
		}
	}
	return w.place.Direction
}

// duress is somebody made to open the door: a call for help, whatever device makes it.
func (w *writer) duress(a alert) {
	e := push.Base(w.m, event.KindGate, w.device)
	e.Type = event.TypeEmergencyCall
	e.Call = &event.EmergencyCall{State: event.CallPressed, Place: a.field("channelName")}
	w.add(e)
}
