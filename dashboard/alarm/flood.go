package alarm

import (
	"context"
	"time"
)

// floodWindow is the time over which EEMUA 191 counts new alarms.
const floodWindow = 10 * time.Minute

// Flood says whether more alarms come than the people on duty can work on.
type Flood struct {
	On        bool       `json:"on"`
	Since     *time.Time `json:"since"`
	New       int        `json:"new_10m" doc:"Alarms newly put before people in the last ten minutes."`
	Operators int        `json:"operators" doc:"On duty, at least 1."`
	Limit     int        `json:"limit" doc:"So many new alarms in ten minutes are a flood."`
}

// flood counts new alarms by second, in a ring as long as the window.
type flood struct {
	seconds [int(floodWindow / time.Second)]struct {
		at int64
		n  int
	}
	on     bool
	since  time.Time
	loaded bool
}

func (f *flood) add(at int64, n int) {
	s := &f.seconds[at%int64(len(f.seconds))]
	if at > s.at {
		s.at, s.n = at, 0
	}
	if at == s.at {
		s.n += n
	}
}

func (f *flood) count(changes []Change) {
	for i := range changes {
		if c := &changes[i]; c.Announces() {
			f.add(c.Alarm.UpdatedAt.Unix(), 1)
		}
	}
}

// Announces reports whether the change puts an alarm before people that was not before
// them: live ones only, late ones never ask for anybody.
func (c *Change) Announces() bool {
	if c.Alarm.State != Unack || c.Before == Unack || c.Alarm.Late {
		return false
	}
	switch c.Action {
	case Raise, Reraise, Unsuppress, Quiet:
		return true
	}
	return false
}

func (f *flood) total(now time.Time) int {
	n := 0
	for i := range f.seconds {
		if age := now.Unix() - f.seconds[i].at; age >= 0 && age < int64(len(f.seconds)) {
			n += f.seconds[i].n
		}
	}
	return n
}

// Flood says how the desk stands. A flood ends below fewer alarms than begin it.
func (s *Service) Flood(ctx context.Context, now time.Time) (Flood, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.flood
	if !f.loaded { // a restart in the middle of a flood is still in it
		before, err := s.store.Raised(ctx, now.Add(-floodWindow))
		if err != nil {
			return Flood{}, err
		}
		*f = flood{loaded: true}
		for at, n := range before {
			f.add(at, n)
		}
	}
	out := Flood{New: f.total(now), Operators: s.cfg.Flood.Operators}
	if out.Operators == 0 {
		out.Operators = max(1, s.operators())
	}
	out.Limit = s.cfg.Flood.Alarms * out.Operators
	switch {
	case !f.on && out.New >= out.Limit:
		f.on, f.since = true, now.UTC()
	case f.on && out.New < s.cfg.Flood.Ends*out.Operators:
		f.on = false
	}
	if out.On = f.on; f.on {
		since := f.since
		out.Since = &since
	}
	return out, nil
}
