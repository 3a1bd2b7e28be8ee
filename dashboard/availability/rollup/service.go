package rollup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	workEvery = time.Minute
	firstWork = 20 * time.Second // after the start, so that the page comes first
	// dayGrace is how long after its end a day is computed: for what is on its way.
	dayGrace = 20 * time.Minute
	// settleAfter is when it is computed once more: recordings of a day are checked on the next.
	settleAfter = 27 * time.Hour
	// lateQuiet is how long no more late words must have come of a day before it is computed
	// anew: a gateway that drains its journal is not followed by the minute.
	lateQuiet = 10 * time.Minute
	// horizonDays is how far back days are computed and restated.
	horizonDays = 31
)

// Reasons of a restatement. They are stored: never rename.
const (
	WhyChecks   = "checks"    // checks of the day's recordings came in
	WhyLateData = "late_data" // devices' words came late
	WhyAlarms   = "alarms"    // alarms or maintenance of the day changed
)

// Computed says when and from what a day was computed.
type Computed struct {
	Day string `json:"day"`
	availability.Interval
	At      time.Time
	First   time.Time // the first time
	Digest  string
	Devices int
	Took    time.Duration
}

// Mark says that a day must be computed anew, and why.
type Mark struct {
	Day string
	Why string
	At  time.Time
}

// Figures are what a restatement compares.
type Figures struct {
	Seconds   availability.Seconds `json:"seconds"`
	Causes    Causes               `json:"causes"`
	Outages   int                  `json:"outages"`
	LongestS  float64              `json:"longest_s"`
	ExpectedS float64              `json:"expected_s"`
	CoveredS  float64              `json:"covered_s"`
	UsableS   float64              `json:"usable_s"`
	UnusableS float64              `json:"unusable_s"`
}

// Figures are those of a row.
func (r *Row) Figures() *Figures {
	return &Figures{r.Seconds, r.Causes, r.Outages, r.LongestS, r.ExpectedS, r.CoveredS, r.UsableS, r.UnusableS}
}

// Restatement says what was said before of a device's day, what is said now, and why.
type Restatement struct {
	N      int64          `json:"n"`
	At     time.Time      `json:"at"`
	Day    string         `json:"day"`
	Site   event.SiteID   `json:"site"`
	Device event.DeviceID `json:"device"`
	Kind   event.Kind     `json:"kind"`
	Why    string         `json:"why" enum:"checks,late_data,alarms"`
	Before *Figures       `json:"before" doc:"Null: there was nothing about it."`
	After  *Figures       `json:"after" doc:"Null: it does not count any more."`
}

// Store keeps days; dashboard/store is one.
type Store interface {
	Days(ctx context.Context, from, to string) ([]Computed, error)
	// PutDay replaces a day and takes its mark away, when that is not newer than the
	// computation, in one transaction.
	PutDay(ctx context.Context, c Computed, rows []Row, restated []Restatement) error
	DayRows(ctx context.Context, day string) ([]Row, error)
	Marks(ctx context.Context) ([]Mark, error)
	PutMark(ctx context.Context, m Mark) error
	// Lives returns the times of devices that were registered or removed after the beginning.
	Lives(ctx context.Context) (Lives, error)
	// Sums adds up days per device; Devices and Days are set, Day is not.
	Sums(ctx context.Context, q Query) ([]Row, error)
	// SumsByDay adds up devices per day.
	SumsByDay(ctx context.Context, q Query) ([]Row, error)
	// Edges returns the rows that were down as their day began or ended, by device and day.
	Edges(ctx context.Context, q Query) ([]Row, error)
	// Faults yields rows with spans that were down or hindered, by device and day.
	Faults(ctx context.Context, q Query, yield func(*Row) error) error
	Restatements(ctx context.Context, q Query, before int64, limit int) ([]Restatement, error)
	Targets(ctx context.Context) ([]Goal, error)
	// PutTarget writes a target with its audit; ErrRev when Rev is not the present one.
	PutTarget(ctx context.Context, t Goal) (Goal, error)
}

// Deps are what the service needs. All are needed.
type Deps struct {
	Store   Store
	History History
	Alarms  Alarms
	County  func() *event.County
	Now     func() time.Time
	Log     zerolog.Logger
}

// Service computes days and answers about them. It is safe for concurrent use.
type Service struct {
	deps Deps
	base context.Context // ends with Stop
	end  context.CancelFunc

	life   sync.Mutex
	cancel context.CancelFunc
	done   chan struct{}

	computing sync.Mutex // one day at a time

	mu    sync.Mutex
	late  map[string]time.Time // days of which late words came, and when last
	today today
}

// New checks what it needs and opens nothing.
func New(deps Deps) (*Service, error) {
	if deps.Store == nil || deps.History == nil || deps.Alarms == nil || deps.County == nil || deps.Now == nil {
		return nil, errors.New("make availability: Deps.Store, History, Alarms, County and Now are needed")
	}
	s := &Service{deps: deps, late: map[string]time.Time{}}
	s.base, s.end = context.WithCancel(context.Background())
	return s, nil
}

// Start begins to compute days.
func (s *Service) Start(context.Context) error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.done != nil {
		return errors.New("start availability: it was started before")
	}
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(s.base)
	s.done = make(chan struct{})
	go func() {
		defer close(s.done)
		s.run(ctx)
	}()
	return nil
}

// Stop stops computing and writes down which days have yet to be. It may be called twice,
// and without Start.
func (s *Service) Stop(ctx context.Context) error {
	s.life.Lock()
	defer s.life.Unlock()
	s.end()
	s.today.all.Wait()
	if s.cancel == nil {
		return nil
	}
	s.cancel()
	<-s.done
	s.cancel = nil
	return s.noteLate(ctx)
}

func (s *Service) run(ctx context.Context) {
	timer := time.NewTimer(firstWork)
	defer timer.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		err := s.Work(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			s.deps.Log.Warn().Err(err).Msg("availability of past days cannot be computed, trying again")
		}
		failing = err != nil
		timer.Reset(workEvery)
	}
}

// Heard takes in an event as it arrives: a late word about an earlier day marks that day.
func (s *Service) Heard(e *event.Event) {
	if e.Retained || e.Status == nil && e.Check == nil {
		return
	}
	now := s.deps.Now()
	if now.Sub(e.ObservedAt) < dayGrace/2 {
		return // in time for any day
	}
	zone := s.deps.County().Location()
	day, w := DayOf(e.ObservedAt, zone)
	if now.Before(w.To) || now.Sub(w.To) > (horizonDays+1)*24*time.Hour {
		return // today is computed anew anyhow; what is too old is left as it is
	}
	if e.Check != nil && e.Check.Check == event.CheckRecording && now.Before(w.To.Add(settleAfter)) {
		return // what settling is for
	}
	s.mu.Lock()
	s.late[day] = now
	s.mu.Unlock()
}

// noteLate writes down what Heard has marked.
func (s *Service) noteLate(ctx context.Context) error {
	s.mu.Lock()
	late := s.late
	s.late = map[string]time.Time{}
	s.mu.Unlock()
	for day, at := range late {
		if err := s.deps.Store.PutMark(ctx, Mark{day, WhyLateData, at}); err != nil {
			s.mu.Lock()
			for d, t := range late {
				s.late[d] = t
			}
			s.mu.Unlock()
			return err
		}
	}
	return nil
}

// Work computes what is due: days that have ended, newest first, then those to be restated.
func (s *Service) Work(ctx context.Context) error {
	s.computing.Lock()
	defer s.computing.Unlock()
	if err := s.noteLate(ctx); err != nil {
		return err
	}
	now := s.deps.Now()
	zone := s.deps.County().Location()
	today, _ := DayOf(now, zone)
	oldest, _ := DayOf(now.AddDate(0, 0, -horizonDays), zone)
	days, err := s.deps.Store.Days(ctx, oldest, today)
	if err != nil {
		return err
	}
	have := make(map[string]Computed, len(days))
	for _, c := range days {
		have[c.Day] = c
	}
	list, err := s.deps.Store.Marks(ctx)
	if err != nil {
		return err
	}
	marks := map[string]Mark{}
	for _, m := range list {
		marks[m.Day] = m
	}
	lives, err := s.deps.Store.Lives(ctx)
	if err != nil {
		return err
	}
	noon, err := time.Parse(DayForm, today)
	if err != nil {
		return err
	}
	for i := 1; i <= horizonDays; i++ {
		day := noon.AddDate(0, 0, -i).Format(DayForm)
		w, err := IntervalOf(day, zone)
		if err != nil {
			return err
		}
		if now.Before(w.To.Add(dayGrace)) {
			continue
		}
		facts, err := known(ctx, s.deps.Alarms, nil, w)
		if err != nil {
			return err
		}
		why, due := s.due(have[day], marks[day], facts.digest(w), now)
		if !due {
			continue
		}
		if err := s.compute(ctx, day, w, lives, facts, have[day], why); err != nil {
			return fmt.Errorf("compute availability of %s: %w", day, err)
		}
	}
	return nil
}

// due says whether a day has to be computed, and why again.
func (s *Service) due(c Computed, m Mark, digest string, now time.Time) (why string, due bool) {
	switch {
	case c.Day == "":
		return "", true
	case m.Day != "" && now.Sub(m.At) >= lateQuiet:
		return m.Why, true
	case c.Digest != digest:
		return WhyAlarms, true
	case c.At.Before(c.To.Add(settleAfter)) && !now.Before(c.To.Add(settleAfter)):
		return cmp.Or(m.Why, WhyChecks), true
	}
	return "", false
}

func (s *Service) compute(ctx context.Context, day string, w availability.Interval, lives Lives, facts Facts, before Computed, why string) error {
	began, at := time.Now(), s.deps.Now()
	checks := w.To.Add(settleAfter)
	if checks.After(at) {
		checks = at
	}
	c, err := collect(ctx, s.deps.History, s.deps.County(), lives, Selection{Interval: w, ChecksTo: checks}, facts)
	if err != nil {
		return err
	}
	rows := c.Rows()
	for i := range rows {
		rows[i].Day = day
	}
	done := Computed{Day: day, Interval: w, At: at, First: at, Digest: facts.digest(w), Devices: len(rows)}
	var restated []Restatement
	if before.Day != "" {
		done.First = before.First
		old, err := s.deps.Store.DayRows(ctx, day)
		if err != nil {
			return err
		}
		restated = compare(old, rows, why, at)
	}
	done.Took = time.Since(began)
	if err := s.deps.Store.PutDay(ctx, done, rows, restated); err != nil {
		return err
	}
	s.deps.Log.Info().Str("day", day).Int("devices", len(rows)).Int("restated", len(restated)).Str("why", why).
		Dur("took", done.Took).Msg("availability of a day computed")
	return nil
}

// compare returns what is said differently now. Spans may differ in what is not told.
func compare(old, now []Row, why string, at time.Time) []Restatement {
	type key = event.DeviceKey
	before := make(map[key]*Row, len(old))
	for i := range old {
		before[key{Site: old[i].Site, Device: old[i].Device}] = &old[i]
	}
	var out []Restatement
	add := func(r *Row, b, a *Figures) {
		out = append(out, Restatement{At: at, Day: r.Day, Site: r.Site, Device: r.Device, Kind: r.Kind, Why: why, Before: b, After: a})
	}
	for i := range now {
		r := &now[i]
		k := key{Site: r.Site, Device: r.Device}
		b := before[k]
		delete(before, k)
		switch after := r.Figures(); {
		case b == nil:
			add(r, nil, after)
		case *b.Figures() != *after:
			add(r, b.Figures(), after)
		}
	}
	for i := range old { // in their order
		if r := &old[i]; before[key{Site: r.Site, Device: r.Device}] != nil {
			add(r, r.Figures(), nil)
		}
	}
	return out
}
