package detect

import (
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// The groups in which a site's devices are lost together, the graver first.
const (
	outage = 0 // site_outage: most of everything
	mass   = 1 // camera_mass_outage: many cameras
	groups = 2
)

// The causes of a site outage.
const (
	causePower   = "power"
	causeSwitch  = "switch"
	causeGateway = "gateway"
	causeNetwork = "network"
)

const (
	// maxDevices is how many devices an anomaly names.
	maxDevices = 100
	// groupUpdate is how long changes of a group are gathered for one update.
	groupUpdate = int64(30 * time.Second)
	// groupReturn is how long a group whose most are back waits for the rest before the
	// rest is told one by one.
	groupReturn = int64(time.Minute)
	// massPatience is how long a mass outage of cameras waits for the outage of its site,
	// looking again every groupRetry.
	massPatience = int64(time.Minute)
	groupRetry   = int64(10 * time.Second)
)

func groupRule(g int) string {
	if g == mass {
		return ruleTable[cameraMassOutage].name
	}
	return ruleTable[siteOutage].name
}

// in is whether the device was lost with a group.
func (d *device) in(g int) *bool {
	if g == mass {
		return &d.inMass
	}
	return &d.inOutage
}

// takesPart reports whether a device counts in a group.
func (d *device) takesPart(g int) bool {
	return d.isWatched() && (g == outage || d.kind == event.KindCamera && !d.site.carriers[d.id.Device])
}

// seemsAlive reports whether a device that is not lost gives a reason to think that it
// lives. One out of service hours may be silent without being lost.
func (d *device) seemsAlive(at int64) bool {
	return d.lost == present && (d.beats < 2 || at-d.heard() <= d.patience())
}

// census counts a site's devices for a group.
type census struct {
	members []*device // lost together
	lost    int       // members that are still lost
	alive   []*device // the others that take part and are not lost
	fresh   []*device // devices of any kind that are not even overdue: they tell of the cause
}

// overdueAt reports whether a device has missed a report.
func (d *device) overdueAt(at int64) bool {
	return d.lost != present || d.beats >= 2 && at-d.heard() > d.reportPeriod()*3/2+int64(5*time.Second)
}

// witness counts a device of the site that tells of the cause.
func (c *census) witness(d *device, at int64) {
	if d.isWatched() && !d.overdueAt(at) {
		c.fresh = append(c.fresh, d)
	}
}

// lostOne is called when a device of the site is lost.
func (s *site) lostOne(d *device, at int64) {
	for g := range groups {
		if !d.takesPart(g) {
			continue
		}
		if s.find(groupRule(g)) == nil {
			s.form(g, at)
			continue
		}
		*d.in(g) = true
		if s.timers[timerOutage+g] == never {
			s.engine.set(&s.node, timerOutage+g, at+groupUpdate)
		}
	}
}

// form raises a group's anomaly when enough devices were lost within its window.
func (s *site) form(g int, at int64) {
	window, share, least := outageWindowSeconds, outageShare, outageDevices
	if g == mass {
		window, share, least = cameraMassWindowSeconds, cameraMassShare, cameraMassCount
	}
	from := at - s.limits.seconds(window)
	var c census
	started := at
	for _, d := range s.devices {
		c.witness(d, at)
		switch {
		case !d.takesPart(g):
		case d.lost != present && d.lostAt >= from:
			c.members = append(c.members, d)
			started = min(started, d.lostAt)
		case d.seemsAlive(at):
			c.alive = append(c.alive, d)
		}
	}
	n, total := len(c.members), len(c.members)+len(c.alive)
	if n < int(s.limits[least]) || float64(n)*100 < s.limits[share]*float64(total) || g == outage && c.camerasOnly() {
		return
	}
	if !s.engine.enabled[ruleByName(groupRule(g))] {
		return
	}
	if g == mass && s.find(groupRule(outage)) == nil && (at-started < massPatience && s.looksDark(at) ||
		at-started < s.limits.seconds(outageWindowSeconds) && slices.ContainsFunc(c.members, func(d *device) bool { return d.upstreamDoubtful(at) })) {
		// The whole site is going, or a switch: let that come first, and this under it.
		s.engine.set(&s.node, timerMass, at+groupRetry)
		return
	}
	for _, d := range c.members {
		*d.in(g) = true
	}
	c.lost = n
	f := s.groupFinding(g, &c).from(started)
	if g == mass {
		f.caused = s.massCause(&c)
	}
	s.engine.raise(&s.node, f)
	for _, d := range c.members {
		s.engine.touch(&d.node)
		d.explain()
	}
	if g == outage {
		s.explainBranches()
		s.explainMass()
	}
}

// camerasOnly reports whether only cameras are lost and something else lives: then it is a
// matter of cameras, and camera_mass_outage tells it.
func (c *census) camerasOnly() bool {
	for _, d := range c.members {
		if d.kind != event.KindCamera {
			return false
		}
	}
	for _, d := range c.alive {
		if d.kind != event.KindCamera {
			return true
		}
	}
	return false
}

// parent is the switch or recorder on which every member hangs and nothing that lives,
// empty when there is none, or when nothing lives that could tell it from the whole site.
func (c *census) parent() event.DeviceID {
	var parent event.DeviceID
	for i, d := range c.members {
		if d.reg == nil || d.reg.Parent == "" || i > 0 && d.reg.Parent != parent {
			return ""
		}
		parent = d.reg.Parent
	}
	for _, d := range c.fresh {
		if d.reg != nil && (d.reg.Parent == parent || d.id.Device == parent) {
			return ""
		}
	}
	if len(c.fresh) == 0 {
		return ""
	}
	return parent
}

// cause names the likeliest cause of a group. A cut of power and one of the line to the
// centre look alike from here when nothing at the site is left to tell: that is called
// power, and the text says both.
func (c *census) cause() string {
	alone := true // only devices with a battery or a line of their own live
	for _, d := range c.fresh {
		if d.kind != event.KindButton {
			alone = false
		}
	}
	gateway := false
	for _, d := range c.members {
		if d.noPower {
			return causePower
		}
		gateway = gateway || d.kind == event.KindGateway
	}
	switch {
	case c.parent() != "":
		return causeSwitch
	case gateway:
		return causeGateway
	case alone:
		return causePower
	}
	return causeNetwork
}

func (s *site) groupFinding(g int, c *census) finding {
	f := finding{rule: siteOutage, site: s, count: len(c.members), cause: c.cause()}
	if g == mass {
		f.rule = cameraMassOutage
		if f.cause != causeSwitch {
			f.cause = ""
		}
	}
	f.value, f.limit, f.unit = float64(c.lost), float64(len(c.members)+len(c.alive)), "devices"
	if p := c.parent(); p != "" {
		f = f.named(string(p))
	}
	for _, d := range c.members[:min(len(c.members), maxDevices)] {
		f.devices = append(f.devices, d.id.Device)
	}
	return f
}

// members counts those of a group that stands.
func (s *site) members(g int) *census {
	c := &census{}
	for _, d := range s.devices {
		c.witness(d, s.engine.clock)
		switch {
		case *d.in(g):
			c.members = append(c.members, d)
			if d.lost != present {
				c.lost++
			}
		case d.takesPart(g) && d.seemsAlive(s.engine.clock):
			c.alive = append(c.alive, d)
		}
	}
	return c
}

// mostBack reports whether a group is over but for its last members.
func (s *site) mostBack(g int, c *census) bool {
	share := s.limits[outageShare]
	if g == mass {
		share = 50
	}
	return float64(len(c.members)-c.lost)*100 >= share*float64(len(c.members))
}

// backOne is called when a device of the site is back.
func (s *site) backOne(at int64) {
	for _, b := range s.branches {
		b.backOne(at)
	}
	for g := range groups {
		if s.find(groupRule(g)) == nil {
			continue
		}
		c := s.members(g)
		switch {
		case c.lost == 0:
			s.dissolve(g, c)
		case s.mostBack(g, c) && !s.closingGroup[g]:
			s.closingGroup[g] = true
			s.engine.set(&s.node, timerOutage+g, at+groupReturn)
		case s.timers[timerOutage+g] == never:
			s.engine.set(&s.node, timerOutage+g, at+groupUpdate)
		}
		s.engine.touch(&s.node)
	}
}

// review tells how a standing group has changed, or ends it.
func (s *site) review(g int, at int64) {
	a := s.find(groupRule(g))
	if a == nil {
		s.form(g, at)
		return
	}
	c := s.members(g)
	if s.closingGroup[g] {
		s.closingGroup[g] = false
		if s.mostBack(g, c) {
			s.dissolve(g, c)
			return
		}
	}
	f := s.groupFinding(g, c)
	if f.count == a.Count && f.value == a.Value && f.cause == a.Cause {
		return
	}
	a.Count, a.Value, a.Limit, a.Cause, a.Devices, a.EventID = f.count, f.value, f.limit, f.cause, f.devices, ""
	a.Text = f.text(a)
	s.engine.change(&s.node, a, event.Updated)
}

// dissolve ends a group; members that are still lost stand for themselves again, and do so
// before it ends, so that whoever is told of its end is not told of what ends with it.
func (s *site) dissolve(g int, c *census) {
	s.closingGroup[g] = false
	s.timers[timerOutage+g] = never
	a := s.find(groupRule(g))
	if a == nil {
		return
	}
	a.Value = float64(c.lost)
	s.ending = g == outage
	for _, d := range c.members {
		*d.in(g) = false
		s.engine.touch(&d.node)
		d.explain()
	}
	if g == outage {
		s.explainBranches()
		s.explainMass()
	}
	s.ending = false
	s.engine.clear(&s.node, groupRule(g), "")
}

// looksDark reports whether so many of the site's devices are overdue that an outage is
// likely to be seen within the next minutes.
func (s *site) looksDark(at int64) bool {
	overdue, total := 0, 0
	others, othersOverdue := 0, 0 // that are no cameras
	for _, d := range s.devices {
		if !d.isWatched() {
			continue
		}
		late := d.overdueAt(at)
		total++
		if late {
			overdue++
		}
		if d.kind != event.KindCamera {
			others++
			if late {
				othersOverdue++
			}
		}
	}
	if others > 0 && othersOverdue == 0 {
		return false // a matter of cameras
	}
	return overdue >= int(s.limits[outageDevices]) && float64(overdue)*100 >= s.limits[outageShare]*float64(total)
}
