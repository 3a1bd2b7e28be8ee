package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/jt808/jt808test"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/journal"
)

// loadVariable turns the test's own program into terminals: its value is "<address>
// <terminals> <positions> <together>".
const loadVariable = "CAMPUSGATE_TEST_JT808"

// BenchmarkJT808Positions takes b.N positions from 1,000 terminals into the journal: socket,
// frame, decoding, fsync, answer. Each terminal sends so many positions at once and waits for
// their answers. The terminals are another process, whose work is in the rate but not in the
// CPU time.
func BenchmarkJT808Positions(b *testing.B) {
	for _, together := range []int{1, 10, 50} {
		b.Run(fmt.Sprintf("together=%d", together), func(b *testing.B) { benchmarkJT808(b, 1000, together) })
	}
}

func benchmarkJT808(b *testing.B, terminals, together int) {
	addr, stored := jt808IntoJournal(b)
	load := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^TestJT808Load$")
	load.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %d %d", loadVariable, addr, terminals, b.N, together),
		"CAMPUSGATE_TEST_BINARY=none")
	load.Stderr = os.Stderr
	begin, err := load.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	said, err := load.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := load.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewReader(said)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		b.Fatal(line, err)
	}
	before, used := stored(), spent(b)
	b.ResetTimer()
	_ = begin.Close()
	if line, err := lines.ReadString('\n'); line != "done\n" {
		b.Fatal(line, err)
	}
	b.StopTimer()
	used = spent(b) - used
	if err := load.Wait(); err != nil {
		b.Fatal(err)
	}
	if n := stored() - before; n != uint64(b.N) {
		b.Fatalf("%d events in the journal, not %d", n, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "positions/s")
	b.ReportMetric(used.Seconds()/float64(b.N)*1e6, "cpu-s/million")
}

// spent is the CPU time of this process.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestJT808Load is the terminals of the benchmark.
func TestJT808Load(t *testing.T) {
	spec := os.Getenv(loadVariable)
	if spec == "" {
		t.Skip("it is a part of BenchmarkJT808Positions")
	}
	var addr string
	var terminals, positions, together int
	if _, err := fmt.Sscan(spec, &addr, &terminals, &positions, &together); err != nil {
		t.Fatal(err)
	}
	all := make([]*positionSender, terminals)
	for n := range all {
		all[n] = newPositionSender(t, addr, n)
	}
	fmt.Println("ready")
	_, _ = io.ReadAll(os.Stdin) // until the benchmark closes it
	var wait sync.WaitGroup
	for n, s := range all {
		share := positions / terminals
		if n < positions%terminals {
			share++
		}
		wait.Go(func() { s.run(share, together) })
	}
	wait.Wait()
	for _, s := range all {
		if s.err != nil {
			t.Fatal(s.err)
		}
	}
	fmt.Println("done")
}

// jt808IntoJournal starts a listener in front of ingest and a journal on disk.
func jt808IntoJournal(b *testing.B) (addr string, stored func() uint64) {
	b.Helper()
	cfg := journal.DefaultConfig()
	cfg.Dir, cfg.MinFreeDisk = b.TempDir(), 0
	j, err := journal.New(cfg, journal.Deps{Logger: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}
	in := ingest.DefaultConfig()
	in.StateDir = b.TempDir()
	in.Brokers = []ingest.BrokerConfig{{
		Name: "away", URL: "tcp://127.0.0.1:1", ClientID: "bench",
		Subscriptions: []ingest.SubscriptionConfig{{Filter: "x", Adapter: jt808.Name}},
	}}
	taker, err := ingest.New(in, ingest.Deps{
		Sink: j, Decoders: []ingest.Decoder{decoder{jt808.New()}}, Logger: zerolog.Nop(), Registerer: prometheus.NewRegistry(),
		Known: func(event.SiteID, event.DeviceID) bool { return true },
	})
	if err != nil {
		b.Fatal(err)
	}
	settings := jt808.DefaultConfig()
	settings.ListenTCP, settings.RequireAuth = "127.0.0.1:0", false
	l, err := jt808.NewListener(settings, payload.ListenerDeps{
		Deliver: func(ctx context.Context, messages ...payload.Message) error {
			handed := make([]ingest.Message, len(messages))
			for i, m := range messages {
				handed[i] = ingest.Message(m)
			}
			return taker.Deliver(ctx, jt808.Name, handed...)
		},
		Now: time.Now, Log: zerolog.Nop(),
	})
	if err != nil {
		b.Fatal(err)
	}
	for _, part := range []interface {
		Start(context.Context) error
		Stop(context.Context) error
	}{j, l} {
		if err := part.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = part.Stop(context.Background()) })
	}
	return l.Addr(), func() uint64 { return j.Stats().Appended }
}

// positionSender is a terminal that costs as little as it can.
type positionSender struct {
	conn   net.Conn
	header jt808.Header
	where  jt808test.Position
	err    error
}

func newPositionSender(t *testing.T, addr string, n int) *positionSender {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &positionSender{
		conn: conn, header: jt808.Header{ID: jt808.IDPosition, Phone: fmt.Sprintf("138%08d", n)},
		where: jt808test.Position{
			Status: 3, Lat: 33.2, Lon: 119.3, SpeedKMH: 41.2, Heading: 120, Time: time.Now().Add(-10 * time.Minute),
			Extra: []byte{1, 4, 0, 0, 1, 0, 0x30, 1, 25, 0x31, 1, 12},
		},
	}
}

func (s *positionSender) run(share, together int) {
	var body, out []byte
	in := make([]byte, 4096)
	for share > 0 {
		n := min(share, together)
		share -= n
		out = out[:0]
		for range n {
			s.where.Lat += 1e-6
			body = s.where.Append(body[:0])
			out = jt808.AppendMessage(out, s.header, body)
			s.header.Serial++
		}
		if _, s.err = s.conn.Write(out); s.err != nil {
			return
		}
		for flags := 2 * n; flags > 0; { // two around each answer
			got, err := s.conn.Read(in)
			if err != nil {
				s.err = err
				return
			}
			flags -= bytes.Count(in[:got], []byte{0x7e})
		}
	}
}
