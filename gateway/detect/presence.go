package detect

import (
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// reportPeriod is how often a device reports by itself: as set, as it says, as the
// registry says, as it was seen to do, as its kind usually does.
func (d *device) reportPeriod() int64 {
	switch {
	case d.limits[periodSeconds] > 0:
		return d.limits.seconds(periodSeconds)
	case d.period > 0:
		return int64(d.period)
	case d.reg != nil && d.reg.Period > 0:
		return int64(d.reg.Period)
	case d.kind == event.KindBus:
		return max(int64(30*time.Second), int64(d.learned))
	}
	return max(int64(time.Minute), int64(d.learned))
}

// patience is how long a device may be without a sign of life.
func (d *device) patience() int64 {
	return int64(float64(d.reportPeriod())*d.limits[silentPeriods]) + d.limits.seconds(silentGraceSeconds)
}

// heard is since when the device can have been missed: its last sign of life, or when the
// gateway began to listen.
func (d *device) heard() int64 { return max(d.lastSeen, d.engine.watched) }

// isWatched reports whether the device's loss counts for its site: it is known to report,
// and does not drive about.
func (d *device) isWatched() bool {
	return d.kind != event.KindBus && (d.beats >= 2 || d.status != 0)
}

// presence notes a sign of life, or the word that there is none.
func (d *device) presence(o *observation) {
	st := o.Status
	if st == nil {
		d.alive(o, o.Reading != nil || o.Position != nil)
		return
	}
	if o.at < d.statusAt || st.Status == event.StatusUnknown || st.Status == "" {
		return // overtaken by a newer word, or no word at all
	}
	d.statusAt = o.at
	if st.Period > 0 {
		d.period = st.Period
	}
	if namesPower(st.Reason) {
		d.noPower = true
	}
	if st.Status == event.StatusDown {
		d.status = 2
		if d.onDuty(o.now) {
			d.lose(o.now, lostDown, o)
		}
		return
	}
	d.status = 1
	d.alive(o, st.Heartbeat || st.Period > 0)
}

// alive notes a live message; periodic ones are those whose absence means something.
func (d *device) alive(o *observation, periodic bool) {
	if d.lost == lostDown && o.at <= d.statusAt && o.Status == nil {
		return // observed before it went down
	}
	if d.kind == event.KindBus && o.Position == nil {
		return // a bus is missed when its positions stop, whatever else it sends
	}
	d.lastSeen = o.now
	if periodic {
		if d.reg == nil && d.period == 0 && d.lost == present && d.lastBeat > 0 && d.lastBeat >= d.engine.watched {
			if interval := o.now - d.lastBeat; interval >= int64(time.Second) {
				d.learned = min(max(time.Duration(interval), d.learned*7/8), time.Hour)
			}
		}
		d.lastBeat = o.now
		d.beats = min(d.beats+1, 2)
	}
	if d.lost != present {
		d.recover(o)
	}
	d.arm()
}

// arm sets the time by which the device must be heard again.
func (d *device) arm() {
	if d.beats < 2 || d.kind == event.KindBus && d.trip != tripRunning {
		d.timers[timerSilent] = never
		return
	}
	d.engine.set(&d.node, timerSilent, d.heard()+d.patience())
}

// overdue is called at the deadline that was set when the device was heard last.
func (d *device) overdue(at int64) {
	if deadline := d.heard() + d.patience(); deadline > at {
		d.engine.set(&d.node, timerSilent, deadline)
		return
	}
	if !d.onDuty(at) {
		if start := d.nextDuty(at); start > 0 {
			d.engine.set(&d.node, timerSilent, start+d.patience())
		}
		return
	}
	if d.kind == event.KindBus {
		if d.trip == tripRunning && d.find(ruleTable[busSilent].name) == nil {
			d.engine.raise(&d.node, finding{
				rule: busSilent, site: d.site, device: d, at: at,
				value: float64(at-d.lastSeen) / 1e9, limit: float64(d.patience()) / 1e9, unit: "s",
			}.sinceText(d.lastSeen))
		}
		return
	}
	d.lose(at, lostSilent, nil)
}

// onDuty reports whether the device's silence is a fault at a time.
func (d *device) onDuty(at int64) bool {
	return d.reg == nil || d.site.hours == nil || d.reg.OnDuty(d.site.reg.Hours, d.engine.local(at))
}

// nextDuty is when the device's next duty begins, 0 when it never does.
func (d *device) nextDuty(at int64) int64 {
	start := d.reg.NextDuty(d.site.reg.Hours, d.engine.local(at))
	if start.IsZero() {
		return 0
	}
	return start.UnixNano()
}

func (e *Engine) local(at int64) time.Time { return time.Unix(0, at).In(e.zone) }

// lose notes that a device is gone. It is told after the settle time, so that what goes
// together is told together.
func (d *device) lose(at int64, how uint8, o *observation) {
	if d.lost != present {
		d.lost = how
		return
	}
	if d.kind == event.KindBus {
		return // a bus that says it is off is off; bus_silent looks after trips
	}
	d.lost, d.lostAt = how, at
	d.timers[timerSilent] = never
	d.flap(at, o)
	d.told = d.find(ruleTable[d.lossRule()].name) != nil // it was on its way back
	settle := d.limits.seconds(settleSeconds)
	if len(d.changes) >= 3 { // it has come and gone: wait whether it flaps
		settle *= 4
	}
	d.engine.set(&d.node, timerSettle, at+settle)
	if b := d.branch(); b != nil {
		b.lostOne(d, at)
	}
	d.site.lostOne(d, at)
}

// settle tells a loss that has waited for its group, or lets it wait on while the site
// looks as if more were to come.
func (d *device) settle(at int64) {
	if d.lost == present {
		if d.told {
			d.returned()
		}
		return
	}
	if d.told {
		return
	}
	cause := d.cause()
	if cause == "" && at < d.lostAt+d.site.limits.seconds(outageWindowSeconds) && (d.site.looksDark(at) || d.upstreamDoubtful(at)) {
		d.engine.set(&d.node, timerSettle, at+int64(15*time.Second))
		return
	}
	f := finding{rule: d.lossRule(), site: d.site, device: d, at: d.lostAt, caused: cause}
	if d.kind == event.KindButton {
		f.sev = event.SeverityHigh // an emergency button that cannot call is worse than a door
	}
	if d.lost == lostDown {
		f = f.named("down")
	} else {
		f = f.measured(float64(at-d.lastSeen)/1e9, float64(d.patience())/1e9, "s").sinceText(d.lastSeen)
	}
	d.told = true
	d.engine.raise(&d.node, f)
	d.explainBelow()
}

// recover notes that a lost device is back.
func (d *device) recover(o *observation) {
	if d.kind == event.KindBus {
		return
	}
	d.timers[timerSettle] = never
	if a := d.find(ruleTable[d.lossRule()].name); a != nil && d.carries(a) {
		d.engine.set(&d.node, timerSettle, o.now+groupReturn)
	} else {
		d.engine.clear(&d.node, ruleTable[d.lossRule()].name, o.ID)
		d.told = false
	}
	d.lost, d.noPower = present, false
	d.flap(o.now, o)
	d.site.backOne(o.now)
}

// lossRule is the rule by which the loss of a device of this kind is told.
func (d *device) lossRule() rule {
	switch d.kind {
	case event.KindCamera:
		return cameraDown
	case event.KindKitchen:
		return kitchenSilent
	}
	return deviceSilent
}

// cause is the id of the anomaly that explains the loss of a device, empty when none does.
func (d *device) cause() string {
	for g := range groups {
		if a := d.site.find(groupRule(g)); a != nil && *d.in(g) {
			return a.ID
		}
		if g == outage {
			if id := d.upstream(); id != "" {
				return id
			}
		}
	}
	if a := d.find(ruleTable[cameraFlapping].name); a != nil {
		return a.ID
	}
	return ""
}

// explain brings a told loss under its present cause, or out of it.
func (d *device) explain() {
	a := d.find(ruleTable[d.lossRule()].name)
	if a == nil {
		return
	}
	if cause := d.cause(); cause != a.CausedBy {
		a.CausedBy, a.EventID = cause, ""
		d.engine.change(&d.node, a, event.Updated)
	}
}

// flap notes that a camera went or came.
func (d *device) flap(at int64, o *observation) {
	if d.kind != event.KindCamera {
		return
	}
	window := d.limits.minutes(cameraFlapMinutes)
	for len(d.changes) > 0 && (d.changes[0] < at-window || len(d.changes) >= 16) {
		d.changes = d.changes[:copy(d.changes, d.changes[1:])]
	}
	d.changes = append(d.changes, at)
	key := ruleTable[cameraFlapping].name
	a := d.find(key)
	if a == nil && len(d.changes) < int(d.limits[cameraFlapChanges]) {
		return
	}
	d.engine.set(&d.node, timerFlap, at+window)
	if a != nil {
		a.Count++
		a.Value = float64(a.Count)
		a.Text = (&finding{rule: cameraFlapping, site: d.site, device: d}).text(a)
		if at-a.UpdatedAt.UnixNano() >= int64(time.Minute) {
			d.engine.change(&d.node, a, event.Updated)
		}
		return
	}
	f := finding{rule: cameraFlapping, site: d.site, device: d, at: at, count: len(d.changes)}.
		measured(float64(len(d.changes)), d.limits[cameraFlapChanges], "")
	if o != nil {
		f.event = o.ID
	}
	d.engine.raise(&d.node, f)
	d.explain()
}

func (d *device) endFlapping() {
	d.changes = nil
	d.engine.clear(&d.node, ruleTable[cameraFlapping].name, "")
	d.explain()
}

// namesPower reports whether a device's reason says that mains failed.
func namesPower(reason string) bool {
	if reason == "" {
		return false
	}
	reason = strings.ToLower(reason)
	for _, word := range [...]string{"power", "mains", "on battery", "停电", "断电", "市电"} {
		if strings.Contains(reason, word) {
			return true
		}
	}
	return false
}
