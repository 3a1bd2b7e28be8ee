package zkteco

import (
	"errors"
	"fmt"
	"strings"

	"github.com/campusgate/campusgate/adapters/payload/push"
	"github.com/campusgate/campusgate/gateway/event"
)

// attendance reads a row of ATTLOG: pin, time, state, way of verifying, and by firmware
// more, from the eighth column mask and temperature.
func (w *writer) attendance(row string) error {
	columns := strings.Split(row, "\t")
	if len(columns) < 2 {
		return errors.New("fewer than 2 columns")
	}
	column := func(i int) string {
		if i < len(columns) {
			return push.Clean(columns[i])
		}
		return ""
	}
	observed, err := timeOf(column(1))
	if err != nil {
		return err
	}
	if column(0) == "" {
		return errors.New(`field "pin": is empty`)
	}
	g := event.GateAccess{
		Direction: w.place.Direction, PersonKind: event.PersonUnknown, Method: "manual",
		Result: event.ResultGranted, Person: column(0),
	}
	switch column(2) {
	case "0", "3", "4": // check in, back from a break, overtime in
		g.Direction = event.In
	case "1", "2", "5":
		g.Direction = event.Out
	}
	switch column(3) {
	case "2", "4":
		g.Method = "card"
	case "15":
		g.Method = "face"
	}
	temperature := ""
	if len(columns) >= 10 {
		temperature = column(8)
	}
	return w.gate(observed, g, temperature)
}

// operation reads a row of OPERLOG. Only "OPLOG code admin time …" of power and tamper is
// an observation; USER, FP and FACE rows hold personal data.
func (w *writer) operation(row string) error {
	row, ok := strings.CutPrefix(row, "OPLOG ")
	if !ok {
		return nil
	}
	columns := strings.Split(row, "\t")
	if len(columns) < 3 {
		return errors.New("OPLOG: fewer than 3 columns")
	}
	observed, err := timeOf(push.Clean(columns[2]))
	if err != nil {
		return err
	}
	switch columns[0] {
	case "0":
		w.status(observed, event.DeviceStatus{Status: event.StatusUp, Reason: "power on"})
	case "1":
		w.status(observed, event.DeviceStatus{Status: event.StatusDown, Reason: "power off"})
	case "3":
		if len(columns) > 3 && columns[3] == "55" {
			w.status(observed, event.DeviceStatus{Status: event.StatusDegraded, Reason: "case opened"})
		}
	}
	return nil
}

// pairs reads "key=value" columns.
func pairs(row string) func(string) string {
	columns := strings.Split(row, "\t")
	return func(key string) string {
		for _, c := range columns {
			if k, v, ok := strings.Cut(c, "="); ok && k == key {
				return push.Clean(v)
			}
		}
		return ""
	}
}

// passage reads a row of rtlog.
func (w *writer) passage(row string) error {
	field := pairs(row)
	observed, err := timeOf(field("time"))
	if err != nil {
		return err
	}
	code, ok := push.Code(field("event"))
	if !ok {
		return fmt.Errorf("field \"event\": %.80q is no code", field("event"))
	}
	w.seq = counter(field("index"))
	if status, reason, ok := stateOf(code); ok {
		w.status(observed, event.DeviceStatus{Status: status, Reason: reason})
		return nil
	}
	if code == 101 || code == 103 { // opened under duress
		e := w.base(event.TypeEmergencyCall)
		e.Call = &event.EmergencyCall{State: event.CallPressed}
		if door := field("eventaddr"); door != "" {
			e.Call.Place = push.Clean("door " + door)
		}
		w.add(e, observed)
		return nil
	}
	result := resultOf(code)
	if result == "" {
		return nil
	}
	g := event.GateAccess{
		Direction: w.place.Direction, PersonKind: event.PersonUnknown, Method: methodOf(field("verifytype")),
		Result: result, Person: nonzero(field("pin")), Credential: nonzero(field("cardno")),
	}
	switch field("inoutstatus") {
	case "0":
		g.Direction = event.In
	case "1":
		g.Direction = event.Out
	}
	if code == 202 { // the button inside
		g.Direction, g.Method = event.Out, "manual"
	}
	return w.gate(observed, g, field("temperature"))
}

func nonzero(s string) string {
	if s == "0" {
		return ""
	}
	return s
}

// state reads a row of rtstate, the periodic state of an access controller.
func (w *writer) state(row string) error {
	field := pairs(row)
	observed, err := timeOf(field("time"))
	if err != nil {
		return err
	}
	s := event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}
	if strings.Trim(field("alarm"), "0") != "" {
		s = event.DeviceStatus{Status: event.StatusDegraded, Reason: push.Clean("alarm " + field("alarm"))}
	}
	w.status(observed, s)
	return nil
}

// resultOf reads the event codes of people at a door; empty for the others.
func resultOf(code int) string {
	switch {
	case code == 102:
		return event.ResultForced
	case code == 6 || code == 7 || code >= 9 && code <= 13: // linkage, cancel, remote closing
		return ""
	case code == 26 || code == 32: // waits for the next person
		return ""
	case code <= 19, code == 202, code == 207, code == 208:
		return event.ResultGranted
	case code >= 20 && code <= 65:
		return event.ResultDenied
	}
	return ""
}

// stateOf reads the event codes of the controller itself.
func stateOf(code int) (status, reason string, ok bool) {
	switch code {
	case 28:
		return event.StatusDegraded, "door open too long", true
	case 37:
		return event.StatusDegraded, "door failed to close", true
	case 100:
		return event.StatusDegraded, "case opened", true
	case 206:
		return event.StatusUp, "power on", true
	}
	return "", "", false
}

// methodOf reads verifytype of rtlog.
func methodOf(code string) string {
	switch code {
	case "4", "10", "11", "12": // card, alone or with something else
		return "card"
	case "15", "16", "17", "18", "19", "20": // face, alone or with something else
		return "face"
	}
	return "manual"
}
