package event

import "time"

// SiteID names a school, kindergarten, bus depot or the centre itself, for instance
// "s012". Lower-case letters, digits, '-' and '_'; 1 to 64 bytes.
type SiteID string

// CountySite is the site of things that belong to no school: gateways and the centre.
const CountySite SiteID = "county"

// DeviceID names a device within its site, for instance "g1". Same alphabet as SiteID.
type DeviceID string

// Kind is the family of the reporting device; it is a level of our MQTT topics and of
// the bus subjects.
type Kind string

// The kinds of device.
const (
	KindGate        Kind = "gate"
	KindTemperature Kind = "temperature"
	KindBus         Kind = "bus"
	KindKitchen     Kind = "kitchen"
	KindCamera      Kind = "camera"
	KindButton      Kind = "button"
	KindGateway     Kind = "gateway"
)

// Kinds lists every kind, in the order in which screens show them.
func Kinds() []Kind {
	return []Kind{KindGate, KindTemperature, KindBus, KindKitchen, KindCamera, KindButton, KindGateway}
}

// Type says what an event is about; it is also the name of its InfluxDB measurement.
type Type string

// The types of event. Which body of Event is set follows from the type.
const (
	TypeGateAccess       Type = "gate_access"
	TypeTemperatureCheck Type = "temperature_check"
	TypeVehiclePosition  Type = "vehicle_position"
	TypeKitchenReading   Type = "kitchen_reading"
	TypeDeviceStatus     Type = "device_status"
	TypeEmergencyCall    Type = "emergency_call"
	TypeCameraCheck      Type = "camera_check"
)

// Types lists every type of event.
func Types() []Type {
	return []Type{
		TypeGateAccess, TypeTemperatureCheck, TypeVehiclePosition,
		TypeKitchenReading, TypeDeviceStatus, TypeEmergencyCall, TypeCameraCheck,
	}
}

// Event is one normalized observation by one device at one time. Exactly one body is
// set, the one that Type names. Events are immutable once an adapter has returned them
// and Stamp has been called: consumers share them between goroutines.
type Event struct {
	// ID is 24 lower-case hex digits, a digest of site, device, type and payload. It is
	// the same for every delivery of the same message.
	ID     string   `json:"id"`
	Type   Type     `json:"type"`
	Kind   Kind     `json:"kind"`
	Site   SiteID   `json:"site"`
	Device DeviceID `json:"device"`
	// ObservedAt is the device's time, UTC, nanoseconds. Digits that the device did not
	// give are filled from the payload's digest (see Stamp), so two people in the same
	// second do not overwrite each other in InfluxDB.
	ObservedAt time.Time `json:"observed_at"`
	// ReceivedAt is the gateway's time, UTC.
	ReceivedAt time.Time `json:"received_at"`
	// Late marks an event older than the late limit (15 minutes unless set): stored and
	// shown, but it never sounds an alarm.
	Late bool `json:"late,omitempty"`
	// Backfill is the device's own word that it re-sends history.
	Backfill bool `json:"backfill,omitempty"`
	// Retained marks a broker's retained message replayed at subscribe: a last value, not
	// a fresh sign of life.
	Retained bool `json:"retained,omitempty"`
	// Seq is the device's own counter; 0 means the device gives none.
	Seq uint64 `json:"seq,omitempty"`
	// Skew is ReceivedAt minus the device's time where that was found wrong (more than
	// five minutes in the future, or absent); ObservedAt then is ReceivedAt.
	Skew time.Duration `json:"skew,omitempty"`

	Gate        *GateAccess       `json:"gate,omitempty"`
	Temperature *TemperatureCheck `json:"temperature,omitempty"`
	Position    *VehiclePosition  `json:"position,omitempty"`
	Reading     *KitchenReading   `json:"reading,omitempty"`
	Status      *DeviceStatus     `json:"status,omitempty"`
	Call        *EmergencyCall    `json:"call,omitempty"`
	Check       *CameraCheck      `json:"check,omitempty"`
}

// Tri is a fact that a device may leave unsaid.
type Tri uint8

// The values of Tri. Numbers are stored in journals: never renumber.
const (
	Unknown Tri = 0
	Yes     Tri = 1
	No      Tri = 2
)

// TriOf turns a stated fact into Yes or No.
func TriOf(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// Bool returns the stated fact; ok is false when it was left unsaid.
func (t Tri) Bool() (value, ok bool) { return t == Yes, t == Yes || t == No }

// Directions of gate access.
const (
	In  = "in"
	Out = "out"
)

// Kinds of person (or vehicle) at a gate or thermometer.
const (
	PersonPupil   = "pupil"
	PersonStaff   = "staff"
	PersonVisitor = "visitor"
	PersonVehicle = "vehicle"
	PersonUnknown = "unknown"
)

// Results of gate access.
const (
	ResultGranted = "granted"
	ResultDenied  = "denied"
	ResultForced  = "forced"
)

// GateAccess is one passage, or try to pass, at a gate.
type GateAccess struct {
	Direction  string `json:"direction"`   // In or Out
	PersonKind string `json:"person_kind"` // Person…
	Method     string `json:"method"`      // card, face, qr, plate, manual
	Result     string `json:"result"`      // Result…
	Person     string `json:"person,omitempty"`
	Credential string `json:"credential,omitempty"`
	// Registration is the visit's number in the visitors' register; a visitor without
	// one has not registered.
	Registration string `json:"registration,omitempty"`
	EscortedBy   string `json:"escorted_by,omitempty"`
	// Guardian and ClassTeacher are the pseudonyms of those who approved a pupil's
	// leaving in class hours; both are needed.
	Guardian     string `json:"guardian,omitempty"`
	ClassTeacher string `json:"class_teacher,omitempty"`
	ItemsChecked Tri    `json:"items_checked,omitempty"`
	// Celsius is the measured body temperature; 0 means not measured, as terminals say.
	Celsius float64 `json:"celsius,omitempty"`
}

// TemperatureCheck is one measurement of a person's temperature.
type TemperatureCheck struct {
	PersonKind string  `json:"person_kind"`
	Celsius    float64 `json:"celsius"` // 0 means not measured
	Person     string  `json:"person,omitempty"`
	// DeviceFlag is the device's own verdict ("normal", "abnormal", …). Detectors use
	// their own threshold, never this.
	DeviceFlag string `json:"device_flag,omitempty"`
}

// States of a bus trip.
const (
	TripRunning = "running"
	TripEnded   = "ended"
)

// VehiclePosition is where a school bus was and in what state.
type VehiclePosition struct {
	Lat        float64 `json:"lat"` // WGS-84 degrees, -90 to 90
	Lon        float64 `json:"lon"` // WGS-84 degrees, -180 to 180
	Fix        bool    `json:"fix"` // false: Lat and Lon are not a present position
	SpeedKMH   float64 `json:"speed_kmh"`
	Heading    float64 `json:"heading"` // degrees clockwise from north, 0 to 359
	AltitudeM  float64 `json:"altitude_m,omitempty"`
	Satellites int     `json:"satellites,omitempty"`
	// Passengers aboard without driver and attendant; -1 means unknown.
	Passengers int    `json:"passengers"`
	Trip       string `json:"trip,omitempty"`
	TripState  string `json:"trip_state,omitempty"` // TripRunning, TripEnded or empty
	// EmptyChecked says that somebody walked through the bus after the trip (State
	// Council order 617, art. 39).
	EmptyChecked Tri    `json:"empty_checked,omitempty"`
	DoorsOpen    Tri    `json:"doors_open,omitempty"`
	Ignition     Tri    `json:"ignition,omitempty"`
	SOS          bool   `json:"sos,omitempty"`
	AlarmBits    uint32 `json:"alarm_bits,omitempty"` // as in JT/T 808
}

// Quantities of kitchen readings.
const (
	QuantityColdStore  = "cold_store"  // °C
	QuantityFreezer    = "freezer"     // °C
	QuantityHotHolding = "hot_holding" // °C
	QuantityRoom       = "room"        // °C
	QuantityHumidity   = "humidity"    // %
	QuantityGas        = "gas"         // %LEL
	QuantitySmoke      = "smoke"       // 0 or 1, or obscuration in %/m
)

// KitchenReading is one measured quantity in a canteen kitchen.
type KitchenReading struct {
	Quantity string  `json:"quantity"` // Quantity…, or another lower-case word
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
}

// States of a device.
const (
	StatusUp       = "up"
	StatusDown     = "down"
	StatusDegraded = "degraded"
	StatusUnknown  = "unknown"
)

// DeviceStatus is a heartbeat or a change of a device's state.
type DeviceStatus struct {
	Status string `json:"status"` // Status…
	// Heartbeat marks a periodic sign of life, the first thing a full journal drops.
	Heartbeat bool    `json:"heartbeat,omitempty"`
	Reason    string  `json:"reason,omitempty"`
	LatencyMS float64 `json:"latency_ms,omitempty"`
	Recording Tri     `json:"recording,omitempty"`
	// Period is the device's own word on how often it reports; 0 means it does not say.
	Period time.Duration `json:"period,omitempty"`
}

// States of an emergency button.
const (
	CallPressed  = "pressed"
	CallReleased = "released"
	CallTest     = "test"
)

// EmergencyCall is a press of an emergency button.
type EmergencyCall struct {
	State string `json:"state"` // Call…
	Place string `json:"place,omitempty"`
}
