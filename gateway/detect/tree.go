package detect

import "github.com/campusgate/campusgate/gateway/event"

// parent is what the registry says the device hangs on, where that is a device which was
// heard; where the registry says nothing, its site's gateway.
func (d *device) parent() *device {
	if d.reg == nil {
		return nil
	}
	id := d.reg.Parent
	if id == "" && d.kind != event.KindGateway {
		id = d.site.gateway()
	}
	if id == "" || id == d.id.Device {
		return nil
	}
	return d.engine.devices[event.DeviceKey{Site: d.id.Site, Device: id}]
}

// carriersOf are the devices of a site on which others hang.
func carriersOf(reg *event.Site) map[event.DeviceID]bool {
	carriers := make(map[event.DeviceID]bool)
	for i := range reg.Devices {
		if p := reg.Devices[i].Parent; p != "" {
			carriers[p] = true
		}
	}
	return carriers
}

// gateway is the only gateway of the site in the registry, empty where there is none or
// are several.
func (s *site) gateway() event.DeviceID {
	var id event.DeviceID
	if s.reg == nil {
		return ""
	}
	for i := range s.reg.Devices {
		if s.reg.Devices[i].Kind == event.KindGateway {
			if id != "" {
				return ""
			}
			id = s.reg.Devices[i].ID
		}
	}
	return id
}

// upstream is the id of the anomaly of the switch, recorder or gateway that took the
// device with it, empty when none did.
func (d *device) upstream() string {
	if above := d.above(); len(above) > 0 {
		return above[0]
	}
	return ""
}

// above lists the anomalies of the switches, recorders and gateways that took the device
// with them, the nearest first. What lives in between ends the search.
func (d *device) above() []string {
	var ids []string
	at := d
	for range maxDepth {
		if at.inBranch && at.reg != nil {
			if a := at.site.branchOf(at.reg.Parent).standing(); a != nil {
				ids = append(ids, a.ID)
			}
		}
		p := at.parent()
		if p == nil || p == d {
			break
		}
		a := p.find(ruleTable[p.lossRule()].name)
		if a != nil && !p.returning {
			// That it is the gateway on which something hangs is a guess: only what goes with
			// it went because of it.
			window := d.site.limits.seconds(outageWindowSeconds)
			if apart := d.lostAt - p.lostAt; at.reg.Parent == "" && (apart > window || apart < -window) {
				break
			}
			ids = append(ids, a.ID)
		} else if p.isWatched() {
			break
		}
		at = p
	}
	return ids
}

// lastAlive is the latest time at which what took a lost device with it can have happened:
// by then the device would have reported.
func (d *device) lastAlive() int64 {
	if d.lost == lostDown {
		return d.lostAt
	}
	return d.heard() + d.reportPeriod()*6/5 + reportJitter
}

// upstreamDoubtful reports whether it is still to be seen that what the device hangs on
// has gone with it.
func (d *device) upstreamDoubtful(at int64) bool {
	if b := d.branch(); b != nil {
		_, verdict := b.look(at)
		return verdict == doubtful || verdict == out && b.standing() == nil
	}
	p := d.parent()
	switch {
	case p == nil || !p.isWatched():
		return false
	case p.lost != present:
		return !p.told
	}
	return p.beats >= 2 && p.heard() <= d.lastAlive() && p.onDuty(at)
}

// explainBelow brings the losses of what hangs on a device under its own, or out of it.
func (d *device) explainBelow() {
	found := false
	if !d.site.carriers[d.id.Device] && d.kind != event.KindGateway {
		return
	}
	for _, c := range d.site.devices {
		if c != d && c.below(d) {
			found = true
			c.explain()
		}
	}
	if found {
		d.site.explainMass()
	}
}

// below reports whether a device hangs on another, at any depth.
func (d *device) below(top *device) bool {
	at := d
	for range maxDepth {
		if at = at.parent(); at == nil || at == top {
			return at != nil
		}
	}
	return false
}

// carries reports whether the loss of the device explains that of others.
func (d *device) carries(a *event.Anomaly) bool {
	for _, c := range d.site.devices {
		if c != d && c.lost != present && c.upstream() == a.ID {
			return true
		}
	}
	return false
}

// returned ends the loss of a device that came back and whose dependants had their time to
// come back too. They stand for themselves before it ends, so that they are told once.
func (d *device) returned() {
	d.told, d.returning = false, true
	d.explainBelow()
	d.returning = false
	d.engine.clear(&d.node, ruleTable[d.lossRule()].name, "")
}
