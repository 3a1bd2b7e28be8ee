package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

// describe is what to print when a wait failed.
func (r *running) describe() string {
	return fmt.Sprintf("%+v %+v\n%s", r.Brokers(), r.Health(), r.log)
}

// eventually polls until ok holds, and fails with what describe says after patience.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("not within %s: %s", patience, what)
		case <-tick.C:
		}
	}
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// memory is a sink in memory. While held, done is not called; while blocked, Submit blocks.
type memory struct {
	mu      sync.Mutex
	held    bool
	blocked chan struct{}
	failing error
	pending []func()
	taken   int // messages' worth of records and dead letters submitted
	order   []event.Event
	byID    map[string]int
	dead    []journal.DeadLetter
}

func newMemory() *memory { return &memory{byID: make(map[string]int)} }

func (m *memory) Submit(ctx context.Context, b journal.Batch, done func(error)) error {
	m.mu.Lock()
	blocked := m.blocked
	m.mu.Unlock()
	if blocked != nil {
		select {
		case <-blocked:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	m.mu.Lock()
	m.taken += len(b.Records) + len(b.Dead)
	err := m.failing
	commit := func() {
		m.mu.Lock()
		if err == nil {
			for _, r := range b.Records {
				m.order = append(m.order, *r.Event)
				m.byID[r.Event.ID]++
			}
			m.dead = append(m.dead, b.Dead...)
		}
		m.mu.Unlock()
		done(err)
	}
	if m.held {
		m.pending = append(m.pending, commit)
		m.mu.Unlock()
		return nil
	}
	m.mu.Unlock()
	commit()
	return nil
}

func (m *memory) hold() { m.mu.Lock(); m.held = true; m.mu.Unlock() }

// release ends what is held, in order.
func (m *memory) release() {
	for {
		m.mu.Lock()
		if len(m.pending) == 0 {
			m.held = false
			m.mu.Unlock()
			return
		}
		pending := m.pending
		m.pending = nil
		m.mu.Unlock()
		for _, commit := range pending {
			commit()
		}
	}
}

func (m *memory) block() (unblock func()) {
	ch := make(chan struct{})
	m.mu.Lock()
	m.blocked = ch
	m.mu.Unlock()
	return func() {
		m.mu.Lock()
		m.blocked = nil
		m.mu.Unlock()
		close(ch)
	}
}

func (m *memory) fail(err error) { m.mu.Lock(); m.failing = err; m.mu.Unlock() }

func (m *memory) submitted() int { m.mu.Lock(); defer m.mu.Unlock(); return m.taken }

// events returns how many different events are stored, and how many in all.
func (m *memory) events() (distinct, all int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.byID), len(m.order)
}

func (m *memory) list() []event.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]event.Event(nil), m.order...)
}

func (m *memory) buried() []journal.DeadLetter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]journal.DeadLetter(nil), m.dead...)
}

// reading decodes the payloads of tests: {"ts": Unix nanoseconds, "seq": …, "value": …}.
type reading struct{}

func (reading) Name() string { return "reading" }

func (reading) Decode(dst []event.Event, m ingest.Message, clock event.Clock) ([]event.Event, error) {
	if bytes.HasPrefix(m.Payload, []byte("panic")) {
		panic("as asked")
	}
	var in struct {
		TS    int64   `json:"ts"`
		Seq   uint64  `json:"seq"`
		Value float64 `json:"value"`
	}
	if err := json.Unmarshal(m.Payload, &in); err != nil {
		return dst, fmt.Errorf("payload: %w", err)
	}
	site, device := m.Site, m.Device
	if levels := strings.Split(m.Topic, "/"); levels[0] == "campus" {
		if len(levels) < 4 {
			return dst, errors.New("topic has less than 4 levels")
		}
		site, device = event.SiteID(levels[1]), event.DeviceID(levels[3])
	}
	e := event.Event{
		Type: event.TypeKitchenReading, Kind: event.KindKitchen, Site: site, Device: device, Seq: in.Seq,
		Reading: &event.KitchenReading{Quantity: event.QuantityRoom, Value: in.Value, Unit: "celsius"},
	}
	var observed time.Time
	if in.TS != 0 {
		observed = time.Unix(0, in.TS)
	}
	clock.Stamp(&e, m.Payload, 0, observed, time.Nanosecond, m.Received)
	return append(dst, e), nil
}

// message is a payload that is unique for its number.
func message(n int) []byte {
	return fmt.Appendf(nil, `{"ts":%d,"seq":%d,"value":%d}`, time.Now().UnixNano(), n, n)
}

const topic = "campus/s001/kitchen/k1/reading"

func brokerConfig(name, url string) ingest.BrokerConfig {
	return ingest.BrokerConfig{
		Name: name, URL: url, ClientID: "gateway-1",
		Subscriptions: []ingest.SubscriptionConfig{{Filter: "campus/#", QoS: 1, Adapter: "reading"}},
	}
}

func config(t testing.TB, brokers ...ingest.BrokerConfig) ingest.Config {
	c := ingest.DefaultConfig()
	c.StateDir = t.TempDir()
	c.ReconnectMin, c.ReconnectMax = 10*time.Millisecond, 100*time.Millisecond
	c.Brokers = brokers
	return c
}

type running struct {
	*ingest.Ingest
	t   testing.TB
	reg *prometheus.Registry
	log *safeBuffer
}

// safeBuffer takes log lines from several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string { s.mu.Lock(); defer s.mu.Unlock(); return s.b.String() }

func start(t testing.TB, c ingest.Config, sink ingest.Sink, more ...ingest.Decoder) *running {
	t.Helper()
	r := &running{t: t, reg: prometheus.NewRegistry(), log: new(safeBuffer)}
	in, err := ingest.New(c, ingest.Deps{
		Sink: sink, Decoders: append(more, reading{}), Registerer: r.reg, Logger: zerolog.New(r.log),
		Known: func(s event.SiteID, _ event.DeviceID) bool { return s != "s999" },
		Resolve: func(adapter, address string) (event.SiteID, event.DeviceID) {
			return "s001", event.DeviceID(address)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Ingest = in
	if err := in.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cut() })
	return r
}

// cut stops at once, as far as the broker can tell like a crash.
func (r *running) cut() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = r.Stop(ctx)
}

func (r *running) stop() {
	r.t.Helper()
	if err := r.Stop(within(r.t)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *running) ready() *running {
	r.t.Helper()
	defer func() {
		if r.t.Failed() {
			r.t.Log(r.describe())
		}
	}()
	eventually(r.t, "connected", func() bool {
		for _, b := range r.Brokers() {
			if !b.Connected {
				return false
			}
		}
		return true
	})
	return r
}

// metric sums a metric over its labels that contain want.
func (r *running) metric(name string, want ...string) float64 {
	r.t.Helper()
	families, err := r.reg.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() != "campusgate_ingest_"+name {
			continue
		}
		for _, m := range f.GetMetric() {
			have := map[string]bool{}
			for _, l := range m.GetLabel() {
				have[l.GetValue()] = true
			}
			ok := true
			for _, w := range want {
				ok = ok && have[w]
			}
			if ok {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func publisher(t testing.TB, url string) *ingest.Publisher {
	t.Helper()
	p, err := ingest.NewPublisher(ingest.PublisherConfig{
		Broker:       ingest.BrokerConfig{Name: "test", URL: url, ClientID: "device-" + t.Name()},
		ReconnectMin: 10 * time.Millisecond, ReconnectMax: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = p.Close(ctx)
	})
	return p
}

// send publishes messages from..to (excluded) and waits until the broker has them.
func send(t testing.TB, p *ingest.Publisher, topic string, from, to int) {
	t.Helper()
	ctx := within(t)
	for n := from; n < to; n++ {
		if err := p.Send(ctx, topic, 1, false, message(n), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}
