package detect

import (
	"math"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// States of a bus trip as stored.
const (
	tripUnknown = 0
	tripRunning = 1
	tripEnded   = 2
)

// position judges one report of a bus.
func (d *device) position(o *observation, p *event.VehiclePosition) {
	if p.SOS {
		d.sos(o)
	}
	if o.at <= d.posAt {
		return // overtaken by a newer one
	}
	d.posAt = o.at
	d.engine.clear(&d.node, ruleTable[busSilent].name, o.ID)
	if !p.SOS {
		d.engine.clear(&d.node, ruleTable[busSOS].name, o.ID)
	}
	d.tripState(o, p)
	pupils := p.Passengers > 0 || d.trip == tripRunning
	l := d.limits
	switch {
	case !pupils:
		d.settleLevel(levelOverspeed, busOverspeed, o.ID) // the limits are for buses with pupils
	case p.Fix && !math.IsNaN(p.SpeedKMH) && !math.IsInf(p.SpeedKMH, 0):
		b := above(p.SpeedKMH, l[busSpeedKMH], l[busSpeedHysteresis])
		d.follow(o, levelOverspeed, b, l.seconds(busSpeedSeconds), l.seconds(busSpeedSeconds),
			o.finding(busOverspeed).measured(p.SpeedKMH, l[busSpeedKMH], "km/h"))
	}
	if capacity := d.capacity(); capacity > 0 && p.Passengers >= 0 {
		d.follow(o, levelCapacity, above(float64(p.Passengers), capacity, 0), l.seconds(busCapacitySeconds), 0,
			o.finding(busOvercapacity).measured(float64(p.Passengers), capacity, "pupils"))
	}
	if p.Fix && d.reg != nil {
		d.offRoute(o, p)
	}
}

func (d *device) capacity() float64 {
	if d.limits[busCapacity] > 0 || d.reg == nil {
		return d.limits[busCapacity]
	}
	return float64(d.reg.Capacity)
}

func (d *device) offRoute(o *observation, p *event.VehiclePosition) {
	way := d.engine.lines[d.reg.Route]
	if way == nil {
		return
	}
	if d.trip != tripRunning {
		d.settleLevel(levelOffRoute, busOffRoute, o.ID)
		return
	}
	corridor := d.limits[busCorridorM]
	if corridor == 0 {
		corridor = d.engine.county.Route(d.reg.Route).CorridorM
	}
	away := way.distance(p.Lat, p.Lon)
	if math.IsNaN(away) || math.IsInf(away, 0) {
		return
	}
	d.follow(o, levelOffRoute, above(away, corridor, corridor/10), d.limits.seconds(busOffRouteSeconds), 0,
		o.finding(busOffRoute).measured(away, corridor, "m"))
}

// sos tells an SOS, which stands until a position says that it is over.
func (d *device) sos(o *observation) {
	if d.find(ruleTable[busSOS].name) != nil {
		return
	}
	if o.at <= d.posAt { // it is over already, and was still pressed
		d.engine.moment(&d.node, o.finding(busSOS), 0)
		return
	}
	d.engine.raise(&d.node, o.finding(busSOS))
}

// tripState follows a trip from its start to the check that the bus is empty.
func (d *device) tripState(o *observation, p *event.VehiclePosition) {
	key := ruleTable[busPupilLeftBehind].name
	switch p.TripState {
	case event.TripRunning:
		if d.trip != tripRunning {
			d.trip, d.checked, d.endedAt = tripRunning, false, 0
			d.timers[timerLeft] = never
			d.engine.clear(&d.node, key, o.ID)
			d.arm()
		}
		return
	case event.TripEnded:
		if d.trip != tripEnded {
			ran := d.trip == tripRunning
			d.trip, d.endedAt, d.checked = tripEnded, o.at, false
			d.timers[timerSilent] = never
			if wait := d.limits.minutes(busEmptyCheckMinutes); ran && wait > 0 {
				d.engine.set(&d.node, timerLeft, o.now+wait)
			}
		}
	}
	if d.trip != tripEnded {
		return
	}
	if p.EmptyChecked == event.Yes {
		d.checked = true
		d.timers[timerLeft] = never
	}
	a := d.find(key)
	switch {
	case p.Passengers > 0 && a == nil:
		f := o.finding(busPupilLeftBehind).measured(float64(p.Passengers), 0, "pupils")
		f.count = p.Passengers
		d.engine.raise(&d.node, f)
	case p.Passengers > 0 && p.Passengers != a.Count:
		f := o.finding(busPupilLeftBehind).measured(float64(p.Passengers), 0, "pupils")
		a.Count, a.Value, a.Unit, a.EventID = p.Passengers, f.value, f.unit, o.ID
		a.Text = f.text(a)
		d.engine.change(&d.node, a, event.Updated)
	case p.Passengers <= 0 && a != nil && (d.checked || d.limits[busEmptyCheckMinutes] == 0):
		d.engine.clear(&d.node, key, o.ID)
	}
}

// notChecked is called when the time for the check that the bus is empty is over.
func (d *device) notChecked(at int64) {
	if d.trip != tripEnded || d.checked || d.find(ruleTable[busPupilLeftBehind].name) != nil {
		return
	}
	d.engine.raise(&d.node, finding{rule: busPupilLeftBehind, site: d.site, device: d, at: at}.
		measured(0, d.limits[busEmptyCheckMinutes], "min").sinceText(d.endedAt))
}

// call judges an emergency button.
func (e *Engine) call(o *observation, c *event.EmergencyCall) {
	d := o.d
	key := ruleTable[emergencyCall].name
	stale := o.at < d.callAt
	d.callAt = max(d.callAt, o.at)
	switch c.State {
	case event.CallPressed:
		a := d.find(key)
		switch {
		case a != nil:
			a.Count++
			a.EventID = o.ID
			e.change(&d.node, a, event.Updated)
		case stale:
			e.moment(&d.node, o.finding(emergencyCall).named(c.Place), 0) // pressed, and released since
		default:
			e.raise(&d.node, o.finding(emergencyCall).named(c.Place))
		}
	case event.CallReleased:
		if !stale {
			e.clear(&d.node, key, o.ID)
		}
	case event.CallTest:
		f := o.finding(emergencyCall).named(c.Place).of("test")
		f.sev = event.SeverityInfo
		e.moment(&d.node, f, int64(time.Minute))
	}
}
