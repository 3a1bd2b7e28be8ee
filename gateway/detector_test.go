package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// morning is a school day, 09:00 in Shanghai.
var morning = time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC)

// watch builds detectors whose clock is the test's.
func watch(t *testing.T, j book, now func() time.Time, watched bool) *detector {
	t.Helper()
	d, err := newDetector(detect.DefaultConfig(), nil, newCounty(t), j.Journal, func() bool { return watched }, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	d.now, d.idle, d.batch = now, 2*time.Millisecond, 7
	return d
}

func at(now time.Time) func() time.Time { return func() time.Time { return now } }

// denied is an attempt refused at the gate g1, after some time.
func denied(after time.Duration, credential string) *event.Event {
	return stamped(after, &event.Event{Type: event.TypeGateAccess, Gate: &event.GateAccess{
		Direction: event.In, PersonKind: event.PersonUnknown, Method: "card", Result: event.ResultDenied, Credential: credential,
	}})
}

func beat(after time.Duration) *event.Event {
	return stamped(after, &event.Event{Type: event.TypeDeviceStatus, Status: &event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}})
}

func stamped(after time.Duration, e *event.Event) *event.Event {
	e.Site, e.Device, e.Kind = "s1", "g1", event.KindGate
	received := morning.Add(after)
	event.Clock{}.Stamp(e, fmt.Append(nil, after), 0, received.Add(-100*time.Millisecond), time.Nanosecond, received)
	return e
}

func fill(t *testing.T, j book, events ...*event.Event) {
	t.Helper()
	var b journal.Batch
	for _, e := range events {
		b.Records = append(b.Records, journal.Record{Event: e})
	}
	if err := j.Append(within(t), b); err != nil {
		t.Fatal(err)
	}
}

func told(a event.Anomaly) string {
	return fmt.Sprintf("%s.%d %s %s %s x%d", a.ID, a.Revision, a.UpdatedAt.Format("15:04:05.000"), a.State, a.Rule, a.Count)
}

// verdicts are the anomalies of a journal, in order.
func verdicts(t *testing.T, j book) (list []string) {
	t.Helper()
	for _, r := range j.read(t) {
		if r.Anomaly != nil {
			list = append(list, told(*r.Anomaly))
		}
	}
	return list
}

// expected is what an engine that nobody ever stops says of the events.
func expected(t *testing.T, until time.Time, events ...*event.Event) (list []string) {
	t.Helper()
	e, err := detect.New(detect.DefaultConfig(), newCounty(t))
	if err != nil {
		t.Fatal(err)
	}
	var out []event.Anomaly
	for _, ev := range events {
		out = e.Process(ev, out)
	}
	if len(events) > 0 {
		for now := events[len(events)-1].ReceivedAt; now.Before(until); now = now.Add(20 * time.Second) {
			out = e.Advance(now, out)
		}
	}
	for _, a := range out {
		list = append(list, told(a))
	}
	return list
}

// flaky refuses to commit now and then, as a journal on a full disk does, and counts.
type flaky struct {
	records
	refuse  func(n int64) bool
	commits atomic.Int64
	refused chan struct{}
}

func (f *flaky) Commit(ch *journal.Chunk, tx journal.Tx) error {
	if f.refuse(f.commits.Add(1)) {
		select {
		case f.refused <- struct{}{}:
		default:
		}
		return fmt.Errorf("%w: disk full", journal.ErrUnavailable)
	}
	return f.records.Commit(ch, tx)
}

// TestDetectorsSayEverythingOnceWhateverStopsThem stops the detectors and the journal
// after every few records, in the middle of series that are counted.
func TestDetectorsSayEverythingOnceWhateverStopsThem(t *testing.T) {
	t.Parallel()
	var events []*event.Event
	for i := range 300 { // four tries with each card, 10 s apart
		events = append(events, denied(time.Duration(i)*10*time.Second, fmt.Sprintf("card%d", i/4)))
	}
	want := expected(t, time.Time{}, events...)
	if len(want) < 75 {
		t.Fatalf("%d verdicts, want one or more for each of 75 cards", len(want))
	}
	var got []string
	dir := t.TempDir()
	for i := 0; i < len(events); i += 13 {
		j := openJournal(t, dir)
		fill(t, j, events[i:min(i+13, len(events))]...)
		d := watch(t, j, at(morning), true)
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 { // else it is stopped wherever it is
			eventually(t, "all read", func() bool { return j.done("detect") })
		}
		stop(t, d)
		got = append(got, verdicts(t, j)...)
		stop(t, j)
	}
	j := openJournal(t, dir)
	defer stop(t, j)
	d := watch(t, j, at(morning), true)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer stop(t, d)
	eventually(t, "all read", func() bool { return j.done("detect") })
	if got = append(got, verdicts(t, j)...); !slices.Equal(got, want) {
		t.Errorf("%d verdicts, want %d\ngot  %q\nwant %q", len(got), len(want), got, want)
	}
}

func TestDetectorsCountAcrossARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 3 {
		j := openJournal(t, dir)
		fill(t, j, denied(time.Duration(i)*20*time.Second, "card"))
		d := watch(t, j, at(morning), true)
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "read", func() bool { return j.done("detect") })
		stop(t, d)
		got := verdicts(t, j)
		if want := i / 2; len(got) != want {
			t.Errorf("after try %d: %q, want %d verdicts", i+1, got, want)
		}
		stop(t, j)
	}
}

// TestDetectorsMissADeviceAcrossARestart has a device fall silent; the detectors restart
// before its deadline and keep it.
func TestDetectorsMissADeviceAcrossARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openJournal(t, dir)
	events := []*event.Event{beat(0), beat(time.Minute), beat(2 * time.Minute)}
	fill(t, j, events...)
	want := expected(t, morning.Add(20*time.Minute), events...)
	if len(want) == 0 {
		t.Fatal("an engine that is not stopped misses nothing")
	}

	var clock atomic.Int64
	clock.Store(int64(2 * time.Minute))
	passing := func() time.Time { // 20 s at each look
		return morning.Add(time.Duration(clock.Add(int64(20 * time.Second))))
	}
	d := watch(t, j, passing, true)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two minutes passed", func() bool { return clock.Load() >= int64(4*time.Minute) })
	stop(t, d)
	got := verdicts(t, j)
	stop(t, j)

	j = openJournal(t, dir)
	defer stop(t, j)
	d = watch(t, j, passing, true)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer stop(t, d)
	eventually(t, "twenty minutes passed", func() bool { return clock.Load() >= int64(20*time.Minute) && j.done("detect") })
	if got = append(got, verdicts(t, j)...); !slices.Equal(got, want) {
		t.Errorf("verdicts %q, want %q", got, want)
	}
}

func TestDetectorsMissNobodyWhileNoBrokerIsConnected(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	defer stop(t, j)
	fill(t, j, beat(0), beat(time.Minute), beat(2*time.Minute))
	var looks atomic.Int64
	d := watch(t, j, func() time.Time {
		return morning.Add(2*time.Minute + time.Duration(looks.Add(1))*20*time.Second)
	}, false)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "half an hour passed", func() bool { return looks.Load() > 90 && j.done("detect") })
	stop(t, d)
	if got := verdicts(t, j); len(got) != 0 {
		t.Errorf("verdicts %q, want none: nobody was listening", got)
	}
}

func TestDetectorsOutlastAJournalThatRefuses(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	defer stop(t, j)
	var events []*event.Event
	for i := range 40 {
		events = append(events, denied(time.Duration(i)*10*time.Second, fmt.Sprintf("card%d", i/4)))
	}
	fill(t, j, events...)

	d := watch(t, j, at(morning), true)
	consumer, err := j.Consumer(journal.ConsumerConfig{Name: "detect"})
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{records: consumer, refused: make(chan struct{}, 1)}
	var full atomic.Bool
	full.Store(true)
	f.refuse = func(int64) bool { return full.Load() }
	d.setHealth(event.Health{State: event.OK})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.run(ctx, f) }()
	<-f.refused
	eventually(t, "degraded", func() bool { return d.Health().State == event.Degraded })
	full.Store(false)
	eventually(t, "all read", func() bool { return j.done("detect") })
	if h := d.Health(); h.State != event.OK {
		t.Errorf("health %+v after the journal took everything", h)
	}
	cancel()
	<-ended
	if got, want := verdicts(t, j), expected(t, time.Time{}, events...); !slices.Equal(got, want) {
		t.Errorf("verdicts %q, want %q", got, want)
	}
}

// TestDetectorsStopWhileTheJournalRefuses: what could not be stored is concluded again.
func TestDetectorsStopWhileTheJournalRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openJournal(t, dir)
	var events []*event.Event
	for i := range 40 {
		events = append(events, denied(time.Duration(i)*10*time.Second, fmt.Sprintf("card%d", i/4)))
	}
	fill(t, j, events...)
	d := watch(t, j, at(morning), true)
	consumer, err := j.Consumer(journal.ConsumerConfig{Name: "detect"})
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{records: consumer, refused: make(chan struct{}, 1), refuse: func(n int64) bool { return n > 2 }}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); d.run(ctx, f) }()
	<-f.refused
	cancel()
	<-ended
	got := verdicts(t, j)
	stop(t, j)

	j = openJournal(t, dir)
	defer stop(t, j)
	d = watch(t, j, at(morning), true)
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer stop(t, d)
	eventually(t, "all read", func() bool { return j.done("detect") })
	if got, want := append(got, verdicts(t, j)...), expected(t, time.Time{}, events...); !slices.Equal(got, want) {
		t.Errorf("verdicts %q, want %q", got, want)
	}
}

func TestDetectorsNeedARunningJournal(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir())
	stop(t, j)
	d := watch(t, j, at(morning), true)
	if err := d.Start(t.Context()); !errors.Is(err, journal.ErrStopped) {
		t.Errorf("Start = %v, want %v", err, journal.ErrStopped)
	}
	stop(t, d)
	if h := d.Health(); h.State != event.Stopped {
		t.Errorf("health %+v, want stopped", h)
	}
}
