package alarm

import "github.com/campusgate/campusgate/gateway/event"

// Priority says which of several alarms to look at first. Words are stored and sent.
type Priority string

// The priorities, and the share that each should have of all alarms (EEMUA 191, 3rd
// edition, and ISA-18.2, clause 16: about 5, 15 and 80 %).
const (
	High   Priority = "high"
	Medium Priority = "medium"
	Low    Priority = "low"
)

// Consequence is what happens when nobody responds.
type Consequence string

// The consequences.
const (
	OfLife    Consequence = "life"    // somebody may die or be badly hurt
	OfHarm    Consequence = "harm"    // somebody may be hurt, fall ill or be missed
	OfService Consequence = "service" // something does not work, or is not seen
)

// Urgency is how long there is to respond.
type Urgency string

// The urgencies.
const (
	WithinNow   Urgency = "now"   // within 3 minutes
	WithinSoon  Urgency = "soon"  // within 30 minutes
	WithinWatch Urgency = "watch" // within the watch, 8 hours
)

// Rating is a rule's consequence and urgency.
type Rating struct {
	Rule        string
	Consequence Consequence
	Urgency     Urgency
}

// Ratings is the table by rule. A rule that is not here, one of the county's own, has the
// priority of its severity: critical high, high medium, the rest low.
func Ratings() []Rating {
	return []Rating{
		{"emergency_call", OfLife, WithinNow},
		{"bus_sos", OfLife, WithinNow},
		{"bus_pupil_left_behind", OfLife, WithinNow},
		{"gas", OfLife, WithinNow},
		{"smoke", OfLife, WithinNow},
		{"fever_cluster", OfLife, WithinSoon},
		{"gate_forced", OfHarm, WithinNow},
		{"fever", OfHarm, WithinSoon},
		{"visitor_unregistered", OfHarm, WithinSoon},
		{"visitor_overstay", OfHarm, WithinSoon},
		{"pupil_out_unapproved", OfHarm, WithinSoon},
		{"watch_list_hit", OfHarm, WithinSoon},
		{"post_empty", OfHarm, WithinSoon},
		{"bus_overspeed", OfHarm, WithinSoon},
		{"bus_overcapacity", OfHarm, WithinSoon},
		{"bus_silent", OfHarm, WithinSoon},
		{"site_outage", OfService, WithinNow},
		{"camera_mass_outage", OfService, WithinNow},
		{"switch_outage", OfService, WithinNow},
		{RuleTownship, OfService, WithinNow},
		{"cold_store", OfHarm, WithinWatch},
		{"freezer", OfHarm, WithinWatch},
		{"entry_out_of_hours", OfHarm, WithinWatch},
		{"gate_denied_repeatedly", OfService, WithinSoon},
		{"bus_off_route", OfService, WithinSoon},
		{"visitor_unmeasured", OfService, WithinWatch},
		{"visitor_items_unchecked", OfService, WithinWatch},
		{"guard_uncertified", OfService, WithinWatch},
		{"thermometer_fault", OfService, WithinWatch},
		{"kitchen_silent", OfService, WithinWatch},
		{"camera_down", OfService, WithinWatch},
		{"camera_flapping", OfService, WithinWatch},
		{"device_silent", OfService, WithinWatch},
		{"clock_wrong", OfService, WithinWatch},
		{"sequence_gap", OfService, WithinWatch},
	}
}

// causes reports whether other alarms stand under those of a rule.
func causes(rule string) bool {
	switch rule {
	case "site_outage", "camera_mass_outage", "switch_outage", "fever_cluster", RuleTownship:
		return true
	}
	return false
}

// Matrix is the priority of a consequence and an urgency.
func Matrix(c Consequence, u Urgency) Priority {
	switch {
	case c == OfLife && u != WithinWatch, c == OfHarm && u == WithinNow:
		return High
	case c == OfLife, c == OfHarm && u == WithinSoon, c == OfService && u == WithinNow:
		return Medium
	}
	return Low
}

// ratings is Ratings for look-ups, which a flood makes by the thousand.
//
//nolint:gochecknoglobals // a table, never written
var ratings = func() map[string]Priority {
	out := map[string]Priority{}
	for _, r := range Ratings() {
		out[r.Rule] = Matrix(r.Consequence, r.Urgency)
	}
	return out
}()

// PriorityOf returns the priority of a rule's alarm. Critical is high and info is low
// whatever the rule: severity follows what was measured.
func PriorityOf(rule string, severity event.Severity) Priority {
	rated, ok := ratings[rule]
	switch {
	case severity == event.SeverityCritical:
		return High
	case severity == event.SeverityInfo:
		return Low
	case ok:
		return rated
	case severity == event.SeverityHigh:
		return Medium
	}
	return Low
}

// Judge sets priority, rank and group from the rest of the alarm. Rank is by what is to be
// done with it, then priority, severity, and whether anybody says it is a false alarm; a
// call for help goes before all. The end of a critical condition takes nothing from its
// urgency (a button is let go, the pupil is still on the bus): until somebody acknowledges
// it stands right behind the critical ones that last. Alarms of a vehicle are grouped by the
// vehicle: a depot is no cause.
func (a *Alarm) Judge() {
	a.Priority = PriorityOf(a.Rule, a.Severity)
	class := map[State]int64{Unack: 1, RtnUnack: 2, Acked: 3, Shelved: 5, Suppressed: 6, OOS: 7, Normal: 9}[a.State]
	switch {
	case a.Verdict == VerdictNeedHelp && (class < 4):
		class = 0
	case a.Late && class < 4:
		class = 4
	}
	a.Rank = class*1000 + map[Priority]int64{High: 0, Medium: 1, Low: 2}[a.Priority]*100 + int64(3-a.Severity.Rank())*10
	if a.State == RtnUnack && class == 2 && a.Severity == event.SeverityCritical {
		a.Rank -= 999
	}
	if a.Verdict == VerdictFalseAlarm {
		a.Rank += 5
	}
	switch {
	case a.CausedBy != "":
		a.Group = "cause/" + a.CausedBy
	case causes(a.Rule) || a.Rule == "fever_cluster":
		a.Group = "cause/" + a.ID
	case a.Kind == event.KindBus:
		a.Group = "device/" + string(a.Site) + "/" + string(a.Device)
	default:
		a.Group = "site/" + string(a.Site)
	}
}
