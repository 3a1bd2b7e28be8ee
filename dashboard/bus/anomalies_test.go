package bus_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/bus"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/campusgate/campusgate/gateway/uplink"
	"github.com/rs/zerolog"
)

// shelf stores anomalies by their sequence, as a store does.
type shelf struct {
	mu      sync.Mutex
	ids     map[uint64]string
	order   []string
	refuse  func(batch []bus.Anomaly) bool
	handled int
}

func (s *shelf) handle(_ context.Context, batch []bus.Anomaly) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handled++
	if s.refuse != nil && s.refuse(batch) {
		return errors.New("store is busy")
	}
	if s.ids == nil {
		s.ids = make(map[uint64]string)
	}
	for _, a := range batch {
		if s.ids[a.Seq] == "" {
			s.order = append(s.order, a.ID)
		}
		s.ids[a.Seq] = a.ID
	}
	return nil
}

func (s *shelf) stored() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.order)
}

func TestAnomaliesAreStoredInOrder(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	for n := range 20 {
		p.anomaly(n)
	}
	c := startClient(t, config(s))
	var sh shelf
	in(t, func(ctx context.Context) error { return c.Anomalies(ctx, sh.handle) })
	for n := range 20 {
		p.anomaly(20 + n)
	}
	eventually(t, "forty", func() bool { return len(sh.stored()) == 40 })
	for n, id := range sh.stored() {
		if id != fmt.Sprintf("%020x", n) {
			t.Fatalf("number %d is %s", n, id)
		}
	}
}

func TestRefusedAnomaliesComeAgainAndHoldUpNobody(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	for n := range 10 {
		p.anomaly(n)
	}
	p.publish("campus.anomaly.s001.fever.t1", []byte("not json"))
	c := startClient(t, config(s))
	bad := fmt.Sprintf("%020x", 4)
	left := 3
	sh := shelf{refuse: func(batch []bus.Anomaly) bool {
		for _, a := range batch {
			if a.ID == bad && left > 0 {
				if len(batch) == 1 {
					left--
				}
				return true
			}
		}
		return false
	}}
	in(t, func(ctx context.Context) error { return c.Anomalies(ctx, sh.handle) })
	eventually(t, "nine of ten", func() bool { return len(sh.stored()) >= 9 })
	eventually(t, "all ten", func() bool { return len(sh.stored()) == 10 })
	if got := sh.stored(); got[9] != bad {
		t.Errorf("the refused one came as number %d", slices.Index(got, bad))
	}
}

func TestAnomaliesGoOnAfterRestartOfBoth(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	c := config(s)
	c.AckWait = time.Second
	client := startClient(t, c)
	var sh shelf
	in(t, func(ctx context.Context) error { return client.Anomalies(ctx, sh.handle) })
	for n := range 20 {
		p.anomaly(n)
	}
	eventually(t, "twenty", func() bool { return len(sh.stored()) == 20 })
	s.stop()
	s.start()
	for n := range 20 {
		p.anomaly(20 + n)
	}
	eventually(t, "forty", func() bool { return len(sh.stored()) == 40 })
	if err := client.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	p.anomaly(40)
	next := startClient(t, c)
	var after shelf
	in(t, func(ctx context.Context) error { return next.Anomalies(ctx, after.handle) })
	last := fmt.Sprintf("%020x", 40)
	eventually(t, "the new one", func() bool { return slices.Contains(after.stored(), last) })
	// The last acknowledgements may have been lost with the connection, not more.
	if got := after.stored(); len(got) > 21 {
		t.Errorf("%d anomalies came again", len(got)-1)
	}
}

func TestTwoDashboardsShareTheWork(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	var a, b shelf
	for _, sh := range []*shelf{&a, &b} {
		c := config(s)
		c.BatchSize = 2
		client := startClient(t, c)
		in(t, func(ctx context.Context) error { return client.Anomalies(ctx, sh.handle) })
	}
	for n := range 60 {
		p.anomaly(n)
	}
	eventually(t, "sixty", func() bool { return len(a.stored())+len(b.stored()) >= 60 })
	all := append(a.stored(), b.stored()...)
	slices.Sort(all)
	if got := len(slices.Compact(all)); got != 60 {
		t.Errorf("%d different anomalies, want 60", got)
	}
}

func TestQuestionsAndStatus(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := startClient(t, config(s))
	ctx := context.Background()
	eventually(t, "connected", func() bool { return c.Health().State == event.OK })
	if _, err := c.Request(ctx, "gw7", "echo", nil); !errors.Is(err, bus.ErrGatewayAway) {
		t.Fatalf("asking nobody: %v", err)
	}
	config := uplink.DefaultConfig()
	config.URLs, config.Gateway, config.StatusInterval = []string{s.url()}, "gw7", 100*time.Millisecond
	u, err := uplink.New(config, uplink.Deps{
		Open:      func(journal.ConsumerConfig) (uplink.Consumer, error) { return idle{}, nil },
		JournalID: func() string { return "j" },
		Status:    func(context.Context) ([]byte, error) { return []byte(`{"depth":7}`), nil },
		Logger:    zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for verb, h := range map[string]uplink.Handler{
		"echo":  func(_ context.Context, b []byte) ([]byte, error) { return slices.Clone(b), nil },
		"fail":  func(context.Context, []byte) ([]byte, error) { return nil, errors.New("no such dead letter") },
		"panic": func(context.Context, []byte) ([]byte, error) { panic("oops") },
		"long":  func(context.Context, []byte) ([]byte, error) { return make([]byte, 8<<20), nil },
	} {
		if err := u.Handle(verb, h); err != nil {
			t.Fatal(err)
		}
	}
	if err := u.Handle("echo", nil); err == nil {
		t.Error("a verb was taken twice")
	}
	if err := u.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = u.Stop(ctx) })
	eventually(t, "status", func() bool {
		g := c.Gateways()
		return len(g) == 1 && g[0].ID == "gw7" && string(g[0].Status) == `{"depth":7}` && g[0].Age < time.Minute
	})
	answer, err := c.Request(ctx, "gw7", "echo", []byte("hello"))
	if err != nil || string(answer) != "hello" {
		t.Fatalf("answer %q, %v", answer, err)
	}
	for verb, want := range map[string]string{"fail": "no such dead letter", "panic": "oops", "long": "longer than the bus takes"} {
		_, err := c.Request(ctx, "gw7", verb, nil)
		var refused *bus.GatewayError
		if !errors.As(err, &refused) || !strings.Contains(refused.Text, want) {
			t.Errorf("%s: %v, want a gateway's error with %q", verb, err, want)
		}
	}
}

// idle is a journal consumer without records.
type idle struct{}

func (idle) Next(ctx context.Context, _ int) (*journal.Chunk, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
func (idle) Commit(*journal.Chunk, journal.Tx) error          { return nil }
func (idle) State(func(key string, value []byte) error) error { return nil }

// TestStreamsAreTheUplinks keeps the two definitions together, which must not import one
// another.
func TestStreamsAreTheUplinks(t *testing.T) {
	t.Parallel()
	ours, theirs := bus.DefaultConfig(), uplink.DefaultConfig()
	if !reflect.DeepEqual(ours.StreamConfigs(), theirs.StreamConfigs()) {
		t.Errorf("streams differ:\n%+v\n%+v", ours.StreamConfigs(), theirs.StreamConfigs())
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	t.Parallel()
	valid := bus.DefaultConfig()
	if err := valid.Validate(); err != nil {
		t.Fatal(err)
	}
	for key, change := range map[string]func(*bus.Config){
		"urls":                     func(c *bus.Config) { c.URLs = nil },
		"urls[0]":                  func(c *bus.Config) { c.URLs = []string{"http://x"} },
		"consumer":                 func(c *bus.Config) { c.Consumer = "a.b" },
		"batch_size":               func(c *bus.Config) { c.BatchSize = 0 },
		"ack_wait":                 func(c *bus.Config) { c.AckWait = 0 },
		"redelivery_delay":         func(c *bus.Config) { c.RedeliveryDelay = 0 },
		"request_timeout":          func(c *bus.Config) { c.RequestTimeout = 0 },
		"anomaly_stream.max_bytes": func(c *bus.Config) { c.AnomalyStream.MaxBytes = 0 },
	} {
		c := bus.DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("%s: got %v", key, err)
		}
	}
}
