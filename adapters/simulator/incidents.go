package simulator

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// place is where an incident happens.
type place struct {
	*site
	d   *device // of the kind that the incident is about; nil when about the whole site
	bus *bus
}

// kind is one thing that an incident can be.
type kind struct {
	what   string
	needs  string
	device event.Kind // of the device it is about; empty: the whole site
	named  string     // how the device's id ends, where that matters
	happen func(p *place, n *Incident)
}

// kinds lists all of them: one for each rule, and two for what no rule sees.
func kinds() []kind {
	return []kind{
		{"fever", needsAny, event.KindTemperature, "", fever},
		{"fever_cluster", needsAny, event.KindTemperature, "", fever},
		{"thermometer_fault", needsAny, event.KindTemperature, "", thermometerFault},
		{"gate_forced", needsAny, event.KindGate, "", gateForced},
		{"gate_denied_repeatedly", needsAny, event.KindGate, "", gateDenied},
		{"entry_out_of_hours", needsClosed, event.KindGate, "", entryOutOfHours},
		{"visitor_unregistered", needsAny, event.KindGate, "", visitorWrong},
		{"visitor_unmeasured", needsAny, event.KindGate, "", visitorWrong},
		{"visitor_items_unchecked", needsAny, event.KindGate, "", visitorWrong},
		{"visitor_overstay", needsClosing, event.KindGate, "", visitorWrong},
		{"pupil_out_unapproved", needsClass, event.KindGate, "", pupilOutUnapproved},
		{"emergency_call", needsAny, event.KindButton, "", emergencyCall},
		{"bus_overspeed", needsAny, event.KindBus, "", busDeviates},
		{"bus_overcapacity", needsAny, event.KindBus, "", busDeviates},
		{"bus_off_route", needsAny, event.KindBus, "", busDeviates},
		{"bus_sos", needsAny, event.KindBus, "", busDeviates},
		{"bus_pupil_left_behind", needsAny, event.KindBus, "", busDeviates},
		{"bus_silent", needsAny, event.KindBus, "", busDeviates},
		{"cold_store", needsAny, event.KindKitchen, "cold", kitchenValue},
		{"freezer", needsAny, event.KindKitchen, "freezer", kitchenValue},
		{"gas", needsAny, event.KindKitchen, "gas", kitchenValue},
		{"smoke", needsAny, event.KindKitchen, "smoke", kitchenValue},
		{"kitchen_silent", needsAny, event.KindKitchen, "", deviceSilent},
		{"camera_down", needsAny, event.KindCamera, "", cameraDown},
		{"camera_flapping", needsAny, event.KindCamera, "", cameraFlapping},
		{"camera_mass_outage", needsAny, event.KindCamera, "", cameraMassOutage},
		{"switch_outage", needsAny, event.KindCamera, "", switchOutage},
		{"device_silent", needsAny, event.KindTemperature, "", deviceSilent},
		{"clock_wrong", needsAny, event.KindTemperature, "", clockWrong},
		{"sequence_gap", needsAny, event.KindGate, "", sequenceGap},
		{"site_outage", needsAny, "", "", siteOutage},
		{"undecodable", needsAny, event.KindGate, "", undecodable},
		{"unknown_device", needsAny, "", "", unknownDevice},
	}
}

func kindOf(what string) *kind {
	for _, k := range kinds() {
		if k.what == what {
			return &k
		}
	}
	return nil
}

// restFor is how long a site has no other incident after one has begun, so that each is
// seen for itself.
const restFor = 20 * time.Minute

// place draws where an incident happens, nil when everything that fits is busy.
func (t *Traffic) place(k *kind, n *Incident) *place {
	if k.device == event.KindBus {
		return t.busPlace(n)
	}
	now := t.clock()
	var fit []*site
	for _, s := range t.sites {
		if n.Site != "" && s.ID != n.Site || s.Kind == event.SiteDepot || !s.suits(k.needs, now) {
			continue
		}
		if n.Site == "" && t.now < s.busyUntil || s.pick(k, n) == nil && k.device != "" {
			continue
		}
		fit = append(fit, s)
	}
	if len(fit) == 0 {
		return nil
	}
	s := fit[t.rng.IntN(len(fit))]
	s.busyUntil = t.now + int64(n.length(0)+restFor)
	return &place{site: s, d: s.pick(k, n)}
}

// pick draws a device of the site that the incident can be about.
func (s *site) pick(k *kind, n *Incident) *device {
	var fit []*device
	for _, d := range s.all {
		if d.Kind != k.device || d.silent() || n.Device != "" && d.ID != n.Device {
			continue
		}
		if _, end := cutLast(string(d.ID)); k.named != "" && end != k.named {
			continue
		}
		fit = append(fit, d)
	}
	switch {
	case len(fit) == 0, k.what == "camera_mass_outage" && len(s.cameras) < 10:
		return nil
	case k.what == "switch_outage":
		// One on whose switch enough hangs for its failure to be told from theirs.
		fit = slices.DeleteFunc(fit, func(d *device) bool { return len(s.on(d.Parent)) < 4 })
		if len(fit) == 0 {
			return nil
		}
	case k.what == "camera_mass_outage":
		// One that hangs on the canteen's switch: with it go a third of the cameras.
		for _, d := range fit {
			if d.Place == "canteen" {
				return d
			}
		}
		return nil
	}
	return fit[s.t.rng.IntN(len(fit))]
}

func (t *Traffic) busPlace(n *Incident) *place {
	var fit []*bus
	for _, b := range t.buses {
		if n.Site != "" && b.site.ID != n.Site || n.Device != "" && b.ID != n.Device {
			continue
		}
		if !b.running && b.length() > 0 && !b.deviates() && !b.silent() {
			fit = append(fit, b)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	b := fit[t.rng.IntN(len(fit))]
	return &place{site: b.site, d: b.device, bus: b}
}

// fever measures one or more persons with a fever; each is not let in.
func fever(p *place, n *Incident) {
	persons := cmp.Or(n.Count, 1)
	if n.What == "fever_cluster" {
		persons = cmp.Or(n.Count, 4)
	}
	who, prefix, most := event.PersonPupil, "p", max(p.Pupils, 1)
	if !p.Hours.SchoolDay(p.t.clock()) {
		who, prefix, most = event.PersonStaff, "t", max(p.Pupils, 1)/14+3
	}
	first := p.t.rng.IntN(most)
	for i := range persons {
		p.t.after(time.Duration(i)*35*time.Second, func() {
			person := p.person(prefix, (first+i*7)%most+1)
			p.d.check(who, person, cmp.Or(n.Value, 38.4)+0.1*float64(i%4), "abnormal")
			p.t.after(1500*time.Millisecond, func() {
				p.gateOf(p.d).pass(passage{
					direction: event.In, kind: who, method: "face", result: event.ResultDenied, person: person,
				})
			})
		})
	}
}

// gateOf is the gate at which a thermometer stands.
func (s *site) gateOf(thermometer *device) *device {
	for i, d := range s.thermometers {
		if d == thermometer {
			return s.gates[i%len(s.gates)]
		}
	}
	return s.gates[0]
}

// thermometerFault breaks a thermometer, which then measures what no person can have, until
// somebody has looked at it.
func thermometerFault(p *place, n *Incident) {
	length := n.length(3 * time.Minute)
	p.d.override, p.d.overrideUntil = cmp.Or(n.Value, 31.2), p.t.now+int64(length)
	check := func() { p.d.check(event.PersonStaff, p.person("t", 1), p.t.healthy(), "normal") }
	for i := range cmp.Or(n.Count, 4) {
		p.t.after(time.Duration(i)*5*time.Second, check)
		p.t.after(length+time.Duration(i+1)*8*time.Second, check)
	}
}

func gateForced(p *place, _ *Incident) {
	p.d.pass(passage{direction: event.In, kind: event.PersonUnknown, method: "manual", result: event.ResultForced})
}

func gateDenied(p *place, n *Incident) {
	card := p.person("c", 7000+p.t.rng.IntN(900))
	for i := range cmp.Or(n.Count, 4) {
		p.t.after(time.Duration(i)*8*time.Second, func() {
			p.d.pass(passage{direction: event.In, kind: event.PersonUnknown, method: "card", result: event.ResultDenied, credential: card})
		})
	}
}

func entryOutOfHours(p *place, _ *Incident) {
	p.d.pass(passage{
		direction: event.In, kind: event.PersonUnknown, method: "card", result: event.ResultGranted,
		credential: p.person("c", 6000+p.t.rng.IntN(900)),
	})
}

// visitorWrong lets a visitor in with one thing missing, and out again; who overstays is
// in order until closing time.
func visitorWrong(p *place, n *Incident) {
	v := p.newVisit()
	v.celsius = p.t.healthy()
	stay := 4 * time.Minute
	switch n.What {
	case "visitor_unregistered":
		v.registration, v.method = "", "manual"
	case "visitor_unmeasured":
		v.celsius = 0
	case "visitor_items_unchecked":
		v.items = event.No
	case "visitor_overstay":
		now := p.t.clock()
		stay = p.Hours.On(now, p.Hours.Close).Sub(now) + n.length(6*time.Minute)
	}
	p.d.pass(v)
	p.leaveLater(v, stay)
}

func pupilOutUnapproved(p *place, _ *Incident) {
	i := p.t.rng.IntN(max(p.Pupils, 1)) + 1
	p.d.pass(passage{
		direction: event.Out, kind: event.PersonPupil, method: "card", result: event.ResultGranted,
		person: p.person("p", i), guardian: p.person("ga", i),
	})
}

func emergencyCall(p *place, n *Incident) {
	call := func(state string) {
		p.d.send("call", event.TypeEmergencyCall, func(f *fields) {
			f.str("state", state)
			f.str("place", p.d.Place)
		})
	}
	call(event.CallPressed)
	p.t.later(n.length(90*time.Second), func() { call(event.CallReleased) })
}

// busDeviates sends a bus on a trip on which something goes wrong after a minute.
func busDeviates(p *place, n *Incident) {
	b := p.bus
	if !b.start(b.Route + "-run") {
		return
	}
	b.aboard = max(b.aboard, b.Capacity/2)
	if n.What == "bus_pupil_left_behind" {
		b.mod.leftOver = cmp.Or(n.Count, 1)
		return
	}
	p.t.after(time.Minute, func() {
		d := deviation{aboard: max(b.aboard, 6)}
		length := n.length(50 * time.Second)
		switch n.What {
		case "bus_overspeed":
			d.speed = cmp.Or(n.Value, 74)
		case "bus_overcapacity":
			length = n.length(90 * time.Second)
			d.aboard = b.Capacity + cmp.Or(n.Count, 4)
		case "bus_off_route":
			length = n.length(3 * time.Minute)
			d.aside = cmp.Or(n.Value, 600)
		case "bus_sos":
			d.sos = true
		case "bus_silent":
			b.mute(n.length(4 * time.Minute))
			return
		}
		d.until = p.t.now + int64(length)
		b.mod = d
	})
}

// kitchenValue holds a sensor at a value for a while.
func kitchenValue(p *place, n *Incident) {
	value, length := 0.0, time.Duration(0)
	switch n.What {
	case "cold_store":
		value, length = 11.8, 13*time.Minute
	case "freezer":
		value, length = -6.5, 18*time.Minute
	case "gas":
		value, length = 24, 75*time.Second
	case "smoke":
		value, length = 1, time.Minute
	}
	p.d.override = cmp.Or(n.Value, value)
	length = n.length(length)
	p.d.overrideUntil = p.t.now + int64(length)
	p.d.reading()
	p.t.after(length+time.Second, p.d.reading)
}

// clockWrong sets a device's clock ahead.
func clockWrong(p *place, n *Incident) {
	p.d.skew = time.Duration(cmp.Or(n.Value, 47) * float64(time.Minute))
	p.t.after(n.length(5*time.Minute), func() { p.d.skew = 0 })
}

// sequenceGap loses messages of a device.
func sequenceGap(p *place, n *Incident) {
	p.d.seq += uint64(cmp.Or(n.Count, 7))
	p.d.send("heartbeat", event.TypeDeviceStatus, func(f *fields) { f.num("period_s", p.d.period().Seconds(), 1) })
}

// undecodable publishes what a terminal with broken firmware publishes.
func undecodable(p *place, _ *Incident) {
	at := p.t.clock()
	for _, body := range []string{
		fmt.Sprintf(`{"ts":%q,"direction":"sideways","result":"granted"}`, at.Format(timeFormat)),
		`{"ts":"1970/01/01","direction":"in","resu`,
	} {
		p.t.out = append(p.t.out, Message{
			At: at, Topic: p.d.topic("access"), Payload: []byte(body), Site: p.ID, Device: p.d.ID, lane: p.d.lane,
		})
	}
}

// unknownDevice lets a device report that nobody has entered in the registry.
func unknownDevice(p *place, _ *Incident) {
	p.t.strange++
	reg := &event.Device{ID: event.DeviceID(fmt.Sprintf("new%d", p.t.strange)), Kind: event.KindTemperature}
	d := &device{Device: reg, t: p.t, site: p.site, lane: len(p.t.devices) + p.t.strange}
	d.birth("first start")
	d.check(event.PersonStaff, "", p.t.healthy(), "normal")
}
