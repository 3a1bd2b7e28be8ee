package detect

import (
	"math"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// maxMeasured is how many measured visitors of a site are remembered.
const maxMeasured = 64

// temperature judges one measurement at a thermometer.
func (e *Engine) temperature(o *observation, t *event.TemperatureCheck) {
	if t.Celsius == 0 {
		return // not measured
	}
	e.measure(o, t.PersonKind, t.Person, t.Celsius)
}

// isFever reports whether a measurement is a person's fever.
func (e *Engine) isFever(d *device, celsius float64) bool {
	return celsius >= d.limits[feverCelsius] && celsius <= d.limits[feverImplausibleAbove]
}

// measure judges a person's temperature, wherever it was taken.
func (e *Engine) measure(o *observation, kind, who string, celsius float64) {
	d, s := o.d, o.d.site
	if math.IsNaN(celsius) || math.IsInf(celsius, 0) {
		return
	}
	if celsius < d.limits[feverImplausibleBelow] || celsius > d.limits[feverImplausibleAbove] {
		d.measuredWrong(o, celsius)
		return
	}
	d.measuredRight(o)
	if kind == event.PersonVisitor && who != "" {
		s.measured = within(s.measured, o.at-s.limits.minutes(visitorMeasuredMinutes))
		if len(s.measured) >= maxMeasured {
			s.measured = s.measured[:copy(s.measured, s.measured[1:])]
		}
		s.measured = append(s.measured, stamp{fingerprint(who), o.at})
		e.touch(&s.node)
	}
	if !e.isFever(d, celsius) {
		return
	}
	f := o.finding(fever).measured(celsius, d.limits[feverCelsius], "°C").who(kind)
	if who == "" {
		who = o.ID // nobody to recognise: each is its own
		e.moment(&d.node, f.of(who), 0)
	} else {
		e.moment(&s.node, f.of(who), d.limits.minutes(feverRepeatMinutes))
	}
	s.growCluster(o, who)
}

// wasMeasured reports whether a visitor was measured at a thermometer shortly before.
func (s *site) wasMeasured(o *observation, g *event.GateAccess) bool {
	from := o.at - s.limits.minutes(visitorMeasuredMinutes)
	for _, who := range [...]string{g.Person, g.Credential, g.Registration} {
		if who == "" {
			continue
		}
		key := fingerprint(who)
		for _, m := range s.measured {
			if m.key == key && m.at >= from && m.at <= o.at+int64(time.Minute) {
				return true
			}
		}
	}
	return false
}

// measuredWrong counts measurements that are no person's temperature.
func (d *device) measuredWrong(o *observation, celsius float64) {
	d.plausible = 0
	d.implausible = min(d.implausible+1, 250)
	key := ruleTable[thermometerFault].name
	if int(d.implausible) < int(d.limits[thermometerFaultCount]) || d.find(key) != nil {
		return
	}
	limit := d.limits[feverImplausibleBelow]
	if celsius > d.limits[feverImplausibleAbove] {
		limit = d.limits[feverImplausibleAbove]
	}
	f := o.finding(thermometerFault).measured(celsius, limit, "°C")
	f.count = int(d.implausible)
	d.engine.raise(&d.node, f)
}

func (d *device) measuredRight(o *observation) {
	d.implausible = 0
	d.plausible = min(d.plausible+1, 250)
	if int(d.plausible) >= int(d.limits[thermometerFaultCount]) {
		d.engine.clear(&d.node, ruleTable[thermometerFault].name, o.ID)
	}
}

// growCluster counts a person with a fever among those of the site's last hour.
func (s *site) growCluster(o *observation, who string) {
	window := s.limits.minutes(feverClusterMinutes)
	key := fingerprint(who)
	known := false
	for i := range s.feverish {
		if s.feverish[i].key == key {
			s.feverish[i].at, known = max(s.feverish[i].at, o.at), true
		}
	}
	if !known {
		if len(s.feverish) >= maxDevices {
			s.feverish = s.feverish[1:]
		}
		s.feverish = append(s.feverish, feverish{stamp{key, o.at}, o.d.id.Device})
	}
	s.engine.touch(&s.node)
	s.pruneCluster(o.now)
	s.engine.set(&s.node, timerCluster, min(s.timers[timerCluster], o.now+window))
	n := len(s.feverish)
	a := s.find(ruleTable[feverCluster].name)
	if n < int(s.limits[feverClusterPersons]) {
		return
	}
	f := finding{rule: feverCluster, site: s, at: o.at, count: n, event: o.ID, devices: s.clusterDevices()}.
		measured(float64(n), s.limits[feverClusterPersons], "persons")
	switch {
	case a == nil:
		s.engine.raise(&s.node, f)
	case n > a.Count:
		a.Count, a.Value, a.EventID, a.Devices = n, f.value, o.ID, f.devices
		a.Text = f.text(a)
		s.engine.change(&s.node, a, event.Updated)
	}
}

func (s *site) clusterDevices() []event.DeviceID {
	var devices []event.DeviceID
	for _, f := range s.feverish {
		known := false
		for _, d := range devices {
			known = known || d == f.device
		}
		if !known {
			devices = append(devices, f.device)
		}
	}
	return devices
}

// pruneCluster drops the persons whose fever is older than the cluster's time.
func (s *site) pruneCluster(now int64) {
	from := now - s.limits.minutes(feverClusterMinutes)
	kept := s.feverish[:0]
	for _, f := range s.feverish {
		if f.at > from {
			kept = append(kept, f)
		}
	}
	s.feverish = kept
}

// shrinkCluster ends a cluster that has fallen apart.
func (s *site) shrinkCluster(at int64) {
	s.pruneCluster(at)
	if len(s.feverish) < int(s.limits[feverClusterPersons]) {
		s.engine.clear(&s.node, ruleTable[feverCluster].name, "")
	}
	oldest := int64(never)
	for _, f := range s.feverish {
		oldest = min(oldest, f.at)
	}
	if oldest != never {
		s.engine.set(&s.node, timerCluster, oldest+s.limits.minutes(feverClusterMinutes))
	}
}
