package rules

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits of a document.
const (
	MaxDocument = 256 << 10 // bytes of a document
	MaxRules    = 200       // rules of a document
	maxFences   = 100
	maxPoints   = 500 // of a fence
	maxList     = 500 // entries of a list of on and where
	maxText     = 500 // bytes of a text or an advice
)

// The keys by which a rule remembers what it has seen: one memory for each device, each
// site, or one for the whole county.
const (
	PerDevice = "device"
	PerSite   = "site"
	PerCounty = "county"
)

// Document is the county's own rules.
type Document struct {
	// Fences are named areas for inside(), by name: 1 to 64 of a-z, 0-9, '-', '_'.
	Fences map[string]Fence `yaml:"fences"`
	// Rules are judged in the order in which they stand.
	Rules []Rule `yaml:"rules"`
}

// Fence is an area: a polygon, or a circle around a centre.
type Fence struct {
	// Points of a polygon, 3 to 500, WGS-84; the last is joined to the first.
	Points []event.Point `yaml:"points"`
	// Centre and RadiusM (1 to 100000 metres) of a circle.
	Centre  *event.Point `yaml:"centre"`
	RadiusM float64      `yaml:"radius_m"`
}

// Rule is one rule. Its anomalies bear the name "county_" + Name.
type Rule struct {
	// Name is 1 to 40 of a-z, 0-9 and '_', and used once.
	Name string `yaml:"name"`
	// Disabled keeps the rule in the document and out of force.
	Disabled bool `yaml:"disabled"`
	// On says which events the rule looks at.
	On On `yaml:"on"`
	// Where limits it to some sites and devices.
	Where Where `yaml:"where"`
	// When is the condition: an expression that is true or false, judged at each event that
	// the rule looks at, and where it asks for time or windows also as time passes.
	When string `yaml:"when"`
	// Per is whose events are put together: device (also when empty), site or county.
	Per string `yaml:"per"`
	// For is how long the condition must hold before the anomaly is raised; 0 to 24h.
	For time.Duration `yaml:"for"`
	// ClearWhen is the condition that ends it; empty: that When is false. Give both a
	// distance (hysteresis), and a value that swings around its limit is one anomaly.
	ClearWhen string `yaml:"clear_when"`
	// ClearAfter is how long that must last; 0 to 24h.
	ClearAfter time.Duration `yaml:"clear_after"`
	// Momentary is for what has no end: each event for which When holds.
	Momentary bool `yaml:"momentary"`
	// Repeat is the time within which the same moment counts up instead of being told again;
	// 0 takes 10m, at most 24h.
	Repeat time.Duration `yaml:"repeat"`
	// Schedule is when the rule is in force; outside it nothing is raised, and what stands ends.
	Schedule *Schedule `yaml:"schedule"`
	// Severity is info, warning, high or critical; empty: warning.
	Severity event.Severity `yaml:"severity"`
	// Value is an expression, the number that people want to see with the anomaly.
	Value string `yaml:"value"`
	// Limit is the number that Value is held against, and Unit the unit of both.
	Limit float64 `yaml:"limit"`
	Unit  string  `yaml:"unit"`
	// Text says what was found, behind the names of site and device; {{expression}} in it
	// is replaced. Both languages are needed.
	Text event.Text `yaml:"text"`
	// Advice says what to do.
	Advice event.Text `yaml:"advice"`
}

// On says which events a rule looks at. Late, backfilled and retained ones it never sees.
type On struct {
	// Types of event, at least one.
	Types []event.Type `yaml:"types"`
	// Kinds of device; none: every kind.
	Kinds []event.Kind `yaml:"kinds"`
	// Only is a condition on the fields of the event; events for which it is false are not
	// there for this rule: they neither raise nor clear, and are not counted.
	Only string `yaml:"only"`
}

// Where limits a rule. An empty list does not.
type Where struct {
	Sites     []event.SiteID `yaml:"sites"`
	SiteKinds []string       `yaml:"site_kinds"` // school, kindergarten, depot, centre
	Townships []string       `yaml:"townships"`
	Devices   []string       `yaml:"devices"` // "device", or "site/device"
	Places    []string       `yaml:"places"`  // of the device: gate, canteen …
	// NotSites are left out of all that.
	NotSites []event.SiteID `yaml:"not_sites"`
}

// Schedule is a time of the week, in the county's zone.
type Schedule struct {
	// Days, mon … sun; none: every day.
	Days []string `yaml:"days"`
	// From (included) and To (excluded), "HH:MM"; none of them: the whole day. A To that is
	// not after From is on the next day.
	From string `yaml:"from"`
	To   string `yaml:"to"`
	// SchoolDays limits it to the school days of the site (of each event's, or the county's
	// first site where the rule is per county).
	SchoolDays bool `yaml:"school_days"`
}
