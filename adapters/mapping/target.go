package mapping

import (
	"math"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

type targetKind uint8

const (
	toNumber targetKind = iota
	toWhole
	toTruth // a bool, false when not known
	toTri
	toText
	toWord // one of words
	toName // as event.ValidName wants it
)

type need uint8

const (
	optional need = iota
	measured      // without it there is no event
	needed        // without it the message is an error
)

// target is a field of an event's body.
type target struct {
	name      string
	kind      targetKind
	need      need
	low, high float64
	unit      dimension
	words     []string
	set       func(e *event.Event, r result)
}

// result is what a field was read as.
type result struct {
	num  float64
	text string
	tri  event.Tri
}

type dimension uint8

const (
	dimensionless dimension = iota
	temperature             // °C
	speed                   // km/h
	length                  // m
	millis                  // ms
	seconds                 // s
	reading                 // temperature, or %
)

// conversion makes the event's unit of a device's: × scale + offset.
type conversion struct{ scale, offset float64 }

func units(d dimension) map[string]conversion {
	switch d {
	case temperature:
		return map[string]conversion{
			"celsius": {1, 0}, "fahrenheit": {5.0 / 9, -160.0 / 9}, "kelvin": {1, -273.15},
		}
	case speed:
		return map[string]conversion{"km/h": {1, 0}, "m/s": {3.6, 0}, "knots": {1.852, 0}, "mph": {1.609344, 0}}
	case length:
		return map[string]conversion{"m": {1, 0}, "ft": {0.3048, 0}}
	case millis:
		return map[string]conversion{"us": {0.001, 0}, "ms": {1, 0}, "s": {1000, 0}}
	case seconds:
		return map[string]conversion{"ms": {0.001, 0}, "s": {1, 0}, "min": {60, 0}, "h": {3600, 0}}
	case reading:
		all := units(temperature)
		all["ratio"] = conversion{100, 0}
		return all
	}
	return nil
}

// Temperatures that matter can have, in °C: whether a value is plausible is for the
// detectors to judge.
const (
	minCelsius = -273.15
	maxCelsius = 1000
	maxReading = 1e12
)

const maxPeriod = 31 * 24 * time.Hour

func personKinds() []string {
	return []string{event.PersonPupil, event.PersonStaff, event.PersonVisitor, event.PersonVehicle, event.PersonUnknown}
}

// body gives an event its body, with what a field that is not known stays at, and tells
// the device's usual kind.
func body(e *event.Event) event.Kind {
	switch e.Type {
	case event.TypeGateAccess:
		e.Gate = &event.GateAccess{PersonKind: event.PersonUnknown, Method: "manual"}
		return event.KindGate
	case event.TypeTemperatureCheck:
		e.Temperature = &event.TemperatureCheck{PersonKind: event.PersonUnknown}
		return event.KindTemperature
	case event.TypeVehiclePosition:
		e.Position = &event.VehiclePosition{Fix: true, Passengers: -1, Lat: math.NaN(), Lon: math.NaN()}
		return event.KindBus
	case event.TypeKitchenReading:
		e.Reading = &event.KitchenReading{}
		return event.KindKitchen
	case event.TypeDeviceStatus:
		e.Status = &event.DeviceStatus{}
		return event.KindCamera
	case event.TypeEmergencyCall:
		e.Call = &event.EmergencyCall{}
		return event.KindButton
	case event.TypeCameraCheck:
		e.Check = &event.CameraCheck{}
		return event.KindCamera
	}
	return ""
}

// targets lists the fields of a type of event, by their names in its JSON; where that
// leaves a unit open, the name has it.
func targets(t event.Type) []target {
	switch t {
	case event.TypeGateAccess:
		return gateTargets()
	case event.TypeTemperatureCheck:
		return []target{
			{name: "celsius", need: measured, low: minCelsius, high: maxCelsius, unit: temperature, set: func(e *event.Event, r result) { e.Temperature.Celsius = r.num }},
			{name: "person_kind", kind: toWord, words: personKinds(), set: func(e *event.Event, r result) { e.Temperature.PersonKind = r.text }},
			{name: "person", kind: toText, set: func(e *event.Event, r result) { e.Temperature.Person = r.text }},
			{name: "device_flag", kind: toText, set: func(e *event.Event, r result) { e.Temperature.DeviceFlag = r.text }},
		}
	case event.TypeVehiclePosition:
		return positionTargets()
	case event.TypeKitchenReading:
		return []target{
			{name: "quantity", kind: toName, set: func(e *event.Event, r result) { e.Reading.Quantity = r.text }},
			{name: "value", need: measured, low: -maxReading, high: maxReading, unit: reading, set: func(e *event.Event, r result) { e.Reading.Value = r.num }},
			{name: "unit", kind: toText, set: func(e *event.Event, r result) { e.Reading.Unit = r.text }},
		}
	case event.TypeDeviceStatus:
		return []target{
			{name: "status", kind: toWord, need: measured, words: []string{event.StatusUp, event.StatusDown, event.StatusDegraded, event.StatusUnknown}, set: func(e *event.Event, r result) { e.Status.Status = r.text }},
			{name: "heartbeat", kind: toTruth, set: func(e *event.Event, r result) { e.Status.Heartbeat = r.tri == event.Yes }},
			{name: "reason", kind: toText, set: func(e *event.Event, r result) { e.Status.Reason = r.text }},
			{name: "latency_ms", high: 1e9, unit: millis, set: func(e *event.Event, r result) { e.Status.LatencyMS = r.num }},
			{name: "recording", kind: toTri, set: func(e *event.Event, r result) { e.Status.Recording = r.tri }},
			{name: "period_s", high: maxPeriod.Seconds(), unit: seconds, set: func(e *event.Event, r result) {
				e.Status.Period = time.Duration(r.num * float64(time.Second))
			}},
		}
	case event.TypeEmergencyCall:
		return []target{
			{name: "state", kind: toWord, need: needed, words: []string{event.CallPressed, event.CallReleased, event.CallTest}, set: func(e *event.Event, r result) { e.Call.State = r.text }},
			{name: "place", kind: toText, set: func(e *event.Event, r result) { e.Call.Place = r.text }},
		}
	case event.TypeCameraCheck:
		return []target{
			{name: "check", kind: toWord, need: needed, words: []string{event.CheckImage, event.CheckRecording}, set: func(e *event.Event, r result) { e.Check.Check = r.text }},
			{name: "result", kind: toWord, need: needed, words: []string{event.CheckPassed, event.CheckFailed, event.CheckUnknown}, set: func(e *event.Event, r result) { e.Check.Result = r.text }},
			{name: "reason", kind: toText, set: func(e *event.Event, r result) { e.Check.Reason = r.text }},
			{name: "score", high: 1, set: func(e *event.Event, r result) { e.Check.Score = r.num }},
		}
	}
	return nil
}

func gateTargets() []target {
	return []target{
		{name: "direction", kind: toWord, need: needed, words: []string{event.In, event.Out}, set: func(e *event.Event, r result) { e.Gate.Direction = r.text }},
		{name: "result", kind: toWord, need: needed, words: []string{event.ResultGranted, event.ResultDenied, event.ResultForced}, set: func(e *event.Event, r result) { e.Gate.Result = r.text }},
		{name: "method", kind: toWord, words: []string{"card", "face", "qr", "plate", "manual"}, set: func(e *event.Event, r result) { e.Gate.Method = r.text }},
		{name: "person_kind", kind: toWord, words: personKinds(), set: func(e *event.Event, r result) { e.Gate.PersonKind = r.text }},
		{name: "person", kind: toText, set: func(e *event.Event, r result) { e.Gate.Person = r.text }},
		{name: "credential", kind: toText, set: func(e *event.Event, r result) { e.Gate.Credential = r.text }},
		{name: "registration", kind: toText, set: func(e *event.Event, r result) { e.Gate.Registration = r.text }},
		{name: "escorted_by", kind: toText, set: func(e *event.Event, r result) { e.Gate.EscortedBy = r.text }},
		{name: "guardian", kind: toText, set: func(e *event.Event, r result) { e.Gate.Guardian = r.text }},
		{name: "class_teacher", kind: toText, set: func(e *event.Event, r result) { e.Gate.ClassTeacher = r.text }},
		{name: "items_checked", kind: toTri, set: func(e *event.Event, r result) { e.Gate.ItemsChecked = r.tri }},
		{name: "celsius", low: minCelsius, high: maxCelsius, unit: temperature, set: func(e *event.Event, r result) { e.Gate.Celsius = r.num }},
	}
}

func positionTargets() []target {
	return []target{
		{name: "lat", low: -90, high: 90, set: func(e *event.Event, r result) { e.Position.Lat = r.num }},
		{name: "lon", low: -180, high: 180, set: func(e *event.Event, r result) { e.Position.Lon = r.num }},
		{name: "fix", kind: toTruth, set: func(e *event.Event, r result) { e.Position.Fix = r.tri == event.Yes }},
		{name: "speed_kmh", high: 300, unit: speed, set: func(e *event.Event, r result) { e.Position.SpeedKMH = r.num }},
		{name: "heading", high: 360, set: func(e *event.Event, r result) { e.Position.Heading = math.Mod(r.num, 360) }},
		{name: "altitude_m", low: -500, high: 9000, unit: length, set: func(e *event.Event, r result) { e.Position.AltitudeM = r.num }},
		{name: "satellites", kind: toWhole, high: 200, set: func(e *event.Event, r result) { e.Position.Satellites = int(r.num) }},
		{name: "passengers", kind: toWhole, low: -1, high: 300, set: func(e *event.Event, r result) { e.Position.Passengers = int(r.num) }},
		{name: "trip", kind: toText, set: func(e *event.Event, r result) { e.Position.Trip = r.text }},
		{name: "trip_state", kind: toWord, words: []string{event.TripRunning, event.TripEnded}, set: func(e *event.Event, r result) { e.Position.TripState = r.text }},
		{name: "empty_checked", kind: toTri, set: func(e *event.Event, r result) { e.Position.EmptyChecked = r.tri }},
		{name: "doors_open", kind: toTri, set: func(e *event.Event, r result) { e.Position.DoorsOpen = r.tri }},
		{name: "ignition", kind: toTri, set: func(e *event.Event, r result) { e.Position.Ignition = r.tri }},
		{name: "sos", kind: toTruth, set: func(e *event.Event, r result) { e.Position.SOS = r.tri == event.Yes }},
		{name: "alarm_bits", kind: toWhole, high: math.MaxUint32, set: func(e *event.Event, r result) { e.Position.AlarmBits = uint32(r.num) }},
	}
}
