package rules

import (
	"container/heap"
	"slices"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/campusgate/campusgate/gateway/event"
)

// handle judges one event by the rules that look at its type.
func (e *Engine) handle(ev *event.Event, rules []*rule) {
	k := event.DeviceKey{Site: ev.Site, Device: ev.Device}
	shown, fresh := false, false
	for _, r := range rules {
		if len(r.kinds) > 0 && !slices.Contains(r.kinds, ev.Kind) || !e.within(r, k) {
			continue
		}
		if !shown {
			e.show(ev, k)
			shown = true
		}
		e.at, e.ev = nil, ev
		if r.only != nil {
			if only, ok := e.truth(r, r.only); !ok || !only {
				continue
			}
		}
		if !fresh {
			if fresh = e.first(ev, k); !fresh {
				return // delivered again
			}
		}
		s := e.state(r, ev)
		if s == nil {
			e.skipped++
			continue
		}
		e.observe(s, ev)
		e.judge(s, ev)
		e.touch(s)
		e.move(s, e.due(s))
	}
}

// within reports whether a rule is for a device.
func (e *Engine) within(r *rule, k event.DeviceKey) bool {
	w := &r.where
	if len(w.Sites) > 0 && !slices.Contains(w.Sites, k.Site) || slices.Contains(w.NotSites, k.Site) {
		return false
	}
	if len(w.Devices) > 0 && !slices.ContainsFunc(w.Devices, func(d string) bool {
		n := len(k.Site)
		return d == string(k.Device) || len(d) == n+1+len(k.Device) && d[:n] == string(k.Site) && d[n] == '/' && d[n+1:] == string(k.Device)
	}) {
		return false
	}
	if len(w.SiteKinds)+len(w.Townships) > 0 {
		s := e.sites[k.Site]
		if s == nil || len(w.SiteKinds) > 0 && !slices.Contains(w.SiteKinds, s.Kind) ||
			len(w.Townships) > 0 && !slices.Contains(w.Townships, s.Township) {
			return false
		}
	}
	if len(w.Places) > 0 {
		d := e.known[k]
		return d != nil && slices.Contains(w.Places, d.Place)
	}
	return true
}

// show puts an event and what the registry knows of its device before the expressions.
func (e *Engine) show(ev *event.Event, k event.DeviceKey) {
	e.env.show(ev)
	if e.env.Site = e.sites[k.Site]; e.env.Site == nil {
		e.unknownSite = siteFacts{ID: string(k.Site)}
		e.env.Site = &e.unknownSite
	}
	if e.env.Device = e.known[k]; e.env.Device == nil {
		e.unknownDevice = deviceFacts{ID: string(k.Device), Kind: string(ev.Kind)}
		e.env.Device = &e.unknownDevice
	}
	if e.asksLocal {
		e.env.Local.at(e.local(e.clock))
	}
}

func (e *Engine) local(at int64) time.Time { return time.Unix(0, at).In(e.zone) }

// first reports whether an event was not delivered before.
func (e *Engine) first(ev *event.Event, k event.DeviceKey) bool {
	r := e.recents[k]
	if r == nil {
		if len(e.recents) >= maxDevices {
			return true
		}
		r = &recent{}
		e.recents[k] = r
	}
	if !r.add(fingerprint(ev), e.clock) {
		return false
	}
	if !r.dirty {
		r.dirty = true
		e.devices = append(e.devices, k)
	}
	return true
}

// state returns what a rule remembers of whom an event is about, nil when there is too
// much to remember.
func (e *Engine) state(r *rule, ev *event.Event) *state {
	k := event.DeviceKey{Site: ev.Site, Device: ev.Device}
	switch r.per {
	case PerSite:
		k.Device = ""
	case PerCounty:
		k = event.DeviceKey{Site: event.CountySite}
	}
	if s := e.states[r.name][k]; s != nil {
		return s
	}
	if e.count >= maxStates {
		return nil
	}
	s := e.newState(r, k)
	if r.per == PerDevice {
		s.kind = ev.Kind
	}
	return s
}

func (e *Engine) newState(r *rule, k event.DeviceKey) *state {
	s := &state{
		rule: r, key: stateKey(r.name, k), site: k.Site, device: k.Device, at: never,
		memory: make([]memo, len(r.befores)), filled: make([][]bucket, len(r.windows)),
	}
	if e.states[r.name] == nil {
		e.states[r.name] = make(map[event.DeviceKey]*state)
	}
	e.states[r.name][k] = s
	e.count++
	heap.Push(&e.heap, s)
	return s
}

func (e *Engine) forget(s *state) {
	delete(e.states[s.rule.name], event.DeviceKey{Site: s.site, Device: s.device})
	e.count--
	s.gone = true
	heap.Remove(&e.heap, s.index)
	e.gone = append(e.gone, s.key)
}

// registered reports whether the registry has whom a state is about.
func (e *Engine) registered(s *state) bool {
	switch s.rule.per {
	case PerCounty:
		return true
	case PerSite:
		return e.sites[s.site] != nil
	}
	return e.known[event.DeviceKey{Site: s.site, Device: s.device}] != nil
}

// observe notes an event in what the rule keeps.
func (e *Engine) observe(s *state, ev *event.Event) {
	r := s.rule
	e.at, e.ev = s, ev
	for i := range r.windows {
		w := &r.windows[i]
		var ok bool
		v := 1.0
		if w.filter != nil {
			ok, _ = e.truth(r, w.filter) // one that fails counts nothing
		} else {
			v, ok = e.number(r, w.value)
		}
		if ok {
			s.filled[i] = w.add(s.filled[i], e.clock, v)
		}
	}
	for i := range r.befores {
		m := &s.memory[i]
		m.before, m.beforeText, m.knownBeforehand = m.number, m.text, m.known
		if r.befores[i].text {
			var v any
			if v, m.known = e.run(r, r.befores[i].program); m.known {
				m.text, _ = v.(string)
				m.text = m.text[:min(len(m.text), maxText)]
			}
		} else {
			m.number, m.known = e.number(r, r.befores[i].program)
		}
	}
	if s.gap = 0; s.last != 0 {
		s.gap = max(e.clock-s.last, 1)
	}
	s.last = e.clock
	if r.keepsEvent() {
		s.event = ev
	}
}

// fire looks at a state that is due.
func (e *Engine) fire(s *state) {
	switch {
	case s.until != 0 && s.until <= e.clock:
		s.open, s.until = nil, 0
		e.touch(s)
	case s.last+forgetAfter <= e.clock && (s.open == nil || !e.registered(s)):
		e.clear(s, "")
		e.forget(s)
	default:
		if s.event != nil {
			e.show(s.event, event.DeviceKey{Site: s.event.Site, Device: s.event.Device})
		}
		e.judge(s, nil)
	}
}

// judge evaluates the condition; ev is nil when only time has passed.
func (e *Engine) judge(s *state, ev *event.Event) {
	r := s.rule
	e.at, e.ev = s, ev
	s.judged = e.clock
	in := r.schedule == nil || e.inSchedule(s)
	if r.momentary {
		if ev == nil {
			return // time alone is no moment
		}
		if holds, ok := e.truth(r, r.when); ok && holds && in {
			e.moment(s, ev)
		}
		return
	}
	if ev == nil && !r.timed { // its last word holds
		e.follow(s, s.since != 0 && s.calm == 0, s.calm != 0, nil)
		return
	}
	holds, ok := e.truth(r, r.when)
	if ev == nil && s.open == nil && len(r.windows) > 0 && e.clock < e.watched+r.longest() {
		holds = false // the windows may lack what was not heard
	}
	switch {
	case !in:
		e.clear(s, "")
		e.settleDown(s)
	case !ok:
		e.settleDown(s)
	default:
		ends := !holds
		if r.clearWhen != nil && s.open != nil && !holds {
			ends, ok = e.truth(r, r.clearWhen)
			ends = ends && ok
		}
		e.follow(s, holds, ends, ev)
	}
}

// settleDown forgets that the condition held, and that it may end.
func (e *Engine) settleDown(s *state) {
	if s.open != nil {
		e.put(s, s.since, 0)
		return
	}
	e.put(s, 0, 0)
}

// put sets since and calm, and marks the state only where that changes it.
func (e *Engine) put(s *state, since, calm int64) {
	if s.since != since || s.calm != calm {
		s.since, s.calm = since, calm
		e.touch(s)
	}
	if since == 0 {
		s.seen = 0
	}
}

// follow raises what has held for long enough and clears what has ended for long enough.
func (e *Engine) follow(s *state, holds, ends bool, ev *event.Event) {
	r := s.rule
	switch {
	case holds:
		if s.since == 0 {
			s.start = e.clock
			if ev != nil {
				s.start = min(ev.ObservedAt.UnixNano(), e.clock)
			}
			e.put(s, e.clock, 0)
		}
		e.put(s, s.since, 0)
		if ev != nil {
			s.seen++
		}
		switch {
		case s.open == nil && e.clock-s.since >= r.delay:
			e.raise(s, ev)
		case s.open != nil && ev != nil:
			e.worse(s, ev)
		}
	case s.open == nil:
		e.put(s, 0, 0)
	case !ends:
		e.put(s, s.since, 0)
	default:
		if s.calm == 0 {
			e.put(s, s.since, e.clock)
		}
		if e.clock-s.calm >= r.rest {
			e.clear(s, idOf(ev))
			e.put(s, 0, 0)
		}
	}
}

func idOf(ev *event.Event) string {
	if ev == nil {
		return ""
	}
	return ev.ID
}

// inSchedule reports whether a rule is in force now.
func (e *Engine) inSchedule(s *state) bool {
	sp := s.rule.schedule
	local := e.local(e.clock)
	h, m, sec := local.Clock()
	at := h*3600 + m*60 + sec
	day := local
	switch {
	case sp.to > sp.from:
		if at < sp.from || at >= sp.to {
			return false
		}
	case at < sp.to:
		day = local.AddDate(0, 0, -1) // it began yesterday
	case at < sp.from:
		return false
	}
	if !sp.days[day.Weekday()] {
		return false
	}
	if !sp.schoolDays {
		return true
	}
	site := e.county.Site(s.site)
	if s.rule.per == PerCounty && s.event != nil {
		site = e.county.Site(s.event.Site)
	}
	return site != nil && site.Hours.SchoolDay(day)
}

// run evaluates a program on what is at hand. A failure is noted, once for each rule, and
// stops nothing.
func (e *Engine) run(r *rule, p *vm.Program) (any, bool) {
	e.rule = r
	v, err := e.vm.Run(p, e.env)
	if err == nil {
		return v, true
	}
	f := e.errors[r.name]
	if f == nil {
		message := plain(err.Error())
		f = &Failure{Rule: r.name, Error: message[:min(len(message), 200)]}
		e.errors[r.name] = f
	}
	f.Count++
	return nil, false
}

func (e *Engine) truth(r *rule, p *vm.Program) (value, ok bool) {
	v, ok := e.run(r, p)
	value, is := v.(bool)
	return value, ok && is
}

// number is false for what is no finite number.
func (e *Engine) number(r *rule, p *vm.Program) (float64, bool) {
	v, _ := e.run(r, p)
	f, ok := v.(float64)
	if !ok || !finite(f) {
		return 0, false
	}
	return f, true
}
