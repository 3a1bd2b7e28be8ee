package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/journal"
)

// counting counts what is stored. Without a next sink it takes everything at once.
type counting struct {
	next             ingest.Sink
	records, batches atomic.Int64
}

func (c *counting) Submit(ctx context.Context, b journal.Batch, done func(error)) error {
	stored := func(err error) {
		c.records.Add(int64(len(b.Records)))
		c.batches.Add(1)
		done(err)
	}
	if c.next != nil {
		return c.next.Submit(ctx, b, stored)
	}
	stored(nil)
	return nil
}

// quick decodes just enough: what is measured is the way, not JSON.
type quick struct{}

func (quick) Name() string { return "reading" }

func (quick) Decode(dst []event.Event, m ingest.Message, clock event.Clock) ([]event.Event, error) {
	e := event.Event{Type: event.TypeGateAccess, Kind: event.KindGate, Site: "s001", Device: "g1", Gate: &event.GateAccess{Direction: event.In}}
	at := bytes.IndexByte(m.Payload, ' ')
	seq, err := strconv.ParseUint(string(m.Payload[:at]), 10, 64)
	if err != nil {
		return dst, err
	}
	e.Seq = seq
	clock.Stamp(&e, m.Payload, 0, m.Received, time.Nanosecond, m.Received)
	return append(dst, e), nil
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkThroughMosquitto is the whole way: publisher, Mosquitto on the same machine,
// ingest with a sink that stores nothing. The CPU is that of publisher and ingest together.
func BenchmarkThroughMosquitto(b *testing.B) {
	for _, qos := range []byte{0, 1} {
		b.Run(fmt.Sprintf("qos=%d", qos), func(b *testing.B) {
			m := startMosquitto(b, "max_inflight_messages 5000\nset_tcp_nodelay true")
			sink := &counting{}
			c := config(b, brokerConfig("main", m.url()))
			in, err := ingest.New(c, ingest.Deps{Sink: sink, Decoders: []ingest.Decoder{quick{}}, Logger: zerolog.Nop()})
			if err != nil {
				b.Fatal(err)
			}
			if err := in.Start(context.Background()); err != nil {
				b.Fatal(err)
			}
			eventually(b, "connected", func() bool { return in.Brokers()[0].Connected })
			p := publisher(b, m.url())
			ctx := context.Background()
			padding := bytes.Repeat([]byte("x"), 190)
			var payload []byte
			cpu := cpuTime()
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				n++
				payload = append(strconv.AppendInt(payload[:0], int64(n), 10), ' ')
				payload = append(payload, padding...)
				if err := p.Send(ctx, topic, qos, false, payload, nil); err != nil {
					b.Fatal(err)
				}
				if n == b.N {
					break
				}
			}
			eventually(b, "all stored", func() bool { return sink.records.Load() >= int64(n) })
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msg/s")
			b.ReportMetric((cpuTime()-cpu).Seconds()*1e6/float64(n), "CPU-s/million")
			b.ReportMetric(float64(n)/float64(sink.batches.Load()), "msg/batch")
			_ = p.Close(within(b))
			_ = in.Stop(within(b))
		})
	}
}

// fakeBroker accepts one client and then sends messages as fast as it reads them. acked
// gets the number of PUBACKs read so far, now and then.
func fakeBroker(b *testing.B, stream []byte) (url string, goOn chan<- int, acked *atomic.Int64) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	start := make(chan int)
	acked = new(atomic.Int64)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		for range 2 { // CONNECT, SUBSCRIBE
			cp, err := packets.ReadPacket(conn)
			if err != nil {
				b.Error(err)
				return
			}
			switch p := cp.(type) {
			case *packets.ConnectPacket:
				_, _ = conn.Write([]byte{0x20, 2, 0, 0})
			case *packets.SubscribePacket:
				_, _ = conn.Write([]byte{0x90, 3, byte(p.MessageID >> 8), byte(p.MessageID), 1})
			}
		}
		go func() {
			buf := make([]byte, 64<<10)
			for {
				n, err := conn.Read(buf)
				acked.Add(int64(n))
				if err != nil {
					return
				}
			}
		}()
		for rounds := range start {
			for range rounds {
				if _, err := conn.Write(stream); err != nil {
					return
				}
			}
		}
	}()
	return "tcp://" + l.Addr().String(), start, acked
}

// BenchmarkLoopback is ingest alone, with a sender that costs next to nothing: socket,
// frames, route, a small decoder with Stamp, ledger, window, batch, PUBACK. QoS 1.
func BenchmarkLoopback(b *testing.B) {
	b.Run("sink=none", func(b *testing.B) { loopback(b, &counting{}) })
	b.Run("sink=journal", func(b *testing.B) {
		cfg := journal.DefaultConfig()
		cfg.Dir, cfg.MinFreeDisk = b.TempDir(), 0
		j, err := journal.New(cfg, journal.Deps{Logger: zerolog.Nop()})
		if err != nil {
			b.Fatal(err)
		}
		if err := j.Start(context.Background()); err != nil {
			b.Fatal(err)
		}
		defer func() { _ = j.Stop(context.Background()) }()
		loopback(b, &counting{next: j})
	})
}

func loopback(b *testing.B, sink *counting) {
	const messages = 1000
	var stream []byte
	for n := range messages {
		body := append([]byte{0, byte(len(topic))}, topic...)
		body = append(body, byte((n+1)>>8), byte(n+1))
		body = fmt.Appendf(body, "%d %190s", n+1, "")
		stream = append(stream, 0x32, byte(len(body)&0x7f)|0x80, byte(len(body)>>7))
		stream = append(stream, body...)
	}
	url, send, acked := fakeBroker(b, stream)
	c := config(b, brokerConfig("main", url))
	in, err := ingest.New(c, ingest.Deps{Sink: sink, Decoders: []ingest.Decoder{quick{}}, Logger: zerolog.Nop()})
	if err != nil {
		b.Fatal(err)
	}
	if err := in.Start(context.Background()); err != nil {
		b.Fatal(err)
	}
	eventually(b, "connected", func() bool { return in.Brokers()[0].Connected })
	cpu := cpuTime()
	before := acked.Load()
	rounds := 0
	b.ReportAllocs()
	for b.Loop() {
		send <- 1
		rounds++
	}
	n := int64(rounds * messages)
	eventually(b, "all stored", func() bool { return sink.records.Load() == n })
	elapsed := b.Elapsed()
	b.ReportMetric(float64(n)/elapsed.Seconds(), "msg/s")
	b.ReportMetric((cpuTime()-cpu).Seconds()*1e6/float64(n), "CPU-s/million")
	b.ReportMetric(float64(n)/float64(sink.batches.Load()), "msg/batch")
	eventually(b, "all acknowledged", func() bool { return acked.Load()-before >= 4*n })
	close(send)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = in.Stop(ctx)
}
