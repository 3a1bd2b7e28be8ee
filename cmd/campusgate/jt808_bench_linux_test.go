package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
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

// BenchmarkJT808Positions takes b.N positions from 1,000 terminals into the journal: socket,
// frame, decoding, fsync, answer. The terminals are in the same process, and their work is in
// the figures; each sends so many positions at once and waits for their answers.
func BenchmarkJT808Positions(b *testing.B) {
	for _, at := range []int{1, 10, 50} {
		b.Run(fmt.Sprintf("together=%d", at), func(b *testing.B) { benchmarkJT808(b, 1000, at) })
	}
}

func benchmarkJT808(b *testing.B, terminals, together int) {
	addr, stored := jt808IntoJournal(b)
	all := make([]*positionSender, terminals)
	for n := range all {
		all[n] = newPositionSender(b, addr, n)
	}
	before := stored()
	var used, end syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	var wait sync.WaitGroup
	for n, s := range all {
		share := b.N / terminals
		if n < b.N%terminals {
			share++
		}
		wait.Go(func() { s.run(share, together) })
	}
	wait.Wait()
	b.StopTimer()
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &end); err != nil {
		b.Fatal(err)
	}
	for _, s := range all {
		if s.err != nil {
			b.Fatal(s.err)
		}
	}
	if n := stored() - before; n != uint64(b.N) {
		b.Fatalf("%d events in the journal, not %d", n, b.N)
	}
	cpu := time.Duration(end.Utime.Nano() - used.Utime.Nano() + end.Stime.Nano() - used.Stime.Nano())
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "positions/s")
	b.ReportMetric(cpu.Seconds()/float64(b.N)*1e6, "cpu-s/million")
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

func newPositionSender(b *testing.B, addr string, n int) *positionSender {
	b.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
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
