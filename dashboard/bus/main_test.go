package bus_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/bus"
	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// nats-server 2.15 leaves these behind when it is stopped while a stream is being
		// made; its own process would end with them.
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*fileStore).flushStreamStateLoop"),
		goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server/ats.Register.func1"),
	)
}

// server is a bus that can be stopped and started on its address.
type server struct {
	t      testing.TB
	config broker.BusConfig
	bus    *broker.Bus
}

func newServer(t testing.TB) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, config: broker.DefaultBusConfig()}
	s.config.Listen, s.config.DataDir = l.Addr().String(), t.TempDir()
	_ = l.Close()
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	b, err := broker.NewBus(s.config, zerolog.Nop())
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := b.Start(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.bus = b
}

func (s *server) stop() {
	if err := s.bus.Stop(context.Background()); err != nil {
		s.t.Error(err)
	}
}

func (s *server) url() string { return "nats://" + s.config.Listen }

func config(s *server) bus.Config {
	c := bus.DefaultConfig()
	c.URLs = []string{s.url()}
	return c
}

// client is a client whose counters can be read.
type client struct {
	*bus.Client
	t        testing.TB
	registry *prometheus.Registry
}

func startClient(t testing.TB, c bus.Config) *client {
	t.Helper()
	registry := prometheus.NewRegistry()
	b, err := bus.New(c, bus.Deps{Logger: zerolog.Nop(), Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Stop(context.Background()) })
	return &client{b, t, registry}
}

// counter returns a metric, summed over its labels.
func (c *client) counter(name string) int {
	c.t.Helper()
	families, err := c.registry.Gather()
	if err != nil {
		c.t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() == "campusgate_bus_"+name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return int(sum)
}

// publisher puts records on the bus as a gateway does.
type publisher struct {
	t  testing.TB
	js jetstream.JetStream
}

func newPublisher(t testing.TB, s *server) *publisher {
	t.Helper()
	nc, err := nats.Connect(s.url(), nats.MaxReconnects(-1), nats.ReconnectWait(10*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(time.Second)) // answers die with the bus
	if err != nil {
		t.Fatal(err)
	}
	c := config(s)
	for _, stream := range c.StreamConfigs() {
		if _, err := js.CreateOrUpdateStream(context.Background(), stream); err != nil {
			t.Fatal(err)
		}
	}
	return &publisher{t, js}
}

func (p *publisher) publish(subject string, data []byte) {
	p.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		_, err := p.js.Publish(context.Background(), subject, data)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			p.t.Errorf("publish: %v", err) // also called beside the test's own goroutine
			return
		}
	}
}

var start = time.Date(2026, 11, 24, 8, 0, 0, 123456789, time.UTC)

func reading(device, seq int) *event.Event {
	at := start.Add(time.Duration(seq) * time.Millisecond)
	return &event.Event{
		ID: fmt.Sprintf("%024x", seq), Type: event.TypeKitchenReading, Kind: event.KindKitchen, Site: "s001",
		Device: event.DeviceID(fmt.Sprintf("k%d", device)), ObservedAt: at, ReceivedAt: at, Seq: uint64(seq),
		Reading: &event.KitchenReading{Quantity: event.QuantityFreezer, Value: -18.5, Unit: "°C"},
	}
}

func (p *publisher) events(list ...*event.Event) {
	p.t.Helper()
	for _, e := range list {
		p.publish(e.Subject(), e.AppendJSON(nil))
	}
}

func (p *publisher) anomaly(n int) {
	p.t.Helper()
	p.publish("campus.anomaly.s001.fever.t1", fmt.Appendf(nil,
		`{"id":"%020x","rule":"fever","site":"s001","device":"t1","severity":"high","state":"raised","revision":1,"started_at":"2026-11-24T08:00:00Z","updated_at":"2026-11-24T08:00:00Z","text":{"zh":"发热","en":"fever"}}`, n))
}

// recorder collects the devices' counters, of snapshots and of what follows them.
type recorder struct {
	mu             sync.Mutex
	snapshot, live []uint64
}

func (r *recorder) take(events []*event.Event, snapshot bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		if snapshot {
			r.snapshot = append(r.snapshot, e.Seq)
		} else {
			r.live = append(r.live, e.Seq)
		}
	}
	return nil
}

func (r *recorder) seqs() (snapshot, live []uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.snapshot), slices.Clone(r.live)
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("did not come about: %s", what)
		case <-tick.C:
		}
	}
}

// in runs f and waits for it at the end of the test.
func in(t testing.TB, f func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := f(ctx); err == nil {
			t.Error("returned without an error before the end")
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait() })
}
