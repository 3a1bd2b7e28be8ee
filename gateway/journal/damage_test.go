package journal_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// latest returns the newest file of the folder with this ending or beginning.
func latest(t *testing.T, dir, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, dir, err)
	}
	return files[len(files)-1]
}

func edit(t *testing.T, path string, change func(b []byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

// used is the part of a log file before its preallocated or recycled rest.
func used(b []byte) int {
	n := len(b)
	for n > 0 && b[n-1] == 0 {
		n--
	}
	return n
}

// fate is what becomes of a damaged folder.
type fate int

const (
	whole fate = iota // it goes on; nothing that was acknowledged is missing without a word
	holed             // it goes on without what is missing; its files are kept as they were
	anew              // it is set aside and a new one begun
)

// TestDamagedFolder starts on folders with every kind of damage. In no case is anything
// invented or removed, and the journal takes records afterwards.
func TestDamagedFolder(t *testing.T) {
	t.Parallel()
	// Enough for two tables and a log; cases of the log have all in their first log.
	const many, few = 12_000, 3000
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string)
		aside  fate // of the folder
		keeps  int  // at least so many records are still read
	}{
		"none":      {func(*testing.T, string) {}, whole, many},
		"junk file": {func(t *testing.T, dir string) { write(t, filepath.Join(dir, "junk.txt"), "?") }, whole, many},
		"junk that looks like ours": {func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "999999.sst"), "?")
			write(t, filepath.Join(dir, "temporary.000003.dbtmp"), "?")
		}, whole, many},
		"log cut off in its last record": {func(t *testing.T, dir string) {
			edit(t, latest(t, dir, "*.log"), func(b []byte) []byte { return b[:used(b)-20_000] })
		}, holed, few - 500},
		"log cut off in the middle": {func(t *testing.T, dir string) {
			edit(t, latest(t, dir, "*.log"), func(b []byte) []byte { return b[:used(b)/2] })
		}, holed, 1000},
		"log zeroed from the middle": {func(t *testing.T, dir string) {
			edit(t, latest(t, dir, "*.log"), func(b []byte) []byte { clear(b[used(b)/2:]); return b })
		}, holed, 1000},
		"log zeroed in the middle": {func(t *testing.T, dir string) {
			edit(t, latest(t, dir, "*.log"), func(b []byte) []byte { clear(b[used(b)/2 : used(b)/2+40_000]); return b })
		}, holed, 1000},
		"log empty": {func(t *testing.T, dir string) {
			edit(t, latest(t, dir, "*.log"), func([]byte) []byte { return nil })
		}, holed, 0},
		"no manifest": {func(t *testing.T, dir string) { remove(t, latest(t, dir, "MANIFEST-*")) }, anew, 0},
		"no marker":   {func(t *testing.T, dir string) { remove(t, latest(t, dir, "marker.manifest.*")) }, anew, 0},
		"no table":    {func(t *testing.T, dir string) { remove(t, latest(t, dir, "*.sst")) }, anew, 0},
		"manifest of junk": {func(t *testing.T, dir string) {
			edit(t, latest(t, dir, "MANIFEST-*"), func(b []byte) []byte {
				for i := range b {
					b[i] ^= 0x55
				}
				return b
			})
		}, anew, 0},
		"flipped byte in a table": {func(t *testing.T, dir string) {
			edit(t, latest(t, dir, "*.sst"), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		}, whole, many - 4000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "j")
			cfg := config(dir)
			stored := many
			if strings.HasPrefix(name, "log") {
				stored = few
			}
			j := start(t, cfg, quiet())
			for n := 0; n < stored; n += 500 {
				appendAll(t, j, events(n, 500))
			}
			old := j.ID()
			stop(t, j)
			c.damage(t, dir)

			told := ""
			j, err := journal.New(cfg, journal.Deps{OnSetAside: func(path string, cause error) {
				if told = path; cause == nil {
					t.Error("set aside without a cause")
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			run(t, j)
			aside, err := filepath.Glob(dir + ".corrupt-*")
			if err != nil {
				t.Fatal(err)
			}
			kept := c.aside != whole
			if (len(aside) == 1) != kept || (told != "") != kept || (j.Stats().SetAside != "") != kept || (j.ID() != old) != (c.aside == anew) {
				t.Fatalf("set aside: %v, told %q, id %s, before %s", aside, told, j.ID(), old)
			}
			if kept {
				if h := j.Health(); h.State != event.Degraded || !strings.Contains(h.Reason, "set aside") {
					t.Errorf("health: %v", h)
				}
				if files, err := os.ReadDir(aside[0]); err != nil || len(files) < 3 {
					t.Errorf("set aside folder holds %v (%v)", files, err)
				}
			}
			appendAll(t, j, journal.Batch{Records: []journal.Record{{Anomaly: anomaly(7)}}})
			left := readUntilAnomaly(t, j)
			if left < c.keeps {
				t.Errorf("%d records are left, want %d or more", left, c.keeps)
			}
			if lost := j.Stats().Lost; c.aside == holed && lost != uint64(stored-left) || c.aside != holed && lost != 0 {
				t.Errorf("%d records are told lost, %d are left", lost, left)
			}
			t.Logf("fate %d; %d of %d records are left", c.aside, left, stored)
			if left < stored && c.aside == whole && strings.Contains(name, "table") && (j.Stats().Damaged == 0 || j.Health().State != event.Degraded || j.Stats().Consumers[0].Missed == 0) {
				t.Errorf("damage is not told: %+v, %v", j.Stats(), j.Health())
			}
		})
	}
}

// readUntilAnomaly reads what is stored, which must be some of the events in their order,
// each as it was.
func readUntilAnomaly(t *testing.T, j *journal.Journal) int {
	t.Helper()
	c := consumer(t, j, journal.ConsumerConfig{Name: "check"})
	kept, seq := 0, uint64(0)
	for {
		ch := next(t, c, 1000)
		for _, r := range ch.Records {
			if r.Seq <= seq {
				t.Fatalf("number %d after %d", r.Seq, seq)
			}
			if seq = r.Seq; r.Anomaly != nil {
				commit(t, c, ch, journal.Tx{Sync: true})
				return kept
			}
			if want := gate(int(seq - 1)); r.Event.ID != want.ID || *r.Event.Gate != *want.Gate {
				t.Fatalf("number %d is %s", seq, r.Event.ID)
			}
			kept++
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// TestNewerFolderIsNotTouched makes sure that a folder of a newer program is refused.
func TestNewerFolderIsNotTouched(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "j")
	j := start(t, config(dir), quiet())
	stop(t, j)
	marker := latest(t, dir, "marker.format-version.*")
	newer := marker[:strings.LastIndex(marker, ".")+1] + "999"
	if err := os.Rename(marker, newer); err != nil {
		t.Fatal(err)
	}
	j, err := journal.New(config(dir), quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(context.Background()); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("start: %v", err)
	}
	if _, err := os.Stat(newer); err != nil {
		t.Errorf("folder was touched: %v", err)
	}
}
