package jt808_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters/jt808"
	"github.com/campusgate/campusgate/adapters/jt808/jt808test"
	"github.com/campusgate/campusgate/adapters/payload"
)

// BenchmarkIdleTerminal opens b.N terminals, lets each report once and reports the memory
// that the process holds for one that waits: heap and stacks, with the terminal's own end,
// which is in the same process.
func BenchmarkIdleTerminal(b *testing.B) {
	l, err := jt808.NewListener(settings(b), payload.ListenerDeps{
		Deliver: func(context.Context, ...payload.Message) error { return nil }, Now: time.Now, Log: zerolog.Nop(),
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := l.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Stop(context.Background()) }()
	before := held()
	open := make([]*jt808test.Terminal, b.N)
	b.ResetTimer()
	for n := range open {
		term, err := jt808test.Dial("tcp", l.Addr(), fmt.Sprintf("139%08d", n))
		if err != nil {
			b.Fatal(err)
		}
		defer term.Close()
		if err := term.Login(); err != nil {
			b.Fatal(err)
		}
		ask(b, term, jt808.IDPosition, position(n).Append(nil), 0)
		term.Rest()
		open[n] = term
	}
	b.StopTimer()
	b.ReportMetric(float64(held()-before)/float64(b.N), "B/terminal")
	runtime.KeepAlive(open)
}

// held is the memory in use after the stacks have shrunk.
func held() int64 {
	for range 6 { // each collection halves stacks that are too large
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// BenchmarkPosition is the way of one position through the listener without decoding and
// journal: from the socket to the answer on it, 64 at a time.
func BenchmarkPosition(b *testing.B) {
	l, err := jt808.NewListener(settings(b), payload.ListenerDeps{
		Deliver: func(context.Context, ...payload.Message) error { return nil }, Now: time.Now, Log: zerolog.Nop(),
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := l.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Stop(context.Background()) }()
	term, err := jt808test.Dial("tcp", l.Addr(), phone)
	if err != nil {
		b.Fatal(err)
	}
	defer term.Close()
	if err := term.Login(); err != nil {
		b.Fatal(err)
	}
	const window = 64
	var stream []byte
	for range window {
		stream = jt808.AppendMessage(stream, term.Header(jt808.IDPosition), position(1).Append(nil))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := term.Conn.Write(stream); err != nil {
			b.Fatal(err)
		}
		for range window {
			if _, err := term.Receive(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/window, "ns/position")
}
