package detect

import (
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// maxDepth bounds how far up a device's switches and recorders are looked at, which a
	// registry may have tied into a ring.
	maxDepth = 8
	// branchRetry is how often a branch is looked at while it is not clear whether it lives.
	branchRetry = int64(5 * time.Second)
	// reportJitter is how late a report may be in the network.
	reportJitter = int64(5 * time.Second)
)

// branch is what hangs on one switch or recorder that does not report by itself: it is
// known to be out when all that hangs on it is gone at once.
type branch struct {
	node
	site   *site
	parent event.DeviceID
	// closing marks one whose most are back and whose rest has a minute more.
	closing bool
}

// branchOf is the branch of a switch or recorder of the site, made when it is new.
func (s *site) branchOf(parent event.DeviceID) *branch {
	i, known := slices.BinarySearchFunc(s.branches, parent, func(b *branch, p event.DeviceID) int {
		return strings.Compare(string(b.parent), string(p))
	})
	if known {
		return s.branches[i]
	}
	b := &branch{site: s, parent: parent}
	b.init(b, "b/"+string(s.id)+"/"+string(parent))
	s.branches = slices.Insert(s.branches, i, b)
	s.engine.heap.add(&b.node)
	return b
}

// standing is the branch's anomaly, nil when there is none.
func (b *branch) standing() *event.Anomaly { return b.find(ruleTable[switchOutage].name) }

// branch is the one on which a device hangs, nil where there is none: the registry names
// nothing, or what it names reports by itself and is believed.
func (d *device) branch() *branch {
	if d.reg == nil || d.reg.Parent == "" || d.reg.Parent == d.id.Device {
		return nil
	}
	if p := d.parent(); p != nil && p.isWatched() {
		return nil
	}
	return d.site.branchOf(d.reg.Parent)
}

// verdict is what is known of a branch.
type verdict int

const (
	lives verdict = iota
	doubtful
	out
)

// look judges a branch: it is out when enough of it was lost together and nothing of it
// was heard since, though everything should have been.
func (b *branch) look(at int64) (census, verdict) {
	s := b.site
	from := at - s.limits.seconds(outageWindowSeconds)
	var c census
	latest := int64(never)
	for _, d := range s.devices {
		if d.isOn(b) && d.lost != present && d.lostAt >= from {
			c.members = append(c.members, d)
			latest = min(latest, d.lastAlive())
		}
	}
	c.lost = len(c.members)
	result := lives
	if c.lost >= 2 {
		result = out
	}
	for _, d := range s.devices {
		if !d.isOn(b) || d.lost != present || d.beats < 2 || !d.onDuty(at) {
			continue
		}
		switch {
		case d.heard() > latest:
			return c, lives
		case at < latest+d.reportPeriod()*6/5+reportJitter:
			result = doubtful
		}
		c.alive = append(c.alive, d) // not lost yet, and gone all the same
	}
	if len(c.members)+len(c.alive) < int(s.limits[switchDevices]) {
		return c, lives
	}
	return c, result
}

// isOn reports whether a device's loss tells of a branch.
func (d *device) isOn(b *branch) bool {
	return d.reg != nil && d.reg.Parent == b.parent && d.id.Device != b.parent && d.isWatched()
}

// lostOne is called when a device of the branch is lost.
func (b *branch) lostOne(d *device, at int64) {
	if b.standing() == nil {
		b.form(at)
		return
	}
	d.inBranch = true
	if b.timers[timerBranch] == never {
		b.site.engine.set(&b.node, timerBranch, at+groupUpdate)
	}
}

// form raises the branch's anomaly when it is out.
func (b *branch) form(at int64) {
	s := b.site
	if !s.engine.enabled[switchOutage] {
		return
	}
	c, verdict := b.look(at)
	started := int64(never)
	for _, d := range c.members {
		started = min(started, d.lostAt)
	}
	dark := verdict == out && at-started < massPatience && s.find(groupRule(outage)) == nil && s.looksDark(at)
	switch {
	case verdict == doubtful || dark: // of a dark site let its outage come first
		s.engine.set(&b.node, timerBranch, at+branchRetry)
		return
	case verdict != out:
		return
	}
	for _, d := range c.members {
		d.inBranch = true
	}
	f := b.finding(&c).from(started)
	f.caused = s.outageID()
	s.engine.raise(&b.node, f)
	for _, d := range c.members {
		s.engine.touch(&d.node)
		d.explain()
	}
	s.explainMass()
}

func (b *branch) finding(c *census) finding {
	f := finding{rule: switchOutage, site: b.site, branch: b.parent, count: len(c.members) + len(c.alive)}
	f.value, f.limit, f.unit = float64(c.lost), float64(f.count), "devices"
	for _, list := range [...][]*device{c.members, c.alive} {
		for _, d := range list[:min(len(list), maxDevices-len(f.devices))] {
			f.devices = append(f.devices, d.id.Device)
		}
	}
	name := event.Text{ZH: string(b.parent), EN: string(b.parent)}
	if reg := b.site.engine.county.Device(b.site.id, b.parent); reg != nil && reg.Name.ZH != "" && reg.Name.EN != "" {
		name = reg.Name
	}
	f.detail = name
	return f
}

// members counts those of a branch that stands.
func (b *branch) members() *census {
	c := &census{}
	for _, d := range b.site.devices {
		if d.inBranch && d.reg != nil && d.reg.Parent == b.parent {
			c.members = append(c.members, d)
			if d.lost != present {
				c.lost++
			}
		} else if a := b.standing(); a != nil && d.isOn(b) && d.lost == present && d.beats >= 2 && d.heard() < a.StartedAt.UnixNano() {
			c.alive = append(c.alive, d) // not lost yet, and gone all the same
		}
	}
	return c
}

// backOne is called when a device of the site is back.
func (b *branch) backOne(at int64) {
	if b.standing() == nil {
		return
	}
	c := b.members()
	switch {
	case c.lost == 0:
		b.dissolve(c)
	case 2*c.lost <= len(c.members) && !b.closing:
		b.closing = true
		b.site.engine.set(&b.node, timerBranch, at+groupReturn)
	case b.timers[timerBranch] == never:
		b.site.engine.set(&b.node, timerBranch, at+groupUpdate)
	}
	b.site.engine.touch(&b.node)
}

// fire handles the deadline of a branch that is due at a time.
func (b *branch) fire(at int64) {
	b.timers[timerBranch] = never
	a := b.standing()
	if a == nil {
		b.form(at)
		return
	}
	c := b.members()
	if b.closing {
		b.closing = false
		if 2*c.lost <= len(c.members) {
			b.dissolve(c)
			return
		}
	}
	f := b.finding(c)
	if f.count == a.Count && f.value == a.Value {
		return
	}
	a.Count, a.Value, a.Limit, a.Devices, a.EventID = f.count, f.value, f.limit, f.devices, ""
	a.Text = f.text(a)
	b.site.engine.change(&b.node, a, event.Updated)
}

// dissolve ends a branch's anomaly; members that are still lost stand for themselves again.
func (b *branch) dissolve(c *census) {
	s := b.site
	b.closing = false
	b.timers[timerBranch] = never
	for _, d := range c.members {
		d.inBranch = false
		s.engine.touch(&d.node)
		d.explain()
	}
	s.explainMass()
	if a := b.standing(); a != nil {
		a.Value = float64(c.lost)
	}
	s.engine.clear(&b.node, ruleTable[switchOutage].name, "")
}

// explainBranches brings the anomalies of branches under their site's outage, or out of it.
func (s *site) explainBranches() {
	id := s.outageID()
	for _, b := range s.branches {
		a := b.standing()
		if a == nil || a.CausedBy == id {
			continue
		}
		if c := b.members(); id == "" && 2*c.lost <= len(c.members) {
			b.dissolve(c) // what is left of it need not be told as one
			continue
		}
		a.CausedBy, a.EventID = id, ""
		s.engine.change(&b.node, a, event.Updated)
	}
}
