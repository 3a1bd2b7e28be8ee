package bus_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/campusgate/campusgate/dashboard/bus"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestSnapshotThenWhatFollows(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	for seq := 1; seq <= 30; seq++ {
		p.events(reading(seq%10, seq)) // the last values are 21 to 30
	}
	p.publish("campus.mark.event.gw1.main", []byte("{}")) // no event
	c := startClient(t, config(s))
	var r recorder
	r.fail = 2
	in(t, func(ctx context.Context) error { return c.Events(ctx, r.handle) })
	eventually(t, "snapshot", func() bool { _, _, _, whole := r.seqs(); return whole })
	for seq := 31; seq <= 40; seq++ {
		p.events(reading(seq%10, seq))
	}
	eventually(t, "ten events", func() bool { _, live, _, _ := r.seqs(); return len(live) >= 10 })
	snapshot, live, n, _ := r.seqs()
	if want := numbers(21, 30); !slices.Equal(snapshot, want) || n != 1 {
		t.Errorf("snapshot %v (%d of them), want %v", snapshot, n, want)
	}
	if want := numbers(31, 40); !slices.Equal(live, want) {
		t.Errorf("live %v, want %v", live, want)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last := uint64(0)
	for _, b := range r.batches {
		if len(b.Events) != len(b.Seqs) {
			t.Fatalf("%d events with %d sequences", len(b.Events), len(b.Seqs))
		}
		for _, seq := range b.Seqs {
			if seq <= last {
				t.Fatalf("sequence %d after %d", seq, last)
			}
			last = seq
		}
	}
}

func TestEmptyBusGivesAnEmptySnapshot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := startClient(t, config(s))
	var r recorder
	in(t, func(ctx context.Context) error { return c.Events(ctx, r.handle) })
	eventually(t, "snapshot", func() bool { _, _, _, whole := r.seqs(); return whole })
	newPublisher(t, s).events(reading(1, 1))
	eventually(t, "one event", func() bool { _, live, _, _ := r.seqs(); return slices.Equal(live, []uint64{1}) })
}

// TestNoGapAndNoRepeatUnderLoad begins to follow in the middle of a stream of events: the
// snapshot and what follows it must meet exactly.
func TestNoGapAndNoRepeatUnderLoad(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	const n = 300
	var wg sync.WaitGroup
	wg.Go(func() {
		for seq := 1; seq <= n; seq++ {
			p.events(reading(0, seq)) // one device, so the last value is the border
		}
	})
	defer wg.Wait()
	c := startClient(t, config(s))
	recorders := make([]recorder, 5)
	for i := range recorders {
		r := &recorders[i]
		in(t, func(ctx context.Context) error { return c.Events(ctx, r.handle) })
		eventually(t, "snapshot", func() bool { _, _, _, whole := r.seqs(); return whole })
	}
	for i := range recorders {
		r := &recorders[i]
		eventually(t, "last event", func() bool {
			_, live, _, _ := r.seqs()
			return len(live) > 0 && live[len(live)-1] == n
		})
		snapshot, live, _, _ := r.seqs()
		if len(snapshot) > 1 {
			t.Fatalf("snapshot of one subject has %d events", len(snapshot))
		}
		from := live[0] // the last value was replaced while the snapshot was made
		if len(snapshot) == 1 {
			from = snapshot[0] + 1
		}
		if !slices.Equal(live, numbers(from, n)) {
			t.Fatalf("follower %d: after %v came %d events from %d, want all from %d to %d", i, snapshot, len(live), live[0], from, n)
		}
	}
}

func TestFollowsOverBusRestarts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	c := startClient(t, config(s))
	var r recorder
	in(t, func(ctx context.Context) error { return c.Events(ctx, r.handle) })
	eventually(t, "snapshot", func() bool { _, _, _, whole := r.seqs(); return whole })
	seq := 0
	for range 4 {
		for range 50 {
			seq++
			p.events(reading(0, seq))
		}
		s.stop()
		if got := c.Health().State; got == event.OK {
			eventually(t, "health degraded", func() bool { return c.Health().State == event.Degraded })
		}
		s.start()
		for range 50 {
			seq++
			p.events(reading(0, seq))
		}
	}
	eventually(t, "last event", func() bool { _, live, _, _ := r.seqs(); return len(live) >= seq })
	_, live, n, _ := r.seqs()
	if !slices.Equal(live, numbers(1, uint64(seq))) || n != 1 {
		t.Fatalf("%d events and %d snapshots, want 1 to %d once after one snapshot", len(live), n, seq)
	}
}

func TestNewSnapshotWhenTheBusForgot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	p.events(reading(1, 1), reading(2, 2))
	c := startClient(t, config(s))
	var r recorder
	in(t, func(ctx context.Context) error { return c.Events(ctx, r.handle) })
	eventually(t, "snapshot", func() bool { _, _, _, whole := r.seqs(); return whole })
	s.stop()
	s.config.DataDir = t.TempDir() // another disk
	s.start()
	p = newPublisher(t, s)
	p.events(reading(3, 3))
	eventually(t, "second snapshot", func() bool {
		snapshot, live, n, whole := r.seqs()
		return n >= 2 && whole && slices.Equal(append(snapshot, live...), []uint64{3})
	})
}

func TestUndecodableEventIsSteppedOver(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	p.events(reading(1, 1))
	p.publish("campus.event.s001.gate.g1.access", []byte("not json"))
	p.publish("campus.event.s001.gate.g2.access", []byte(`{"id":"x","type":"gate_access","site":"s","device":"d"}`))
	c := startClient(t, config(s))
	var r recorder
	in(t, func(ctx context.Context) error { return c.Events(ctx, r.handle) })
	eventually(t, "snapshot", func() bool { _, _, _, whole := r.seqs(); return whole })
	p.publish("campus.event.s001.gate.g1.access", []byte{0xff, 0xfe})
	p.events(reading(1, 2))
	eventually(t, "the good one behind", func() bool { _, live, _, _ := r.seqs(); return slices.Equal(live, []uint64{2}) })
}

func TestCallsAfterStopFail(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := startClient(t, config(s))
	done := make(chan error, 2)
	go func() { done <- c.Events(context.Background(), (&recorder{}).handle) }()
	go func() {
		done <- c.Anomalies(context.Background(), func(context.Context, []bus.Anomaly) error { return nil })
	}()
	if err := c.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-done; err == nil {
			t.Error("returned nil after Stop")
		}
	}
	if _, err := c.Request(context.Background(), "gw1", "x", nil); err == nil {
		t.Error("request after Stop succeeded")
	}
	if err := c.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if got := c.Health().State; got != event.Stopped {
		t.Errorf("health %q", got)
	}
}

func numbers(from, to uint64) []uint64 {
	var all []uint64
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}
