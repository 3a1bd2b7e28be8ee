package journal_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// drops collects what OnDrop was told.
type drops struct {
	mu      sync.Mutex
	records map[event.Class]uint64
	devices map[event.DeviceKey]uint64
	reasons map[string]bool
}

func (d *drops) add(drop journal.Drop) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records[drop.Class] += drop.Records
	for k, n := range drop.Devices {
		d.devices[k] += n
	}
	d.reasons[drop.Reason] = true
}

func (d *drops) of(c event.Class) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.records[c]
}

// heavy makes an event that takes about 2 kB, of the class that kind says.
func heavy(n int, class event.Class) journal.Record {
	filler := strings.Repeat("x", 2000)
	switch class {
	case event.ClassHeartbeat:
		e := heartbeat(n)
		e.Status.Reason = filler
		return journal.Record{Event: e}
	case event.ClassAnomaly:
		a := anomaly(n)
		a.Text.EN = filler
		return journal.Record{Anomaly: a}
	}
	e := gate(n)
	e.Gate.Person = filler
	return journal.Record{Event: e}
}

func fill(t *testing.T, j *journal.Journal, class event.Class, from, records int) {
	t.Helper()
	for n := 0; n < records; n += 500 {
		b := journal.Batch{}
		for i := range min(500, records-n) {
			b.Records = append(b.Records, heavy(from+n+i, class))
		}
		appendAll(t, j, b)
	}
}

// TestFullJournalDropsLeastImportantFirst fills a journal of 64 MiB that nobody reads.
func TestFullJournalDropsLeastImportantFirst(t *testing.T) {
	t.Parallel()
	told := &drops{records: map[event.Class]uint64{}, devices: map[event.DeviceKey]uint64{}, reasons: map[string]bool{}}
	cfg := config(t.TempDir())
	cfg.TailRecords = 100
	j := start(t, cfg, journal.Deps{OnDrop: told.add})
	c := consumer(t, j, journal.ConsumerConfig{Name: "slow"})
	fill(t, j, event.ClassAnomaly, 0, 2000) // 4 MB
	fill(t, j, event.ClassHeartbeat, 10_000, 10_000)
	fill(t, j, event.ClassGate, 30_000, 16_000) // 20 + 32 + 4 MB: not yet
	if s := j.Stats(); s.Dropped != [event.NumClasses]uint64{} || s.Dropping {
		t.Fatalf("dropped too early: %+v", s)
	}
	fill(t, j, event.ClassGate, 50_000, 8000)
	s := j.Stats()
	if s.Dropped[event.ClassHeartbeat] == 0 || s.Dropped[event.ClassGate] != 0 || !s.Dropping {
		t.Fatalf("heartbeats first: %v", s.Dropped)
	}
	fill(t, j, event.ClassGate, 60_000, 20_000)
	s = j.Stats()
	if s.Dropped[event.ClassHeartbeat] != 10_000 || s.Dropped[event.ClassGate] == 0 || s.Dropped[event.ClassAnomaly] != 0 {
		t.Fatalf("then gates: %v", s.Dropped)
	}
	if s.Bytes > cfg.MaxBytes {
		t.Errorf("%d bytes stored", s.Bytes)
	}
	if h := j.Health(); h.State != event.Degraded || !strings.Contains(h.Reason, "max_bytes") {
		t.Errorf("health: %v", h)
	}
	eventually(t, "all drops told", func() bool {
		return told.of(event.ClassHeartbeat) == s.Dropped[event.ClassHeartbeat] && told.of(event.ClassGate) == s.Dropped[event.ClassGate]
	})
	told.mu.Lock()
	if n := told.devices[event.DeviceKey{Site: "s001", Device: "c3"}]; n != 1000 {
		t.Errorf("%d heartbeats of one of ten cameras were told", n)
	}
	told.mu.Unlock()
	if n := s.DroppedByDevice[event.DeviceKey{Site: "s001", Device: "c3"}]; n != 1000 {
		t.Errorf("%d heartbeats of one of ten cameras are counted", n)
	}
	// The consumer steps over what is gone and knows how much that was.
	total := uint64(2000 + 10_000 + 16_000 + 8000 + 20_000)
	gone := s.Dropped[event.ClassHeartbeat] + s.Dropped[event.ClassGate]
	var seq, read uint64
	for read < total-gone {
		ch := next(t, c, 1000)
		if ch.First() <= seq {
			t.Fatalf("number %d after %d", ch.First(), seq)
		}
		seq = ch.Last()
		read += uint64(len(ch.Records))
		commit(t, c, ch, journal.Tx{})
	}
	if missed := j.Stats().Consumers[0].Missed; missed != gone {
		t.Errorf("consumer missed %d, dropped were %d", missed, gone)
	}
	eventually(t, "removed", func() bool { return j.Stats().Records == 0 })
	stop(t, j)
	if s := start(t, cfg, quiet()).Stats(); s.Dropped[event.ClassHeartbeat] != 10_000 || s.Head != total {
		t.Errorf("after a restart: dropped %v, head %d", s.Dropped, s.Head)
	}
}

// TestShortDiskDrops drops when others fill the disk.
func TestShortDiskDrops(t *testing.T) {
	t.Parallel()
	mem := vfs.NewCrashableMem()
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 39, TotalBytes: 1 << 40})
	cfg := config("/j")
	cfg.MinFreeDisk = 1 << 30
	j := startOn(t, cfg, mem)
	fill(t, j, event.ClassHeartbeat, 0, 5000)
	fill(t, j, event.ClassGate, 5000, 1000)
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1<<30 - 4<<20, TotalBytes: 1 << 40})
	eventually(t, "dropping", func() bool {
		fill(t, j, event.ClassGate, 6000, 1)
		return j.Stats().Dropped[event.ClassHeartbeat] > 0
	})
	mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 39, TotalBytes: 1 << 40})
	if s := j.Stats(); s.Dropped[event.ClassGate] != 0 || s.Bytes == 0 {
		t.Errorf("dropped: %v", s.Dropped)
	}
}

func TestLiveFirstThroughOutageAndRestart(t *testing.T) {
	t.Parallel()
	cfg := config(t.TempDir())
	cfg.TailRecords = 100
	setting := journal.ConsumerConfig{Name: "c", LiveFirst: true, LiveLimit: 500}
	j := start(t, cfg, quiet())
	c := consumer(t, j, setting)
	appendAll(t, j, events(1, 20))
	flight := next(t, c, 10) // stays uncommitted over the outage
	if flight.Lane != journal.Live || flight.Last() != 10 {
		t.Fatalf("first chunk: %s up to %d", flight.Lane, flight.Last())
	}
	appendAll(t, j, events(21, 1000)) // the outage: 1020 is the head
	first := next(t, c, 100)
	if first.Lane != journal.Backlog || first.First() != 11 {
		t.Fatalf("after the outage: %s from %d", first.Lane, first.First())
	}
	appendAll(t, j, events(1021, 5))
	live := next(t, c, 100)
	if live.Lane != journal.Live || live.First() != 1021 || len(live.Records) != 5 {
		t.Fatalf("live: %s from %d", live.Lane, live.First())
	}
	commit(t, c, live, journal.Tx{})
	// Live records arrive all the time: the lanes take turns.
	for n := range 3 {
		appendAll(t, j, events(1026+n, 1))
		a := next(t, c, 100)
		b := next(t, c, 100)
		if a.Lane == b.Lane {
			t.Fatalf("both chunks are %s", a.Lane)
		}
		for _, ch := range []*journal.Chunk{a, b} {
			if ch.Lane == journal.Live {
				commit(t, c, ch, journal.Tx{})
			}
		}
	}
	commit(t, c, first, journal.Tx{Sync: true})
	stats := j.Stats().Consumers[0]
	if len(stats.Lanes) != 2 || stats.Lanes[0].Cursor != 0 || stats.Lanes[0].End != 1020 || stats.Lanes[1].Cursor != 1028 {
		t.Errorf("lanes: %+v", stats.Lanes)
	}
	stop(t, j)

	// Both places are durable: the first chunk was never committed, so all the backlog
	// comes again, and nothing of the live lane does.
	j = start(t, cfg, quiet())
	c = consumer(t, j, setting)
	appendAll(t, j, events(1029, 1))
	if ch := next(t, c, 10); ch.Lane != journal.Live || ch.First() != 1029 {
		t.Errorf("live after restart: %s %d", ch.Lane, ch.First())
	}
	want := uint64(1)
	for want <= 1020 {
		ch := next(t, c, 300)
		if ch.Lane != journal.Backlog || ch.First() != want {
			t.Fatalf("backlog after restart: %s from %d, want %d", ch.Lane, ch.First(), want)
		}
		want = ch.Last() + 1
		commit(t, c, ch, journal.Tx{Sync: true})
	}
	if lanes := j.Stats().Consumers[0].Lanes; len(lanes) != 1 {
		t.Errorf("backlog is not over: %+v", lanes)
	}
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	cfg := config(t.TempDir())
	cfg.MaxDeadLetters = 10
	cfg.MaxDeadLetterBytes = 1 << 20
	j := start(t, cfg, quiet())
	letter := func(n, size int) journal.DeadLetter {
		return journal.DeadLetter{
			Broker: "b", Topic: "campus/s001/gate/g1/access", Adapter: "gate", Reason: fmt.Sprintf("field %d", n),
			QoS: 1, Retained: n%2 == 0, Payload: []byte(strings.Repeat("\xff", size)), Source: "decode",
		}
	}
	for n := range 15 {
		appendAll(t, j, journal.Batch{Dead: []journal.DeadLetter{letter(n, 10)}})
	}
	list, err := j.DeadLetters(0, 100)
	if err != nil || len(list) != 10 || list[0].ID != 6 || list[9].ID != 15 {
		t.Fatalf("%d letters, %v", len(list), err)
	}
	want := letter(5, 10)
	if got := list[0]; got.Reason != want.Reason || string(got.Payload) != string(want.Payload) || got.Retained != want.Retained || got.QoS != 1 || got.Time.IsZero() || got.Topic != want.Topic || got.Source != want.Source || got.Adapter != want.Adapter || got.Broker != want.Broker {
		t.Errorf("letter came back as %+v", got)
	}
	if page, err := j.DeadLetters(8, 2); err != nil || len(page) != 2 || page[0].ID != 9 {
		t.Errorf("page: %v, %v", page, err)
	}
	if err := j.DeleteDeadLetters(7, 9, 99); err != nil {
		t.Fatal(err)
	}
	if _, err := j.DeadLetter(7); !errors.Is(err, journal.ErrNotFound) {
		t.Errorf("deleted letter: %v", err)
	}
	if d, err := j.DeadLetter(8); err != nil || d.ID != 8 {
		t.Errorf("letter 8: %+v, %v", d, err)
	}
	appendAll(t, j, journal.Batch{Dead: []journal.DeadLetter{letter(20, 400_000), letter(21, 400_000), letter(22, 400_000)}})
	s := j.Stats().Dead
	if s.Count != 2 || s.Bytes > cfg.MaxDeadLetterBytes || s.Dropped != 5+8+1 {
		t.Errorf("bounded by bytes: %+v", s)
	}
	stop(t, j)
	j = start(t, cfg, quiet())
	if again := j.Stats().Dead; again != s {
		t.Errorf("after a restart: %+v, before %+v", again, s)
	}
	appendAll(t, j, journal.Batch{Dead: []journal.DeadLetter{letter(23, 1)}})
	if d, err := j.DeadLetter(19); err != nil || d.Reason != "field 23" {
		t.Errorf("next letter: %+v, %v", d, err)
	}
}

// TestLargeBatches stores batches far larger than a group and a write buffer.
func TestLargeBatches(t *testing.T) {
	t.Parallel()
	cfg := config(t.TempDir())
	cfg.QueueBytes = 64 << 10
	j := start(t, cfg, quiet())
	b := journal.Batch{Dead: make([]journal.DeadLetter, 20)}
	for i := range b.Dead {
		b.Dead[i] = journal.DeadLetter{Reason: "large", Payload: make([]byte, 256<<10)}
	}
	b.Records = events(1, 20_000).Records
	appendAll(t, j, b)
	appendAll(t, j, b)
	if s := j.Stats(); s.Dead.Count != 40 || s.Head != 40_000 {
		t.Errorf("stored %+v, head %d", s.Dead, s.Head)
	}
	if d, err := j.DeadLetter(40); err != nil || len(d.Payload) != 256<<10 {
		t.Errorf("letter 40: %d bytes, %v", len(d.Payload), err)
	}
}

func TestStatsAndMetrics(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	j := start(t, config(t.TempDir()), journal.Deps{Registerer: reg})
	c := consumer(t, j, journal.ConsumerConfig{Name: "c"})
	consumer(t, j, journal.ConsumerConfig{Name: "anomalies", Classes: []event.Class{event.ClassAnomaly}})
	appendAll(t, j, events(1, 100))
	ch := next(t, c, 40)
	next(t, c, 10)
	commit(t, c, ch, journal.Tx{Sync: true})
	s := j.Stats()
	if s.Head != 100 || s.Records != 100 || s.ByClass[event.ClassGate].Records != 100 || s.Appended != 100 || s.Bytes < 100*100 {
		t.Errorf("stats: %+v", s)
	}
	for _, cs := range s.Consumers {
		want := map[string]int64{"c": 60, "anomalies": 0}[cs.Name]
		if cs.LagRecords != want || (cs.LagBytes > 0) != (want > 0) || cs.Oldest.IsZero() != (want == 0) {
			t.Errorf("lag of %s: %+v", cs.Name, cs)
		}
	}
	if s.Consumers[1].Outstanding != 1 {
		t.Errorf("outstanding: %+v", s.Consumers[1])
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range families {
		found[f.GetName()] = true
	}
	for _, name := range []string{"records", "bytes", "time_to_loss_seconds", "consumer_lag_records", "consumer_oldest_seconds", "commit_seconds", "group_records", "dropped_total"} {
		if !found["campusgate_journal_"+name] {
			t.Errorf("no metric %s", name)
		}
	}
	stop(t, j)
	if families, err := reg.Gather(); err != nil || len(families) > 0 {
		t.Errorf("metrics stay registered: %d, %v", len(families), err)
	}
}
