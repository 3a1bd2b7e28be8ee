package influx_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/journal"
)

// child runs the embedded server in a process of its own and returns its address and how
// to kill it.
func child(t *testing.T, dir, addr string) (string, func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "CAMPUSGATE_TEST_EMBEDDED_DIR="+dir, "CAMPUSGATE_TEST_EMBEDDED_ADDR="+addr)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe() // held open: the child ends with it
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	kill := func() {
		if killed {
			return
		}
		killed = true
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // says "killed"
		_ = in.Close()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("child did not start: %v", err)
	}
	return strings.TrimSpace(line), kill
}

// TestKilledServerHasEverything kills InfluxDB with -9 while a real journal is drained
// into it, and compares the ids.
func TestKilledServerHasEverything(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	addr, kill := child(t, dir, "127.0.0.1:0")

	jc := journal.DefaultConfig()
	jc.Dir = t.TempDir()
	j, err := journal.New(jc, journal.Deps{Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, j) })
	consumer, err := j.Consumer(journal.ConsumerConfig{Name: "influx", LiveFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	c := influx.DefaultWriterConfig()
	c.URL, c.BatchLines = "http://"+addr, 200
	c.RetryMin, c.RetryMax = 10*time.Millisecond, 50*time.Millisecond
	w, err := influx.NewWriter(c, influx.WriterDeps{Sources: []influx.Source{consumer}, Log: zerolog.New(zerolog.NewTestWriter(t))})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, w) })

	const rounds, each = 4, 2500
	lag := func() int64 {
		for _, s := range j.Stats().Consumers {
			if s.Name == "influx" {
				return s.LagRecords
			}
		}
		return -1
	}
	for round := range rounds {
		all := readings(each, morning.Add(time.Duration(round)*time.Minute))
		records := make([]journal.Record, each)
		for i := range all {
			all[i].ID = string(rune('a'+round)) + all[i].ID
			records[i].Event = &all[i]
		}
		if err := j.Append(ctx, journal.Batch{Records: records}); err != nil {
			t.Fatal(err)
		}
		if round < rounds-1 { // in the middle of the drain
			eventually(t, "some of it written", func() bool { return lag() < int64(each*(round+1))-100 })
			kill()
			_, kill = child(t, dir, addr)
		}
	}
	eventually(t, "everything committed", func() bool { return lag() == 0 })

	rc := influx.DefaultReaderConfig()
	rc.URL = c.URL
	r, err := influx.NewReader(rc)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	seen := map[string]int{}
	err = r.EventIDs(ctx, "kitchen_reading", time.Time{}, time.Time{}, func(id string, _ time.Time) error {
		seen[id]++
		return nil
	})
	if err != nil || len(seen) != rounds*each {
		t.Fatalf("%d of %d events, %v", len(seen), rounds*each, err)
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
	if letters, err := j.DeadLetters(0, 10); err != nil || len(letters) != 0 {
		t.Errorf("dead letters: %v, %v", letters, err)
	}
}
