package ingest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

func TestMessagesBecomeEventsInOrder(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "max_inflight_messages 100")
	sink := newMemory()
	in := start(t, config(t, brokerConfig("main", m.url())), sink).ready()
	send(t, publisher(t, m.url()), topic, 1, 2001)
	eventually(t, "2000 events", func() bool { n, _ := sink.events(); return n == 2000 })

	for i, e := range sink.list() {
		if e.Seq != uint64(i+1) || e.Site != "s001" || e.Device != "k1" {
			t.Fatalf("event %d is %+v", i, e)
		}
	}
	d := in.Devices()
	if len(d) != 1 || d[0].Messages != 2000 || d[0].LastSeq != 2000 || d[0].Lost != 0 || d[0].LastReceived.IsZero() {
		t.Fatalf("ledger: %+v", d)
	}
	if h := in.Health(); h.State != event.OK {
		t.Fatalf("health: %+v", h)
	}
	eventually(t, "2000 acknowledged", func() bool { return in.metric("acknowledged_total") == 2000 })
	if got := in.metric("results_total", "reading", "event"); got != 2000 {
		t.Fatalf("results_total = %v", got)
	}
	in.stop()
}

func TestAcknowledgedOnlyAfterDone(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "max_inflight_messages 10")
	sink := newMemory()
	sink.hold()
	c := config(t, brokerConfig("main", m.url()))
	in := start(t, c, sink).ready()
	p := publisher(t, m.url())
	send(t, p, topic, 1, 31)
	eventually(t, "the broker's window is in flight", func() bool { return in.Brokers()[0].InFlight == 10 })
	// The broker may send the 11th only after a PUBACK. That none comes cannot be waited
	// for; but a round trip through the broker, on the same session, is proof enough.
	if err := p.Publish(within(t), topic, 0, false, message(1000)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the QoS 0 message passed by", func() bool { return sink.submitted() == 11 })
	if got := in.metric("acknowledged_total"); got != 0 {
		t.Fatalf("%v messages acknowledged before done", got)
	}
	in.cut() // nothing durable, nothing acknowledged: all must come again

	again := newMemory()
	in = start(t, c, again).ready()
	eventually(t, "30 events after the restart", func() bool { n, _ := again.events(); return n == 30 })
	eventually(t, "30 acknowledged", func() bool { return in.metric("acknowledged_total") == 30 })
	in.stop()

	last := newMemory()
	in = start(t, c, last).ready()
	send(t, p, topic, 31, 32)
	eventually(t, "one new event", func() bool { n, _ := last.events(); return n == 1 })
	if n := last.submitted(); n != 1 {
		t.Fatalf("%d messages delivered again after they were acknowledged", n-1)
	}
}

func TestGracefulStopAcknowledgesWhatWasRead(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "max_inflight_messages 500")
	sink := newMemory()
	sink.hold()
	c := config(t, brokerConfig("main", m.url()))
	in := start(t, c, sink).ready()
	p := publisher(t, m.url())
	send(t, p, topic, 1, 501)
	eventually(t, "500 in flight", func() bool { return in.Brokers()[0].InFlight == 500 })
	stopped := make(chan error, 1)
	go func() { stopped <- in.Stop(within(t)) }()
	eventually(t, "stopping", func() bool { return in.Health().State == event.Stopped })
	sink.release()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	next := newMemory()
	start(t, c, next).ready()
	send(t, p, topic, 501, 502)
	eventually(t, "the new event", func() bool { n, _ := next.events(); return n >= 1 })
	if n := next.submitted(); n != 1 {
		t.Fatalf("%d messages came again", n-1)
	}
}

func TestNotStoredIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "max_inflight_messages 50")
	sink := newMemory()
	sink.fail(errors.New("disk is full"))
	in := start(t, config(t, brokerConfig("main", m.url())), sink).ready()
	send(t, publisher(t, m.url()), topic, 1, 201)
	eventually(t, "several tries", func() bool { return in.Brokers()[0].Connects >= 3 })
	if got := in.metric("acknowledged_total"); got != 0 {
		t.Fatalf("%v acknowledged that were not stored", got)
	}
	eventually(t, "health names the reason", func() bool {
		h := in.Health()
		return h.State == event.Failed && strings.Contains(h.Reason, "disk is full")
	})
	sink.fail(nil)
	eventually(t, "all stored", func() bool { n, _ := sink.events(); return n == 200 })
	if distinct, all := sink.events(); distinct != all {
		t.Fatalf("%d events stored as %d", distinct, all)
	}
	eventually(t, "healthy again", func() bool { return in.Health().State == event.OK })
}

func TestNothingUndecodableIsLost(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "")
	sink := newMemory()
	c := config(t, brokerConfig("main", m.url()))
	c.MaxPayloadBytes = 512 << 10
	in := start(t, c, sink).ready()
	p := publisher(t, m.url())
	payloads := [][]byte{
		[]byte("no JSON"), []byte("panic"),
		{0xff, 0xfe, 0x00},
		{},
		[]byte(strings.Repeat("x", 256<<10)), // kept whole
		[]byte(strings.Repeat("y", 512<<10)), // at the bound: whole
		[]byte(strings.Repeat("z", 512<<10+1)), []byte(strings.Repeat("w", 3<<20)),
	}
	for _, b := range payloads {
		if err := p.Publish(within(t), topic, 1, false, b); err != nil {
			t.Fatal(err)
		}
	}
	for _, odd := range []string{"campus/S001/kitchen/k1/reading", "campus/x"} {
		if err := p.Publish(within(t), odd, 1, false, message(1)); err != nil {
			t.Fatal(err)
		}
	}
	send(t, p, "campus/s999/kitchen/k1/reading", 1, 2)
	eventually(t, "a valid event after all that", func() bool { n, _ := sink.events(); return n == 1 })
	dead := sink.buried()
	if len(dead) != len(payloads)+2 {
		t.Fatalf("%d dead letters, want %d", len(dead), len(payloads)+2)
	}
	for i, want := range payloads {
		got := dead[i]
		if i >= 6 {
			want = want[:4096]
			if !strings.Contains(got.Reason, "above 524288") {
				t.Errorf("dead letter %d: reason %q", i, got.Reason)
			}
		}
		if !slices.Equal(got.Payload, want) || got.Topic != topic || got.Adapter != "reading" ||
			got.Broker != "main" || got.Reason == "" || got.QoS != 1 || got.Source != "decode" || got.Time.IsZero() {
			t.Errorf("dead letter %d: %.200v", i, got)
		}
	}
	if r := dead[1].Reason; !strings.Contains(r, "panicked") {
		t.Errorf("reason of the panic: %q", r)
	}
	if r := dead[8].Reason; !strings.Contains(r, `site "S001"`) {
		t.Errorf("reason of the bad site: %q", r)
	}
	eventually(t, "all acknowledged", func() bool { return in.metric("acknowledged_total") == float64(len(payloads)+3) })
	if d := in.Devices(); len(d) != 1 || !d[0].Unknown {
		t.Errorf("ledger: %+v", d)
	}
	if got := in.metric("unknown_device_events_total"); got != 1 {
		t.Errorf("unknown devices' events: %v", got)
	}
	if b := in.Brokers()[0]; b.Connects != 1 {
		t.Errorf("%d connects: bad messages must not cost the connection", b.Connects)
	}
}

func TestRetainedIsNoSignOfLife(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "")
	p := publisher(t, m.url())
	if err := p.Publish(within(t), topic, 1, true, message(7)); err != nil {
		t.Fatal(err)
	}
	sink := newMemory()
	in := start(t, config(t, brokerConfig("main", m.url())), sink).ready()
	eventually(t, "the retained message", func() bool { n, _ := sink.events(); return n == 1 })
	if e := sink.list()[0]; !e.Retained {
		t.Fatalf("not marked: %+v", e)
	}
	if d := in.Devices()[0]; d.Messages != 0 || !d.LastReceived.IsZero() || d.LastSeq != 0 {
		t.Fatalf("counted as fresh: %+v", d)
	}
	if got := in.metric("results_total", "retained"); got != 1 {
		t.Fatalf("retained counted %v times", got)
	}
	// The same retained value while subscribed is live.
	if err := p.Publish(within(t), topic, 1, true, message(8)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the live message", func() bool { n, _ := sink.events(); return n == 2 })
	if e := sink.list()[1]; e.Retained {
		t.Fatalf("live message marked as retained: %+v", e)
	}
	if d := in.Devices()[0]; d.Messages != 1 || d.LastSeq != 8 {
		t.Fatalf("not counted as fresh: %+v", d)
	}
}

func TestTopicLevelsNameSiteAndDevice(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "")
	b := brokerConfig("main", m.url())
	b.Subscriptions = []ingest.SubscriptionConfig{
		{Filter: "vendor/+/door/+", QoS: 1, Adapter: "reading", SiteLevel: 2, DeviceLevel: 4},
		{Filter: "$share/gateways/fixed/#", QoS: 1, Adapter: "reading", Site: "s007", Device: "box"},
	}
	sink := newMemory()
	start(t, config(t, b), sink).ready()
	p := publisher(t, m.url())
	send(t, p, "vendor/S012/door/AA:BB:CC", 1, 2)
	send(t, p, "fixed/anything", 2, 3)
	eventually(t, "two events", func() bool { n, _ := sink.events(); return n == 2 })
	got := sink.list()
	if got[0].Site != "s012" || got[0].Device != "aa-bb-cc" || got[1].Site != "s007" || got[1].Device != "box" {
		t.Fatalf("%+v", got)
	}
}
