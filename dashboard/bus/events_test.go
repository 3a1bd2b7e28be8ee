package bus_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/campusgate/campusgate/dashboard/bus"
	"github.com/campusgate/campusgate/gateway/event"
)

// follow lets r take events until the end of the test, and waits until what is published
// from then on is news.
func (r *recorder) follow(t *testing.T, c *client) {
	t.Helper()
	in(t, func(ctx context.Context) error { return c.FollowEvents(ctx, r.take) })
	eventually(t, "a snapshot", func() bool { return c.counter("snapshots_total") > 0 })
}

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
	r.follow(t, c)
	for seq := 31; seq <= 40; seq++ {
		p.events(reading(seq%10, seq))
	}
	eventually(t, "ten events", func() bool { _, live := r.seqs(); return len(live) >= 10 })
	snapshot, live := r.seqs()
	// A value that is replaced while the snapshot is made is not in it: its successor is news.
	for i, want := 0, numbers(21, 30); i < len(snapshot); i++ {
		if !slices.Contains(want, snapshot[i]) || i > 0 && snapshot[i] <= snapshot[i-1] {
			t.Errorf("snapshot %v, want of %v in order", snapshot, want)
		}
	}
	if want := numbers(31, 40); !slices.Equal(live, want) {
		t.Errorf("live %v, want %v", live, want)
	}
}

func TestSnapshotHoldsTheLastValues(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	for seq := 1; seq <= 30; seq++ {
		p.events(reading(seq%10, seq))
	}
	settings := config(s)
	settings.BatchSize = 3
	c := startClient(t, settings)
	var r recorder
	r.follow(t, c)
	eventually(t, "ten events", func() bool { snapshot, _ := r.seqs(); return len(snapshot) >= 10 })
	if snapshot, live := r.seqs(); !slices.Equal(snapshot, numbers(21, 30)) || len(live) > 0 {
		t.Errorf("snapshot %v and then %v, want 21 to 30", snapshot, live)
	}
}

func TestEmptyBusGivesAnEmptySnapshot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := startClient(t, config(s))
	var r recorder
	r.follow(t, c)
	newPublisher(t, s).events(reading(1, 1))
	eventually(t, "one event", func() bool { _, live := r.seqs(); return slices.Equal(live, []uint64{1}) })
	if snapshot, _ := r.seqs(); len(snapshot) > 0 {
		t.Errorf("snapshot %v of an empty bus", snapshot)
	}
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
		in(t, func(ctx context.Context) error { return c.FollowEvents(ctx, r.take) })
		eventually(t, "an event", func() bool { snapshot, live := r.seqs(); return len(snapshot)+len(live) > 0 })
	}
	for i := range recorders {
		r := &recorders[i]
		eventually(t, "last event", func() bool {
			snapshot, live := r.seqs()
			return slices.Contains(snapshot, n) || slices.Contains(live, n)
		})
		snapshot, live := r.seqs()
		if len(snapshot) > 1 {
			t.Fatalf("snapshot of one subject has %d events", len(snapshot))
		}
		from := uint64(n + 1)
		if len(live) > 0 {
			from = live[0] // the last value was replaced while the snapshot was made
		}
		if len(snapshot) == 1 {
			from = snapshot[0] + 1
		}
		if !slices.Equal(live, numbers(from, n)) {
			t.Fatalf("follower %d: after %v came %d events, want all from %d to %d", i, snapshot, len(live), from, n)
		}
	}
}

func TestFollowsOverBusRestarts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	c := startClient(t, config(s))
	var r recorder
	r.follow(t, c)
	seq := 0
	for range 4 {
		for range 50 {
			seq++
			p.events(reading(0, seq))
		}
		s.stop()
		eventually(t, "health degraded", func() bool { return c.Health().State == event.Degraded })
		s.start()
		for range 50 {
			seq++
			p.events(reading(0, seq))
		}
	}
	eventually(t, "last event", func() bool { _, live := r.seqs(); return len(live) >= seq })
	snapshot, live := r.seqs()
	if n := c.counter("snapshots_total"); !slices.Equal(live, numbers(1, uint64(seq))) || len(snapshot) > 0 || n != 1 {
		t.Fatalf("%d events, %d of %d snapshots, want 1 to %d once after one empty snapshot", len(live), len(snapshot), n, seq)
	}
}

func TestNewSnapshotWhenTheBusForgot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	p.events(reading(1, 1), reading(2, 2))
	c := startClient(t, config(s))
	var r recorder
	r.follow(t, c)
	eventually(t, "the old ones", func() bool { snapshot, _ := r.seqs(); return slices.Equal(snapshot, []uint64{1, 2}) })
	s.stop()
	s.config.DataDir = t.TempDir() // another disk
	s.start()
	p = newPublisher(t, s)
	p.events(reading(3, 3))
	eventually(t, "the new one", func() bool {
		snapshot, live := r.seqs()
		return slices.Equal(append(snapshot, live...), []uint64{1, 2, 3})
	})
	if n := c.counter("snapshots_total"); n < 2 {
		t.Errorf("%d snapshots, want a second one", n)
	}
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
	r.follow(t, c)
	eventually(t, "the old ones", func() bool { return c.counter("undecodable_total") == 2 })
	p.publish("campus.event.s001.gate.g1.access", []byte{0xff, 0xfe})
	p.events(reading(1, 2))
	eventually(t, "the good one behind", func() bool { _, live := r.seqs(); return slices.Equal(live, []uint64{2}) })
	if n := c.counter("undecodable_total"); n != 3 {
		t.Errorf("%d undecodable events, want 3", n)
	}
}

// TestErrorEndsTheCallOfEvents: what the refused call had is in the next one's snapshot.
func TestErrorEndsTheCallOfEvents(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	p.events(reading(1, 1))
	c := startClient(t, config(s))
	busy := errors.New("busy")
	var snapshots, news int
	err := c.FollowEvents(t.Context(), func(_ []*event.Event, snapshot bool) error {
		if !snapshot {
			news++
			return busy
		}
		snapshots++
		p.events(reading(2, 2))
		return nil
	})
	if !errors.Is(err, busy) || snapshots != 1 || news != 1 {
		t.Errorf("got %v after %d snapshots and %d news", err, snapshots, news)
	}
	err = c.FollowEvents(t.Context(), func(events []*event.Event, snapshot bool) error {
		if !snapshot || len(events) == 0 {
			t.Errorf("the next call begins with %d events, snapshot %v", len(events), snapshot)
		}
		return busy
	})
	if !errors.Is(err, busy) {
		t.Errorf("refused snapshot: %v", err)
	}
}

func TestEveryCallEndsWithStop(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := startClient(t, config(s))
	eventually(t, "connected", func() bool { return c.Health().State == event.OK })
	calls := []func(context.Context) error{
		func(ctx context.Context) error { return c.FollowEvents(ctx, (&recorder{}).take) },
		func(ctx context.Context) error { return c.FollowAnomalies(ctx, "", 0, (&shelf{}).take) },
		func(ctx context.Context) error { return c.FollowStatus(ctx, func(string, []byte) {}) },
	}
	gone := errors.New("gone")
	for i, call := range calls {
		ctx, cancel := context.WithCancelCause(context.Background())
		cancel(gone)
		if err := call(ctx); !errors.Is(err, gone) {
			t.Errorf("call %d with a context that has ended: %v", i, err)
		}
	}
	done := make(chan error, len(calls))
	for _, call := range calls {
		go func() { done <- call(context.Background()) }()
	}
	if err := c.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range calls {
		if err := <-done; !errors.Is(err, bus.ErrStopped) {
			t.Errorf("at Stop: %v", err)
		}
	}
	if _, err := c.Request(context.Background(), "gw1", "x", nil); !errors.Is(err, bus.ErrStopped) {
		t.Errorf("request after Stop: %v", err)
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
