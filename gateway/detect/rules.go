package detect

import "github.com/campusgate/campusgate/gateway/event"

// rule is an index into ruleTable. Numbers are not stored: the order may change.
type rule int

const (
	fever rule = iota
	feverCluster
	thermometerFault
	gateForced
	gateDenied
	entryOutOfHours
	visitorUnregistered
	visitorUnmeasured
	visitorItemsUnchecked
	visitorOverstay
	pupilOutUnapproved
	emergencyCall
	busOverspeed
	busOvercapacity
	busOffRoute
	busSOS
	busPupilLeftBehind
	busSilent
	coldStore
	freezer
	gas
	smoke
	kitchenSilent
	cameraDown
	cameraFlapping
	cameraMassOutage
	cameraImage
	recordingGap
	deviceSilent
	clockWrong
	sequenceGap
	switchOutage
	siteOutage
	numRules
)

// ruleSpec is a rule's name and how grave a breach is: critical where somebody may be in
// danger now, high where somebody must go and look, warning for this watch, info for
// whoever keeps the devices.
type ruleSpec struct {
	name     string
	severity event.Severity
}

//nolint:gochecknoglobals // a table, never written
var ruleTable = [numRules]ruleSpec{
	fever:                 {"fever", event.SeverityHigh},
	feverCluster:          {"fever_cluster", event.SeverityCritical},
	thermometerFault:      {"thermometer_fault", event.SeverityWarning},
	gateForced:            {"gate_forced", event.SeverityHigh},
	gateDenied:            {"gate_denied_repeatedly", event.SeverityWarning},
	entryOutOfHours:       {"entry_out_of_hours", event.SeverityWarning},
	visitorUnregistered:   {"visitor_unregistered", event.SeverityHigh},
	visitorUnmeasured:     {"visitor_unmeasured", event.SeverityWarning},
	visitorItemsUnchecked: {"visitor_items_unchecked", event.SeverityWarning},
	visitorOverstay:       {"visitor_overstay", event.SeverityHigh},
	pupilOutUnapproved:    {"pupil_out_unapproved", event.SeverityHigh},
	emergencyCall:         {"emergency_call", event.SeverityCritical},
	busOverspeed:          {"bus_overspeed", event.SeverityHigh},
	busOvercapacity:       {"bus_overcapacity", event.SeverityHigh},
	busOffRoute:           {"bus_off_route", event.SeverityWarning},
	busSOS:                {"bus_sos", event.SeverityCritical},
	busPupilLeftBehind:    {"bus_pupil_left_behind", event.SeverityCritical},
	busSilent:             {"bus_silent", event.SeverityHigh},
	coldStore:             {"cold_store", event.SeverityWarning},
	freezer:               {"freezer", event.SeverityWarning},
	gas:                   {"gas", event.SeverityCritical},
	smoke:                 {"smoke", event.SeverityCritical},
	kitchenSilent:         {"kitchen_silent", event.SeverityWarning},
	cameraDown:            {"camera_down", event.SeverityWarning},
	cameraFlapping:        {"camera_flapping", event.SeverityWarning},
	cameraMassOutage:      {"camera_mass_outage", event.SeverityHigh},
	cameraImage:           {"camera_image_unusable", event.SeverityWarning},
	recordingGap:          {"recording_gap", event.SeverityWarning},
	deviceSilent:          {"device_silent", event.SeverityWarning},
	clockWrong:            {"clock_wrong", event.SeverityInfo},
	sequenceGap:           {"sequence_gap", event.SeverityInfo},
	switchOutage:          {"switch_outage", event.SeverityHigh},
	siteOutage:            {"site_outage", event.SeverityHigh},
}

// Rules lists the names of the rules of this package.
func Rules() []string { return ruleNames() }

func ruleNames() []string {
	names := make([]string, 0, numRules)
	for _, s := range ruleTable {
		names = append(names, s.name)
	}
	return names
}

// ruleByName returns -1 for a name that is no rule.
func ruleByName(name string) rule {
	for i, s := range ruleTable {
		if s.name == name {
			return rule(i)
		}
	}
	return -1
}
