package rules

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/campusgate/campusgate/gateway/event"
)

// Prefix begins the names of the county's rules in anomalies, so that none of them can be
// taken for a rule of the program.
const Prefix = "county_"

// defaultRepeat is Rule.Repeat where the document says nothing.
const defaultRepeat = 10 * time.Minute

// Set is a document that was found right, ready for an Engine. It does not change.
type Set struct {
	doc   Document
	rules []*rule // without the disabled ones
	text  string
}

// Rules is the number of rules in force.
func (s *Set) Rules() int { return len(s.rules) }

// Document is what was read.
func (s *Set) Document() Document { return s.doc }

// Text is the document as it was given.
func (s *Set) Text() string { return s.text }

// rule is a rule made ready.
type rule struct {
	name string // with the prefix
	hash uint64 // of everything that its state depends on

	types     []event.Type
	kinds     []event.Kind
	where     Where
	per       string
	only      *vm.Program
	when      *vm.Program
	clearWhen *vm.Program
	value     *vm.Program
	limit     float64
	unit      string
	delay     int64 // of For
	rest      int64 // of ClearAfter
	momentary bool
	repeat    int64
	schedule  *span
	severity  event.Severity
	text      [2]template // Chinese, English
	advice    event.Text

	windows  []window
	absences []int64
	befores  []before
	areas    []*area
	// timed rules are judged by time as well; those that tick every minute whatever happened.
	timed bool
	ticks bool
	// asksLocal is set where an expression reads the time of day.
	asksLocal bool
}

// span is a Schedule in seconds since midnight.
type span struct {
	days       [7]bool
	from, to   int
	schoolDays bool
}

// named reports whether s may name a rule.
func named(s string) bool {
	return len(s) > 0 && len(s) <= 40 && s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// Parse reads a document and checks everything in it. file names it in faults. On a fault
// the error is Faults and nothing is returned: a document is taken whole or not at all.
func Parse(file string, text []byte) (*Set, error) {
	r := &reader{file: file}
	doc := r.read(text)
	if len(r.faults) > 0 {
		return nil, r.sorted()
	}
	set := &Set{doc: doc, text: string(text)}
	fences := r.fences(&doc)
	if len(doc.Rules) > MaxRules {
		r.fault("rules", "has %d rules: want at most %d", len(doc.Rules), MaxRules)
		return nil, r.sorted()
	}
	names := make(map[string]int)
	for i := range doc.Rules {
		d := &doc.Rules[i]
		key := fmt.Sprintf("rules[%d]", i)
		if !named(d.Name) {
			r.fault(key+".name", "%.60q is not allowed: want 1 to 40 of a-z, 0-9 and '_', a letter first", d.Name)
		} else if first, twice := names[d.Name]; twice {
			r.fault(key+".name", "%s is the name of rules[%d] already", d.Name, first)
		}
		names[d.Name] = i
		c := &compiler{r: r, rule: &rule{}, fences: fences, index: make(map[string]int)}
		c.make(key, d)
		c.rule.hash = hashOf(&doc, d)
		if !d.Disabled {
			set.rules = append(set.rules, c.rule)
		}
	}
	if len(r.faults) > 0 {
		return nil, r.sorted()
	}
	return set, nil
}

// hashOf tells whether state that was kept by a rule is still that of this rule. Words for
// people may change without a new beginning.
func hashOf(doc *Document, d *Rule) uint64 {
	plain := *d
	plain.Text, plain.Advice, plain.Disabled = event.Text{}, event.Text{}, false
	var fences map[string]Fence
	if strings.Contains(d.When+d.On.Only+d.ClearWhen+d.Value, "inside") {
		fences = doc.Fences
	}
	b, err := json.Marshal(struct {
		Rule   Rule
		Fences map[string]Fence
	}{plain, fences})
	if err != nil { // a number that JSON cannot say: a document with one is refused
		return 0
	}
	sum := sha256.Sum256(b)
	return binary.LittleEndian.Uint64(sum[:8])
}

func (r *reader) fences(doc *Document) map[string]*area {
	if len(doc.Fences) > maxFences {
		r.fault("fences", "has %d fences: want at most %d", len(doc.Fences), maxFences)
	}
	made := make(map[string]*area, len(doc.Fences))
	for name, f := range doc.Fences {
		key := "fences." + name
		if !event.ValidName(name) {
			r.fault(key, "%.70q is no name: want 1 to 64 of a-z, 0-9, '-', '_'", name)
		}
		a := &area{points: f.Points}
		switch {
		case f.Centre != nil && len(f.Points) == 0:
			a.points, a.radius = []event.Point{*f.Centre}, f.RadiusM
			if !(f.RadiusM >= 1 && f.RadiusM <= 100_000) {
				r.fault(key+".radius_m", "%v is not allowed: want 1 to 100000", f.RadiusM)
			}
		case f.Centre != nil || f.RadiusM != 0:
			r.fault(key, "want points, or centre and radius_m")
		case len(f.Points) < 3 || len(f.Points) > maxPoints:
			r.fault(key+".points", "has %d points: want 3 to %d", len(f.Points), maxPoints)
		}
		for i, p := range a.points {
			if !valid(p) {
				r.fault(fmt.Sprintf("%s.points[%d]", key, i), "%v, %v is no position: want WGS-84 degrees", p.Lat, p.Lon)
			}
		}
		made[name] = a
	}
	return made
}

// make fills the rule from the document.
func (c *compiler) make(key string, d *Rule) {
	r := c.rule
	r.name = Prefix + d.Name
	c.on(key+".on", &d.On)
	c.where(key+".where", &d.Where)
	r.per = d.Per
	if r.per == "" {
		r.per = PerDevice
	}
	if known := []string{PerDevice, PerSite, PerCounty}; !slices.Contains(known, r.per) {
		c.oneOf(key+".per", d.Per, known)
	}
	r.severity = d.Severity
	if r.severity == "" {
		r.severity = event.SeverityWarning
	}
	if r.severity.Rank() < 0 {
		c.oneOf(key+".severity", string(d.Severity), texts(event.Severities()))
	}
	r.delay = c.duration(key+".for", d.For)
	r.rest = c.duration(key+".clear_after", d.ClearAfter)
	r.repeat = c.duration(key+".repeat", d.Repeat)
	if r.repeat == 0 {
		r.repeat = int64(defaultRepeat)
	}
	c.conditions(key, d)
	c.schedule(key+".schedule", d.Schedule)
	r.limit, r.unit = d.Limit, d.Unit
	if !finite(d.Limit) || math.Abs(d.Limit) > 1e12 {
		c.r.fault(key+".limit", "%v is not allowed: want a finite number", d.Limit)
	}
	if len(d.Unit) > 16 {
		c.r.fault(key+".unit", "has %d bytes: want at most 16", len(d.Unit))
	}
	for i, t := range []struct{ key, text string }{{".text.zh", d.Text.ZH}, {".text.en", d.Text.EN}} {
		if strings.TrimSpace(t.text) == "" {
			c.r.fault(key+t.key, "is empty: want a sentence in each language")
			continue
		}
		r.text[i] = c.template(key+t.key, t.text)
	}
	for _, t := range []struct{ key, text string }{{".advice.zh", d.Advice.ZH}, {".advice.en", d.Advice.EN}} {
		if len(t.text) > maxText {
			c.r.fault(key+t.key, "has %d bytes: want at most %d", len(t.text), maxText)
		}
	}
	r.advice = d.Advice
}

func (c *compiler) oneOf(key, word string, known []string) {
	c.r.fault(key, "%.60q is not allowed: want one of %s%s", word, strings.Join(known, ", "), meant(word, known))
}

func (c *compiler) duration(key string, d time.Duration) int64 {
	if d < 0 || d > maxDuration {
		c.r.fault(key, "%s is not allowed: want 0s to %s", d, short(maxDuration))
	}
	return int64(d)
}

func (c *compiler) on(key string, on *On) {
	if len(on.Types) == 0 {
		c.r.fault(key+".types", "is empty: want some of %s", strings.Join(texts(event.Types()), ", "))
	}
	for i, t := range on.Types {
		if !slices.Contains(event.Types(), t) {
			c.oneOf(fmt.Sprintf("%s.types[%d]", key, i), string(t), texts(event.Types()))
			continue
		}
		c.bodies = append(c.bodies, bodyOf(t))
	}
	for i, k := range on.Kinds {
		if !slices.Contains(event.Kinds(), k) {
			c.oneOf(fmt.Sprintf("%s.kinds[%d]", key, i), string(k), texts(event.Kinds()))
		}
	}
	c.rule.types, c.rule.kinds = on.Types, on.Kinds
	if on.Only != "" && len(c.bodies) > 0 {
		c.rule.only = c.compile(on.Only, use{key: key + ".only", plain: true, want: reflect.Bool})
	}
}

func (c *compiler) where(key string, w *Where) {
	for name, n := range map[string]int{
		"sites": len(w.Sites), "site_kinds": len(w.SiteKinds), "townships": len(w.Townships),
		"devices": len(w.Devices), "places": len(w.Places), "not_sites": len(w.NotSites),
	} {
		if n > maxList {
			c.r.fault(key+"."+name, "has %d entries: want at most %d", n, maxList)
		}
	}
	for i, k := range w.SiteKinds {
		if !slices.Contains(words("site.kind"), k) {
			c.oneOf(fmt.Sprintf("%s.site_kinds[%d]", key, i), k, words("site.kind"))
		}
	}
	for i, d := range w.Devices {
		site, device, both := strings.Cut(d, "/")
		if !both {
			site, device = "s", d
		}
		if !event.ValidName(site) || !event.ValidName(device) {
			c.r.fault(fmt.Sprintf("%s.devices[%d]", key, i), "%.80q is no device: want \"device\" or \"site/device\"", d)
		}
	}
	c.rule.where = *w
}

func (c *compiler) conditions(key string, d *Rule) {
	r := c.rule
	if len(c.bodies) == 0 {
		return // on.types is wrong, and everything would be unknown
	}
	if strings.TrimSpace(d.When) == "" {
		c.r.fault(key+".when", "is empty: want a condition, for instance reading.value > 8")
		return
	}
	r.when = c.compile(d.When, use{key: key + ".when", want: reflect.Bool})
	if d.Value != "" {
		r.value = c.compile(d.Value, use{key: key + ".value", want: reflect.Float64})
	}
	if d.ClearWhen != "" {
		r.clearWhen = c.compile(d.ClearWhen, use{key: key + ".clear_when", want: reflect.Bool})
	}
	r.momentary = d.Momentary
	if !d.Momentary {
		if d.Repeat != 0 {
			c.r.fault(key+".repeat", "is for momentary rules only")
		}
		return
	}
	for name, set := range map[string]bool{"for": d.For != 0, "clear_after": d.ClearAfter != 0, "clear_when": d.ClearWhen != ""} {
		if set {
			c.r.fault(key+"."+name, "is not for momentary rules: they have no end")
		}
	}
	if len(r.absences) > 0 {
		c.r.fault(key+".when", "a momentary rule is judged at events: no absence() in it")
	}
	r.timed, r.ticks = false, false
}

func (c *compiler) schedule(key string, s *Schedule) {
	if s == nil {
		return
	}
	sp := &span{to: 24 * 3600, schoolDays: s.SchoolDays}
	for i, day := range s.Days {
		n := slices.Index(weekdays[:], day)
		if n < 0 {
			c.oneOf(fmt.Sprintf("%s.days[%d]", key, i), day, weekdays[:])
			continue
		}
		sp.days[n] = true
	}
	if len(s.Days) == 0 {
		sp.days = [7]bool{true, true, true, true, true, true, true}
	}
	if (s.From == "") != (s.To == "") {
		c.r.fault(key, "want both from and to, or none of them")
	} else if s.From != "" {
		for _, f := range []struct {
			key, text string
			to        *int
		}{{".from", s.From, &sp.from}, {".to", s.To, &sp.to}} {
			t, err := time.Parse("15:04", f.text)
			if err != nil && !(f.key == ".to" && f.text == "24:00") {
				c.r.fault(key+f.key, "%.20q is no time of day: want HH:MM", f.text)
				continue
			}
			if err == nil {
				*f.to = t.Hour()*3600 + t.Minute()*60
			}
		}
	}
	c.rule.schedule = sp
	if !c.rule.momentary {
		c.rule.timed, c.rule.ticks = true, true
	}
}
