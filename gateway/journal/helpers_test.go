package journal_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		os.Exit(child(dir))
	}
	goleak.VerifyTestMain(m)
}

// config is small, so that bounds are reached.
func config(dir string) journal.Config {
	cfg := journal.DefaultConfig()
	cfg.Dir = dir
	cfg.MaxBytes = 64 << 20
	cfg.MinFreeDisk = 0
	cfg.MemtableBytes = 1 << 20
	cfg.CacheBytes = 1 << 20
	return cfg
}

// start runs a journal until the test ends.
func start(t testing.TB, cfg journal.Config, deps journal.Deps) *journal.Journal {
	t.Helper()
	j, err := journal.New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	run(t, j)
	return j
}

func run(t testing.TB, j *journal.Journal) {
	t.Helper()
	if err := j.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, j) })
}

func stop(t testing.TB, j *journal.Journal) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := j.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// within is a context that ends the test's wait, not the test's life.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// gate makes a gate event of about 200 encoded bytes, told apart by n.
func gate(n int) *event.Event {
	return &event.Event{
		ID: fmt.Sprintf("%024d", n), Type: event.TypeGateAccess, Kind: event.KindGate,
		Site: event.SiteID(fmt.Sprintf("s%03d", n%86)), Device: "g1",
		ObservedAt: time.Unix(1_800_000_000, int64(n)).UTC(), ReceivedAt: time.Unix(1_800_000_001, int64(n)).UTC(),
		Seq: uint64(n),
		Gate: &event.GateAccess{
			Direction: event.In, PersonKind: event.PersonPupil, Method: "face", Result: event.ResultGranted,
			Person: fmt.Sprintf("p%08d", n), Credential: fmt.Sprintf("c%016d", n), Celsius: 36.5,
		},
	}
}

func heartbeat(n int) *event.Event {
	return &event.Event{
		ID: fmt.Sprintf("%024d", n), Type: event.TypeDeviceStatus, Kind: event.KindCamera,
		Site: "s001", Device: event.DeviceID(fmt.Sprintf("c%d", n%10)),
		ObservedAt: time.Unix(1_800_000_000, int64(n)).UTC(), ReceivedAt: time.Unix(1_800_000_001, int64(n)).UTC(),
		Status: &event.DeviceStatus{Status: event.StatusUp, Heartbeat: true},
	}
}

func anomaly(n int) *event.Anomaly {
	at := time.Unix(1_800_000_000, int64(n)).UTC()
	return &event.Anomaly{
		ID: fmt.Sprintf("%020d", n), Rule: "fever", Site: "s001", Device: "g1", Kind: event.KindGate,
		Severity: event.SeverityHigh, State: event.Raised, Revision: 1, StartedAt: at, UpdatedAt: at,
	}
}

func events(from, n int) journal.Batch {
	b := journal.Batch{Records: make([]journal.Record, n)}
	for i := range b.Records {
		b.Records[i].Event = gate(from + i)
	}
	return b
}

func appendAll(t testing.TB, j *journal.Journal, b journal.Batch) {
	t.Helper()
	if err := j.Append(within(t), b); err != nil {
		t.Fatalf("append: %v", err)
	}
}

func consumer(t testing.TB, j *journal.Journal, cfg journal.ConsumerConfig) *journal.Consumer {
	t.Helper()
	c, err := j.Consumer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func next(t testing.TB, c *journal.Consumer, limit int) *journal.Chunk {
	t.Helper()
	ch, err := c.Next(within(t), limit)
	if err != nil {
		t.Fatalf("next: %v", err)
	}
	return ch
}

func commit(t testing.TB, c *journal.Consumer, ch *journal.Chunk, tx journal.Tx) {
	t.Helper()
	if err := c.Commit(ch, tx); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

// id tells records apart.
func id(r journal.Record) string {
	if r.Event != nil {
		return r.Event.ID
	}
	return "a" + r.Anomaly.ID
}

// eventually polls until ok, with a deadline.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

func quiet() journal.Deps { return journal.Deps{Logger: zerolog.Nop()} }
