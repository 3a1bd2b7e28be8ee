package ingest

import (
	"bytes"
	"context"
	"net"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// BenchmarkPublisher is what the load generator costs: a broker that acknowledges all that
// one read brought with one write, QoS 1, 200 bytes, a window of 4,096.
func BenchmarkPublisher(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		if _, err := packets.ReadPacket(conn); err != nil {
			b.Error(err)
			return
		}
		_, _ = conn.Write([]byte{typeConnack << 4, 2, 0, 0})
		f := newFramer(1 << 20)
		var acks []byte
		for {
			for {
				fr, ok, err := f.next()
				if err != nil { // DISCONNECT: nothing a client may get
					return
				}
				if !ok {
					break
				}
				p, _ := parsePublish(fr)
				acks = appendAck(acks, typePuback, p.id)
			}
			if _, err := conn.Write(acks); err != nil {
				return
			}
			acks = acks[:0]
			if _, err := f.fill(conn); err != nil {
				return
			}
		}
	}()
	p, err := NewPublisher(PublisherConfig{Broker: BrokerConfig{Name: "bench", URL: "tcp://" + l.Addr().String(), ClientID: "bench"}})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	payload := bytes.Repeat([]byte("x"), 200)
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Send(ctx, "campus/s001/gate/g1/access", 1, false, payload, nil); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "msg/s")
	if err := p.Close(ctx); err != nil {
		b.Fatal(err)
	}
}
