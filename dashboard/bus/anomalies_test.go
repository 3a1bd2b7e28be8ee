package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/campusgate/campusgate/dashboard/bus"
	"github.com/campusgate/campusgate/gateway/event"
)

const anomalySubject = "campus.anomaly.s001.fever.t1"

var errBusy = errors.New("store is busy")

// shelf stores anomalies with its position in one go or not at all, as the dashboard does.
type shelf struct {
	mu     sync.Mutex
	stream string
	after  uint64
	got    []record
	most   int // the longest batch
	calls  int
	refuse func(call int) bool
}

// record is an anomaly of the stream.
type record struct {
	seq uint64
	id  string
}

func (s *shelf) take(stream string, seqs []uint64, anomalies []*event.Anomaly) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls++; s.refuse != nil && s.refuse(s.calls) {
		return errBusy
	}
	if len(seqs) == 0 || len(seqs) != len(anomalies) {
		return fmt.Errorf("%d anomalies with %d sequences", len(anomalies), len(seqs))
	}
	for i, a := range anomalies {
		s.got = append(s.got, record{seqs[i], a.ID})
	}
	s.stream, s.after, s.most = stream, seqs[len(seqs)-1], max(s.most, len(seqs))
	return nil
}

func (s *shelf) position() (string, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stream, s.after
}

func (s *shelf) stored() []record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// keep follows from the stored position again and again, as the dashboard does.
func (s *shelf) keep(ctx context.Context, c *client) error {
	pause := time.NewTicker(5 * time.Millisecond)
	defer pause.Stop()
	for {
		stream, after := s.position()
		if err := c.FollowAnomalies(ctx, stream, after, s.take); ctx.Err() != nil {
			return err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// begin follows until the returned function is called or take refuses, and gives the last
// call's error. A call that the loaded machine has interrupted is made again.
func (s *shelf) begin(t *testing.T, c *client) (end func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		for {
			stream, after := s.position()
			err := c.FollowAnomalies(ctx, stream, after, s.take)
			if ctx.Err() != nil || errors.Is(err, errBusy) || errors.Is(err, bus.ErrStopped) {
				done <- err
				return
			}
			t.Logf("followed until %v", err)
		}
	}()
	end = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = end() })
	return end
}

// truth reads the readable anomalies of the stream one by one.
func (p *publisher) truth() []record {
	p.t.Helper()
	ctx := context.Background()
	stream, err := p.js.Stream(ctx, bus.AnomalyStream)
	if err != nil {
		p.t.Fatal(err)
	}
	var all []record
	for seq := uint64(1); seq <= stream.CachedInfo().State.LastSeq; seq++ {
		m, err := stream.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			p.t.Fatal(err)
		}
		if _, id, ok := strings.Cut(string(m.Data), `{"id":"`); ok && m.Subject == anomalySubject {
			all = append(all, record{seq, id[:20]})
		}
	}
	return all
}

func (p *publisher) anomalies(from, n int) {
	p.t.Helper()
	for i := from; i < from+n; i++ {
		p.anomaly(i)
	}
}

// same waits until sh has as many records as the stream and compares them.
func (p *publisher) same(sh *shelf) {
	p.t.Helper()
	want := p.truth()
	eventually(p.t, "as many as published", func() bool { return len(sh.stored()) >= len(want) })
	if got := sh.stored(); !slices.Equal(got, want) {
		p.t.Fatalf("got %d records %v\nwant %d %v", len(got), got, len(want), want)
	}
}

// TestAnomaliesFromThePosition reads a stream with marks in it in calls that go on where
// others ended, also at places inside of batches.
func TestAnomaliesFromThePosition(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	for n := range 10 {
		p.anomalies(2*n, 2)
		p.publish("campus.mark.anomaly.gw1.main", []byte("{}"))
	}
	settings := config(s)
	settings.BatchSize = 3
	c := startClient(t, settings)
	var sh shelf
	in(t, func(ctx context.Context) error { return sh.keep(ctx, c) })
	p.same(&sh)
	p.anomalies(20, 10)
	p.same(&sh)
	if sh.most > 3 {
		t.Errorf("a batch of %d, want at most 3", sh.most)
	}
	stream, _ := sh.position()
	all := p.truth()
	for _, n := range []int{0, 1, 14, 29} {
		rest := shelf{stream: stream, after: all[n].seq}
		end := rest.begin(t, c)
		eventually(t, "the rest", func() bool { return len(rest.stored()) >= len(all)-n-1 })
		if err := end(); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
		if got := rest.stored(); !slices.Equal(got, all[n+1:]) {
			t.Errorf("behind number %d came %v", n, got)
		}
	}
	end := shelf{stream: stream, after: all[29].seq} // at the end: only what is new
	end.begin(t, c)
	p.anomaly(30)
	eventually(t, "the new one", func() bool { return len(end.stored()) == 1 })
}

func TestAnomaliesFromTheBeginning(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	p.anomalies(0, 10)
	c := startClient(t, config(s))
	var first shelf
	in(t, func(ctx context.Context) error { return first.keep(ctx, c) })
	p.same(&first)
	stream, after := first.position()
	for name, sh := range map[string]*shelf{
		"no position":       {},
		"another stream":    {stream: "another", after: 5},
		"beyond the end":    {stream: stream, after: after + 1},
		"far beyond it":     {stream: stream, after: 1 << 40},
		"position of start": {stream: stream},
	} {
		sh.begin(t, c)
		t.Log(name)
		p.same(sh)
		if got, _ := sh.position(); got != stream {
			t.Errorf("%s: the stream is called %q, before %q", name, got, stream)
		}
	}
	// A stream that is made anew, and is longer than the position in the old one.
	s.stop()
	s.config.DataDir = t.TempDir()
	s.start()
	p = newPublisher(t, s)
	p.anomalies(100, 20)
	eventually(t, "all of the new stream", func() bool { return len(first.stored()) >= 30 })
	if got := first.stored(); !slices.Equal(got[10:], p.truth()) {
		t.Errorf("after the first ten came %v", got[10:])
	}
	if now, _ := first.position(); now == stream {
		t.Error("the new stream has the old one's name")
	}
}

// TestRefusedBatchComesAgain: an error ends the call; the next one repeats nothing that was
// stored and skips nothing that was not.
func TestRefusedBatchComesAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	p.anomalies(0, 40)
	settings := config(s)
	settings.BatchSize = 7
	c := startClient(t, settings)
	sh := shelf{refuse: func(call int) bool { return call%2 == 1 }}
	refused := 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for ctx.Err() == nil {
		stream, after := sh.position()
		err := c.FollowAnomalies(ctx, stream, after, func(stream string, seqs []uint64, anomalies []*event.Anomaly) error {
			if err := sh.take(stream, seqs, anomalies); err != nil {
				return err
			}
			if _, after := sh.position(); after == 40 {
				cancel()
			}
			return nil
		})
		if errors.Is(err, errBusy) {
			refused++
		} else if !errors.Is(err, context.Canceled) {
			t.Fatalf("a call ended with %v", err)
		}
	}
	p.same(&sh)
	if refused < 6 {
		t.Errorf("%d calls were refused, want one for each of 6 batches", refused)
	}
	if n := c.counter("anomalies_total"); n != 40 {
		t.Errorf("%d anomalies counted as stored, want 40", n)
	}
}

// TestAnomaliesOverBusRestarts kills the bus under the feet of its publisher and of a
// caller that fails now and then.
func TestAnomaliesOverBusRestarts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	settings := config(s)
	settings.BatchSize = 8
	c := startClient(t, settings)
	sh := shelf{refuse: func(call int) bool { return call%17 == 0 }}
	in(t, func(ctx context.Context) error { return sh.keep(ctx, c) })
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if n%10 == 9 {
				p.publish(anomalySubject, []byte("not json"))
			}
			p.anomaly(n)
		}
	})
	for range 5 {
		before := len(sh.stored())
		eventually(t, "some more", func() bool { return len(sh.stored()) >= before+30 })
		s.stop()
		eventually(t, "health degraded", func() bool { return c.Health().State == event.Degraded })
		s.start()
	}
	close(stop)
	wg.Wait()
	p.anomaly(1 << 20)
	p.same(&sh)
	// Another process goes on from the stored position.
	if err := c.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	p.anomalies(1<<20+1, 3)
	next := startClient(t, settings)
	in(t, func(ctx context.Context) error { return sh.keep(ctx, next) })
	p.same(&sh)
}

// TestUndecodableAnomaliesAreSteppedOver: they are counted once and hold up nobody. Those
// at the end of the stream stay behind the stored position; a new call passes them by, and
// the next one that can be read takes the position over them.
func TestUndecodableAnomaliesAreSteppedOver(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := newPublisher(t, s)
	broken := [][]byte{[]byte("not json"), []byte(`{"rule":"fever"}`), {0xff, 0xfe}, nil}
	publish := func() {
		for _, data := range broken {
			p.publish(anomalySubject, data)
		}
	}
	publish() // before any that can be read
	c := startClient(t, config(s))
	var sh shelf
	undecodable := func(c *client, n int) {
		t.Helper()
		eventually(t, fmt.Sprintf("%d undecodable", n), func() bool { return c.counter("undecodable_total") >= n })
		if got := c.counter("undecodable_total"); got != n {
			t.Fatalf("%d undecodable, want %d", got, n)
		}
	}
	eventually(t, "connected", func() bool { return c.Health().State == event.OK })
	end := sh.begin(t, c)
	undecodable(c, 4)
	_ = end()
	if _, after := sh.position(); after != 0 {
		t.Fatalf("position %d without an anomaly", after)
	}

	end = sh.begin(t, c) // knows that there is nothing
	p.anomaly(0)
	p.same(&sh)
	publish()
	p.anomaly(1)
	publish()
	undecodable(c, 12)
	p.same(&sh)
	if _, after := sh.position(); after != 10 {
		t.Errorf("position %d, want 10: that of the last one which can be read", after)
	}
	_ = end()

	for n := range 3 { // reconnects read each of them once
		end = sh.begin(t, c)
		publish()
		undecodable(c, 16+4*n)
		_ = end()
	}
	next := startClient(t, config(s)) // another process has to see for itself
	eventually(t, "connected", func() bool { return next.Health().State == event.OK })
	end = sh.begin(t, next)
	undecodable(next, 16)
	_ = end()

	end = sh.begin(t, next)
	p.anomaly(2)
	p.same(&sh)
	undecodable(next, 16)
	_ = end()
	if _, after := sh.position(); after != 27 {
		t.Errorf("position %d, want 27", after)
	}
	other := shelf{} // a caller in front of the stretch misses nothing
	other.begin(t, c)
	p.same(&other)
}
