package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/campusgate/campusgate/gateway/ingest"
)

func TestPublisherFromManyGoroutinesThroughCuts(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "max_inflight_messages 500")
	way := newProxy(t, m.addr())
	sink := newMemory()
	in := start(t, config(t, brokerConfig("main", m.url())), sink).ready()
	p := publisher(t, way.url())
	ctx := within(t)
	const publishers, each = 50, 100
	var acked atomic.Int64
	var wg sync.WaitGroup
	for d := range publishers {
		wg.Go(func() {
			topic := fmt.Sprintf("campus/s001/kitchen/k%d/reading", d)
			for n := 1; n <= each; n++ {
				if err := p.Publish(ctx, topic, 1, false, message(n)); err != nil {
					t.Error(err)
					return
				}
				if acked.Add(1)%1000 == 500 {
					way.cut()
				}
			}
		})
	}
	wg.Wait()
	eventually(t, "all events", func() bool { n, _ := sink.events(); return n == publishers*each })
	st := p.Stats()
	if st.Connects < 3 || st.InFlight != 0 || st.Acknowledged != publishers*each {
		t.Errorf("%+v", st)
	}
	for _, d := range in.Devices() {
		if d.Lost != 0 || d.LastSeq != each {
			t.Errorf("%+v", d)
		}
	}
}

func TestPublisherQoS0AndClose(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "")
	sink := newMemory()
	start(t, config(t, brokerConfig("main", m.url())), sink).ready()
	p := publisher(t, m.url())
	const total = 5000
	for n := range total {
		if err := p.Publish(within(t), topic, 0, false, message(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(within(t)); err != nil { // must not cut off what was written
		t.Fatal(err)
	}
	eventually(t, "all events", func() bool { n, _ := sink.events(); return n == total })
	if err := p.Publish(within(t), topic, 1, false, nil); !errors.Is(err, ingest.ErrPublisherClosed) {
		t.Fatalf("after Close: %v", err)
	}
}

func TestPublisherGivesUpOnlyWhenClosed(t *testing.T) {
	t.Parallel()
	p := publisher(t, "tcp://127.0.0.1:1") // nobody listens
	result := make(chan error, 1)
	if err := p.Send(within(t), topic, 1, false, []byte("x"), func(err error) { result <- err }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("Close: %v", err)
	}
	if err := <-result; !errors.Is(err, ingest.ErrPublisherClosed) {
		t.Fatalf("done: %v", err)
	}
}

func TestWill(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "")
	way := newProxy(t, m.addr())
	sink := newMemory()
	start(t, config(t, brokerConfig("main", m.url())), sink).ready()
	p, err := ingest.NewPublisher(ingest.PublisherConfig{
		Broker: ingest.BrokerConfig{Name: "x", URL: way.url(), ClientID: "d"},
		Will:   &ingest.Will{Topic: topic, Payload: message(77), QoS: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Connected(within(t)); err != nil {
		t.Fatal(err)
	}
	way.cut()
	eventually(t, "the will", func() bool { n, _ := sink.events(); return n == 1 })
	if err := p.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	if e := sink.list()[0]; e.Seq != 77 {
		t.Fatalf("%+v", e)
	}
}

func TestWebsocket(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "max_inflight_messages 100")
	b := brokerConfig("main", websocketBridge(t, m.addr()))
	sink := newMemory()
	in := start(t, config(t, b), sink).ready()
	send(t, publisher(t, b.URL), topic, 1, 101)
	eventually(t, "all events", func() bool { n, _ := sink.events(); return n == 100 })
	in.stop()
}

// TestQoS2OfAnotherProgramsSession takes over a session that some other program made with
// QoS 2: its messages must flow to their end, not close the connection for ever.
func TestQoS2OfAnotherProgramsSession(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "")
	other := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(m.url()).SetClientID("gateway-1").SetCleanSession(false))
	for _, token := range []mqtt.Token{other.Connect(), nil} {
		if token == nil {
			token = other.Subscribe("campus/#", 2, nil)
		}
		if token.Wait(); token.Error() != nil {
			t.Fatal(token.Error())
		}
	}
	other.Disconnect(1000)
	for n := range 3 {
		cmd := exec.Command("mosquitto_pub", "-p", fmt.Sprint(m.port), "-q", "2", "-t", topic, "-m", string(message(n+1)))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_pub (Debian: mosquitto-clients): %v: %s", err, out)
		}
	}
	c := config(t, brokerConfig("main", m.url()))
	sink := newMemory()
	in := start(t, c, sink).ready()
	eventually(t, "three events", func() bool { n, _ := sink.events(); return n == 3 })
	in.stop()
	sink = newMemory()
	start(t, c, sink).ready()
	send(t, publisher(t, m.url()), topic, 4, 5)
	eventually(t, "a new event", func() bool { n, _ := sink.events(); return n >= 1 })
	if n := sink.submitted(); n != 1 {
		t.Fatalf("%d messages of QoS 2 came again", n-1)
	}
}
