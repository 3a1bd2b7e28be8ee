package simulator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/campusgate/campusgate/gateway/event"
)

// Script is what goes wrong, and when.
type Script struct {
	Incidents []Incident `yaml:"incidents"`
}

// Incident is one thing that goes wrong.
type Incident struct {
	// What happens: the name of the rule that should see it (see Whats), or undecodable (a
	// message that no adapter understands) or unknown_device (a device outside the registry).
	What string `yaml:"what"`
	// At is when, counted from the start and divided by the speed; 0 to 30 days.
	At time.Duration `yaml:"at"`
	// Every repeats it, divided by the speed: 1 minute or more; 0 does not.
	Every time.Duration `yaml:"every"`
	// Needs says at which hours it can happen: any, class (while some school has lessons),
	// closed (while some school is closed) or closing (a school's closing time). It is
	// shifted to the next such hour. Each kind has its own need; stated here for the reader,
	// it must be that one.
	Needs string `yaml:"needs"`
	// Site and Device set where; empty draws one that fits.
	Site   event.SiteID   `yaml:"site"`
	Device event.DeviceID `yaml:"device"`
	// For is how long it lasts, whatever the speed: 1 second to 24 hours; 0 takes the kind's
	// own.
	For time.Duration `yaml:"for"`
	// Value is the measured value (°C, km/h, %LEL, metres beside the route, minutes of a
	// wrong clock); 0 takes the kind's own.
	Value float64 `yaml:"value"`
	// Count is how many persons, attempts, messages or pupils; 0 takes the kind's own.
	Count int `yaml:"count"`
}

// Needs of incidents.
const (
	needsAny     = "any"
	needsClass   = "class"
	needsClosed  = "closed"
	needsClosing = "closing"
)

// Whats lists what an incident can be, by name.
func Whats() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.what)
	}
	slices.Sort(names)
	return names
}

// ReadScript reads a script in YAML. Errors name the line, or the incident by its place.
func ReadScript(b []byte) (*Script, error) {
	var s Script
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&s); err != nil {
		text := strings.TrimSpace(yaml.FormatError(err, false, true))
		return nil, fmt.Errorf("read incidents: %s%s", badDuration(b), text)
	}
	return &s, nil
}

// badDuration finds the first duration that cannot be read; the library's error for those
// has no position.
func badDuration(b []byte) string {
	for i := 0; ; i++ {
		found := false
		for _, field := range [...]string{"what", "at", "every", "for"} {
			path, err := yaml.PathString(fmt.Sprintf("$.incidents[%d].%s", i, field))
			if err != nil {
				return ""
			}
			node, err := path.ReadNode(bytes.NewReader(b))
			if err != nil {
				continue
			}
			found = true
			token := node.GetToken()
			if _, err := time.ParseDuration(token.Value); err != nil && field != "what" && token.Value != "0" {
				return fmt.Sprintf("[%d:%d] %s: ", token.Position.Line, token.Position.Column, field)
			}
		}
		if !found {
			return ""
		}
	}
}

// Check returns every fault of the script for a county.
func (s *Script) Check(county *event.County) error {
	var faults []error
	for i := range s.Incidents {
		faults = append(faults, s.Incidents[i].check(fmt.Sprintf("incidents[%d]", i), county)...)
	}
	return errors.Join(faults...)
}

func (n *Incident) check(key string, county *event.County) []error {
	var faults []error
	fault := func(field string, value any, want string) {
		faults = append(faults, &event.Fault{Key: key + "." + field, Value: value, Want: want})
	}
	k := kindOf(n.What)
	if k == nil {
		fault("what", fmt.Sprintf("%q", n.What), "one of "+strings.Join(Whats(), ", "))
		return faults
	}
	if n.At < 0 || n.At > 30*24*time.Hour {
		fault("at", n.At, "0 to 720h")
	}
	if n.Every != 0 && n.Every < time.Minute {
		fault("every", n.Every, "0 or 1m and more")
	}
	if n.Needs != "" && n.Needs != k.needs {
		fault("needs", fmt.Sprintf("%q", n.Needs), fmt.Sprintf("%q, which is what %s needs", k.needs, n.What))
	}
	if n.For != 0 && (n.For < time.Second || n.For > 24*time.Hour) {
		fault("for", n.For, "0 or 1s to 24h")
	}
	if n.Count < 0 || n.Count > 1000 {
		fault("count", n.Count, "0 to 1,000")
	}
	site := county.Site(n.Site)
	if n.Site != "" && site == nil {
		fault("site", fmt.Sprintf("%q", n.Site), "a site of the county")
	}
	if n.Device == "" {
		return faults
	}
	switch device := county.Device(n.Site, n.Device); {
	case n.Site == "":
		fault("device", fmt.Sprintf("%q", n.Device), "a site with it")
	case site != nil && device == nil:
		fault("device", fmt.Sprintf("%q", n.Device), fmt.Sprintf("a device of site %s", n.Site))
	case device != nil && k.device != "" && device.Kind != k.device:
		fault("device", fmt.Sprintf("%q (%s)", n.Device, device.Kind), fmt.Sprintf("a device of kind %s", k.device))
	}
	return faults
}

// length is how long the incident lasts.
func (n *Incident) length(own time.Duration) time.Duration { return cmp.Or(n.For, own) }

// plan sets an incident for its time, and its repetitions.
func (t *Traffic) plan(n *Incident) { t.after(t.scaled(n.At), func() { t.occur(n) }) }

func (t *Traffic) occur(n *Incident) {
	k := kindOf(n.What)
	if k == nil {
		return
	}
	if wait := t.waitFor(k.needs, n); wait > 0 {
		t.after(wait, func() { t.occur(n) })
		return
	}
	place := t.place(k, n)
	if place == nil {
		// Everything that fits is busy: try again soon.
		t.after(30*time.Second, func() { t.occur(n) })
		return
	}
	k.happen(place, n)
	if n.Every > 0 {
		t.after(max(t.scaled(n.Every), time.Second), func() { t.occur(n) })
	}
}

// suits reports whether a need is met at a site and time.
func (s *site) suits(need string, now time.Time) bool {
	school := s.Kind != event.SiteDepot && s.Kind != event.SiteCentre
	h := &s.Hours
	switch need {
	case needsClass:
		return school && h.InClass(now) && h.InClass(now.Add(30*time.Second))
	case needsClosed:
		return school && !h.Between(now, h.Open, h.Close) && !h.Between(now.Add(time.Minute), h.Open, h.Close)
	case needsClosing:
		left := h.On(now, h.Close).Sub(now)
		return school && h.SchoolDay(now) && left > time.Minute && left <= 4*time.Minute
	}
	return true
}

// waitFor is how long it is until a need is met somewhere, 0 when it is now.
func (t *Traffic) waitFor(need string, n *Incident) time.Duration {
	if need == needsAny {
		return 0
	}
	now := t.clock()
	for minute := range 8 * 24 * 60 {
		at := now.Add(time.Duration(minute) * time.Minute)
		for _, s := range t.sites {
			if (n.Site == "" || s.ID == n.Site) && s.suits(need, at) {
				return at.Sub(now)
			}
		}
	}
	return 7 * 24 * time.Hour
}
