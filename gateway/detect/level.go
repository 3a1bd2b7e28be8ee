package detect

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// The conditions of a device that must last. Numbers are stored: never renumber.
const (
	levelOverspeed = 0
	levelCapacity  = 1
	levelOffRoute  = 2
	levelColdStore = 3
	levelFreezer   = 4
	levelGas       = 5
	levelSmoke     = 6
	levelImage     = 7
	levelRecording = 8
	numLevels      = 9
	firstLevels    = 7 // those that were stored before there were camera checks
)

// worseUpdate is how often the worst value of a standing anomaly is told anew.
const worseUpdate = int64(time.Minute)

// level follows one value against its limits, in the device's time.
type level struct {
	last  int64 // last observation
	since int64 // outside since, 0 inside
	calm  int64 // inside again since, 0 outside
}

// band is where a value lies.
type band int

const (
	inside  band = iota // well inside the limits
	between             // inside, but not by the hysteresis
	outside
)

// above places a value that must stay below a limit.
func above(value, limit, hysteresis float64) band {
	switch {
	case value > limit:
		return outside
	case value > limit-hysteresis:
		return between
	}
	return inside
}

// follow notes one observation of a value. outside for delay raises f, inside for rest
// clears it. An observation older than the last may raise what is to be raised at once
// (delay 0) and does nothing else.
func (d *device) follow(o *observation, i int, b band, delay, rest int64, f finding) {
	l := &d.levels[i]
	key := ruleTable[f.rule].name
	a := d.find(key)
	if o.at <= l.last {
		if b == outside && delay == 0 && a == nil {
			d.engine.raise(&d.node, f)
		}
		return
	}
	// Two observations far apart say nothing about the time between them.
	if o.at-l.last > max(delay, rest, int64(5*time.Minute)) && o.at-l.last > 3*o.period() {
		l.since, l.calm = 0, 0
	}
	l.last = o.at
	if b == outside {
		l.calm = 0
		if l.since == 0 {
			l.since = o.at
		}
		switch {
		case a == nil && o.at-l.since >= delay:
			d.engine.raise(&d.node, f.from(l.since))
		case a != nil && worse(f, a):
			a.Value, a.EventID = f.value, o.ID
			a.Text = f.text(a)
			if o.now-a.UpdatedAt.UnixNano() >= worseUpdate {
				d.engine.change(&d.node, a, event.Updated)
			}
		}
		return
	}
	if b == between {
		l.calm = 0
		if a == nil {
			l.since = 0
		}
		return
	}
	if a == nil {
		l.since = 0
		return
	}
	if l.calm == 0 {
		l.calm = o.at
	}
	if o.at-l.calm >= rest {
		l.since, l.calm = 0, 0
		d.engine.clear(&d.node, key, o.ID)
	}
}

// worse reports whether a finding is further outside than what was told.
func worse(f finding, a *event.Anomaly) bool {
	if a.Value < a.Limit {
		return f.value < a.Value
	}
	return f.value > a.Value
}

// settleLevel ends a condition whose ground is gone, as a speed's at the end of the trip.
func (d *device) settleLevel(i int, r rule, eventID string) {
	d.levels[i].since, d.levels[i].calm = 0, 0
	d.engine.clear(&d.node, ruleTable[r].name, eventID)
}
