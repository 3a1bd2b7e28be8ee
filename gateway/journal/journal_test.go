package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

func TestConfigNamesEveryFault(t *testing.T) {
	t.Parallel()
	if err := config(t.TempDir()).Validate(); err != nil {
		t.Errorf("default settings: %v", err)
	}
	err := journal.Config{MinFreeDisk: -1, MaxLinger: -1}.Validate()
	for _, key := range []string{
		"dir", "max_bytes", "min_free_disk", "queue_records", "queue_bytes", "tail_records", "tail_bytes",
		"max_linger", "max_dead_letters", "max_dead_letter_bytes", "memtable_bytes", "cache_bytes",
	} {
		if err == nil || !strings.Contains(err.Error(), key+": ") {
			t.Errorf("fault of %s is not named: %v", key, err)
		}
	}
	var fault *event.Fault
	if !errors.As(err, &fault) {
		t.Error("faults are not *event.Fault")
	}
}

func TestSubmitKeepsOrder(t *testing.T) {
	t.Parallel()
	j := start(t, config(t.TempDir()), quiet())
	const total = 5000
	var order []int
	last := make(chan struct{})
	for n := range total {
		b := events(n, 1)
		if n%3 == 0 {
			b.Records[0] = journal.Record{Event: heartbeat(n)}
		}
		err := j.Submit(within(t), b, func(err error) {
			if err != nil {
				t.Errorf("done: %v", err)
			}
			if order = append(order, n); n == total-1 {
				close(last)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	<-last
	for i, n := range order {
		if i != n {
			t.Fatalf("callback %d came at place %d", n, i)
		}
	}
	c := consumer(t, j, journal.ConsumerConfig{Name: "c"})
	for seq := uint64(1); seq <= total; {
		for _, r := range next(t, c, 700).Records {
			if r.Seq != seq || r.Event.ID != gate(int(seq)-1).ID {
				t.Fatalf("record %d has number %d and id %s", seq, r.Seq, r.Event.ID)
			}
			seq++
		}
	}
}

func TestSubmitRefusesWhatIsNoRecord(t *testing.T) {
	t.Parallel()
	j := start(t, config(t.TempDir()), quiet())
	for name, r := range map[string]journal.Record{
		"neither": {},
		"both":    {Event: gate(1), Anomaly: anomaly(1)},
		"no body": {Event: &event.Event{Type: event.TypeGateAccess}},
	} {
		if err := j.Append(within(t), journal.Batch{Records: []journal.Record{r}}); err == nil {
			t.Errorf("%s: stored", name)
		}
	}
	if head := j.Stats().Head; head != 0 {
		t.Errorf("head is %d", head)
	}
}

// drainAll reads n records and returns their numbers.
func drainAll(t *testing.T, c *journal.Consumer, n int) []uint64 {
	t.Helper()
	var out []uint64
	for len(out) < n {
		ch := next(t, c, 100)
		for _, r := range ch.Records {
			out = append(out, r.Seq)
		}
		commit(t, c, ch, journal.Tx{})
	}
	return out
}

func TestClassesMergeFromTailAndDisk(t *testing.T) {
	t.Parallel()
	for _, tail := range []int{1, 10_000} {
		t.Run(fmt.Sprintf("tail=%d", tail), func(t *testing.T) {
			t.Parallel()
			cfg := config(t.TempDir())
			cfg.TailRecords = tail
			j := start(t, cfg, quiet())
			want := map[string]int{}
			for n := range 2000 {
				b := events(n, 1)
				switch {
				case n%5 == 0:
					b.Records[0] = journal.Record{Anomaly: anomaly(n)}
					want["anomaly"]++
				case n%2 == 0:
					b.Records[0] = journal.Record{Event: heartbeat(n)}
				}
				if n%5 != 0 {
					want["rest"]++
				}
				if n < 1999 {
					if err := j.Submit(within(t), b, nil); err != nil {
						t.Fatal(err)
					}
				} else {
					appendAll(t, j, b)
				}
			}
			for name, classes := range map[string][]event.Class{
				"anomaly": {event.ClassAnomaly},
				"rest":    {event.ClassHeartbeat, event.ClassPosition, event.ClassReading, event.ClassGate},
			} {
				c := consumer(t, j, journal.ConsumerConfig{Name: name, Classes: classes})
				seqs := drainAll(t, c, want[name])
				for i, seq := range seqs {
					if i > 0 && seq <= seqs[i-1] {
						t.Fatalf("%s: %d after %d", name, seq, seqs[i-1])
					}
					if (seq-1)%5 == 0 != (name == "anomaly") {
						t.Fatalf("%s got record %d", name, seq)
					}
				}
			}
			eventually(t, "all removed", func() bool { s := j.Stats(); return s.Records == 0 && s.Bytes == 0 })
		})
	}
}

func TestUncommittedComesAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := start(t, config(dir), quiet())
	journalID := j.ID()
	appendAll(t, j, events(1, 40))
	c := consumer(t, j, journal.ConsumerConfig{Name: "c"})
	var chunks []*journal.Chunk
	for range 4 {
		chunks = append(chunks, next(t, c, 10))
	}
	// The third and the first: the cursor stands after the first.
	commit(t, c, chunks[2], journal.Tx{Put: map[string][]byte{"third": []byte("3"), "gone": nil}})
	commit(t, c, chunks[0], journal.Tx{Put: map[string][]byte{"first": []byte("1")}, Delete: []string{"gone"}, Sync: true})
	if err := c.Commit(chunks[0], journal.Tx{}); err == nil {
		t.Error("a chunk was committed twice")
	}
	stop(t, j)

	j = start(t, config(dir), quiet())
	if j.ID() != journalID {
		t.Errorf("id changed from %s to %s", journalID, j.ID())
	}
	c = consumer(t, j, journal.ConsumerConfig{Name: "c"})
	if _, err := j.Consumer(journal.ConsumerConfig{Name: "c"}); err == nil {
		t.Error("a name was attached twice")
	}
	if ch := next(t, c, 100); ch.First() != 11 || ch.Last() != 40 || len(ch.Records) != 30 {
		t.Errorf("came again: %d to %d (%d)", ch.First(), ch.Last(), len(ch.Records))
	}
	state := map[string]string{}
	if err := c.State(func(k string, v []byte) error { state[k] = string(v); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(state) != 2 || state["first"] != "1" || state["third"] != "3" {
		t.Errorf("state is %v", state)
	}
}

func TestCommitAppendsInOneBatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := start(t, config(dir), quiet())
	detect := consumer(t, j, journal.ConsumerConfig{Name: "detect", Classes: []event.Class{event.ClassGate}})
	uplink := consumer(t, j, journal.ConsumerConfig{Name: "uplink", Classes: []event.Class{event.ClassAnomaly}})
	appendAll(t, j, events(1, 3))
	commit(t, detect, next(t, detect, 10), journal.Tx{
		Put:    map[string][]byte{"open": []byte("x")},
		Append: []journal.Record{{Anomaly: anomaly(1)}},
		Dead:   []journal.DeadLetter{{Source: "detect", Reason: "test", Payload: []byte{0xff}}},
	})
	if ch := next(t, uplink, 10); len(ch.Records) != 1 || ch.First() != 4 || ch.Records[0].Anomaly.ID != anomaly(1).ID {
		t.Errorf("uplink got %+v", ch.Records)
	}
	if s := j.Stats(); s.Dead.Count != 1 {
		t.Errorf("dead letters: %+v", s.Dead)
	}
	if s := j.Stats().Consumers[0]; s.Name != "detect" || s.LagRecords != 0 {
		t.Errorf("detect lags: %+v", s)
	}
}

func TestNumbersAreNeverUsedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 3 {
		j := start(t, config(dir), quiet())
		c := consumer(t, j, journal.ConsumerConfig{Name: "c"})
		appendAll(t, j, events(round*10, 10))
		ch := next(t, c, 10)
		if want := uint64(round*10 + 1); ch.First() != want {
			t.Fatalf("round %d begins at %d, want %d", round, ch.First(), want)
		}
		commit(t, c, ch, journal.Tx{Sync: true})
		eventually(t, "removed", func() bool { return j.Stats().Records == 0 })
		stop(t, j)
	}
}

func TestBackPressure(t *testing.T) {
	t.Parallel()
	cfg := config(t.TempDir())
	cfg.QueueRecords = 10
	j := start(t, cfg, quiet())
	hold, entered := make(chan struct{}), make(chan struct{})
	// The callback holds the committer's followers: the queue fills.
	if err := j.Submit(within(t), events(0, 1), func(error) { close(entered); <-hold }); err != nil {
		t.Fatal(err)
	}
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	blocked := make(chan int, 1)
	go func() {
		n := 0
		for ; n < 100_000; n++ {
			if err := j.Submit(ctx, events(n, 1), nil); err != nil {
				break
			}
		}
		blocked <- n
	}()
	eventually(t, "a full queue", func() bool { return j.Stats().Queue == cfg.QueueRecords })
	cancel()
	taken := <-blocked
	close(hold)
	eventually(t, "all that was taken", func() bool { return j.Stats().Head == uint64(taken+1) })
}

func TestOneProcessPerFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, config(dir), quiet())
	second, err := journal.New(config(dir), quiet())
	if err != nil {
		t.Fatal(err)
	}
	err = second.Start(context.Background())
	if err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("second start: %v", err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("folder: %v", err)
	}
}

func TestCleanErrorsOfTheFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"a file": file, "below a file": filepath.Join(file, "j")} {
		j, err := journal.New(config(dir), quiet())
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Start(context.Background()); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
	j, err := journal.NewOn(config("/j"), quiet(), denied{vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(context.Background()); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("no rights: %v", err)
	}
}

// denied is a file system without rights to write.
type denied struct{ vfs.FS }

func (denied) MkdirAll(dir string, _ os.FileMode) error {
	return &os.PathError{Op: "mkdir", Path: dir, Err: os.ErrPermission}
}

func TestForgetConsumer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := start(t, config(dir), quiet())
	old := consumer(t, j, journal.ConsumerConfig{Name: "old"})
	commit(t, old, nil, journal.Tx{Put: map[string][]byte{"k": []byte("v")}, Sync: true})
	if err := j.ForgetConsumer(within(t), "old"); err == nil {
		t.Error("an attached consumer was forgotten")
	}
	stop(t, j)
	j = start(t, config(dir), quiet())
	c := consumer(t, j, journal.ConsumerConfig{Name: "c"})
	appendAll(t, j, events(1, 5))
	commit(t, c, next(t, c, 10), journal.Tx{Sync: true})
	if s := j.Stats(); s.Records != 5 || len(s.Consumers) != 2 || s.Consumers[1].Attached {
		t.Errorf("before: %+v", s)
	}
	if err := j.ForgetConsumer(within(t), "old"); err != nil {
		t.Fatal(err)
	}
	appendAll(t, j, events(6, 1))
	commit(t, c, next(t, c, 10), journal.Tx{})
	eventually(t, "records removed", func() bool { return j.Stats().Records == 0 })
	again := consumer(t, j, journal.ConsumerConfig{Name: "old"})
	if err := again.State(func(k string, _ []byte) error { return errors.New(k) }); err != nil {
		t.Errorf("state was kept: %v", err)
	}
}
