package detect

import (
	"slices"
	"time"
)

// Limit describes one setting of the rules.
type Limit struct {
	Name    string
	Default float64
	Min     float64 // least value allowed
	Max     float64 // greatest value allowed
	Unit    string
	Rules   string // the rules it is for
	Doc     string // one sentence
}

// Limits lists every limit, in the order of the rules.
func Limits() []Limit { return slices.Clone(limitTable[:]) }

// limit is an index into limits and limitTable.
type limit int

const (
	feverCelsius limit = iota
	feverImplausibleBelow
	feverImplausibleAbove
	feverRepeatMinutes
	feverClusterPersons
	feverClusterMinutes
	thermometerFaultCount
	gateDeniedCount
	gateDeniedMinutes
	gateRepeatMinutes
	outOfHoursStaff
	visitorItemsRequired
	visitorMeasuredMinutes
	visitorOverstayGraceMinutes
	busSpeedKMH
	busSpeedSeconds
	busSpeedHysteresis
	busCapacity
	busCapacitySeconds
	busCorridorM
	busOffRouteSeconds
	busEmptyCheckMinutes
	coldStoreMin
	coldStoreMax
	coldStoreMinutes
	coldStoreHysteresis
	freezerMax
	freezerMinutes
	freezerHysteresis
	gasLEL
	gasClear
	smokeLevel
	periodSeconds
	silentPeriods
	silentGraceSeconds
	settleSeconds
	outageShare
	outageDevices
	outageWindowSeconds
	switchDevices
	cameraFlapChanges
	cameraFlapMinutes
	cameraMassShare
	cameraMassCount
	cameraMassWindowSeconds
	cameraImageMinutes
	recordingGapMinutes
	clockSkewSeconds
	clockMessages
	sequenceSettleSeconds
	sequenceClearMinutes
	numLimits
)

// limitTable follows the order of the constants above. Sources: DOMAIN sections c to g;
// where a value is practice and no requirement, the comment says so.
//
//nolint:gochecknoglobals // a table, never written
var limitTable = [numLimits]Limit{
	feverCelsius:          {"fever_celsius", 37.3, 36, 42, "°C", "fever", "A body temperature from here up is a fever (school practice: 37.3 is not admitted)."},
	feverImplausibleBelow: {"fever_implausible_below", 34, 25, 36, "°C", "thermometer_fault", "A measurement below this is the thermometer's fault, not a person's temperature."},
	feverImplausibleAbove: {"fever_implausible_above", 43, 40, 50, "°C", "thermometer_fault", "A measurement above this is the thermometer's fault."},
	feverRepeatMinutes:    {"fever_repeat_minutes", 10, 1, 240, "min", "fever", "The same person measured again within this time updates the anomaly instead of making another."},
	feverClusterPersons:   {"fever_cluster_persons", 3, 2, 100, "persons", "fever_cluster", "So many persons with a fever at one site are a cluster."},
	feverClusterMinutes:   {"fever_cluster_minutes", 60, 5, 1440, "min", "fever_cluster", "The time within which the persons of a cluster are counted."},
	thermometerFaultCount: {"thermometer_fault_count", 3, 1, 50, "measurements", "thermometer_fault", "So many implausible measurements in a row are a fault; as many plausible ones end it."},

	gateDeniedCount:             {"gate_denied_count", 3, 2, 15, "attempts", "gate_denied_repeatedly", "So many denied attempts with one credential (or none) at one gate."},
	gateDeniedMinutes:           {"gate_denied_minutes", 2, 0.1, 60, "min", "gate_denied_repeatedly", "The time within which the attempts are counted."},
	gateRepeatMinutes:           {"gate_repeat_minutes", 5, 0, 240, "min", "gate_forced, entry_out_of_hours, visitor_*, pupil_out_unapproved", "The same breach by the same person at one site within this time updates the anomaly; 0 makes each its own."},
	outOfHoursStaff:             {"out_of_hours_staff", 0, 0, 1, "0 or 1", "entry_out_of_hours", "1 holds staff to the opening hours too."},
	visitorItemsRequired:        {"visitor_items_required", 0, 0, 1, "0 or 1", "visitor_items_unchecked", "1 also takes a gate that does not say whether items were checked for a breach; 0 only one that says they were not."},
	visitorMeasuredMinutes:      {"visitor_measured_minutes", 10, 0, 240, "min", "visitor_unmeasured", "A thermometer's measurement of the visitor counts for this long before the entry."},
	visitorOverstayGraceMinutes: {"visitor_overstay_grace_minutes", 0, 0, 600, "min", "visitor_overstay", "How long after closing time a visitor may still be inside."},

	busSpeedKMH:          {"bus_speed_kmh", 60, 5, 120, "km/h", "bus_overspeed", "The speed limit with pupils aboard (State Council order 617, art. 35: 60, on motorways 80)."},
	busSpeedSeconds:      {"bus_speed_seconds", 10, 0, 600, "s", "bus_overspeed", "How long a bus must be seen over the limit; below it for as long ends it."},
	busSpeedHysteresis:   {"bus_speed_hysteresis_kmh", 3, 0, 30, "km/h", "bus_overspeed", "How far below the limit counts as below again."},
	busCapacity:          {"bus_capacity", 0, 0, 200, "pupils", "bus_overcapacity", "Approved number of pupils (order 617, art. 34); 0 takes the registry's, and is no rule where that has none."},
	busCapacitySeconds:   {"bus_capacity_seconds", 20, 0, 600, "s", "bus_overcapacity", "How long the count must be seen above the capacity."},
	busCorridorM:         {"bus_corridor_m", 0, 0, 5000, "m", "bus_off_route", "How far from its approved route (order 617, art. 30) a bus may be; 0 takes the route's own corridor."},
	busOffRouteSeconds:   {"bus_off_route_seconds", 60, 0, 3600, "s", "bus_off_route", "How long a bus must be seen outside its corridor."},
	busEmptyCheckMinutes: {"bus_empty_check_minutes", 5, 0, 120, "min", "bus_pupil_left_behind", "How long after a trip's end the bus must have been checked to be empty (order 617, art. 39); 0 asks for no check."},

	coldStoreMin:        {"cold_store_min", 0, -10, 10, "°C", "cold_store", "The lowest temperature of a cold store."},
	coldStoreMax:        {"cold_store_max", 8, 0, 20, "°C", "cold_store", "The highest temperature of a cold store (older local rules: 10)."},
	coldStoreMinutes:    {"cold_store_minutes", 10, 0, 240, "min", "cold_store", "How long it must be seen outside: doors open, defrost cycles."},
	coldStoreHysteresis: {"cold_store_hysteresis", 0.5, 0, 5, "°C", "cold_store", "How far inside the limits counts as inside again."},
	freezerMax:          {"freezer_max", -12, -40, 0, "°C", "freezer", "The highest temperature of a freezer (practice: -18)."},
	freezerMinutes:      {"freezer_minutes", 15, 0, 240, "min", "freezer", "How long it must be seen above."},
	freezerHysteresis:   {"freezer_hysteresis", 1, 0, 10, "°C", "freezer", "How far below the limit counts as cold again."},
	gasLEL:              {"gas_lel", 10, 1, 100, "%LEL", "gas", "Gas from here up sounds at once."},
	gasClear:            {"gas_clear_lel", 5, 0, 99, "%LEL", "gas", "Gas below this for a minute ends it."},
	smokeLevel:          {"smoke_level", 1, 0.01, 100, "", "smoke", "Smoke (0 or 1, or %/m) from here up sounds at once; below it for a minute ends it."},

	periodSeconds:      {"period_seconds", 0, 0, 86400, "s", "device_silent, camera_down, kitchen_silent, bus_silent", "How often the device reports by itself; 0 takes its own word, then the registry's."},
	silentPeriods:      {"silent_periods", 3, 1, 100, "periods", "device_silent, camera_down, kitchen_silent, bus_silent", "So many periods without a sign of life are silence."},
	silentGraceSeconds: {"silent_grace_seconds", 5, 0, 600, "s", "device_silent, camera_down, kitchen_silent, bus_silent", "What a network's jitter may add to them."},
	settleSeconds:      {"settle_seconds", 30, 0, 600, "s", "device_silent, camera_down, kitchen_silent", "How long a single loss waits for others of its site before it is told; four times as long for a camera that came back within camera_flap_minutes."},

	outageShare:         {"outage_share", 60, 10, 100, "%", "site_outage", "The share of a site's devices that must be lost together; it ends when as large a share of them is back."},
	outageDevices:       {"outage_devices", 3, 2, 1000, "devices", "site_outage", "The least number of devices lost together."},
	outageWindowSeconds: {"outage_window_seconds", 180, 10, 1800, "s", "site_outage, switch_outage", "The time within which losses are together."},
	switchDevices:       {"switch_devices", 3, 2, 1000, "devices", "switch_outage", "The least number of devices on one switch or recorder, all of them gone, that tell of its failure."},

	cameraFlapChanges:       {"camera_flap_changes", 4, 2, 16, "changes", "camera_flapping", "So many changes between up and down are flapping."},
	cameraFlapMinutes:       {"camera_flap_minutes", 10, 1, 120, "min", "camera_flapping", "The time within which changes are counted, and without which flapping ends."},
	cameraMassShare:         {"camera_mass_share", 20, 1, 100, "%", "camera_mass_outage", "The share of a site's cameras that must be lost together."},
	cameraMassCount:         {"camera_mass_count", 5, 2, 1000, "cameras", "camera_mass_outage", "The least number of cameras lost together."},
	cameraMassWindowSeconds: {"camera_mass_window_seconds", 120, 10, 1800, "s", "camera_mass_outage", "The time within which losses are together."},

	cameraImageMinutes:  {"camera_image_minutes", 5, 0, 1440, "min", "camera_image_unusable", "How long a camera's picture must be found unusable; the next usable one ends it."},
	recordingGapMinutes: {"recording_gap_minutes", 30, 1, 1440, "min", "recording_gap", "How long nothing of a camera may have been recorded (recorders list a file only now and then)."},

	clockSkewSeconds:      {"clock_skew_seconds", 60, 5, 86400, "s", "clock_wrong", "How far a device's clock may be off."},
	clockMessages:         {"clock_messages", 3, 2, 50, "messages", "clock_wrong", "So many messages in a row, over half a minute or more, must be off by the same; as many right ones end it."},
	sequenceSettleSeconds: {"sequence_settle_seconds", 10, 1, 600, "s", "sequence_gap", "How long a missing message may still arrive out of order."},
	sequenceClearMinutes:  {"sequence_clear_minutes", 60, 1, 1440, "min", "sequence_gap", "So long without a gap ends it."},
}

// limits are the values for one device.
type limits [numLimits]float64

func defaults() limits {
	var l limits
	for i := range l {
		l[i] = limitTable[i].Default
	}
	return l
}

func (l *limits) seconds(i limit) int64 { return int64(l[i] * float64(time.Second)) }
func (l *limits) minutes(i limit) int64 { return int64(l[i] * float64(time.Minute)) }

func limitNames() []string {
	names := make([]string, 0, numLimits)
	for _, s := range limitTable {
		names = append(names, s.Name)
	}
	return names
}
