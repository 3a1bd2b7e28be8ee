package detect

import (
	"cmp"
	"errors"
	"reflect"
	"slices"

	"github.com/campusgate/campusgate/gateway/event"
)

// CheckCounty returns every fault of the limits in a registry, which SetCounty would
// refuse. Unlike everything else of an engine it may be called from any goroutine.
func (e *Engine) CheckCounty(county *event.County) error {
	var faults []error
	for i := range county.Sites {
		s := &county.Sites[i]
		for j := range s.Devices {
			d := &s.Devices[j]
			_, err := e.limitsOf(s.ID, d)
			faults = append(faults, event.Under("county."+string(s.ID)+"."+string(d.ID), err))
		}
	}
	return errors.Join(faults...)
}

// SetCounty puts another registry, which must be indexed and must not change, in the place
// of the present one, and appends what follows to out. A faulty one changes nothing.
//
// Devices that stay keep their state. The anomalies of devices and sites that are no more
// in the registry are cleared, and their state is forgotten: of one that comes back, a
// message delivered once more raises once more, with the id and revision that it had. Where the registry says
// something else of a device than before, or says something for the first time, its
// deadline begins anew: nobody is silent for a time that was not its own. A registry equal
// to the present one changes nothing.
func (e *Engine) SetCounty(county *event.County, out []event.Anomaly) ([]event.Anomaly, error) {
	if err := e.CheckCounty(county); err != nil {
		return out, err
	}
	e.out = out
	e.county, e.zone = county, county.Location()
	clear(e.lines)
	for i := range county.Routes {
		r := &county.Routes[i]
		e.lines[r.ID] = newLine(r.Line)
	}
	devices := make([]*device, 0, len(e.devices))
	for _, d := range e.devices {
		devices = append(devices, d)
	}
	slices.SortFunc(devices, func(a, b *device) int { return cmp.Compare(a.key, b.key) })
	sites := make([]*site, 0, len(e.sites))
	for _, s := range e.sites {
		sites = append(sites, s)
	}
	slices.SortFunc(sites, func(a, b *site) int { return cmp.Compare(a.key, b.key) })

	changed := make(map[*site]bool) // whose hours or calendar are others
	for _, s := range sites {
		changed[s] = s.register(county.Site(s.id))
	}
	for _, d := range devices {
		d.register(county.Device(d.id.Site, d.id.Device), changed[d.site])
	}
	for _, s := range sites {
		// Its last device, if it had one, has taken the site along already.
		if s.reg == nil && len(s.devices) == 0 && !s.gone {
			e.forgetSite(s)
		}
	}
	out, e.out = e.out, nil
	return out, nil
}

// register gives a site its new entry in the registry, nil for none, and reports whether
// its clock times differ.
func (s *site) register(reg *event.Site) (changed bool) {
	e, before := s.engine, s.reg
	s.reg = reg
	if reg == nil {
		s.hours, s.carriers = nil, nil
		if before != nil {
			s.empty()
		}
		return before != nil
	}
	s.hours = newHours(reg.Hours) // even if equal: the old ones hold on to the old registry
	s.carriers = carriersOf(reg)
	changed = before == nil || !reflect.DeepEqual(before.Hours, reg.Hours)
	if changed && s.timers[timerClose] != never {
		e.set(&s.node, timerClose, s.closeAfter(e.clock))
	}
	return changed
}

// empty ends all that stands of a site, and forgets who is inside.
func (s *site) empty() {
	s.expire(s.engine.clock)
	s.clearAll(s.engine)
	for _, d := range s.devices {
		if d.inOutage || d.inMass || d.inBranch {
			d.inOutage, d.inMass, d.inBranch = false, false, false
			s.engine.touch(&d.node)
			d.explain()
		}
	}
	for _, b := range s.branches {
		b.clearAll(s.engine)
		b.closing, b.timers[timerBranch] = false, never
		s.engine.touch(&b.node)
	}
	s.feverish, s.measured, s.inside = nil, nil, nil
	s.closingGroup = [groups]bool{}
	for i := range s.timers {
		s.timers[i] = never
	}
	s.engine.touch(&s.node)
}

// clearAll clears a node's standing anomalies; momentary ones have no end to tell.
func (n *node) clearAll(e *Engine) {
	for len(n.open) > 0 {
		if n.open[0].until != 0 {
			n.open = n.open[1:]
			continue
		}
		e.clear(n, n.open[0].key, "")
	}
}

// register gives a device its new entry in the registry, nil for none. retimed says that
// its site's clock times differ.
func (d *device) register(reg *event.Device, retimed bool) {
	e, before, limited := d.engine, d.reg, d.limits
	d.reg = reg
	d.limits, _ = e.limitsOf(d.id.Site, reg) // checked
	switch {
	case before != nil && reg == nil:
		d.reg = before // it is no unknown device that is forgotten
		d.forgotten(e.clock)
		e.heap.remove(&d.node)
		return
	case reg == nil, before != nil && !retimed && *limited == *d.limits && reflect.DeepEqual(before, reg):
		return
	case before == nil:
		e.unknown--
		d.timers[timerForget] = never
		e.touch(&d.node)
	}
	if d.inBranch && before.Parent != reg.Parent {
		d.inBranch = false
		e.touch(&d.node)
		d.explain()
		d.site.backOne(e.clock)
	}
	if before != nil && before.Route != reg.Route && e.lines[reg.Route] == nil {
		d.settleLevel(levelOffRoute, busOffRoute, "")
		e.touch(&d.node)
	}
	if d.capacity() == 0 && d.find(ruleTable[busOvercapacity].name) != nil {
		d.settleLevel(levelCapacity, busOvercapacity, "")
	}
	if d.lost == present && d.beats >= 2 && (d.kind != event.KindBus || d.trip == tripRunning) {
		e.set(&d.node, timerSilent, max(d.heard(), e.clock)+d.patience())
	}
}
