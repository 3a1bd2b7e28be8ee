package detect

import (
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// person is the pseudonym by which a passage knows somebody, empty when it does not.
func person(g *event.GateAccess) string {
	switch {
	case g.Person != "":
		return g.Person
	case g.Credential != "":
		return g.Credential
	}
	return g.Registration
}

// gate judges one passage, or try to pass.
func (e *Engine) gate(o *observation, g *event.GateAccess) {
	d, s := o.d, o.d.site
	if g.Celsius != 0 {
		e.measure(o, g.PersonKind, person(g), g.Celsius)
	}
	switch g.Result {
	case event.ResultForced:
		e.moment(&d.node, o.finding(gateForced), d.limits.minutes(gateRepeatMinutes))
	case event.ResultDenied:
		d.deniedAgain(o, g)
	}
	e.breaches(o, g, func(f finding) {
		who := person(g)
		if who == "" {
			e.moment(&d.node, f.of(o.ID), 0) // nobody to recognise: each is its own
			return
		}
		e.moment(&s.node, f.of(who), d.limits.minutes(gateRepeatMinutes))
	})
	if g.Result == event.ResultGranted && g.PersonKind == event.PersonVisitor {
		s.visitor(o, g)
	}
}

// lateGate judges a passage that became known late.
func (e *Engine) lateGate(o *observation, g *event.GateAccess) {
	if e.isFever(o.d, g.Celsius) {
		e.tellLate(o.finding(fever).measured(g.Celsius, o.d.limits[feverCelsius], "°C").who(g.PersonKind))
	}
	if g.Result == event.ResultForced {
		e.tellLate(o.finding(gateForced))
	}
	e.breaches(o, g, func(f finding) { e.tellLate(f.of(person(g))) })
	if g.Result == event.ResultGranted && g.PersonKind == event.PersonVisitor && g.Direction == event.Out {
		// That somebody has left is worth knowing however late: it ends, and raises nothing.
		o.d.site.leave(visitKeys(g), o.at, o.ID)
	}
}

// breaches finds what one granted passage breaks by itself.
func (e *Engine) breaches(o *observation, g *event.GateAccess, tell func(finding)) {
	if g.Result != event.ResultGranted {
		return
	}
	d, s := o.d, o.d.site
	if s.hours != nil && schoolLike(s.reg.Kind) {
		local := e.local(o.at)
		if g.Direction == event.In && !s.hours.isOpen(local) && (g.PersonKind != event.PersonStaff || d.limits[outOfHoursStaff] > 0) {
			tell(o.finding(entryOutOfHours).who(g.PersonKind))
		}
		if g.Direction == event.Out && g.PersonKind == event.PersonPupil && s.hours.inClass(local) && (g.Guardian == "" || g.ClassTeacher == "") {
			f := o.finding(pupilOutUnapproved)
			switch {
			case g.Guardian == "" && g.ClassTeacher == "":
				f.detail = event.Text{ZH: "家长和班主任均未同意", EN: "neither guardian nor class teacher approved"}
			case g.Guardian == "":
				f.detail = event.Text{ZH: "家长未同意", EN: "no guardian approved"}
			default:
				f.detail = event.Text{ZH: "班主任未同意", EN: "the class teacher did not approve"}
			}
			tell(f)
		}
	}
	if g.Direction != event.In || g.PersonKind != event.PersonVisitor {
		return
	}
	if g.Registration == "" {
		tell(o.finding(visitorUnregistered))
	}
	if g.Celsius == 0 && !s.wasMeasured(o, g) {
		tell(o.finding(visitorUnmeasured))
	}
	if g.ItemsChecked == event.No || g.ItemsChecked == event.Unknown && d.limits[visitorItemsRequired] > 0 {
		tell(o.finding(visitorItemsUnchecked))
	}
}

// schoolLike reports whether a site has opening and class hours to hold people to.
func schoolLike(kind string) bool {
	return kind == "" || kind == event.SiteSchool || kind == event.SiteKindergarten
}

// deniedAgain counts denied attempts with one credential at one gate.
func (d *device) deniedAgain(o *observation, g *event.GateAccess) {
	who := g.Credential
	if who == "" {
		who = g.Person
	}
	key := fingerprint(who)
	window := d.limits.minutes(gateDeniedMinutes)
	d.denied = within(d.denied, o.at-window)
	if len(d.denied) >= 64 {
		d.denied = d.denied[:copy(d.denied, d.denied[1:])]
	}
	d.denied = append(d.denied, stamp{key, o.at})
	n := 0
	for _, s := range d.denied {
		if s.key == key {
			n++
		}
	}
	if n < int(d.limits[gateDeniedCount]) {
		return
	}
	f := o.finding(gateDenied).of(who).measured(float64(n), d.limits[gateDeniedCount], "")
	f.count = n
	d.engine.moment(&d.node, f, window)
}

// visitor keeps who of the visitors is inside.
func (s *site) visitor(o *observation, g *event.GateAccess) {
	keys := visitKeys(g)
	if keys == (visitorKeys{}) {
		return // cannot be recognised when leaving
	}
	s.leave(keys, o.at, o.ID) // who comes in again has left before
	if g.Direction != event.In || s.hours == nil || !schoolLike(s.reg.Kind) {
		return
	}
	if len(s.inside) >= maxInside {
		s.inside = s.inside[1:]
	}
	s.inside = append(s.inside, visit{who: o.ID, keys: keys, device: o.d.id.Device, at: o.at})
	if s.timers[timerClose] == never {
		s.engine.set(&s.node, timerClose, s.closeAfter(o.now))
	}
	s.engine.touch(&s.node)
}

// visitKeys are the fingerprints by which a visitor may be recognised when leaving: a gate
// may know the visit's number on the way in and the card alone on the way out.
func visitKeys(g *event.GateAccess) visitorKeys {
	var keys visitorKeys
	for i, who := range [...]string{g.Registration, g.Person, g.Credential} {
		if who != "" {
			keys[i] = fingerprint(who)
		}
	}
	return keys
}

type visitorKeys [3]uint64

func (k visitorKeys) meets(other visitorKeys) bool {
	for i := range k {
		if k[i] != 0 && k[i] == other[i] {
			return true
		}
	}
	return false
}

const (
	maxInside = 2000
	// stayAtMost is when a visitor who never left is taken to have left unseen.
	stayAtMost = int64(36 * time.Hour)
)

// leave forgets the visits of somebody who was seen at a time after they began, and ends
// what stands of them.
func (s *site) leave(keys visitorKeys, at int64, eventID string) {
	for i := 0; i < len(s.inside); {
		v := s.inside[i]
		if !v.keys.meets(keys) || v.at > at {
			i++
			continue
		}
		s.inside = slices.Delete(s.inside, i, i+1)
		s.engine.touch(&s.node)
		s.engine.clear(&s.node, ruleTable[visitorOverstay].name+"\x00"+v.who, eventID)
	}
}

// closeAfter is when visitors must next have left.
func (s *site) closeAfter(now int64) int64 {
	grace := s.limits.minutes(visitorOverstayGraceMinutes)
	return s.hours.nextClose(s.engine.local(now-grace)).UnixNano() + grace
}

// closing tells every visitor who is still inside.
func (s *site) closing(at int64) {
	grace := s.limits.minutes(visitorOverstayGraceMinutes)
	for _, v := range s.inside {
		f := finding{
			rule: visitorOverstay, whose: v.who, site: s, at: at,
			device: s.engine.devices[event.DeviceKey{Site: s.id, Device: v.device}],
		}
		if v.at > at-grace || s.find(f.key()) != nil {
			continue
		}
		s.engine.raise(&s.node, f.sinceText(v.at))
	}
	s.forgetVisits(at)
	if len(s.inside) > 0 {
		s.engine.set(&s.node, timerClose, s.closeAfter(at))
	}
}

// forgetVisits drops the visits that nobody saw end.
func (s *site) forgetVisits(at int64) {
	kept := s.inside[:0]
	next := int64(never)
	for _, v := range s.inside {
		if v.at+stayAtMost <= at {
			s.engine.clear(&s.node, ruleTable[visitorOverstay].name+"\x00"+v.who, "")
			continue
		}
		kept = append(kept, v)
		next = min(next, v.at+stayAtMost)
	}
	s.inside = kept
	if next != never {
		s.engine.set(&s.node, timerStay, next)
	}
}
