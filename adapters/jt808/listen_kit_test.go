package jt808_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/jt808/jt808test"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	phone    = "13800000001"
	other    = "13800000002"
	stranger = "13800000009" // to the registry
	// What the registry has for the other terminal.
	plateOfOther  = "浙A00002"
	numberOfOther = "T000002"
	patience      = 60 * time.Second
)

var errFull = errors.New("the journal is full")

// gateway stands for what is behind the listener.
type gateway struct {
	t        testing.TB
	listener *jt808.Listener
	metrics  *prometheus.Registry

	mu       sync.Mutex
	now      time.Time
	fail     error
	hold     chan struct{} // closed: deliveries go on
	messages []payload.Message
	calls    int
	looks    int // at the clock
}

// settings are those of most tests: a terminal must authenticate.
func settings(t testing.TB) jt808.Config {
	cfg := jt808.DefaultConfig()
	cfg.ListenTCP, cfg.ListenUDP = "127.0.0.1:0", "127.0.0.1:0"
	cfg.AskParameters = false // TestATerminalIsAskedForItsParameters
	cfg.AuthSecretFile = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(cfg.AuthSecretFile, []byte("sixteen bytes or more\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func start(t testing.TB, change func(*jt808.Config)) *gateway {
	t.Helper()
	cfg := settings(t)
	if change != nil {
		change(&cfg)
	}
	g := &gateway{t: t, now: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), metrics: prometheus.NewRegistry()}
	deps := g.deps()
	deps.Metrics = g.metrics
	l, err := jt808.NewListener(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	var _ payload.Listener = l
	if l.Addr() != "" || l.AddrUDP() != "" || l.Health().State != event.Starting {
		t.Error("something is open before Start")
	}
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.listener = l
	t.Cleanup(func() {
		for range 2 {
			if err := l.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if h := l.Health(); h.State != event.Stopped {
			t.Errorf("health after Stop: %+v", h)
		}
	})
	return g
}

func (g *gateway) deps() payload.ListenerDeps {
	return payload.ListenerDeps{
		Deliver: g.deliver, Now: g.clock, Log: zerolog.Nop(),
		Resolve: func(address string) (event.SiteID, event.DeviceID, bool) {
			switch address {
			case phone:
				return "s012", "bus-1", true
			case other, plateOfOther, numberOfOther:
				return "s012", "bus-2", true
			}
			return "", "", false
		},
	}
}

func (g *gateway) clock() time.Time { g.mu.Lock(); defer g.mu.Unlock(); g.looks++; return g.now }

// seen counts the looks at the clock: those of the watch, when nothing else happens.
func (g *gateway) seen() int { g.mu.Lock(); defer g.mu.Unlock(); return g.looks }

func (g *gateway) advance(d time.Duration) { g.mu.Lock(); defer g.mu.Unlock(); g.now = g.now.Add(d) }

func (g *gateway) refuse(err error) { g.mu.Lock(); defer g.mu.Unlock(); g.fail = err }

func (g *gateway) deliver(ctx context.Context, messages ...payload.Message) error {
	g.mu.Lock()
	hold := g.hold
	g.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	if g.fail != nil {
		return g.fail
	}
	for _, m := range messages {
		m.Payload = bytes.Clone(m.Payload)
		g.messages = append(g.messages, m)
	}
	return nil
}

// delivered are the messages of an id, all of them for 0.
func (g *gateway) delivered(id uint16) (all []payload.Message) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, m := range g.messages {
		h, _, err := jt808.ParseMessage(m.Payload, jt808.ChecksumStrict, nil)
		if err != nil {
			g.t.Errorf("%s delivered: %v", m.Topic, err)
		}
		if id == 0 || h.ID == id {
			all = append(all, m)
		}
	}
	return all
}

// metric sums a counter or gauge over all labels but those given.
func (g *gateway) metric(name string, labels ...string) (sum float64) {
	g.t.Helper()
	families, err := g.metrics.Gather()
	if err != nil {
		g.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "campusgate_jt808_"+name {
			continue
		}
	series:
		for _, m := range f.GetMetric() {
			for _, want := range labels {
				found := false
				for _, l := range m.GetLabel() {
					found = found || l.GetValue() == want
				}
				if !found {
					continue series
				}
			}
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

func (g *gateway) dial(phone string) *jt808test.Terminal {
	g.t.Helper()
	return g.connect("tcp", g.listener.Addr(), phone)
}

func (g *gateway) connect(network, addr, phone string) *jt808test.Terminal {
	g.t.Helper()
	term, err := jt808test.Dial(network, addr, phone)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(term.Close)
	return term
}

// login is a terminal that has authenticated.
func (g *gateway) login(phone string) *jt808test.Terminal {
	g.t.Helper()
	term := g.dial(phone)
	if err := term.Login(); err != nil {
		g.t.Fatal(err)
	}
	return term
}

// position is a body of 0x0200, another one for each n.
func position(n int) jt808test.Position {
	return jt808test.Position{
		Status: 3, Lat: 33.25 + float64(n)*1e-5, Lon: 119.3, SpeedKMH: 36.5, Heading: 90,
		Time: time.Date(2026, 11, 24, 7, 59, 0, 0, time.FixedZone("CST", 8*3600)).Add(time.Duration(n) * time.Second),
	}
}

// ask expects the result of a message's general answer.
func ask(t testing.TB, term *jt808test.Terminal, id uint16, body []byte, want byte) {
	t.Helper()
	got, err := term.Ask(id, body)
	if err != nil || got != want {
		t.Fatalf("0x%04x: result %d, %v; want %d", id, got, err, want)
	}
}

// silent expects that nothing comes for a short while. It can only miss a fault on a slow
// machine, not report one that is none.
func silent(t testing.TB, term *jt808test.Terminal) {
	t.Helper()
	was := term.Patience
	term.Patience = 300 * time.Millisecond
	defer func() { term.Patience = was }()
	if m, err := term.Receive(); !errors.Is(err, jt808test.ErrNoAnswer) {
		t.Fatalf("0x%04x % x, %v; want no answer", m.ID, m.Body, err)
	}
}

// closed expects that the listener closes the connection.
func closed(t testing.TB, term *jt808test.Terminal) {
	t.Helper()
	for {
		if _, err := term.Receive(); err != nil {
			if errors.Is(err, jt808test.ErrNoAnswer) {
				t.Fatal("the connection is still open")
			}
			return
		}
	}
}

func contains(err error, what string) bool { return strings.Contains(err.Error(), what) }

// eventually polls a condition that has no channel to wait on.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	end, ticker := time.Now().Add(patience), time.NewTicker(5*time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		if time.Now().After(end) {
			t.Fatalf("timed out: %s", what)
		}
		<-ticker.C
	}
}
