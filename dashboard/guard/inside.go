package guard

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Presence is somebody who went in and has not come out.
type Presence struct {
	Key    string         `json:"key" doc:"Pseudonym, registration or plate."`
	Kind   string         `json:"kind"`
	Since  time.Time      `json:"since"`
	Device event.DeviceID `json:"device"`
	// Registration is the visit's number; a visitor without one has not registered.
	Registration string `json:"registration"`
}

// Passages finds who is inside from a day's passages, in any order.
type Passages struct{ last map[string]passage }

type passage struct {
	at time.Time
	in bool
	Presence
}

// Add takes a passage in. What was refused, or says nobody's name, tells nothing.
func (p *Passages) Add(e *event.Event) {
	g := e.Gate
	if g == nil || g.Result == event.ResultDenied || g.Direction != event.In && g.Direction != event.Out {
		return
	}
	id := g.Person
	switch {
	case g.PersonKind == event.PersonVisitor && g.Registration != "":
		id = g.Registration
	case g.PersonKind == event.PersonVehicle, id == "":
		id = g.Credential
	}
	if id == "" {
		return
	}
	if p.last == nil {
		p.last = map[string]passage{}
	}
	key := g.PersonKind + "\x00" + id
	if before, ok := p.last[key]; ok && before.at.After(e.ObservedAt) {
		return
	}
	p.last[key] = passage{e.ObservedAt, g.Direction == event.In, Presence{id, g.PersonKind, e.ObservedAt, e.Device, g.Registration}}
}

// Left reports whether a registered visitor was seen to go out after since.
func (p *Passages) Left(registration string, since time.Time) bool {
	last, ok := p.last[event.PersonVisitor+"\x00"+registration]
	return ok && !last.in && last.at.After(since)
}

// Inside counts who is inside by kind, and lists those who are neither pupils nor staff.
// Visitors who are registered, have not been signed out and were not seen to leave count,
// whether a gate saw them come in or not: each once.
func (p *Passages) Inside(registered []Row[Visit]) (counts map[string]int, others []Presence) {
	counts, others = map[string]int{}, []Presence{}
	for _, x := range p.last {
		if !x.in {
			continue
		}
		counts[x.Kind]++
		if x.Kind != event.PersonPupil && x.Kind != event.PersonStaff {
			others = append(others, x.Presence)
		}
	}
	for i := range registered {
		v := &registered[i]
		if last, seen := p.last[event.PersonVisitor+"\x00"+v.ID]; (!seen || !last.in) && !p.Left(v.ID, v.At) {
			counts[event.PersonVisitor]++
		}
	}
	return counts, others
}
