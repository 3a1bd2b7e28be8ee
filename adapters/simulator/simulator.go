package simulator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// Publisher is a connection to a broker. Publish returns when the broker has acknowledged
// (QoS 1) or the message is on its way (QoS 0). It is called by many goroutines at once and
// must not keep payload.
type Publisher interface {
	Publish(ctx context.Context, topic string, qos byte, retain bool, payload []byte) error
}

// Deps is what the simulator works with.
type Deps struct {
	County     *event.County // indexed; needed
	Script     *Script       // used when Config.Incidents is set; may be nil
	Publishers []Publisher   // one or more; devices are spread over them
	// Ledger is called for each acknowledged message, by many goroutines at once; nil when
	// nobody reconciles.
	Ledger func(Entry)
	// Decoder computes the ledger's event ids: the gateway's own adapter "campus". Needed
	// with Ledger.
	Decoder    payload.Decoder
	Logger     zerolog.Logger
	Registerer prometheus.Registerer // nil: metrics of its own
}

// source makes messages in the order of time.
type source interface {
	Next(now time.Time) (Message, bool)
	Shift(d time.Duration)
}

const (
	// hurry is how much later than due a message may leave; then the county goes on from
	// now instead of catching up.
	hurry = 20 * time.Second
	// Pauses between attempts to publish one message.
	retryFirst = 100 * time.Millisecond
	retryMost  = 5 * time.Second
)

// Simulator publishes a county's traffic.
type Simulator struct {
	cfg  Config
	deps Deps

	stopping context.CancelFunc // ends the making of messages
	cutting  context.CancelFunc // ends publishing
	done     chan struct{}
	workers  []chan Message

	mu      sync.Mutex
	started bool
	health  event.Health
	totals  Totals
	failing atomic.Int64 // workers whose message is not acknowledged

	published *prometheus.CounterVec
	retries   prometheus.Counter
}

// New checks settings and script.
func New(cfg Config, deps Deps) (*Simulator, error) {
	err := cfg.Validate()
	if deps.County == nil {
		err = errors.Join(err, errors.New("simulator: no county"))
	} else if deps.Script != nil {
		err = errors.Join(err, deps.Script.Check(deps.County))
	}
	if len(deps.Publishers) == 0 {
		err = errors.Join(err, errors.New("simulator: no publisher"))
	}
	if deps.Ledger != nil && deps.Decoder == nil {
		err = errors.Join(err, errors.New("simulator: a ledger needs a decoder"))
	}
	if err != nil {
		return nil, err
	}
	s := &Simulator{
		cfg: cfg, deps: deps, done: make(chan struct{}),
		totals: Totals{ByType: map[event.Type]uint64{}},
		published: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "campusgate_simulator_published_total", Help: "Messages acknowledged by the broker, by type of event.",
		}, []string{"type"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "campusgate_simulator_retries_total", Help: "Attempts to publish that failed and were repeated.",
		}),
	}
	registerer := deps.Registerer
	if registerer == nil {
		registerer = prometheus.NewRegistry()
	}
	for _, c := range []prometheus.Collector{s.published, s.retries} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("register the simulator's metrics: %w", err)
		}
	}
	return s, nil
}

// Start begins to publish, as of now.
func (s *Simulator) Start(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return errors.New("simulator: started twice")
	}
	now := time.Now()
	messages, err := s.source(now)
	if err != nil {
		return err
	}
	s.started = true
	s.health = event.Health{State: event.OK}
	making, stopping := context.WithCancel(context.Background())
	publishing, cutting := context.WithCancel(context.Background())
	s.stopping, s.cutting = stopping, cutting
	var workers sync.WaitGroup
	for i := range s.cfg.InFlight * len(s.deps.Publishers) {
		lane := make(chan Message, 16)
		s.workers = append(s.workers, lane)
		publisher := s.deps.Publishers[i%len(s.deps.Publishers)]
		workers.Go(func() { s.work(publishing, publisher, lane) })
	}
	go func() {
		defer close(s.done)
		s.pace(making, messages)
		if t, ok := messages.(*Traffic); ok {
			for _, m := range t.Farewell(time.Now()) {
				s.workers[m.lane%len(s.workers)] <- m
			}
		}
		for _, lane := range s.workers {
			close(lane)
		}
		workers.Wait()
	}()
	s.deps.Logger.Info().Int("sites", len(s.deps.County.Sites)).Float64("speed", s.cfg.Speed).
		Uint64("seed", s.cfg.Seed).Bool("load", s.cfg.Load.Enabled).Msg("simulator started")
	return nil
}

func (s *Simulator) source(now time.Time) (source, error) {
	if s.cfg.Load.Enabled {
		return NewLoad(s.deps.County, s.cfg.Load, s.cfg.Seed, now)
	}
	script := s.deps.Script
	if !s.cfg.Incidents {
		script = nil
	}
	return NewTraffic(s.deps.County, script, TrafficConfig{Seed: s.cfg.Seed, Speed: s.cfg.Speed}, now), nil
}

// pace hands each message to its worker when it is due.
func (s *Simulator) pace(ctx context.Context, messages source) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		m, ok := messages.Next(time.Now())
		if !ok {
			return
		}
		// A timer is no finer than a millisecond: what is due sooner leaves now.
		switch wait := time.Until(m.At); {
		case wait > time.Millisecond:
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				// Its device has counted it already: it leaves a moment early.
			}
		case -wait > hurry:
			messages.Shift(-wait)
		}
		s.workers[m.lane%len(s.workers)] <- m
	}
}

// work publishes one lane's messages, each until it is acknowledged.
func (s *Simulator) work(ctx context.Context, p Publisher, lane <-chan Message) {
	for m := range lane {
		if !s.publish(ctx, p, &m) {
			continue // the simulator is being cut off: empty the lane
		}
		s.published.WithLabelValues(string(m.Type)).Inc()
		s.mu.Lock()
		s.totals.Messages++
		s.totals.Bytes += uint64(len(m.Payload))
		if m.Type == "" {
			s.totals.Undecodable++
		} else {
			s.totals.ByType[m.Type]++
		}
		s.mu.Unlock()
		if s.deps.Ledger != nil {
			s.deps.Ledger(entry(s.deps.Decoder, &m))
		}
	}
}

func (s *Simulator) publish(ctx context.Context, p Publisher, m *Message) bool {
	failed := false
	for pause := retryFirst; ctx.Err() == nil; pause = min(2*pause, retryMost) {
		err := p.Publish(ctx, m.Topic, byte(s.cfg.QoS), false, m.Payload)
		if err == nil {
			if failed && s.failing.Add(-1) == 0 {
				s.deps.Logger.Info().Msg("simulator publishes again")
			}
			return true
		}
		s.retries.Inc()
		s.mu.Lock()
		s.totals.Retries++
		s.mu.Unlock()
		if !failed {
			failed = true
			if s.failing.Add(1) == 1 {
				s.deps.Logger.Warn().Err(err).Msg("simulator cannot publish, goes on trying")
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	if failed {
		s.failing.Add(-1)
	}
	return false
}

// Done is closed when the load's end is reached and everything is acknowledged, or the
// simulator was stopped.
func (s *Simulator) Done() <-chan struct{} { return s.done }

// Stop brings what was begun to its end (see Traffic.Farewell), makes no more messages,
// waits for those under way to be acknowledged, and gives up on them when ctx ends.
func (s *Simulator) Stop(ctx context.Context) error {
	s.mu.Lock()
	started := s.started
	s.mu.Unlock()
	if !started {
		return nil
	}
	s.stopping()
	var err error
	select {
	case <-s.done:
	case <-ctx.Done():
		s.cutting()
		<-s.done
		err = fmt.Errorf("stop simulator: messages under way were given up: %w", ctx.Err())
	}
	s.cutting()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.health.State != event.Stopped {
		s.health = event.Health{State: event.Stopped}
		s.deps.Logger.Info().Uint64("messages", s.totals.Messages).Msg("simulator stopped")
	}
	return err
}

// Health says whether the broker takes the messages.
func (s *Simulator) Health() event.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.started:
		return event.Health{State: event.Starting}
	case s.health.State == event.OK && s.failing.Load() > 0:
		return event.Health{State: event.Degraded, Reason: fmt.Sprintf("%d devices' messages are not acknowledged", s.failing.Load())}
	}
	return s.health
}

// Totals counts what was acknowledged so far.
func (s *Simulator) Totals() Totals {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.totals
	t.ByType = make(map[event.Type]uint64, len(s.totals.ByType))
	for k, v := range s.totals.ByType {
		t.ByType[k] = v
	}
	return t
}
