package event

// Class ranks records by what a full journal gives up first. Numbers are part of the
// journal's keys: never renumber.
type Class uint8

// The classes, the first to be dropped first.
const (
	ClassHeartbeat Class = 0
	ClassPosition  Class = 1
	ClassReading   Class = 2
	ClassGate      Class = 3 // gate access and temperature checks
	ClassAnomaly   Class = 4 // anomalies and emergency calls
	NumClasses           = 5
)

// String names the class in metrics and messages.
func (c Class) String() string {
	switch c {
	case ClassHeartbeat:
		return "heartbeat"
	case ClassPosition:
		return "position"
	case ClassReading:
		return "reading"
	case ClassGate:
		return "gate"
	case ClassAnomaly:
		return "anomaly"
	}
	return "unknown"
}

// Class returns the journal class of an event.
func (e *Event) Class() Class {
	switch e.Type {
	case TypeVehiclePosition:
		if e.Position != nil && e.Position.SOS {
			return ClassAnomaly
		}
		return ClassPosition
	case TypeKitchenReading, TypeCameraCheck:
		return ClassReading
	case TypeDeviceStatus:
		return ClassHeartbeat
	case TypeEmergencyCall:
		return ClassAnomaly
	}
	return ClassGate
}

// PastSuffix is a further token of the subject of an event that is older than what its device
// has said before, or late: the last value of a subject is the latest in time.
const PastSuffix = ".past"

// Subject returns the bus subject of an event: campus.event.<site>.<kind>.<device>.<channel>.
// The last token keeps the last values of one device's different observations apart.
func (e *Event) Subject() string {
	channel := "status"
	switch e.Type {
	case TypeGateAccess:
		channel = "access"
	case TypeTemperatureCheck:
		channel = "check"
	case TypeVehiclePosition:
		channel = "position"
	case TypeKitchenReading:
		channel = "reading-" + e.Reading.Quantity
	case TypeEmergencyCall:
		channel = "call"
	case TypeCameraCheck:
		channel = "check-" + e.Check.Check
	}
	return "campus.event." + string(e.Site) + "." + string(e.Kind) + "." + string(e.Device) + "." + channel
}

// Subject returns the bus subject of an anomaly: campus.anomaly.<site>.<rule>.<device>,
// with "_" for the whole site.
func (a *Anomaly) Subject() string {
	device := string(a.Device)
	if device == "" {
		device = "_"
	}
	return "campus.anomaly." + string(a.Site) + "." + a.Rule + "." + device
}

// ValidName reports whether s may be a site, device or quantity: 1 to 64 lower-case
// letters, digits, '-' and '_'. Everything downstream (subjects, tags, URLs) relies on it.
func ValidName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
