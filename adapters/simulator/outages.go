package simulator

import (
	"cmp"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// deviceSilent lets one device fall silent without a word.
func deviceSilent(p *place, n *Incident) {
	length := n.length(6 * time.Minute)
	p.d.mute(length)
	p.t.after(length, func() { p.d.birth("restarted") })
}

// cameraDown lets a recorder say that it has lost a camera's picture.
func cameraDown(p *place, n *Incident) {
	length := n.length(5 * time.Minute)
	p.d.state(event.StatusDown, "video lost")
	p.d.mute(length)
	p.t.after(length, func() { p.d.birth("video back") })
}

func cameraFlapping(p *place, n *Incident) {
	const every = 25 * time.Second
	times := cmp.Or(n.Count, 3)
	p.d.mute(time.Duration(2*times) * every)
	for i := range times {
		p.t.after(time.Duration(2*i)*every, func() { p.d.state(event.StatusDown, "video lost") })
		p.t.after(time.Duration(2*i+1)*every, func() { p.d.state(event.StatusUp, "video back") })
	}
}

// cameraMassOutage silences every camera on one switch.
func cameraMassOutage(p *place, n *Incident) {
	length := n.length(6 * time.Minute)
	for _, c := range p.cameras {
		if c.Parent != p.d.Parent {
			continue
		}
		c.mute(length)
		p.t.after(length+p.t.span(0, 5*time.Second), func() { c.birth("network back") })
	}
}

// on lists the devices that hang on a switch or recorder.
func (s *site) on(parent event.DeviceID) []*device {
	var list []*device
	for _, d := range s.all {
		if parent != "" && d.Parent == parent {
			list = append(list, d)
		}
	}
	return list
}

// switchOutage silences all that hangs on one switch.
func switchOutage(p *place, n *Incident) {
	length := n.length(7 * time.Minute)
	for _, d := range p.on(p.d.Parent) {
		d.mute(length)
		p.t.after(length+p.t.span(0, 5*time.Second), func() { d.birth("network back") })
	}
}

// siteOutage lets a whole school go dark.
func siteOutage(p *place, n *Incident) {
	length := n.length(6 * time.Minute)
	p.darkUntil = p.t.now + int64(length)
	for _, d := range p.all {
		p.t.after(length+p.t.span(time.Second, 10*time.Second), func() { d.birth("power on") })
	}
}
