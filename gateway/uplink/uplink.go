package uplink

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// Names of the journal consumers.
const (
	EventConsumer   = "uplink-event"
	AnomalyConsumer = "uplink-anomaly"
)

// Deps are what the uplink works with.
type Deps struct {
	// Open attaches a journal consumer; it is called in Start, so the journal must be
	// started before.
	Open func(journal.ConsumerConfig) (Consumer, error)
	// JournalID is the journal's id; called in Start.
	JournalID func() string
	// Status returns what to report of the gateway every StatusInterval, as JSON; nil
	// reports nothing.
	Status func(ctx context.Context) ([]byte, error)
	// Documents takes the command centre's documents: the newest version of each at the
	// first connect, and each newer one. version is its number in the stream; doc may be
	// kept. An error is logged, and the version is not handed over again. nil takes none.
	Documents  func(name string, version uint64, doc []byte) error
	Logger     zerolog.Logger
	Registerer prometheus.Registerer
}

// Uplink carries the journal's records to the bus.
type Uplink struct {
	config  Config
	deps    Deps
	log     zerolog.Logger
	metrics *metrics
	rpc     *responder

	mu        sync.Mutex
	link      *link
	pipelines []*pipeline
	stopFetch context.CancelFunc
	stopHard  context.CancelFunc
	wg        sync.WaitGroup
	stopped   bool
}

// New checks the settings; it opens nothing.
func New(config Config, deps Deps) (*Uplink, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if deps.Open == nil || deps.JournalID == nil {
		return nil, errors.New("uplink needs a journal: Open and JournalID")
	}
	u := &Uplink{config: config, deps: deps, log: deps.Logger.With().Str("component", "uplink").Logger()}
	var err error
	if u.metrics, err = newMetrics(deps.Registerer, u.isConnected); err != nil {
		return nil, fmt.Errorf("register uplink metrics: %w", err)
	}
	u.rpc = &responder{
		gateway: config.Gateway, log: u.log, metrics: u.metrics,
		slots: make(chan struct{}, maxAnswering), handlers: make(map[string]Handler),
	}
	return u, nil
}

// Handle answers the dashboard's questions with this verb. It may be called before and
// after Start, once for each verb.
func (u *Uplink) Handle(verb string, h Handler) error { return u.rpc.handle(verb, h) }

// Start attaches to the journal and returns; the bus is connected when it is there. It
// fails on secrets or certificates that cannot be read.
func (u *Uplink) Start(context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.link != nil || u.stopped {
		return errors.New("start uplink: already started")
	}
	process := rand.Text()
	streams := u.config.StreamConfigs()
	events, anomalies := streams[0], streams[1]
	pipelines := make([]*pipeline, 0, 2)
	for _, s := range []struct {
		consumer journal.ConsumerConfig
		chains   []*chain
	}{
		{
			journal.ConsumerConfig{
				Name:      EventConsumer,
				Classes:   []event.Class{event.ClassHeartbeat, event.ClassPosition, event.ClassReading, event.ClassGate},
				LiveFirst: true,
			},
			[]*chain{{stream: events, subject: "campus.mark.event." + u.config.Gateway + ".main"}},
		},
		{
			// Emergency calls are of the class of anomalies, and go before other events.
			journal.ConsumerConfig{Name: AnomalyConsumer, Classes: []event.Class{event.ClassAnomaly}},
			[]*chain{
				{stream: events, subject: "campus.mark.event." + u.config.Gateway + ".urgent"},
				{stream: anomalies, subject: "campus.mark.anomaly." + u.config.Gateway + ".main"},
			},
		},
	} {
		consumer, err := u.deps.Open(s.consumer)
		if err != nil {
			return fmt.Errorf("start uplink: attach %s: %w", s.consumer.Name, err)
		}
		p := &pipeline{
			name: s.consumer.Name, consumer: consumer, chains: s.chains, config: &u.config, metrics: u.metrics,
			log: u.log.With().Str("consumer", s.consumer.Name).Logger(),
		}
		for _, c := range p.chains {
			c.key, c.journal, c.process = "chain/"+c.subject, u.deps.JournalID(), process
		}
		if p.states, err = readStates(consumer); err != nil {
			return fmt.Errorf("start uplink: %w", err)
		}
		pipelines = append(pipelines, p)
	}
	l, err := openLink(&u.config, u.log)
	if err != nil {
		return fmt.Errorf("start uplink: %w", err)
	}
	hard, stopHard := context.WithCancel(context.Background())
	fetch, stopFetch := context.WithCancel(hard)
	if err := u.rpc.start(hard, l); err != nil {
		stopFetch()
		stopHard()
		u.rpc.stop()
		l.close()
		return fmt.Errorf("start uplink: %w", err)
	}
	u.link, u.pipelines, u.stopFetch, u.stopHard = l, pipelines, stopFetch, stopHard
	for _, p := range pipelines {
		p.link = l
		u.wg.Go(func() { p.run(hard, fetch) })
	}
	if u.deps.Documents != nil {
		d := &documents{config: &u.config, link: l, hand: u.deps.Documents, log: u.log, handed: make(map[string]uint64)}
		u.wg.Go(func() { d.run(fetch) })
	}
	if u.deps.Status != nil {
		u.wg.Go(func() { u.report(fetch, l) })
	}
	return nil
}

// Stop takes no more from the journal, finishes what is on its way while the bus answers
// and ctx lasts, and waits.
func (u *Uplink) Stop(ctx context.Context) error {
	u.mu.Lock()
	u.stopped = true
	l, stopFetch, stopHard := u.link, u.stopFetch, u.stopHard
	u.link, u.pipelines = nil, nil
	u.mu.Unlock()
	if l == nil {
		return nil
	}
	stopFetch()
	done := make(chan struct{})
	go func() {
		u.wg.Wait()
		close(done)
	}()
	if up := l.present(); up != nil {
		select {
		case <-done:
		case <-ctx.Done():
		case <-up.Done(): // the bus went away while we waited for it
		}
	}
	stopHard()
	<-done
	u.rpc.stop()
	l.close()
	return nil
}

// Health is degraded while the bus is away or refuses.
func (u *Uplink) Health() event.Health {
	u.mu.Lock()
	l, pipelines, stopped := u.link, u.pipelines, u.stopped
	u.mu.Unlock()
	switch {
	case stopped:
		return event.Health{State: event.Stopped}
	case l == nil:
		return event.Health{State: event.Starting}
	}
	if away := l.away(); away > 0 {
		return event.Health{State: event.Degraded, Reason: fmt.Sprintf("bus away for %v; records wait in the journal", away.Round(time.Second))}
	}
	for _, p := range pipelines {
		if reason := p.stalled(); reason != "" {
			return event.Health{State: event.Degraded, Reason: reason}
		}
	}
	return event.Health{State: event.OK}
}

// isConnected is a metric.
func (u *Uplink) isConnected() float64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.link == nil || u.link.away() > 0 {
		return 0
	}
	return 1
}

// report publishes the gateway's status at every interval, and at once after a connect.
func (u *Uplink) report(ctx context.Context, l *link) {
	tick := time.NewTicker(u.config.StatusInterval)
	defer tick.Stop()
	for failed := false; ; {
		if _, err := l.await(ctx); err != nil {
			return
		}
		status, err := u.deps.Status(ctx)
		if err == nil {
			err = l.conn.Publish("campus.status."+u.config.Gateway, status)
		}
		if err != nil && !failed && l.away() == 0 && ctx.Err() == nil {
			u.log.Warn().Err(err).Msg("status not sent")
		}
		failed = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func readStates(c Consumer) (map[string]chainState, error) {
	states := make(map[string]chainState)
	err := c.State(func(key string, value []byte) error {
		s, err := parseState(value)
		states[key] = s
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	return states, nil
}
