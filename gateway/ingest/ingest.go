package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// Sink takes batches: the journal.
type Sink interface {
	// Submit queues a batch and may block while the queue is full, at most until ctx ends.
	// done is called once the batch is durable, or with the reason why it is not; never
	// when Submit returned an error.
	Submit(ctx context.Context, b journal.Batch, done func(error)) error
}

// Message is what a device sent, as it arrived. It has the fields of adapters.Message, in
// the same order, so that one converts to the other.
type Message struct {
	Topic    string
	Payload  []byte // valid only during Decode
	Received time.Time
	Retained bool
	Site     event.SiteID
	Device   event.DeviceID
	Quantity string
}

// Decoder turns messages into events: adapters.Decoder, with this package's Message.
type Decoder interface {
	Name() string
	Decode(dst []event.Event, m Message, clock event.Clock) ([]event.Event, error)
}

// Asker is a Decoder that has something to ask devices after a message, decoded or not. It is
// asked where the subscription allows it; what it returns is published with QoS 0, and left
// out when the broker takes nothing just then. It decides itself how often it asks.
type Asker interface {
	Ask(m Message) (topic string, payload []byte, ask bool)
}

// Deps is what an Ingest works with.
type Deps struct {
	Sink     Sink
	Decoders []Decoder
	// Known reports whether the registry has a device; nil: it has all. It is asked once
	// for each device.
	Known func(event.SiteID, event.DeviceID) bool
	// Resolve names the device that has an address in an adapter's protocol; nil leaves it
	// to the adapter. It is asked when a listener's dead letter is tried again.
	Resolve func(adapter, address string) (event.SiteID, event.DeviceID)
	// Clock holds the limits by which decoders judge devices' times.
	Clock      event.Clock
	Logger     zerolog.Logger
	Registerer prometheus.Registerer // nil: a registry of its own
	// Now is the time of receipt; time.Now when nil.
	Now func() time.Time
}

// Ingest holds the sessions with all brokers of a gateway.
type Ingest struct {
	cfg    Config
	deps   Deps
	log    zerolog.Logger
	ledger *ledger

	sessions []*session
	delivery *delivery

	mu      sync.Mutex
	started bool
	stopped bool
	notes   []string // of damaged state found at Start

	halt chan struct{} // closed by Stop
	wg   sync.WaitGroup
}

// New checks settings and opens nothing.
func New(cfg Config, deps Deps) (*Ingest, error) {
	var faults []error
	if err := cfg.Validate(); err != nil {
		faults = append(faults, err)
	}
	if deps.Sink == nil {
		faults = append(faults, errors.New("ingest needs a sink"))
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	decoders := make(map[string]Decoder)
	for _, d := range deps.Decoders {
		decoders[d.Name()] = d
	}
	for i, b := range cfg.Brokers {
		for j, s := range b.Subscriptions {
			if _, ok := decoders[s.Adapter]; !ok && s.Adapter != "" {
				faults = append(faults, &event.Fault{
					Key:   fmt.Sprintf("brokers[%d].subscriptions[%d].adapter", i, j),
					Value: quoted(s.Adapter), Want: "one of " + strings.Join(decoderNames(deps.Decoders), ", "),
				})
			} else if _, asks := decoders[s.Adapter].(Asker); s.Ask && !asks {
				faults = append(faults, &event.Fault{
					Key:   fmt.Sprintf("brokers[%d].subscriptions[%d].ask", i, j),
					Value: true, Want: "false: the adapter " + s.Adapter + " asks devices nothing",
				})
			}
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	in := &Ingest{
		cfg: cfg, deps: deps, log: deps.Logger,
		ledger: newLedger(cfg.MaxDevices, deps.Known), halt: make(chan struct{}),
	}
	met, err := newMetrics(deps.Registerer, newStateCollector(in))
	if err != nil {
		return nil, err
	}
	in.delivery = newDelivery(in, met.of(ListenerBroker))
	for i := range in.cfg.Brokers {
		in.sessions = append(in.sessions, newSession(in, &in.cfg.Brokers[i], decoders, met.of(in.cfg.Brokers[i].Name)))
	}
	return in, nil
}

func decoderNames(ds []Decoder) []string {
	var names []string
	for _, d := range ds {
		names = append(names, d.Name())
	}
	return names
}

// Start reads the saved state and begins to connect. It does not wait for any broker.
func (in *Ingest) Start(context.Context) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.started || in.stopped {
		return errors.New("ingest was started before")
	}
	if err := os.MkdirAll(in.cfg.StateDir, 0o750); err != nil {
		return fmt.Errorf("make state folder: %w", err)
	}
	now := in.deps.Now()
	store, aside, err := openFilterStore(filepath.Join(in.cfg.StateDir, "subscriptions.json"), now)
	if err != nil {
		return fmt.Errorf("read list of subscriptions: %w", err)
	}
	in.noteDamage(aside)
	aside, err = in.ledger.load(in.ledgerPath(), now)
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	in.noteDamage(aside)
	in.started = true
	for _, s := range in.sessions {
		s.store = store
		in.wg.Go(s.run)
	}
	in.wg.Go(in.saveLedger)
	return nil
}

func (in *Ingest) noteDamage(aside string) {
	if aside != "" {
		in.notes = append(in.notes, "damaged state was set aside: "+filepath.Base(aside))
		in.log.Error().Str("file", aside).Msg("state of ingest was damaged: set aside, begun anew")
	}
}

func (in *Ingest) ledgerPath() string { return filepath.Join(in.cfg.StateDir, "ledger.json") }

func (in *Ingest) saveLedger() {
	tick := time.NewTicker(in.cfg.SaveEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-in.halt:
			return
		case <-tick.C:
		}
		err := in.ledger.save(in.ledgerPath())
		if err != nil && !failing {
			in.log.Error().Err(err).Msg("ledger cannot be saved")
		}
		failing = err != nil
	}
}

// Stop stops reading, waits until what was read is durable and acknowledged, says good-bye
// to the brokers and saves the ledger. When ctx ends first, connections are cut: what was
// not acknowledged comes again. The sink must still run.
func (in *Ingest) Stop(ctx context.Context) error {
	in.mu.Lock()
	first := !in.stopped
	in.stopped = true
	started := in.started
	in.mu.Unlock()
	if first {
		close(in.halt)
	}
	if !started {
		return nil
	}
	done := make(chan struct{})
	go func() {
		in.wg.Wait()
		close(done)
	}()
	var cut error
	select {
	case <-done:
	case <-ctx.Done():
		cut = fmt.Errorf("stop ingest: connections were cut with messages in flight: %w", ctx.Err())
		for _, s := range in.sessions {
			s.cut()
		}
		<-done
	}
	if !first {
		return nil
	}
	return errors.Join(cut, in.ledger.save(in.ledgerPath()))
}

// Devices returns the ledger, sorted by site and device.
func (in *Ingest) Devices() []DeviceStat { return in.ledger.list() }

// Brokers returns the state of each broker, in the order of the configuration.
func (in *Ingest) Brokers() []BrokerStat {
	out := make([]BrokerStat, 0, len(in.sessions))
	for _, s := range in.sessions {
		out = append(out, s.stat())
	}
	return out
}

// Health is the worst of the brokers' states, with the reasons of all that are not OK.
func (in *Ingest) Health() event.Health {
	in.mu.Lock()
	started, stopped := in.started, in.stopped
	reasons := append([]string(nil), in.notes...)
	in.mu.Unlock()
	if stopped {
		return event.Health{State: event.Stopped}
	}
	if !started {
		return event.Health{State: event.Starting}
	}
	worst := event.OK
	if len(reasons) > 0 {
		worst = event.Degraded
	}
	for _, s := range in.sessions {
		h := s.health()
		if h.Reason != "" {
			reasons = append(reasons, fmt.Sprintf("broker %s: %s", s.cfg.Name, h.Reason))
		}
		if badness(h.State) > badness(worst) {
			worst = h.State
		}
	}
	return event.Health{State: worst, Reason: strings.Join(reasons, "; ")}
}

func badness(s event.HealthState) int {
	switch s {
	case event.OK:
		return 0
	case event.Starting:
		return 1
	case event.Degraded:
		return 2
	}
	return 3
}
