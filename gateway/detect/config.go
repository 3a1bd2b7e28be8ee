package detect

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// Config sets the rules. A limit is looked up at the device (Device.Limits of the
// registry), then at its route, its site and the county; what none of them sets has the
// default that Limits lists.
type Config struct {
	// Limits of the whole county by name, for instance "fever_celsius: 37.3". Limits lists
	// names, defaults, units and ranges.
	Limits map[string]float64 `yaml:"limits"`
	// Sites sets limits for one site: site id, then as Limits.
	Sites map[event.SiteID]map[string]float64 `yaml:"sites"`
	// Routes sets limits for the buses of one route: route id, then as Limits. Of use for
	// routes on motorways, where 80 km/h are allowed (State Council order 617, art. 35).
	Routes map[string]map[string]float64 `yaml:"routes"`
	// Rules changes or switches off single rules: rule name, then its settings.
	Rules map[string]Rule `yaml:"rules"`
	// MaxUnknownDevices bounds how many devices that are not in the registry are watched;
	// events of further ones are stored as all others, but no rule sees them. 0 to
	// 1,000,000 devices.
	MaxUnknownDevices int `yaml:"max_unknown_devices"`
}

// Rule is what can be set of one rule besides its limits.
type Rule struct {
	// Disabled switches the rule off.
	Disabled bool `yaml:"disabled"`
	// Severity replaces the rule's own: info, warning, high or critical; empty keeps it.
	Severity event.Severity `yaml:"severity"`
}

// DefaultConfig has every rule on, with the limits that Limits lists.
func DefaultConfig() Config { return Config{MaxUnknownDevices: 20_000} }

// Validate returns every fault of the configuration.
func (c *Config) Validate() error {
	var faults []error
	base := defaults()
	faults = append(faults, base.apply("limits", c.Limits)...)
	faults = append(faults, base.check("limits")...)
	for _, id := range slices.Sorted(maps.Keys(c.Sites)) {
		l, key := base, fmt.Sprintf("sites.%s", id)
		faults = append(faults, l.apply(key, c.Sites[id])...)
		faults = append(faults, l.check(key)...)
	}
	for _, id := range slices.Sorted(maps.Keys(c.Routes)) {
		l, key := base, fmt.Sprintf("routes.%s", id)
		faults = append(faults, l.apply(key, c.Routes[id])...)
		faults = append(faults, l.check(key)...)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Rules)) {
		if ruleByName(name) < 0 {
			faults = append(faults, &event.Fault{
				Key: "rules." + name, Value: "this name",
				Want: "the name of a rule" + suggest(name, ruleNames()),
			})
		}
		if s := c.Rules[name].Severity; s != "" && s.Rank() < 0 {
			faults = append(faults, &event.Fault{
				Key: "rules." + name + ".severity", Value: s,
				Want: "one of info, warning, high, critical",
			})
		}
	}
	if c.MaxUnknownDevices < 0 || c.MaxUnknownDevices > 1_000_000 {
		faults = append(faults, &event.Fault{Key: "max_unknown_devices", Value: c.MaxUnknownDevices, Want: "0 to 1,000,000"})
	}
	return errors.Join(faults...)
}

// apply sets named limits and returns the faults found; a faulty value is not set.
func (l *limits) apply(key string, set map[string]float64) []error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(set)) {
		i := slices.IndexFunc(limitTable[:], func(s Limit) bool { return s.Name == name })
		if i < 0 {
			faults = append(faults, &event.Fault{
				Key: key + "." + name, Value: "this name",
				Want: "the name of a limit" + suggest(name, limitNames()),
			})
			continue
		}
		s := limitTable[i]
		if v := set[name]; math.IsNaN(v) || v < s.Min || v > s.Max {
			faults = append(faults, &event.Fault{
				Key: key + "." + name, Value: v,
				Want: strings.TrimSpace(fmt.Sprintf("%g to %g %s", s.Min, s.Max, s.Unit)),
			})
			continue
		}
		l[i] = set[name]
	}
	return faults
}

// check finds limits that contradict each other.
func (l *limits) check(key string) []error {
	var faults []error
	below := func(low, high limit) {
		if l[low] >= l[high] {
			faults = append(faults, &event.Fault{
				Key: key + "." + limitTable[low].Name, Value: l[low],
				Want: fmt.Sprintf("less than %s (%g)", limitTable[high].Name, l[high]),
			})
		}
	}
	below(coldStoreMin, coldStoreMax)
	below(gasClear, gasLEL)
	below(feverImplausibleBelow, feverCelsius)
	below(feverCelsius, feverImplausibleAbove)
	return faults
}

// suggest returns "; did you mean …?" for the known name nearest to a wrong one, or
// nothing when none is near.
func suggest(wrong string, known []string) string {
	near := event.Nearest(wrong, known)
	if near == "" {
		return ""
	}
	return "; did you mean " + near + "?"
}
