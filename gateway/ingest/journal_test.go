package ingest_test

import (
	"context"
	"testing"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/journal"
)

var _ ingest.Sink = (*journal.Journal)(nil)

// TestIntoTheJournal runs with the real sink: everything published is in the journal once,
// although connections are cut all the time.
func TestIntoTheJournal(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "max_inflight_messages 500")
	way := newProxy(t, m.addr())
	cfg := journal.DefaultConfig()
	cfg.Dir, cfg.MinFreeDisk = t.TempDir(), 0
	j, err := journal.New(cfg, journal.Deps{Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Stop(context.Background()) })
	in := start(t, config(t, brokerConfig("main", way.url())), j).ready()
	p := publisher(t, way.url())
	ctx := within(t)
	const total, bad = 10_000, 10
	for n := 1; n <= total; n++ {
		if err := p.Send(ctx, topic, 1, false, message(n), nil); err != nil {
			t.Fatal(err)
		}
		if n%(total/bad) == 0 {
			way.cut()
			if err := p.Publish(ctx, topic, 1, false, []byte{'?', byte(n >> 8), byte(n)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, "everything acknowledged", func() bool {
		s := j.Stats()
		return s.Appended >= total && s.Dead.Count >= bad && in.Brokers()[0].InFlight == 0
	})
	in.stop()
	c, err := j.Consumer(journal.ConsumerConfig{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	last := uint64(0)
	for len(seen) < total {
		chunk, err := c.Next(ctx, 1000)
		if err != nil {
			t.Fatalf("after %d of %d: %v", len(seen), total, err)
		}
		for _, r := range chunk.Records {
			if seen[r.Event.ID] {
				t.Fatalf("event %d is there twice", r.Event.Seq)
			}
			seen[r.Event.ID] = true
			if r.Event.Seq > last {
				last = r.Event.Seq
			}
		}
		if err := c.Commit(chunk, journal.Tx{}); err != nil {
			t.Fatal(err)
		}
	}
	if s := j.Stats(); s.Appended != total || s.Dead.Count != bad || last != total {
		t.Fatalf("%d records, %d dead letters, last number %d", s.Appended, s.Dead.Count, last)
	}
	if d := in.Devices()[0]; d.Lost != 0 || d.Restarts != 0 {
		t.Errorf("ledger: %+v", d)
	}
}
