package rules

import (
	"cmp"
	"container/heap"
	"maps"
	"slices"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/campusgate/campusgate/gateway/event"
)

// MaxStep is the longest step of time over which the engine counts as having watched. The
// caller calls Advance more often than that.
const MaxStep = time.Minute

const (
	// catchUp is how long what fell into an unwatched time waits for what brokers kept.
	catchUp = int64(time.Minute)
	// maxStates and maxDevices bound the memory: about 1 KiB a state with windows.
	maxStates  = 200_000
	maxDevices = 200_000
	// memoryBudget bounds what one judgement of an expression may allocate, in the
	// expression language's units (elements).
	memoryBudget = 10_000
)

// Engine judges events by a Set of rules. It is used by one goroutine at a time.
type Engine struct {
	county *event.County
	zone   *time.Location
	sites  map[event.SiteID]*siteFacts
	known  map[event.DeviceKey]*deviceFacts

	rules     []*rule
	named     map[string]*rule
	byType    map[event.Type][]*rule
	states    map[string]map[event.DeviceKey]*state // by rule
	count     int
	heap      stateHeap
	recents   map[event.DeviceKey]*recent
	skipped   uint64
	asksLocal bool // some rule reads the environment's Local
	errors    map[string]*Failure

	// clock is the latest time seen; watched is since when time passed without a gap.
	clock, watched int64
	clockDirty     bool
	restored       bool // since the last step

	dirty   []*state
	devices []event.DeviceKey // whose recents are dirty
	gone    []string
	orphans []event.Anomaly // restored of rules that are no more
	out     []event.Anomaly

	vm            vm.VM
	env           *environment
	rule          *rule // at hand, with its state and its event
	at            *state
	ev            *event.Event // nil when time alone judges
	unknownSite   siteFacts
	unknownDevice deviceFacts
}

// Failure is a rule that could not be judged.
type Failure struct {
	Rule  string `json:"rule"`
	Count uint64 `json:"count"`
	Error string `json:"error"` // of the first time
	told  bool
}

// New returns an engine without state. county, which must be indexed, may be nil for an
// empty one; it must not change.
func New(set *Set, county *event.County) *Engine {
	e := &Engine{
		states: make(map[string]map[event.DeviceKey]*state), recents: make(map[event.DeviceKey]*recent),
		errors: make(map[string]*Failure), env: newEnvironment(),
	}
	e.vm.MemoryBudget = memoryBudget
	e.bind()
	e.SetCounty(county)
	e.use(set)
	return e
}

// SetCounty puts another registry in place of the present one. What rules remember stays.
func (e *Engine) SetCounty(county *event.County) {
	if county == nil {
		county = &event.County{}
	}
	e.county, e.zone = county, county.Location()
	e.sites = make(map[event.SiteID]*siteFacts, len(county.Sites))
	e.known = make(map[event.DeviceKey]*deviceFacts)
	for i := range county.Sites {
		s := &county.Sites[i]
		e.sites[s.ID] = &siteFacts{
			string(s.ID), s.Name.ZH, s.Name.EN, s.Kind, s.Township, s.Lat, s.Lon, s.Pupils, s.PolicePost, true,
		}
		for j := range s.Devices {
			d := &s.Devices[j]
			e.known[event.DeviceKey{Site: s.ID, Device: d.ID}] = &deviceFacts{
				string(d.ID), d.Name.ZH, d.Name.EN, string(d.Kind), d.Place, string(d.Parent), d.Duty, d.Period.Seconds(),
				d.Plate, d.Capacity, d.Route, true,
			}
		}
	}
}

func (e *Engine) use(set *Set) {
	e.asksLocal = false
	e.rules, e.named, e.byType = nil, make(map[string]*rule), make(map[event.Type][]*rule)
	if set == nil {
		return
	}
	e.rules = set.rules
	for _, r := range set.rules {
		e.named[r.name] = r
		e.asksLocal = e.asksLocal || r.asksLocal
		for _, t := range r.types {
			if !slices.Contains(e.byType[t], r) {
				e.byType[t] = append(e.byType[t], r)
			}
		}
	}
}

// SetRules puts another document in place of the present one and appends to out what that
// clears: the anomalies of rules that are gone or changed. Rules that are the same but for
// their words go on as if nothing had happened.
func (e *Engine) SetRules(set *Set, out []event.Anomaly) []event.Anomaly {
	e.out = out
	e.use(set)
	e.errors = make(map[string]*Failure)
	for _, name := range slices.Sorted(maps.Keys(e.states)) {
		now := e.named[name]
		states := e.states[name]
		for _, k := range slices.SortedFunc(maps.Keys(states), compareKeys) {
			s := states[k]
			if now != nil && now.hash == s.rule.hash {
				s.rule = now
				continue
			}
			e.clear(s, "")
			e.forget(s)
		}
	}
	out, e.out = e.out, nil
	return out
}

func compareKeys(a, b event.DeviceKey) int {
	return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Device, b.Device))
}

// Process lets time pass to the event's receipt, judges the event and appends what follows
// to out.
func (e *Engine) Process(ev *event.Event, out []event.Anomaly) []event.Anomaly {
	e.out = out
	if !ev.ReceivedAt.IsZero() {
		e.step(ev.ReceivedAt.UnixNano())
	}
	if rules := e.byType[ev.Type]; len(rules) > 0 && !ev.Late && !ev.Backfill && !ev.Retained {
		e.handle(ev, rules)
	}
	out, e.out = e.out, nil
	return out
}

// Advance lets time pass to now and appends what falls due to out. Everything received
// before now must have been processed, and it is called more often than MaxStep.
func (e *Engine) Advance(now time.Time, out []event.Anomaly) []event.Anomaly {
	e.out = out
	e.step(now.UnixNano())
	out, e.out = e.out, nil
	return out
}

// AdvanceUnwatched lets time pass in which the gateway could hear nobody: it is called
// instead of Advance as long as that lasts. Nobody is absent from what nobody listened to.
func (e *Engine) AdvanceUnwatched(now time.Time, out []event.Anomaly) []event.Anomaly {
	e.out = out
	if at := now.UnixNano(); at > e.clock {
		e.unwatched(at)
		e.step(at)
	}
	out, e.out = e.out, nil
	return out
}

// Skipped counts the events that were not judged because there is too much to remember.
func (e *Engine) Skipped() uint64 { return e.skipped }

// Rules is the number of rules in force.
func (e *Engine) Rules() int { return len(e.rules) }

// Failures lists the rules that could not be judged since they are in force, by name.
func (e *Engine) Failures() []Failure {
	all := make([]Failure, 0, len(e.errors))
	for _, name := range slices.Sorted(maps.Keys(e.errors)) {
		all = append(all, *e.errors[name])
	}
	return all
}

// NewFailures lists those that Failures would and that it has not returned before: each
// rule is told once.
func (e *Engine) NewFailures() []Failure {
	var fresh []Failure
	for _, f := range e.Failures() {
		if !f.told {
			e.errors[f.Rule].told = true
			fresh = append(fresh, f)
		}
	}
	return fresh
}

// Open returns the anomalies that stand, by site, device, rule and id.
func (e *Engine) Open() []event.Anomaly {
	var open []event.Anomaly
	for _, states := range e.states {
		for _, s := range states {
			if s.open != nil && s.until == 0 {
				open = append(open, *s.open)
			}
		}
	}
	slices.SortFunc(open, func(a, b event.Anomaly) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.ID, b.ID))
	})
	return open
}

// step moves the clock to now and looks at every state that is due until then.
func (e *Engine) step(now int64) {
	e.settle()
	for i := range e.orphans {
		a := &e.orphans[i]
		a.State, a.EventID = event.Cleared, ""
		a.Revision++
		a.UpdatedAt = time.Unix(0, max(e.clock, a.UpdatedAt.UnixNano())).UTC()
		e.out = append(e.out, *a)
	}
	e.orphans = nil
	if now <= e.clock {
		return
	}
	from := e.clock
	e.clockDirty = true
	if now-from > int64(MaxStep) {
		e.unwatched(now)
	}
	for len(e.heap) > 0 && e.heap[0].at <= now {
		s := e.heap[0]
		if due := e.due(s); due != s.at {
			e.move(s, due) // the deadline has moved since it was queued
			continue
		}
		e.clock = max(from, s.at)
		e.fire(s)
		if !s.gone {
			e.move(s, e.due(s))
		}
	}
	e.clock = now
	if day := int64(24 * time.Hour); from/day != now/day {
		e.sweep()
	}
}

// unwatched makes absence count from now, and puts off the deadlines that fell into the
// unwatched time: due() reckons with it.
func (e *Engine) unwatched(now int64) { e.watched, e.clockDirty = now, true }

// sweep forgets the fingerprints of devices that were not heard for long.
func (e *Engine) sweep() {
	for k, r := range e.recents {
		if r.last < e.clock-forgetAfter {
			delete(e.recents, k)
			e.gone = append(e.gone, recentKey(k))
		}
	}
}

func (e *Engine) move(s *state, at int64) {
	s.at = at
	heap.Fix(&e.heap, s.index)
}

// touch marks a state as changed since the last Dirty.
func (e *Engine) touch(s *state) {
	if !s.dirty {
		s.dirty = true
		e.dirty = append(e.dirty, s)
	}
}
