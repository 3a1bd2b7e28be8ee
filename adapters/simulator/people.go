package simulator

import (
	"fmt"
	"math"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// flow is a kind of passage and how many a second are due now.
type flow struct {
	rate float64
	pass func(s *site)
}

// lookAhead is how long a site's rates are taken as constant.
const lookAhead = 20 * time.Second

// begin lets the people of a school come and go.
func (s *site) begin() {
	if len(s.gates) == 0 || s.Pupils == 0 {
		return
	}
	if s.Hours.InClass(s.t.clock()) {
		s.inside = s.Pupils * 97 / 100
	}
	s.t.after(s.t.span(0, 5*time.Second), s.people)
}

// people draws who passes next.
func (s *site) people() {
	flows := s.flows(s.t.clock())
	total := 0.0
	for _, f := range flows {
		total += f.rate
	}
	wait := lookAhead
	if total *= s.t.speed; total > 0 {
		wait = time.Duration(min(s.t.rng.ExpFloat64()/total*1e9, float64(24*time.Hour)))
	}
	if wait >= lookAhead {
		s.t.after(lookAhead, s.people)
		return
	}
	s.t.after(wait, func() {
		at := s.t.rng.Float64()
		for _, f := range s.flows(s.t.clock()) {
			if at -= f.rate * s.t.speed / total; at < 0 {
				f.pass(s)
				break
			}
		}
		s.people()
	})
}

// flows lists who is due at a time. The hours of the site bound them, so that nothing a
// rule would find fault with is due.
func (s *site) flows(now time.Time) []flow {
	h := &s.Hours
	pupils, staff := float64(s.Pupils), float64(s.Pupils)/14+3
	// A guard goes round at any hour.
	list := []flow{{1.0 / 600, (*site).guard}}
	if !h.SchoolDay(now) {
		return list
	}
	open, from, to, closing := h.On(now, h.Open), h.On(now, h.ClassFrom), h.On(now, h.ClassTo), h.On(now, h.Close)
	lunchFrom, lunchTo := h.On(now, h.LunchFrom), h.On(now, h.LunchTo)
	// Nobody passes in the last seconds before an hour changes: a terminal takes a moment.
	arrive := triangle(now, latest(open, from.Add(-time.Hour)), from.Add(-2*time.Minute), from.Add(-20*time.Minute))
	list = append(list,
		flow{pupils * arrive, (*site).pupilIn},
		flow{staff * triangle(now, open, from, from.Add(-40*time.Minute)), (*site).staffIn},
		flow{pupils * triangle(now, to.Add(5*time.Second), to.Add(50*time.Minute), to.Add(10*time.Minute)), (*site).pupilOut},
		flow{staff * triangle(now, to.Add(10*time.Minute), to.Add(80*time.Minute), to.Add(30*time.Minute)), (*site).staffOut},
	)
	if lunchTo.Sub(lunchFrom) > time.Hour {
		list = append(list,
			flow{0.3 * pupils * triangle(now, lunchFrom.Add(5*time.Second), lunchFrom.Add(30*time.Minute), lunchFrom.Add(8*time.Minute)), (*site).pupilOut},
			flow{0.3 * pupils * triangle(now, lunchTo.Add(-50*time.Minute), lunchTo.Add(-time.Minute), lunchTo.Add(-15*time.Minute)), (*site).pupilIn},
		)
	}
	if now.After(open.Add(30*time.Minute)) && now.Before(closing.Add(-time.Hour)) {
		list = append(list, flow{(1 + pupils/300) / 3600, (*site).visitor}, flow{0.25 / 3600, (*site).delivery})
	}
	if h.InClass(now) && h.InClass(now.Add(time.Minute)) {
		list = append(list, flow{pupils * 0.004 / (8 * 3600), (*site).pupilOutApproved})
	}
	return list
}

// triangle is the density at now of a triangular distribution from a to b with its peak.
func triangle(now, a, b, peak time.Time) float64 {
	if !now.After(a) || !now.Before(b) {
		return 0
	}
	if !peak.After(a) || !peak.Before(b) {
		peak = a.Add(b.Sub(a) / 2)
	}
	height := 2 / b.Sub(a).Seconds()
	if now.Before(peak) {
		return height * now.Sub(a).Seconds() / peak.Sub(a).Seconds()
	}
	return height * b.Sub(now).Seconds() / b.Sub(peak).Seconds()
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// passage is what a gate says of somebody.
type passage struct {
	direction, kind, method, result  string
	person, credential, registration string
	escort, guardian, classTeacher   string
	items                            event.Tri
	celsius                          float64
}

func (d *device) pass(p passage) {
	d.send("access", event.TypeGateAccess, func(f *fields) {
		f.str("direction", p.direction)
		f.str("person_kind", p.kind)
		f.str("method", p.method)
		f.str("result", p.result)
		f.str("person", p.person)
		f.str("credential", p.credential)
		f.str("registration", p.registration)
		f.str("escorted_by", p.escort)
		f.str("guardian", p.guardian)
		f.str("class_teacher", p.classTeacher)
		if checked, stated := p.items.Bool(); stated {
			f.bool("items_checked", checked)
		}
		if p.celsius != 0 {
			f.num("celsius", p.celsius, 1)
		}
	})
}

// check measures somebody; a thermometer that is broken says what it says.
func (d *device) check(kind, person string, celsius float64, flag string) {
	if d.t.now < d.overrideUntil {
		celsius, flag = d.override+d.t.between(0, 0.4), "low"
	}
	d.send("check", event.TypeTemperatureCheck, func(f *fields) {
		f.str("person_kind", kind)
		f.str("person", person)
		f.num("value", celsius, 1)
		f.str("unit", "celsius")
		f.str("flag", flag)
	})
}

// healthy is the forehead temperature of a person without fever.
func (t *Traffic) healthy() float64 {
	return math.Max(35.9, math.Min(37.0, 36.5+0.22*t.rng.NormFloat64()))
}

func (s *site) person(prefix string, n int) string { return fmt.Sprintf("%s-%s-%04d", prefix, s.ID, n) }

// entrance is one of the site's gates and its thermometer, nil where it has none.
func (s *site) entrance() (gate, thermometer *device) {
	n := s.t.rng.IntN(len(s.gates))
	gate = s.gates[n]
	if len(s.thermometers) > 0 {
		thermometer = s.thermometers[n%len(s.thermometers)]
	}
	return gate, thermometer
}

// enter measures somebody and lets them in a second or two later.
func (s *site) enter(p passage) {
	gate, thermometer := s.entrance()
	celsius := s.t.healthy()
	if thermometer != nil {
		thermometer.check(p.kind, p.person, celsius, "normal")
	}
	if p.kind == event.PersonVisitor {
		p.celsius = celsius
	}
	s.t.after(s.t.span(700*time.Millisecond, 2*time.Second), func() { gate.pass(p) })
}

func (s *site) leave(p passage) {
	gate, _ := s.entrance()
	gate.pass(p)
}

func (s *site) pupilIn() {
	if s.inside >= s.Pupils {
		return
	}
	s.inside++
	s.arrivals++
	s.enter(passage{
		direction: event.In, kind: event.PersonPupil, method: s.t.method(), result: event.ResultGranted,
		person: s.person("p", s.arrivals%s.Pupils+1),
	})
}

func (s *site) pupilOut() {
	if s.inside <= 0 {
		return
	}
	s.inside--
	s.departures++
	s.leave(passage{
		direction: event.Out, kind: event.PersonPupil, method: s.t.method(), result: event.ResultGranted,
		person: s.person("p", s.departures%s.Pupils+1),
	})
}

func (s *site) pupilOutApproved() {
	n := s.t.rng.IntN(s.Pupils) + 1
	s.leave(passage{
		direction: event.Out, kind: event.PersonPupil, method: "card", result: event.ResultGranted,
		person: s.person("p", n), guardian: s.person("ga", n), classTeacher: s.person("t", n/40+1),
	})
}

func (s *site) staffIn() {
	s.enter(passage{
		direction: event.In, kind: event.PersonStaff, method: "face", result: event.ResultGranted,
		person: s.person("t", s.t.rng.IntN(s.Pupils/14+3)+1),
	})
}

func (s *site) staffOut() {
	s.leave(passage{
		direction: event.Out, kind: event.PersonStaff, method: "face", result: event.ResultGranted,
		person: s.person("t", s.t.rng.IntN(s.Pupils/14+3)+1),
	})
}

// guard goes out on a round and comes back from it.
func (s *site) guard() {
	s.patrol = !s.patrol
	direction := event.In
	if s.patrol {
		direction = event.Out
	}
	s.leave(passage{
		direction: direction, kind: event.PersonStaff, method: "card", result: event.ResultGranted,
		person: s.person("guard", 1), credential: s.person("c", 9001),
	})
}

func (t *Traffic) method() string {
	if t.chance(0.7) {
		return "face"
	}
	return "card"
}

// newVisit is a visitor as the rules want them: registered, escorted, checked.
func (s *site) newVisit() passage {
	s.t.visits++
	return passage{
		direction: event.In, kind: event.PersonVisitor, method: "qr", result: event.ResultGranted,
		person:       s.person("v", s.t.rng.IntN(9000)+1000),
		registration: fmt.Sprintf("r-%s-%d", s.t.clock().Format("20060102"), s.t.visits),
		escort:       s.person("t", s.t.rng.IntN(s.Pupils/14+3)+1),
		items:        event.Yes,
	}
}

// visitor comes, and leaves within the hour and well before closing time.
func (s *site) visitor() {
	v := s.newVisit()
	s.enter(v)
	stay := s.t.scaled(s.t.span(15*time.Minute, 50*time.Minute))
	now := s.t.clock()
	if left := s.Hours.On(now, s.Hours.Close).Add(-10 * time.Minute).Sub(now); stay > left {
		stay = left
	}
	s.leaveLater(v, max(stay, 10*time.Second))
}

// leaveLater lets a visitor leave after a time, or as soon as the gate works again.
func (s *site) leaveLater(v passage, stay time.Duration) {
	v.direction, v.escort, v.items, v.celsius = event.Out, "", event.Unknown, 0
	s.t.later(stay, func() {
		for _, gate := range s.gates {
			if !gate.silent() {
				gate.pass(v)
				return
			}
		}
		s.leaveLater(v, 15*time.Second)
	})
}

// delivery is a van that brings food and leaves again.
func (s *site) delivery() {
	van := passage{
		direction: event.In, kind: event.PersonVehicle, method: "plate", result: event.ResultGranted,
		credential: fmt.Sprintf("鲁J·D%04d", s.t.rng.IntN(10000)),
	}
	gate, _ := s.entrance()
	gate.pass(van)
	van.direction = event.Out
	s.t.later(s.t.scaled(s.t.span(8*time.Minute, 25*time.Minute)), func() { gate.pass(van) })
}
