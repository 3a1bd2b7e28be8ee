package rollup

import (
	"context"
	"sync"
	"time"
)

const (
	// todayFor is how long the live figures of today are good for.
	todayFor = time.Minute
	// todayWait is how long a question waits for new figures when there are old ones.
	todayWait = time.Second
	// todayOld is how old figures may be that are told while new ones are on their way: a
	// county's words since midnight take seconds to read, on a busy machine half a minute.
	todayOld = 10 * time.Minute
	// todayWithin bounds one computation.
	todayWithin = 5 * time.Minute
)

// today keeps the figures of the present day. Whoever asks starts their computation, which
// goes on without them: a page that is left would otherwise begin it anew each time.
type today struct {
	mu      sync.Mutex
	at      time.Time // until when the rows know
	day     string
	rows    []Row
	err     error         // of the last computation
	running chan struct{} // closed at its end; nil: none runs
	all     sync.WaitGroup
}

// live returns the rows of today so far, and until when they know, where the query reaches
// until today.
func (s *Service) live(ctx context.Context, q Query) ([]Row, time.Time, error) {
	now := s.deps.Now()
	day, w := DayOf(now, s.deps.County().Location())
	if w.To = now.UTC(); q.From > day || q.To < day || !w.To.After(w.From) {
		return nil, time.Time{}, nil
	}
	t := &s.today
	t.mu.Lock()
	defer t.mu.Unlock()
	younger := func(than time.Duration) bool { age := now.Sub(t.at); return t.day == day && age >= 0 && age < than }
	if !younger(todayFor) {
		if t.running == nil {
			t.running = make(chan struct{})
			t.all.Go(func() { s.computeToday(day, Selection{Interval: w}) })
		}
		running := t.running
		var enough <-chan time.Time
		if younger(todayOld) {
			timer := time.NewTimer(todayWait)
			defer timer.Stop()
			enough = timer.C
		}
		t.mu.Unlock()
		var err error
		select {
		case <-running:
		case <-enough:
		case <-ctx.Done():
			err = ctx.Err()
		}
		t.mu.Lock()
		switch {
		case err != nil:
			return nil, time.Time{}, err
		case t.err != nil:
			return nil, time.Time{}, t.err
		case t.day != day: // it was begun before midnight
			return nil, time.Time{}, nil
		}
	}
	var out []Row
	for i := range t.rows {
		if q.takes(&t.rows[i]) {
			out = append(out, t.rows[i])
		}
	}
	return out, t.at, nil
}

func (s *Service) computeToday(day string, sel Selection) {
	ctx, cancel := context.WithTimeout(s.base, todayWithin)
	defer cancel()
	c, err := s.Collect(ctx, sel)
	var rows []Row
	if err == nil {
		rows = c.Rows()
		for i := range rows {
			rows[i].Day = day
		}
	}
	t := &s.today
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err = err; err == nil {
		t.at, t.day, t.rows = sel.To, day, rows
	}
	close(t.running)
	t.running = nil
}
