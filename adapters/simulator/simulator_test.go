package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/configs/counties"
	"github.com/campusgate/campusgate/gateway/event"
)

// broker keeps what was published.
type broker struct {
	mu       sync.Mutex
	messages []payload.Message
	delay    time.Duration
	fail     func(n int) error // asked for each attempt
	attempts int
}

func (b *broker) Publish(ctx context.Context, topic string, _ byte, _ bool, body []byte) error {
	if b.delay > 0 {
		select {
		case <-time.After(b.delay):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.attempts++
	if b.fail != nil {
		if err := b.fail(b.attempts); err != nil {
			return err
		}
	}
	b.messages = append(b.messages, payload.Message{Topic: topic, Payload: bytes.Clone(body), Received: time.Now()})
	return nil
}

// ledger keeps the entries by event id.
type ledger struct {
	mu      sync.Mutex
	entries map[string]simulator.Entry
	bad     int
}

func (l *ledger) record(e simulator.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.EventID == "" {
		l.bad++
		return
	}
	l.entries[e.EventID] = e
}

func newSimulator(t *testing.T, cfg simulator.Config, county *event.County, l *ledger, brokers ...*broker) *simulator.Simulator {
	t.Helper()
	deps := simulator.Deps{County: county, Logger: zerolog.Nop(), Decoder: adapters.Campus(), Registerer: prometheus.NewRegistry()}
	if l != nil {
		l.entries = map[string]simulator.Entry{}
		deps.Ledger = l.record
	}
	for _, b := range brokers {
		deps.Publishers = append(deps.Publishers, b)
	}
	s, err := simulator.New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reconcile decodes what the brokers have and compares it with ledger and totals.
func reconcile(t *testing.T, s *simulator.Simulator, l *ledger, brokers ...*broker) {
	t.Helper()
	got, n := map[string]bool{}, 0
	seqs := map[event.DeviceKey]uint64{}
	for _, b := range brokers {
		for _, m := range b.messages {
			n++
			events, err := adapters.Campus().Decode(nil, m, event.Clock{})
			if err != nil {
				t.Fatalf("%s %s: %v", m.Topic, m.Payload, err)
			}
			e := events[0]
			got[e.ID] = true
			want := l.entries[e.ID]
			if want.Topic != m.Topic || want.Site != e.Site || want.Device != e.Device || want.Type != e.Type || !want.TS.Equal(e.ObservedAt) {
				t.Fatalf("event %s: ledger says %+v", e.ID, want)
			}
			key := event.DeviceKey{Site: e.Site, Device: e.Device}
			if e.Seq != seqs[key]+1 {
				t.Fatalf("%v: %d comes after %d", key, e.Seq, seqs[key])
			}
			seqs[key] = e.Seq
		}
	}
	totals, sum := s.Totals(), uint64(0)
	for _, k := range totals.ByType {
		sum += k
	}
	if n == 0 || len(got) != n || len(l.entries) != n || totals.Messages != uint64(n) || sum+totals.Undecodable != uint64(n) || l.bad != 0 {
		t.Fatalf("%d messages, %d events, %d ledger entries (%d bad), totals %+v", n, len(got), len(l.entries), l.bad, totals)
	}
}

func TestSimulatorPublishesTheDay(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Small())
	synctest.Test(t, func(t *testing.T) {
		cfg := simulator.DefaultConfig()
		b, l := &broker{delay: 3 * time.Millisecond}, &ledger{}
		s := newSimulator(t, cfg, c, l, b)
		if h := s.Health(); h.State != event.Starting {
			t.Errorf("before the start: %+v", h)
		}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Start(t.Context()); err == nil {
			t.Error("it starts twice")
		}
		<-time.After(10 * time.Minute) // of the bubble's time
		if h := s.Health(); h.State != event.OK {
			t.Errorf("at work: %+v", h)
		}
		stopped := time.Now().Add(b.delay)
		for range 2 {
			if err := s.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if h := s.Health(); h.State != event.Stopped {
			t.Errorf("stopped: %+v", h)
		}
		for _, m := range b.messages {
			events, err := adapters.Campus().Decode(nil, m, event.Clock{})
			if err != nil {
				t.Fatal(err)
			}
			// What was under way at the stop leaves early.
			if d := m.Received.Sub(events[0].ObservedAt); d > 50*time.Millisecond || d < 0 && !m.Received.Equal(stopped) {
				t.Fatalf("published %v after it happened", d)
			}
		}
		if len(b.messages) < 500 {
			t.Errorf("%d messages in ten minutes", len(b.messages))
		}
		reconcile(t, s, l, b)
	})
}

func TestLoadCountsAndKeepsItsRate(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Demo())
	synctest.Test(t, func(t *testing.T) {
		cfg := simulator.DefaultConfig()
		cfg.Load = simulator.LoadConfig{Enabled: true, Rate: 2000, Count: 20_000}
		a, b, l := &broker{delay: 5 * time.Millisecond}, &broker{delay: 5 * time.Millisecond}, &ledger{}
		s := newSimulator(t, cfg, c, l, a, b)
		start := time.Now()
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-s.Done()
		if d := time.Since(start); d < 9900*time.Millisecond || d > 10500*time.Millisecond {
			t.Errorf("20,000 messages at 2,000 a second took %v", d)
		}
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		reconcile(t, s, l, a, b)
		if n := s.Totals(); n.Messages != 20_000 || len(n.ByType) != 5 || len(a.messages) < 6000 || len(b.messages) < 6000 {
			t.Errorf("%+v over %d and %d", n, len(a.messages), len(b.messages))
		}
	})
}

func TestLoadOfOneKind(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Small())
	synctest.Test(t, func(t *testing.T) {
		cfg := simulator.DefaultConfig()
		cfg.QoS = 0
		cfg.Load = simulator.LoadConfig{Enabled: true, Rate: 100, Duration: 3 * time.Second, Kind: event.KindKitchen}
		b, l := &broker{}, &ledger{}
		s := newSimulator(t, cfg, c, l, b)
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-s.Done()
		if n := s.Totals(); n.Messages != 300 || n.ByType[event.TypeKitchenReading] != 300 {
			t.Errorf("%+v", n)
		}
		reconcile(t, s, l, b)
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// A broker that refuses loses nothing, and is said to be unwell meanwhile.
func TestPublishingIsRepeated(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Small())
	synctest.Test(t, func(t *testing.T) {
		cfg := simulator.DefaultConfig()
		cfg.Load = simulator.LoadConfig{Enabled: true, Rate: 50, Count: 500}
		start := time.Now()
		b, l := &broker{fail: func(int) error {
			if d := time.Since(start); d > 2*time.Second && d < 6*time.Second {
				return errors.New("broker is away")
			}
			return nil
		}}, &ledger{}
		s := newSimulator(t, cfg, c, l, b)
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-time.After(4 * time.Second)
		if h := s.Health(); h.State != event.Degraded || h.Reason == "" {
			t.Errorf("while the broker is away: %+v", h)
		}
		<-s.Done()
		if h := s.Health(); h.State != event.OK {
			t.Errorf("afterwards: %+v", h)
		}
		if n := s.Totals(); n.Messages != 500 || n.Retries == 0 {
			t.Errorf("%+v", n)
		}
		reconcile(t, s, l, b)
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// Stop gives up on a broker that hangs when its time is over.
func TestStopWithAHangingBroker(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Small())
	synctest.Test(t, func(t *testing.T) {
		s := newSimulator(t, simulator.DefaultConfig(), c, nil, &broker{delay: time.Hour})
		if err := s.Stop(t.Context()); err != nil {
			t.Errorf("stop without start: %v", err)
		}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := s.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// After an hour without a broker the county goes on from now: it does not send an hour's
// messages at once, and none as if they were of now.
func TestTrafficDoesNotCatchUp(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Small())
	synctest.Test(t, func(t *testing.T) {
		cfg := simulator.DefaultConfig()
		cfg.InFlight = 1
		start := time.Now()
		b := &broker{fail: func(int) error {
			if d := time.Since(start); d > time.Minute && d < 61*time.Minute {
				return errors.New("broker is away")
			}
			return nil
		}}
		s := newSimulator(t, cfg, c, nil, b)
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-time.After(63 * time.Minute)
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		late, fresh := 0, 0
		for _, m := range b.messages {
			events, err := adapters.Campus().Decode(nil, m, event.Clock{})
			if err != nil || m.Received.Sub(start) < 61*time.Minute {
				continue
			}
			if events[0].Late {
				late++
			} else {
				fresh++
			}
		}
		if late > 40 || fresh < 100 || fresh > 400 {
			t.Errorf("%d late and %d fresh messages after the cut", late, fresh)
		}
	})
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := simulator.New(simulator.Config{Speed: 100, QoS: 2, Load: simulator.LoadConfig{Rate: -1, Count: -1, Duration: -1, Kind: "drone"}},
		simulator.Deps{Ledger: func(simulator.Entry) {}})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"speed: 100", "qos: 2", "in_flight: 0", "load.rate", "load.count", "load.duration", `load.kind: "drone"`,
		"no county", "no publisher", "a ledger needs a decoder",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in:\n%v", want, err)
		}
	}
	good := simulator.DefaultConfig()
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	c := event.County{Sites: []event.Site{{ID: "s1"}}}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	if _, err := simulator.NewLoad(&c, simulator.LoadConfig{}, 1, time.Now()); err == nil {
		t.Error("load without devices")
	}
}

func TestLedgerWriter(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := simulator.NewLedgerWriter(&b)
	want := simulator.Entry{Topic: "campus/s1/gate/g1/access", EventID: "0123", Site: "s1", Device: "g1", Type: event.TypeGateAccess, TS: time.Unix(1, 5).UTC()}
	w.Record(want)
	w.Record(simulator.Entry{Topic: "x"})
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	var got simulator.Entry
	line, rest, _ := strings.Cut(b.String(), "\n")
	if err := json.Unmarshal([]byte(line), &got); err != nil || got != want || strings.Count(rest, "\n") != 1 {
		t.Errorf("%v: %s", err, b.String())
	}
	broken := simulator.NewLedgerWriter(failing{})
	broken.Record(want)
	if err := broken.Flush(); err == nil {
		t.Error("a disk that is full goes unnoticed")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left") }
