package journal_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/journal"
)

// childEnv names the folder in which this test binary, started again, plays a gateway
// until it is killed.
const childEnv = "CAMPUSGATE_JOURNAL_TEST_CHILD"

// child stores events and prints the number of each that was acknowledged; a consumer of
// it counts in its state what it committed.
func child(dir string) int {
	j, err := journal.New(config(dir), quiet())
	if err == nil {
		err = j.Start(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stdout, "error", err)
		return 1
	}
	c, err := j.Consumer(journal.ConsumerConfig{Name: "counter"})
	if err != nil {
		fmt.Fprintln(os.Stdout, "error", err)
		return 1
	}
	go count(c)
	from, err := strconv.Atoi(os.Getenv(childEnv + "_FROM"))
	if err != nil {
		fmt.Fprintln(os.Stdout, "error", err)
		return 1
	}
	out := bufio.NewWriter(os.Stdout)
	for n := from; ; n++ {
		err := j.Submit(context.Background(), events(n, 1), func(err error) {
			if err != nil {
				fmt.Fprintln(out, "error", err)
			} else {
				fmt.Fprintln(out, "acked", n)
			}
			_ = out.Flush()
		})
		if err != nil {
			fmt.Fprintln(os.Stdout, "error", err)
			return 1
		}
	}
}

// count keeps the number of committed records in the state, always with the cursor.
func count(c *journal.Consumer) {
	total := 0
	err := c.State(func(_ string, v []byte) error {
		var err error
		total, err = strconv.Atoi(string(v))
		return err
	})
	for err == nil {
		var ch *journal.Chunk
		if ch, err = c.Next(context.Background(), 100); err == nil {
			total += len(ch.Records)
			err = c.Commit(ch, journal.Tx{Put: map[string][]byte{"total": []byte(strconv.Itoa(total))}})
		}
	}
	fmt.Fprintln(os.Stdout, "error", err)
}

// TestKilled kills a process that writes with SIGKILL, five times over the same folder.
// Everything acknowledged is there, the numbers have no gap, and the consumer's state fits
// its cursor.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acked := 0 // highest
	for round := range 5 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), childEnv+"="+dir, childEnv+"_FROM="+strconv.Itoa(acked+1))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		lines := bufio.NewScanner(out)
		seen := 0
		for lines.Scan() {
			if n, ok := strings.CutPrefix(lines.Text(), "acked "); ok {
				acked, _ = strconv.Atoi(n)
				if seen++; seen == 500*(round+1) {
					_ = cmd.Process.Kill()
				}
			} else if strings.HasPrefix(lines.Text(), "error") {
				t.Errorf("child: %s", lines.Text())
			}
		}
		kill.Stop()
		_ = cmd.Wait()
		if seen < 500 {
			t.Fatalf("round %d: child acknowledged %d", round, seen)
		}
		verifyKilled(t, dir, acked)
	}
}

func verifyKilled(t *testing.T, dir string, acked int) {
	t.Helper()
	j := start(t, config(dir), quiet())
	defer stop(t, j)
	c := consumer(t, j, journal.ConsumerConfig{Name: "check"})
	there := map[string]bool{}
	for seq, head := j.Stats().Consumers[0].Lanes[0].Cursor+1, j.Stats().Head; seq <= head; {
		for _, r := range next(t, c, 1000).Records {
			if r.Seq != seq {
				t.Fatalf("record %d where %d was due", r.Seq, seq)
			}
			there[r.Event.ID] = true
			seq++
		}
	}
	for n := 1; n <= acked; n++ {
		if !there[gate(n).ID] {
			t.Fatalf("acknowledged event %d of %d is gone", n, acked)
		}
	}
	counter := consumer(t, j, journal.ConsumerConfig{Name: "counter"})
	total := "0"
	if err := counter.State(func(_ string, v []byte) error { total = string(v); return nil }); err != nil {
		t.Fatal(err)
	}
	for _, s := range j.Stats().Consumers {
		if s.Name == "counter" && strconv.FormatUint(s.Lanes[0].Cursor, 10) != total {
			t.Errorf("cursor stands at %d, state says %s", s.Lanes[0].Cursor, total)
		}
	}
}
