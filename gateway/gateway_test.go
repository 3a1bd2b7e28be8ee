package gateway

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

func TestStopWithoutStartAndTwice(t *testing.T) {
	t.Parallel()
	g := build(t, testConfig(t), &plain{})
	stop(t, g)
	if a := g.Addr(); a != "" {
		t.Errorf("Addr = %q before Start", a)
	}
	g = run(t, testConfig(t), &plain{})
	if g.Addr() == "" {
		t.Error("no address after Start")
	}
	stop(t, g)
	stop(t, g)
}

// TestStartThatFailsLeavesNothing has the page's port in use, which is found when most
// parts run; goleak sees what they leave, and the journal can be opened again.
func TestStartThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := testConfig(t)
	c.HTTP = l.Addr().String()
	g := build(t, c, &plain{})
	if err := g.Start(within(t)); err == nil || !strings.Contains(err.Error(), "start page: listen http "+c.HTTP) {
		t.Errorf("Start = %v, want the address in use", err)
	}
	if parts := g.running.Health(); len(parts) != 0 {
		t.Errorf("still running: %v", parts)
	}
	stop(t, g)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, c, &plain{})
}

func TestPartsThatAreOff(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	c.HTTP = ""
	g := run(t, c, &plain{})
	if g.Addr() != "" || g.page != nil || g.uplink != nil {
		t.Errorf("page %v at %q, uplink %v; want neither", g.page, g.Addr(), g.uplink)
	}
	if s := g.Status(); s.Components["journal"].State != event.OK {
		t.Errorf("status %+v", s)
	}
}

// TestStopsAndStartsUnderLoad stops the gateway in the middle of a stream, several times:
// every message is stored in the end.
func TestStopsAndStartsUnderLoad(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	c := testConfig(t)
	c.Influx.URL, c.Ingest.Brokers[0].URL = db.URL, startBroker(t)
	start := func() *Gateway {
		g := build(t, c, &plain{})
		if err := g.Start(within(t)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "connected", g.watched)
		return g
	}
	g := start() // subscribes: from now on the broker keeps everything

	p, err := ingest.NewPublisher(ingest.PublisherConfig{
		Broker: ingest.BrokerConfig{Name: "b1", URL: c.Ingest.Brokers[0].URL, ClientID: "devices"}, Window: 64, Logger: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	const rounds, each = 3, 300
	for round := range rounds {
		before := g.Status().Devices.Messages // the ledger outlives the gateway
		sent := make(chan error, 1)
		go func() { sent <- publish(within(t), p, round*each, each) }()
		eventually(t, "some are in the journal", func() bool { return g.Status().Devices.Messages > before+each/4 })
		stop(t, g)
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		g = start()
	}
	if err := p.Close(within(t)); err != nil {
		t.Fatal(err)
	}
	for i := range rounds * each {
		person := fmt.Sprintf("%q", fmt.Sprint("p", i))
		eventually(t, person+" is stored", func() bool { return db.count("person="+person) > 0 })
	}
	stop(t, g)
	if n := g.reporter.records; n != 0 {
		t.Errorf("%d records given up", n)
	}
}

func publish(ctx context.Context, p *ingest.Publisher, from, n int) error {
	for i := range n {
		if err := p.Send(ctx, topic, 1, false, fmt.Append(nil, "p", from+i), nil); err != nil {
			return err
		}
	}
	return p.Flush(ctx)
}
