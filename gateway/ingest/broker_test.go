package ingest_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

const persistent = "persistence true\npersistence_location DIR/\nautosave_interval 1\n"

func TestBrokerRestartLosesNothing(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, persistent+"max_inflight_messages 200")
	sink := newMemory()
	in := start(t, config(t, brokerConfig("main", m.url())), sink).ready()
	p := publisher(t, m.url())
	send(t, p, topic, 1, 1001)
	sink.hold() // the second thousand waits at the broker, partly in flight, when it stops
	send(t, p, topic, 1001, 2001)
	m.stop()
	eventually(t, "loss noticed", func() bool { return !in.Brokers()[0].Connected && in.Brokers()[0].Error != "" })
	if h := in.Health(); h.State != event.Failed || !strings.Contains(h.Reason, "main") {
		t.Fatalf("health while the broker is down: %+v", h)
	}
	sink.release()
	m.start()
	send(t, p, topic, 2001, 3001)
	eventually(t, "3000 events", func() bool { n, _ := sink.events(); return n == 3000 })
	in.ready()
	if distinct, all := sink.events(); distinct != all {
		t.Errorf("%d events are stored as %d", distinct, all)
	}
	if got := in.metric("results_total", "duplicate"); got == 0 {
		t.Error("messages in flight at the restart were not delivered again: the test shows less than it means to")
	}
	if b := in.Brokers()[0]; b.SessionsLost != 0 {
		t.Errorf("session counted as lost %d times", b.SessionsLost)
	}
	if d := in.Devices()[0]; d.Lost != 0 || d.Restarts != 0 || d.LastSeq != 3000 {
		t.Errorf("ledger: %+v", d)
	}
	if n := strings.Count(in.log.String(), "not connected"); n == 0 || n > 4 {
		t.Errorf("%d log lines for one outage:\n%s", n, in.log)
	}
}

func TestLostSessionIsReportedOnce(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "persistence false")
	sink := newMemory()
	in := start(t, config(t, brokerConfig("main", m.url())), sink).ready()
	m.stop()
	m.start()
	eventually(t, "lost session noticed", func() bool { return in.Brokers()[0].SessionsLost == 1 && in.Brokers()[0].Connected })
	if h := in.Health(); h.State != event.Degraded || !strings.Contains(h.Reason, "lost the session") {
		t.Fatalf("health: %+v", h)
	}
	if n := strings.Count(in.log.String(), "lost the session"); n != 1 {
		t.Fatalf("logged %d times:\n%s", n, in.log)
	}
	send(t, publisher(t, m.url()), topic, 1, 11)
	eventually(t, "subscribed again", func() bool { n, _ := sink.events(); return n == 10 })
	if got := in.metric("sessions_lost_total"); got != 1 {
		t.Fatalf("sessions_lost_total = %v", got)
	}
}

// dynsec is a configuration of Mosquitto's dynamic security plugin, the only part of it
// that refuses a SUBSCRIBE: anonymous clients may publish anything and subscribe to
// campus/#.
const dynsec = `{"defaultACLAccess": {"publishClientSend": true, "publishClientReceive": true, "subscribe": false, "unsubscribe": true},
"anonymousGroup": "all", "groups": [{"groupname": "all", "roles": [{"rolename": "campus"}]}],
"roles": [{"rolename": "campus", "acls": [{"acltype": "subscribePattern", "topic": "campus/#", "allow": true}]}]}`

func TestRefusedSubscriptionIsNamed(t *testing.T) {
	t.Parallel()
	plugins, _ := filepath.Glob("/usr/lib/*/mosquitto_dynamic_security.so")
	if len(plugins) == 0 {
		t.Fatal("this test needs mosquitto_dynamic_security.so (part of Debian's mosquitto)")
	}
	file := filepath.Join(t.TempDir(), "dynsec.json")
	if err := os.WriteFile(file, []byte(dynsec), 0o600); err != nil {
		t.Fatal(err)
	}
	m := startMosquitto(t, "plugin "+plugins[0]+"\nplugin_opt_config_file "+file)
	b := brokerConfig("main", m.url())
	b.Subscriptions = append(b.Subscriptions, ingest.SubscriptionConfig{Filter: "secret/+/x", QoS: 1, Adapter: "reading"})
	sink := newMemory()
	in := start(t, config(t, b), sink).ready()
	h := in.Health()
	if h.State != event.Failed || !strings.Contains(h.Reason, "secret/+/x") || strings.Contains(h.Reason, "campus/#") {
		t.Fatalf("health: %+v", h)
	}
	send(t, publisher(t, m.url()), topic, 1, 2)
	eventually(t, "the granted filter works", func() bool { n, _ := sink.events(); return n == 1 })
}

func TestSeveralBrokers(t *testing.T) {
	t.Parallel()
	one, two := startMosquitto(t, ""), startMosquitto(t, "")
	sink := newMemory()
	in := start(t, config(t, brokerConfig("one", one.url()), brokerConfig("two", two.url())), sink).ready()
	send(t, publisher(t, one.url()), "campus/s001/kitchen/k1/reading", 1, 101)
	two.stop()
	eventually(t, "one broker down", func() bool { return in.Health().State == event.Failed })
	if h := in.Health(); !strings.Contains(h.Reason, "two") || strings.Contains(h.Reason, "one:") {
		t.Fatalf("health: %+v", h)
	}
	send(t, publisher(t, one.url()), "campus/s001/kitchen/k1/reading", 101, 201)
	two.start()
	in.ready()
	send(t, publisher(t, two.url()), "campus/s002/kitchen/k1/reading", 1, 101)
	eventually(t, "300 events", func() bool { n, _ := sink.events(); return n == 300 })
	if d := in.Devices(); len(d) != 2 || d[0].Messages != 200 || d[1].Messages != 100 || d[0].Site != "s001" {
		t.Fatalf("ledger: %+v", d)
	}
}

func TestRemovedSubscriptionIsUnsubscribed(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "")
	b := brokerConfig("main", m.url())
	b.Subscriptions = append(b.Subscriptions, ingest.SubscriptionConfig{Filter: "old/#", QoS: 1, Adapter: "reading", Site: "s002", Device: "d"})
	c := config(t, b)
	p := publisher(t, m.url())
	sink := newMemory()
	in := start(t, c, sink).ready()
	send(t, p, "old/x", 1, 2)
	eventually(t, "the old topic works", func() bool { n, _ := sink.events(); return n == 1 })
	in.stop()

	c.Brokers[0].Subscriptions = b.Subscriptions[:1]
	sink = newMemory()
	start(t, c, sink).ready()
	send(t, p, "old/x", 2, 12)
	send(t, p, topic, 12, 13)
	eventually(t, "the topic that stayed", func() bool { n, _ := sink.events(); return n == 1 })
	if dead := sink.buried(); len(dead) != 0 {
		t.Fatalf("still subscribed to %s", dead[0].Topic)
	}
	saved, err := os.ReadFile(filepath.Join(c.StateDir, "subscriptions.json"))
	if err != nil || strings.Contains(string(saved), "old/#") {
		t.Fatalf("list of subscriptions: %s %v", saved, err)
	}
}

func TestBackPressureHoldsTheBrokerAndTheSession(t *testing.T) { // not parallel: it looks at the heap
	m := startMosquitto(t, "max_inflight_messages 0")
	b := brokerConfig("main", m.url())
	b.KeepAlive = time.Second // Mosquitto cuts a client that is silent for 1.5 s
	c := config(t, b)
	c.MaxInFlight, c.BatchMessages = 1000, 100
	sink := newMemory()
	sink.hold()
	in := start(t, c, sink).ready()
	p := publisher(t, m.url())
	const total = 60_000 // 15 MB with the padding: more than the sockets' buffers
	padded := "campus/s001/kitchen/k1/" + strings.Repeat("x", 180)
	before := heap()
	send(t, p, padded, 1, total+1)
	eventually(t, "held back for four keep-alives", func() bool { return in.Brokers()[0].HeldBack > 4*time.Second })
	st := in.Brokers()[0]
	if st.InFlight < 1000 || st.InFlight > 1100 {
		t.Errorf("%d in flight, want 1000 and at most one batch more", st.InFlight)
	}
	if sink.submitted() != st.InFlight {
		t.Errorf("%d submitted, %d in flight", sink.submitted(), st.InFlight)
	}
	if grown := heap() - before; grown > 16<<20 {
		t.Errorf("heap grew by %d MB", grown>>20)
	}
	sink.release()
	eventually(t, "everything stored", func() bool { n, _ := sink.events(); return n == total })
	if st := in.Brokers()[0]; st.Connects != 1 {
		t.Errorf("%d connects: being held back cost the session", st.Connects)
	}
	if _, all := sink.events(); all != total {
		t.Errorf("stored %d times", all)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// proxy stands between a client and a broker and can cut every connection.
type proxy struct {
	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
	wg       sync.WaitGroup
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l}
	p.wg.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", target)
			if err != nil {
				_ = from.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, from, to)
			p.mu.Unlock()
			for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
				p.wg.Go(func() {
					_, _ = io.Copy(way[0], way[1])
					_ = way[0].Close()
					_ = way[1].Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) url() string { return "tcp://" + p.listener.Addr().String() }

// cut resets all connections, so that what is on the way is gone.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	p.conns = nil
}

func TestConnectionsCutMidBatch(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "max_inflight_messages 300")
	way := newProxy(t, m.addr())
	sink := newMemory()
	in := start(t, config(t, brokerConfig("main", way.url())), sink).ready()
	p := publisher(t, way.url()) // its connection is cut, too
	const total = 5000
	ctx := within(t)
	for n := 1; n <= total; n++ {
		if err := p.Send(ctx, topic, 1, false, message(n), nil); err != nil {
			t.Fatal(err)
		}
		switch n % 500 {
		case 100:
			sink.hold() // some batches are between Submit and done when the connection goes
		case 400:
			way.cut()
		case 450:
			sink.release()
		}
	}
	sink.release()
	if err := p.Flush(within(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all events", func() bool { n, _ := sink.events(); return n == total })
	if distinct, all := sink.events(); distinct != all {
		t.Errorf("%d events stored as %d", distinct, all)
	}
	if st := in.Brokers()[0]; st.Connects < 3 {
		t.Errorf("only %d connects: the test shows less than it means to", st.Connects)
	}
	if d := in.Devices()[0]; d.Lost != 0 || d.Restarts != 0 || d.LastSeq != total {
		t.Errorf("ledger: %+v", d)
	}
}
