package detect

import (
	"math"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// forgetAfter is how long a device that is not in the registry is remembered.
const forgetAfter = int64(7 * 24 * time.Hour)

// observation is an event on its way through the rules.
type observation struct {
	*event.Event
	d   *device
	now int64 // the engine's time
	// at is the device's time, not later than now: a clock ahead by less than event.Stamp
	// corrects must not make what follows look old.
	at int64
	// started is the device's time as anomalies tell it, with all digits.
	started int64
}

// handle judges one event at the engine's time.
func (e *Engine) handle(ev *event.Event) {
	if ev.Retained {
		return // a last value, neither fresh nor history
	}
	d := e.device(ev)
	if d == nil {
		e.skipped++
		return
	}
	now := e.clock
	if !d.recent.add(fingerprintOf(ev), now) {
		return
	}
	e.touch(&d.node)
	if d.reg == nil {
		e.set(&d.node, timerForget, now+forgetAfter)
	}
	observed := ev.ObservedAt.UnixNano()
	o := observation{Event: ev, d: d, now: now, at: min(observed, now), started: observed}
	received := now
	if !ev.ReceivedAt.IsZero() {
		received = ev.ReceivedAt.UnixNano()
	}
	if ev.Seq != 0 {
		d.sequence(&o)
	}
	known := d.clockOf(&o, received) && ev.Late
	if ev.Backfill || ev.Late && !known || now-received > int64(event.DefaultLateAfter) {
		e.late(&o)
		return
	}
	if known {
		o.at, o.started = received, min(observed+d.offset, now)
	}
	if ev.Check != nil {
		d.camera(&o, ev.Check) // others' word of the device: no sign of its life
		return
	}
	d.presence(&o)
	switch {
	case ev.Gate != nil:
		e.gate(&o, ev.Gate)
	case ev.Temperature != nil:
		e.temperature(&o, ev.Temperature)
	case ev.Position != nil:
		d.position(&o, ev.Position)
	case ev.Reading != nil:
		d.reading(&o, ev.Reading)
	case ev.Call != nil:
		e.call(&o, ev.Call)
	}
}

// late judges what is history: only breaches by one passage, measurement or call, which
// are the same whenever they become known.
func (e *Engine) late(o *observation) {
	switch {
	case o.Gate != nil:
		e.lateGate(o, o.Gate)
	case o.Temperature != nil:
		if t := o.Temperature.Celsius; e.isFever(o.d, t) {
			e.tellLate(o.finding(fever).measured(t, o.d.limits[feverCelsius], "°C").who(o.Temperature.PersonKind))
		}
	case o.Position != nil && o.Position.SOS:
		e.tellLate(o.finding(busSOS))
	case o.Call != nil && o.Call.State == event.CallPressed:
		e.tellLate(o.finding(emergencyCall).named(o.Call.Place))
	}
}

// finding starts what a rule found by this event. Momentary ones start when the device
// saw them.
func (o *observation) finding(r rule) finding {
	return finding{rule: r, site: o.d.site, device: o.d, at: o.started, event: o.ID}
}

// measured keeps a value to two digits, which is more than any of these devices knows.
func (f finding) measured(value, limit float64, unit string) finding {
	f.value, f.limit, f.unit = math.Round(value*100)/100, limit, unit
	return f
}

func (f finding) of(whose string) finding {
	f.whose = whose
	return f
}

func (f finding) from(at int64) finding {
	f.at = at
	return f
}

func (f finding) named(what string) finding {
	f.detail = event.Text{ZH: what, EN: what}
	return f
}

func (f finding) who(kind string) finding {
	f.detail = personText(kind)
	return f
}

// fire handles the deadlines of a device that are due at a time, in the order of their
// numbers.
func (d *device) fire(at int64) {
	for i := range d.timers {
		if d.timers[i] > at {
			continue
		}
		d.timers[i] = never
		switch i {
		case timerSilent:
			d.overdue(at)
		case timerSettle:
			d.settle(at)
		case timerSequence:
			d.confirmGap(at)
		case timerSeqClear:
			d.missing = 0
			d.engine.clear(&d.node, ruleTable[sequenceGap].name, "")
		case timerFlap:
			d.endFlapping()
		case timerLeft:
			d.notChecked(at)
		case timerForget:
			d.forgotten(at)
		}
	}
}

// forgotten drops a device, and ends what stands of it.
func (d *device) forgotten(at int64) {
	d.expire(at)
	d.clearAll(d.engine)
	d.lost, d.told, d.inOutage, d.inMass, d.inBranch = present, false, false, false, false
	d.site.backOne(at)
	d.engine.forget(d)
}

// fire handles the deadlines of a site that are due at a time.
func (s *site) fire(at int64) {
	for i := range s.timers {
		if s.timers[i] > at {
			continue
		}
		s.timers[i] = never
		switch i {
		case timerCluster:
			s.shrinkCluster(at)
		case timerClose:
			s.closing(at)
		case timerOutage:
			s.review(outage, at)
		case timerMass:
			s.review(mass, at)
		case timerStay:
			s.forgetVisits(at)
		}
	}
}
