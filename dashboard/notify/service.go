package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

// RuleFailed is the rule of the alarm about a receiver that gets nothing; its device is the
// receiver's name.
const RuleFailed = "notification_failed"

// pollEvery is how long the end of a shift, or an entry of another process, may wait to be
// seen. Own entries wake the planner, and so does an escalation that is due.
const pollEvery = 10 * time.Second

// Deps are what the service needs from others.
type Deps struct {
	County func() *event.County // the present registry
	Store  Store
	// Failing is told when a message to a receiver was given up, and when one gets through
	// again. An error is tried again.
	Failing func(ctx context.Context, receiver string, failing bool, why string) error
	// Open lists what is unacknowledged, for a hand-over; at most limit.
	Open func(ctx context.Context, limit int) ([]alarm.Alarm, error)
	// Speak hands a message to the pages.
	Speak    func(*channel.Message) error
	Log      zerolog.Logger
	Registry prometheus.Registerer // nil = a registry of its own
	Now      func() time.Time      // nil = time.Now
}

// Service tells people about alarms. It is safe for concurrent use.
type Service struct {
	cfg     Config
	deps    Deps
	store   Store
	metrics *metrics
	wake    chan struct{} // one slot

	life    sync.Mutex
	running bool
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu     sync.Mutex
	lanes  map[string]*lane
	rotas  map[string]Rota
	quiets map[string]Quiet
	read   time.Time // when rotas and quiet hours were read
	fault  error     // why nothing can be planned
}

var _ alarm.Sink = (*Service)(nil)

// New checks the settings and opens nothing.
func New(cfg Config, deps Deps) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.County == nil || deps.Store == nil {
		return nil, errors.New("make notify: Deps.County and Deps.Store are needed")
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Registry == nil {
		deps.Registry = prometheus.NewRegistry()
	}
	m, err := newMetrics(deps.Registry)
	if err != nil {
		return nil, err
	}
	return &Service{
		cfg: cfg, deps: deps, store: deps.Store, metrics: m,
		wake: make(chan struct{}, 1), lanes: map[string]*lane{}, rotas: map[string]Rota{}, quiets: map[string]Quiet{},
	}, nil
}

// Start reads the secrets and begins to plan and to send.
func (s *Service) Start(ctx context.Context) error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.running {
		return errors.New("start notify: it runs")
	}
	lanes := map[string]*lane{}
	for _, c := range s.cfg.Receivers {
		ch, err := channel.New(c, channel.Deps{Speak: s.deps.Speak, Now: s.deps.Now})
		if err != nil {
			for _, l := range lanes {
				l.ch.Close()
			}
			return fmt.Errorf("receiver %s: %w", c.Name, err)
		}
		lanes[c.Name] = &lane{s: s, cfg: c, ch: ch, wake: make(chan struct{}, 1), log: s.deps.Log.With().Str("receiver", c.Name).Logger()}
	}
	s.mu.Lock()
	s.lanes = lanes
	s.mu.Unlock()
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop, s.running = stop, true
	s.done.Go(func() { s.run(run) })
	for _, l := range lanes {
		s.done.Go(func() { l.run(run) })
	}
	return nil
}

// Stop ends it. A message on its way gets two seconds more, and is sent again later when
// that was not enough.
func (s *Service) Stop(ctx context.Context) error {
	s.life.Lock()
	defer s.life.Unlock()
	if !s.running {
		return nil
	}
	s.stop()
	ended := make(chan struct{})
	go func() {
		s.done.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		return fmt.Errorf("stop notify: %w", ctx.Err())
	}
	s.running = false
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lanes {
		l.ch.Close()
	}
	return nil
}

// Health says whether it can plan.
func (s *Service) Health() event.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != nil {
		return event.Health{State: event.Failed, Reason: s.fault.Error()}
	}
	return event.Health{State: event.OK}
}

// Reset wakes the planner; what happened stands in the inbox.
func (s *Service) Reset([]alarm.Alarm) { s.Changed(nil) }

// Changed wakes the planner. It never waits.
func (s *Service) Changed([]alarm.Change) { nudge(s.wake) }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (s *Service) wakeLanes(ops []Op) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, op := range ops {
		if op.Add == nil {
			continue
		}
		if l := s.lanes[op.Add.Receiver]; l != nil {
			nudge(l.wake)
		}
	}
}

func (s *Service) run(ctx context.Context) {
	tidy := time.NewTicker(time.Minute)
	defer tidy.Stop()
	s.abandon(ctx)
	for {
		err := s.refresh(ctx)
		if err == nil {
			err = errors.Join(s.plan(ctx), s.handover(ctx, s.deps.Now()))
		}
		if ctx.Err() != nil {
			return
		}
		s.note(err)
		timer := time.NewTimer(s.pause(ctx))
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
		case <-tidy.C:
			s.tidy(ctx)
		}
		timer.Stop()
	}
}

// pause is how long there is nothing to plan, unless something happens.
func (s *Service) pause(ctx context.Context) time.Duration {
	at, ok, err := s.store.NextEscalation(ctx)
	if err != nil || !ok {
		return pollEvery
	}
	return min(pollEvery, max(at.Sub(s.deps.Now()), time.Millisecond))
}

func (s *Service) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.fault == nil {
		s.deps.Log.Error().Err(err).Msg("cannot plan notifications, trying again")
	} else if err == nil && s.fault != nil {
		s.deps.Log.Info().Msg("planning notifications again")
	}
	s.fault = err
}

// abandon skips what waits for a receiver that the configuration no longer has.
func (s *Service) abandon(ctx context.Context) {
	names := make([]string, 0, len(s.cfg.Receivers))
	for _, c := range s.cfg.Receivers {
		names = append(names, c.Name)
	}
	if n, err := s.store.Abandon(ctx, names, s.deps.Now()); err != nil && ctx.Err() == nil {
		s.deps.Log.Error().Err(err).Msg("cannot skip what waits for receivers that are gone")
	} else if n > 0 {
		s.deps.Log.Warn().Int("notifications", n).Msg("skipped: their receivers are gone")
	}
}

// tidy removes old rows of the log and counts what waits.
func (s *Service) tidy(ctx context.Context) {
	n, err := s.store.Prune(ctx, s.deps.Now().Add(-s.cfg.LogRetention))
	if err == nil && n > 0 {
		s.deps.Log.Info().Int("notifications", n).Msg("old log of notifications removed")
	}
	counts, err := s.store.Counts(ctx)
	if err != nil {
		return
	}
	for _, state := range []string{Queued, Sending, Failed} {
		s.metrics.waiting.WithLabelValues(state).Set(float64(counts[state]))
	}
}

func (s *Service) addressOf(person, receiver string) string {
	if p := s.cfg.person(person); p != nil {
		for _, a := range p.Addresses {
			if a.Receiver == receiver {
				return a.To
			}
		}
	}
	return ""
}

func (s *Service) zone() *time.Location { return s.deps.County().Location() }
