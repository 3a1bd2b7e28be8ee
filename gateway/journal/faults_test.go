package journal_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// faulty is a file system whose writes fail with "no space left" when broken says so.
type faulty struct {
	*errorfs.FS
	mem    *vfs.MemFS
	broken atomic.Pointer[func(errorfs.Op) bool]
}

func newFaulty() *faulty {
	f := &faulty{mem: vfs.NewCrashableMem()}
	f.FS = errorfs.Wrap(f.mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if is := f.broken.Load(); is != nil && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && (*is)(op) {
			return syscall.ENOSPC
		}
		return nil
	}))
	return f
}

func (f *faulty) set(is func(errorfs.Op) bool) {
	if is == nil {
		f.broken.Store(nil)
	} else {
		f.broken.Store(&is)
	}
}

func startOn(t *testing.T, cfg journal.Config, fs vfs.FS) *journal.Journal {
	t.Helper()
	j, err := journal.NewOn(cfg, quiet(), fs)
	if err != nil {
		t.Fatal(err)
	}
	run(t, j)
	return j
}

// present reads everything stored and returns how often each id is there.
func present(t *testing.T, j *journal.Journal, name string) map[string]int {
	t.Helper()
	c := consumer(t, j, journal.ConsumerConfig{Name: name})
	out := map[string]int{}
	for seq, head := uint64(0), j.Stats().Head; seq < head; {
		ch := next(t, c, 1000)
		for _, r := range ch.Records {
			if r.Seq <= seq {
				t.Fatalf("number %d after %d", r.Seq, seq)
			}
			seq = r.Seq
			out[id(r)]++
		}
	}
	return out
}

// TestFullDiskRefusesAndComesBack fails every write for a while, and then only those of
// one kind of file.
func TestFullDiskRefusesAndComesBack(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(errorfs.Op) bool{
		"all writes":      func(errorfs.Op) bool { return true },
		"log writes":      func(op errorfs.Op) bool { return strings.HasSuffix(op.Path, ".log") && op.Kind != errorfs.OpCreate },
		"log syncs":       func(op errorfs.Op) bool { return op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData },
		"tables":          func(op errorfs.Op) bool { return strings.HasSuffix(op.Path, ".sst") },
		"manifest writes": func(op errorfs.Op) bool { return strings.Contains(op.Path, "MANIFEST") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fs := newFaulty()
			j := startOn(t, config("/j"), fs)
			c := consumer(t, j, journal.ConsumerConfig{Name: "c"})
			acked := map[string]bool{}
			n := 0
			add := func() error {
				b := events(n, 200)
				n += 200
				err := j.Append(within(t), b)
				if err == nil {
					for _, r := range b.Records {
						acked[r.Event.ID] = true
					}
				}
				return err
			}
			for range 5 {
				if err := add(); err != nil {
					t.Fatal(err)
				}
			}
			fs.set(broken)
			var err error
			for i := 0; err == nil && i < 500; i++ {
				err = add()
			}
			if !errors.Is(err, journal.ErrUnavailable) {
				t.Fatalf("append on a broken disk: %v", err)
			}
			if h := j.Health(); h.State != event.Failed {
				t.Errorf("health: %v", h)
			}
			ch := next(t, c, 100) // reading goes on
			err = c.Commit(ch, journal.Tx{Put: map[string][]byte{"k": []byte("v")}, Append: []journal.Record{{Anomaly: anomaly(1)}}})
			if !errors.Is(err, journal.ErrUnavailable) {
				t.Errorf("commit on a broken disk: %v", err)
			}
			fs.set(nil)
			eventually(t, "healthy", func() bool { return j.Health().State == event.OK })
			commit(t, c, ch, journal.Tx{Put: map[string][]byte{"k": []byte("v")}, Append: []journal.Record{{Anomaly: anomaly(1)}}})
			if err := add(); err != nil {
				t.Fatal(err)
			}
			check := func(j *journal.Journal, name string, from int) {
				there := present(t, j, name)
				missing := 0
				for id := range acked {
					if there[id] != 1 {
						missing++
					}
				}
				if missing > 0 {
					t.Errorf("%s: %d of %d acknowledged records are missing or there twice", name, missing, len(acked))
				}
				if there["a"+anomaly(1).ID] != 1 {
					t.Errorf("%s: anomaly is there %d times", name, there["a"+anomaly(1).ID])
				}
			}
			check(j, "before", 0)
			// A power cut now must not change that.
			crashed := fs.mem.CrashClone(vfs.CrashCloneCfg{})
			stop(t, j)
			check(startOn(t, config("/j"), crashed), "after", 0)
		})
	}
}

// TestStopOnBrokenDisk ends while nothing can be written.
func TestStopOnBrokenDisk(t *testing.T) {
	t.Parallel()
	fs := newFaulty()
	j := startOn(t, config("/j"), fs)
	appendAll(t, j, events(0, 10))
	fs.set(func(errorfs.Op) bool { return true })
	if err := j.Append(within(t), events(10, 1)); !errors.Is(err, journal.ErrUnavailable) {
		t.Fatalf("append: %v", err)
	}
	stop(t, j)
	fs.set(nil)
	if n := len(present(t, startOn(t, config("/j"), fs.mem.CrashClone(vfs.CrashCloneCfg{})), "c")); n != 10 {
		t.Errorf("%d of 10 records are left", n)
	}
}

// TestFlakyDisk breaks writes at random while eight producers write and one consumer
// commits. Whatever was acknowledged is there at the end.
func TestFlakyDisk(t *testing.T) {
	t.Parallel()
	fs := newFaulty()
	j := startOn(t, config("/j"), fs)
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(1, 2))
	acked := map[string]bool{}
	refused := 0
	for round := range 8 {
		var count atomic.Int64
		limit := int64(50 + rng.IntN(400))
		fs.set(func(op errorfs.Op) bool {
			// New log files are left alone: a store that panics over one cannot be closed,
			// and its goroutines would be taken for leaks.
			if op.Kind == errorfs.OpCreate && strings.HasSuffix(op.Path, ".log") || op.Kind == errorfs.OpReuseForWrite {
				return false
			}
			return count.Add(1) > limit
		})
		var work sync.WaitGroup
		for p := range 8 {
			work.Go(func() {
				for i := range 200 {
					b := events(round*1_000_000+p*100_000+i*100, 20)
					err := j.Append(within(t), b)
					mu.Lock()
					if err != nil {
						refused++
						mu.Unlock()
						return
					}
					for _, r := range b.Records {
						acked[r.Event.ID] = true
					}
					mu.Unlock()
				}
			})
		}
		work.Wait()
		fs.set(nil)
		eventually(t, "healthy", func() bool { return j.Health().State == event.OK })
	}
	if refused == 0 || len(acked) == 0 {
		t.Fatalf("refused %d, acknowledged %d: nothing was tested", refused, len(acked))
	}
	stop(t, j)
	there := present(t, startOn(t, config("/j"), fs.mem.CrashClone(vfs.CrashCloneCfg{})), "check")
	for id := range acked {
		if there[id] == 0 {
			t.Fatalf("acknowledged record %s is gone", id)
		}
	}
}

// TestDiskLow refuses before the disk is full.
func TestDiskLow(t *testing.T) {
	t.Parallel()
	mem := vfs.NewCrashableMem()
	free := func(n uint64) {
		mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: n, TotalBytes: 1 << 40})
	}
	free(1 << 39)
	cfg := config("/j")
	cfg.MinFreeDisk = 1 << 30
	j := startOn(t, cfg, mem)
	c := consumer(t, j, journal.ConsumerConfig{Name: "c"})
	appendAll(t, j, events(0, 10))
	free(100 << 20)
	eventually(t, "refused", func() bool {
		return errors.Is(j.Append(within(t), events(10, 1)), journal.ErrUnavailable)
	})
	if h := j.Health(); h.State != event.Failed || !strings.Contains(h.Reason, "disk is full") {
		t.Errorf("health: %v", h)
	}
	ch := next(t, c, 5)
	commit(t, c, ch, journal.Tx{Sync: true}) // cursors may move
	free(1 << 39)
	eventually(t, "taken", func() bool { return j.Append(within(t), events(11, 1)) == nil })
}
