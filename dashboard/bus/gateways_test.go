package bus_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/bus"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/campusgate/campusgate/gateway/uplink"
	"github.com/rs/zerolog"
)

func TestQuestionsAndStatus(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := startClient(t, config(s))
	ctx := context.Background()
	eventually(t, "connected", func() bool { return c.Health().State == event.OK })
	var reports atomic.Int64
	in(t, func(ctx context.Context) error {
		return c.FollowStatus(ctx, func(gateway string, payload []byte) {
			if gateway != "gw7" || string(payload) != `{"depth":7}` {
				t.Errorf("gateway %q reports %q", gateway, payload)
			}
			reports.Add(1)
		})
	})
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
	// Before and after an outage: each round needs reports that came in it.
	for round := range 2 {
		if round > 0 {
			s.stop()
			s.start()
		}
		before := reports.Load()
		eventually(t, "status", func() bool { return reports.Load() > before+1 })
	}
	var answer []byte
	eventually(t, "an answer", func() bool {
		answer, err = c.Request(ctx, "gw7", "echo", []byte("hello"))
		return !errors.Is(err, bus.ErrGatewayAway) // until it has subscribed
	})
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
		"batch_size":               func(c *bus.Config) { c.BatchSize = 0 },
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
