package detect

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// MaxStep is the longest step of time over which the engine counts as having watched. The
// caller calls Advance more often than that.
const MaxStep = time.Minute

// catchUp is how long deadlines that fell into an unwatched time wait for what the broker
// kept meanwhile.
const catchUp = int64(time.Minute)

// Engine holds the rules' state. It is used by one goroutine at a time.
type Engine struct {
	cfg      Config
	county   *event.County
	zone     *time.Location
	base     limits
	severity [numRules]event.Severity
	enabled  [numRules]bool

	devices map[event.DeviceKey]*device
	sites   map[event.SiteID]*site
	unknown int // devices that are not in the registry
	skipped uint64
	heap    timerHeap
	lines   map[string]*line

	// clock is the latest time seen; watched is since when time passed without a gap.
	clock, watched int64
	clockDirty     bool

	dirty []*node
	gone  []string
	out   []event.Anomaly
}

// New checks the configuration and the limits of the registry's devices and returns an
// engine without state. county, which must be indexed, may be nil for an empty one; it is
// not changed and must not change. SetCounty replaces it.
func New(cfg Config, county *event.County) (*Engine, error) {
	faults := []error{cfg.Validate()}
	if county == nil {
		county = &event.County{}
	}
	e := &Engine{
		cfg: cfg, county: county, zone: county.Location(), base: defaults(),
		devices: make(map[event.DeviceKey]*device),
		sites:   make(map[event.SiteID]*site),
		lines:   make(map[string]*line),
	}
	e.base.apply("limits", cfg.Limits)
	for i := range ruleTable {
		set := cfg.Rules[ruleTable[i].name]
		e.enabled[i] = !set.Disabled
		e.severity[i] = cmp.Or(set.Severity, ruleTable[i].severity)
	}
	for i := range county.Routes {
		r := &county.Routes[i]
		e.lines[r.ID] = newLine(r.Line)
	}
	faults = append(faults, e.CheckCounty(county))
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return e, nil
}

// limitsOf resolves the limits of a device: county, site, route, device. registered is nil
// for a device that is not in the registry.
func (e *Engine) limitsOf(id event.SiteID, registered *event.Device) (*limits, error) {
	l := e.base
	l.apply("sites", e.cfg.Sites[id])
	if registered == nil {
		return &l, nil
	}
	l.apply("routes", e.cfg.Routes[registered.Route])
	faults := l.apply("limits", registered.Limits)
	return &l, errors.Join(append(faults, l.check("limits")...)...)
}

// Process lets time pass to the event's receipt, judges the event and appends what
// follows to out: raised, updated and cleared anomalies in the order in which they came
// about. The event is not kept.
func (e *Engine) Process(ev *event.Event, out []event.Anomaly) []event.Anomaly {
	e.out = out
	if !ev.ReceivedAt.IsZero() {
		e.step(ev.ReceivedAt.UnixNano())
	}
	e.handle(ev)
	out, e.out = e.out, nil
	return out
}

// Advance lets time pass to now and appends what falls due to out. A time before the
// latest one seen changes nothing. Everything received before now must have been
// processed (see the package's promises), and it is called more often than MaxStep.
func (e *Engine) Advance(now time.Time, out []event.Anomaly) []event.Anomaly {
	e.out = out
	e.step(now.UnixNano())
	out, e.out = e.out, nil
	return out
}

// AdvanceUnwatched lets time pass in which the gateway could hear nobody, because no
// broker was connected: it is called instead of Advance as long as that lasts. Nobody is
// silent for what nobody listened to, as after a step longer than MaxStep.
func (e *Engine) AdvanceUnwatched(now time.Time, out []event.Anomaly) []event.Anomaly {
	e.out = out
	if at := now.UnixNano(); at > e.clock {
		e.unwatched(at)
		e.step(at)
	}
	out, e.out = e.out, nil
	return out
}

// Skipped counts the events no rule looked at because MaxUnknownDevices was reached.
func (e *Engine) Skipped() uint64 { return e.skipped }

// Open returns the anomalies that stand, by site, device, rule and id.
func (e *Engine) Open() []event.Anomaly {
	var open []event.Anomaly
	collect := func(n *node) {
		for i := range n.open {
			if o := &n.open[i]; o.until == 0 {
				open = append(open, *o.a)
			}
		}
	}
	for _, d := range e.devices {
		collect(&d.node)
	}
	for _, s := range e.sites {
		collect(&s.node)
		for _, b := range s.branches {
			collect(&b.node)
		}
	}
	slices.SortFunc(open, func(a, b event.Anomaly) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Device, b.Device),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.ID, b.ID))
	})
	return open
}

// step moves the clock to now and fires every deadline up to it.
func (e *Engine) step(now int64) {
	if now <= e.clock {
		return
	}
	from := e.clock
	e.clockDirty = true
	if now-from > int64(MaxStep) {
		e.unwatched(now) // the first step of all is one too: nothing was watched before it
	}
	for len(e.heap) > 0 && e.heap[0].at <= now {
		n := e.heap[0]
		if due := n.due(); due != n.at {
			e.heap.move(n, due) // the deadline has moved since it was queued
			continue
		}
		e.clock = max(from, n.at)
		n.owner.fire(n.at)
		if n.gone {
			e.heap.remove(n)
			continue
		}
		e.touch(n)
		e.heap.move(n, n.due())
	}
	e.clock = now
}

// unwatched makes silence count from now, and the deadlines that fell into the unwatched
// time wait for what the broker kept.
func (e *Engine) unwatched(now int64) {
	e.watched, e.clockDirty = now, true
	for len(e.heap) > 0 && e.heap[0].at <= now {
		n := e.heap[0]
		for i, at := range n.timers {
			if at != never && at <= now {
				n.timers[i] = now + catchUp
				e.touch(n)
			}
		}
		e.heap.move(n, n.due())
	}
}

// touch marks a node's state as changed since the last Dirty.
func (e *Engine) touch(n *node) {
	if !n.dirty {
		n.dirty = true
		e.dirty = append(e.dirty, n)
	}
}
