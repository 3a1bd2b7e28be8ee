package alarm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits of what people may do.
const (
	MaxShelving = 24 * time.Hour
	MaxNote     = 2000 // characters
)

// Sink takes committed changes. It must not block: it is called while the next change waits.
type Sink interface {
	// Reset gives every open alarm, before any change.
	Reset(open []Alarm)
	Changed(changes []Change)
}

// Incoming is an anomaly with its place in the stream.
type Incoming struct {
	Seq     uint64
	Anomaly *event.Anomaly
}

// Service applies anomalies and commands, one at a time.
type Service struct {
	store     Store
	cfg       Config
	operators func() int

	mu   sync.Mutex // held over commit and publication, so sinks see the order of commit
	sink Sink
	// nextExpiry is the earliest end of a shelving or suppression; zero when there may be one
	// unknown.
	nextExpiry time.Time
	plan       plan
	planned    bool // plan holds what the store has
	flood      flood
}

// Option changes what New makes.
type Option func(*Service)

// WithConfig sets the settings, which must be valid; DefaultConfig without it.
func WithConfig(c Config) Option { return func(s *Service) { s.cfg = c } }

// InCounty tells where sites lie and which clock they keep. fn is called often and may
// return another county each time; without it townships are unknown and clocks are UTC.
func InCounty(fn func() *event.County) Option { return func(s *Service) { s.plan.county = fn } }

// WithOperators says how many people are logged in to work on alarms.
func WithOperators(fn func() int) Option { return func(s *Service) { s.operators = fn } }

// New makes a service on a store.
func New(store Store, options ...Option) *Service {
	s := &Service{
		store: store, cfg: DefaultConfig(), operators: func() int { return 0 },
		plan: plan{county: func() *event.County { return nil }},
	}
	for _, o := range options {
		o(s)
	}
	return s
}

// Attach gives the sink every open alarm and from then on every change, without a gap.
func (s *Service) Attach(ctx context.Context, sink Sink) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	open, _, err := s.store.Alarms(ctx, Query{AllSites: true, State: "open"})
	if err != nil {
		return fmt.Errorf("read open alarms: %w", err)
	}
	sink.Reset(open)
	s.sink = sink
	return nil
}

// Position returns how far the stream has been taken in.
func (s *Service) Position(ctx context.Context) (Position, error) { return s.store.Position(ctx) }

// applyBatch bounds how many anomalies go in one transaction, so that a person who
// acknowledges during a flood need not wait for all of it.
const applyBatch = 50

// Apply takes in anomalies in the order of their stream, some in one transaction with the
// position of their last: what an error leaves out comes again. A revision that is not
// newer than the stored one changes nothing, so applying twice is applying once.
func (s *Service) Apply(ctx context.Context, stream string, in []Incoming, now time.Time) error {
	for batch := range slices.Chunk(in, applyBatch) {
		err := s.update(ctx, func(w *work) error {
			var outages []event.SiteID
			for _, i := range batch {
				if i.Anomaly.Rule == ruleSite {
					outages = append(outages, i.Anomaly.Site)
				}
				if err := w.apply(i.Anomaly, now.UTC()); err != nil {
					return fmt.Errorf("apply anomaly %s revision %d: %w", i.Anomaly.ID, i.Anomaly.Revision, err)
				}
			}
			if err := w.incidents(outages, now.UTC()); err != nil {
				return fmt.Errorf("look for incidents: %w", err)
			}
			return w.tx.SetPosition(Position{stream, batch[len(batch)-1].Seq})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Act does what a person wants, or returns ErrNotFound, *Conflict, *NotAllowed or *Invalid.
// The same command by the same person twice in a row is answered like the first.
func (s *Service) Act(ctx context.Context, c Command, now time.Time) (Alarm, error) {
	if err := c.check(now); err != nil {
		return Alarm{}, err
	}
	var out Alarm
	err := s.update(ctx, func(w *work) error {
		a, err := w.tx.Alarm(c.ID)
		if err != nil {
			return err
		}
		if c.Allows == nil || !c.Allows(a.Site) {
			return ErrNotFound
		}
		out, err = w.act(a, c, now.UTC())
		return err
	})
	return out, err
}

// dueBatch bounds how many alarms come back in one transaction, of each kind of end.
const dueBatch = 1000

// Expire brings back alarms whose shelving or suppression has ended. It is cheap when none
// has, so it may be called every second.
func (s *Service) Expire(ctx context.Context, now time.Time) error {
	s.mu.Lock()
	due := !now.Before(s.nextExpiry)
	s.mu.Unlock()
	if !due {
		return nil
	}
	return s.update(ctx, func(w *work) error {
		now = now.UTC()
		ended, err := w.tx.Due(now, now.Add(-w.cfg.ClosedReturns), dueBatch)
		if err != nil {
			return err
		}
		w.nextExpiry = now.Add(time.Hour)
		for i := range ended {
			if err := w.expire(&ended[i], now); err != nil {
				return err
			}
		}
		if err := w.closeIncidents(now); err != nil {
			return err
		}
		next, err := w.tx.NextDue(w.cfg.ClosedReturns)
		if err == nil && !next.IsZero() {
			w.nextExpiry = earlier(w.nextExpiry, next)
		}
		return err
	})
}

func (w *work) expire(a *Alarm, now time.Time) error {
	switch a.State {
	case Normal:
		return w.announce(a, true, now)
	case Shelved:
	default:
		return w.release(a, now)
	}
	if err := w.step(a, Unshelve, bySystem("its time is over"), now); err != nil {
		return err
	}
	return w.back(a, now)
}

// Prune removes closed alarms last changed before the time; nothing else ever removes one.
func (s *Service) Prune(ctx context.Context, before time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.PruneAlarms(ctx, before)
}

// Alarm returns an alarm and its audit, oldest entry first.
func (s *Service) Alarm(ctx context.Context, id string) (Alarm, []Entry, error) {
	a, err := s.store.Alarm(ctx, id)
	if err != nil {
		return Alarm{}, nil, err
	}
	audit, err := s.store.Audit(ctx, id)
	return a, audit, err
}

// maxSources bounds how many anomalies of an alarm are told.
const maxSources = 1000

// Sources lists the anomalies that an alarm is made of, by id, at most a thousand.
func (s *Service) Sources(ctx context.Context, id string) ([]Source, error) {
	return s.store.Sources(ctx, id, maxSources)
}

// Alarms lists alarms.
func (s *Service) Alarms(ctx context.Context, q Query) ([]Alarm, string, error) {
	return s.store.Alarms(ctx, q)
}

// update runs fn in a transaction, and what is to follow its commit before anybody else.
func (s *Service) update(ctx context.Context, fn func(*work) error, committed ...func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.load(ctx); err != nil {
		return err
	}
	var w *work
	err := s.store.Update(ctx, func(tx Tx) error {
		w = &work{tx: tx, cfg: &s.cfg, plan: &s.plan, nextExpiry: s.nextExpiry}
		return fn(w)
	})
	if err != nil {
		return err
	}
	for _, c := range committed {
		c()
	}
	s.nextExpiry = w.nextExpiry
	s.flood.count(w.changes)
	if s.sink != nil && len(w.changes) > 0 {
		s.sink.Changed(w.changes)
	}
	return nil
}

// load reads what a restart must not forget, once.
func (s *Service) load(ctx context.Context) error {
	if s.planned {
		return nil
	}
	windows, err := s.store.Windows(ctx, false)
	if err != nil {
		return err
	}
	s.plan.windows, s.planned = windows, true
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// IsRefusal reports whether err is a refusal that the person can understand, rather than
// a failure.
func IsRefusal(err error) bool {
	var conflict *Conflict
	var notAllowed *NotAllowed
	var invalid *Invalid
	return errors.Is(err, ErrNotFound) || errors.As(err, &conflict) || errors.As(err, &notAllowed) || errors.As(err, &invalid)
}
