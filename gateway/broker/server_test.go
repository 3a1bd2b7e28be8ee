package broker_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

func TestDefaultsAreValid(t *testing.T) {
	t.Parallel()
	m, b := broker.DefaultMQTTConfig(), broker.DefaultBusConfig()
	if err := m.Validate(); err != nil {
		t.Error(err)
	}
	if err := b.Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	t.Parallel()
	for key, change := range map[string]func(*broker.MQTTConfig, *broker.BusConfig){
		"listen":      func(m *broker.MQTTConfig, b *broker.BusConfig) { m.Listen, b.Listen = "nowhere", "0.0.0.0:1" },
		"data_dir":    func(m *broker.MQTTConfig, b *broker.BusConfig) { m.DataDir, b.DataDir = "", "" },
		"max_payload": func(m *broker.MQTTConfig, b *broker.BusConfig) { m.MaxPayload, b.MaxPayload = 1000, 1<<40 },
		"max_store":   func(m *broker.MQTTConfig, b *broker.BusConfig) { m.MaxStore, b.MaxStore = 1, 1 },
		"tls":         func(m *broker.MQTTConfig, b *broker.BusConfig) { m.TLS.CertFile, b.TLS.KeyFile = "x", "y" },
		"users[0].name": func(m *broker.MQTTConfig, b *broker.BusConfig) {
			m.Users = []broker.MQTTUser{{}}
			b.Users = []broker.BusUser{{}}
		},
		"max_ack_pending": func(m *broker.MQTTConfig, b *broker.BusConfig) { m.MaxAckPending = 32768; b.Listen = "" },
		"sync_interval":   func(m *broker.MQTTConfig, b *broker.BusConfig) { m.SyncInterval = 0; b.Listen = "" },
		"ack_wait":        func(m *broker.MQTTConfig, b *broker.BusConfig) { m.AckWait = 0; b.Listen = "" },
		"users[0].gateway": func(m *broker.MQTTConfig, b *broker.BusConfig) {
			m.Listen = ""
			b.Users = []broker.BusUser{{Name: "g", PasswordFile: "f", Role: "gateway", Gateway: "A B"}}
		},
	} {
		m, b := broker.DefaultMQTTConfig(), broker.DefaultBusConfig()
		change(&m, &b)
		mqttErr, busErr := m.Validate(), b.Validate()
		if mqttErr == nil || busErr == nil {
			t.Errorf("%s: accepted: mqtt %v, bus %v", key, mqttErr, busErr)
			continue
		}
		if !strings.Contains(mqttErr.Error()+busErr.Error(), key+":") {
			t.Errorf("%s: not named in %v, %v", key, mqttErr, busErr)
		}
	}
}

func TestStopWithoutStartAndTwice(t *testing.T) {
	t.Parallel()
	m, err := broker.NewMQTT(mqttConfig(t), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := m.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := m.Health().State; got != event.Stopped {
		t.Fatalf("health %q, want stopped", got)
	}
	b := startBus(t, busConfig(t))
	if got := b.Health().State; got != event.OK {
		t.Fatalf("health %q, want ok", got)
	}
	for range 2 {
		if err := b.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if b.URL() != "" {
		t.Fatalf("stopped bus still names %q", b.URL())
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	first := startMQTT(t, mqttConfig(t))
	config := mqttConfig(t)
	config.Listen = first.Addr()
	second, err := broker.NewMQTT(config, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, second.Start(testContext(t)), "listen mqtt "+first.Addr()+": address already in use")
	if got := second.Health().State; got != event.Failed {
		t.Errorf("health %q, want failed", got)
	}
}

func TestFolderInUse(t *testing.T) {
	t.Parallel()
	config := busConfig(t)
	first := startBus(t, config)
	second, err := broker.NewBus(config, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, second.Start(testContext(t)), "is in use by another process")
	if err := first.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	third := startBus(t, config) // the lock went with the first
	if third.URL() == "" {
		t.Fatal("no URL")
	}
}

func TestBothServersStartFastInOneProcess(t *testing.T) {
	t.Parallel()
	began := time.Now()
	startMQTT(t, mqttConfig(t))
	startBus(t, busConfig(t))
	// The bound is for a shared machine; alone both take a tenth of it.
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("both servers took %v to start", took)
	}
}

func TestBusKeepsAcknowledgedMessagesOverRestart(t *testing.T) {
	t.Parallel()
	config := busConfig(t)
	b := startBus(t, config)
	js := connectJS(t, b.URL())
	_, err := js.CreateStream(testContext(t), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := js.Publish(testContext(t), "s.a", []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	again := startBus(t, config)
	stream, err := connectJS(t, again.URL()).Stream(testContext(t), "S")
	if err != nil {
		t.Fatal(err)
	}
	if got := stream.CachedInfo().State.Msgs; got != 20 {
		t.Fatalf("%d messages after restart, want 20", got)
	}
}

func TestBusToken(t *testing.T) {
	t.Parallel()
	config := busConfig(t)
	config.TokenFile = secretFile(t, "let-me-in")
	b := startBus(t, config)
	if _, err := nats.Connect(b.URL()); err == nil {
		t.Fatal("connected without the token")
	}
	connectJS(t, b.URL(), nats.Token("let-me-in"))
}

func TestGatewayMayPublishItsOwnSubjectsOnly(t *testing.T) {
	t.Parallel()
	config := busConfig(t)
	config.Users = []broker.BusUser{
		{Name: "g1", PasswordFile: secretFile(t, "p1"), Role: broker.RoleGateway, Gateway: "g1", Sites: []event.SiteID{"s001"}},
		{Name: "centre", PasswordFile: secretFile(t, "p2"), Role: broker.RoleDashboard},
	}
	b := startBus(t, config)
	denied := make(chan error, 16)
	g, err := nats.Connect(b.URL(), nats.UserInfo("g1", "p1"), nats.CustomInboxPrefix("_INBOX.g1"),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	centre, err := nats.Connect(b.URL(), nats.UserInfo("centre", "p2"))
	if err != nil {
		t.Fatal(err)
	}
	defer centre.Close()
	heard, err := centre.SubscribeSync("campus.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := centre.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"campus.event.s001.gate.g.access", "campus.anomaly.county.journal_dropping.g1", "campus.status.g1", "campus.mark.event.g1.live"} {
		if err := g.Publish(s, nil); err != nil {
			t.Fatal(err)
		}
		m, err := heard.NextMsg(5 * time.Second)
		if err != nil || m.Subject != s {
			t.Fatalf("%s: got %v, %v", s, m, err)
		}
	}
	for _, s := range []string{"campus.event.s002.gate.g.access", "campus.status.g2", "campus.mark.event.g2.live", "$JS.API.STREAM.DELETE.CAMPUS_EVENT", "campus.rpc.g2.x"} {
		if err := g.Publish(s, nil); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-denied:
			if !strings.Contains(strings.ToLower(err.Error()), "permissions violation") {
				t.Fatalf("%s: %v", s, err)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: published without the right", s)
		}
	}
	if _, err := g.Subscribe("campus.rpc.g1.*", func(m *nats.Msg) { _ = m.Respond([]byte("yes")) }); err != nil {
		t.Fatal(err)
	}
	if err := g.Flush(); err != nil {
		t.Fatal(err)
	}
	answer, err := centre.Request("campus.rpc.g1.replay", nil, 5*time.Second)
	if err != nil || string(answer.Data) != "yes" {
		t.Fatalf("answer %v, %v", answer, err)
	}
}

func TestLogIsQuietAndThin(t *testing.T) {
	t.Parallel()
	var buf syncBuffer
	m, err := broker.NewMQTT(mqttConfig(t), zerolog.New(&buf).Level(zerolog.InfoLevel))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	for range 50 { // a scanner that speaks no MQTT
		c := dialRaw(t, m.Addr())
		c.write([]byte("GET / HTTP/1.1\r\n\r\n"))
		c.waitClosed()
	}
	if err := m.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(buf.String(), "\n")
	if lines < 2 || lines > 10 {
		t.Fatalf("%d lines of log, want start, stop and a few warnings:\n%s", lines, buf.String())
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func connectJS(t *testing.T, url string, opts ...nats.Option) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}
