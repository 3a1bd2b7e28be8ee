package ingest_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/campusgate/campusgate/gateway/event"
)

// oddBroker accepts clients, answers CONNECT and SUBSCRIBE and nothing else, and then
// says its piece.
func oddBroker(t *testing.T, piece []byte) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for {
					cp, err := packets.ReadPacket(conn)
					if err != nil {
						return
					}
					switch p := cp.(type) {
					case *packets.ConnectPacket:
						_, _ = conn.Write([]byte{0x20, 2, 0, 0})
					case *packets.SubscribePacket:
						_, _ = conn.Write(append([]byte{0x90, 3, byte(p.MessageID >> 8), byte(p.MessageID), 1}, piece...))
					}
				}
			}()
		}
	}()
	return "tcp://" + l.Addr().String()
}

func TestMalformedPacketEndsTheConnection(t *testing.T) {
	t.Parallel()
	good := append([]byte{0x30, 36, 0, 30}, topic+"\x7b\x22\x7d\x7d"...)
	sink := newMemory()
	in := start(t, config(t, brokerConfig("main", oddBroker(t, append(good, 0xf0, 0)))), sink)
	eventually(t, "several tries", func() bool { return in.metric("malformed_total") >= 3 })
	eventually(t, "the reason", func() bool {
		h := in.Health()
		return h.State == event.Failed && strings.Contains(h.Reason, "malformed packet: a broker sends no packet of type 15")
	})
	// The message before it was whole, and counts.
	if dead := sink.buried(); len(dead) == 0 || dead[0].Topic != topic {
		t.Errorf("dead letters: %+v", dead)
	}
}

func TestSilentBrokerIsLeft(t *testing.T) {
	t.Parallel()
	b := brokerConfig("main", oddBroker(t, nil))
	b.KeepAlive = time.Second
	in := start(t, config(t, b), newMemory()).ready()
	eventually(t, "the next connection", func() bool { return in.Brokers()[0].Connects >= 2 })
	if !strings.Contains(in.log.String(), "broker sent nothing") {
		t.Errorf("log: %s", in.log)
	}
}

func TestStopWhileTheSinkBlocks(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "")
	sink := newMemory()
	unblock := sink.block()
	c := config(t, brokerConfig("main", m.url()))
	in := start(t, c, sink).ready()
	p := publisher(t, m.url())
	send(t, p, topic, 1, 6)
	eventually(t, "held back", func() bool { return in.Brokers()[0].HeldBack > 0 })
	in.cut() // returns although Submit blocks
	unblock()
	in = start(t, c, sink).ready()
	eventually(t, "all events", func() bool { n, _ := sink.events(); return n == 5 })
	in.stop()
}
