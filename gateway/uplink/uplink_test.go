package uplink_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/uplink"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

func config(url string) uplink.Config {
	c := uplink.DefaultConfig()
	c.URLs, c.Gateway = []string{url}, "gw1"
	return c
}

func newUplink(t testing.TB, c uplink.Config, f *fakeJournal, log zerolog.Logger) *uplink.Uplink {
	t.Helper()
	u, err := uplink.New(c, uplink.Deps{
		Open: f.open, JournalID: func() string { return f.id }, Logger: log,
		Status: func(context.Context) ([]byte, error) { return []byte(`{"depth":1}`), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func startUplink(t testing.TB, c uplink.Config, f *fakeJournal) *uplink.Uplink {
	t.Helper()
	u := newUplink(t, c, f, zerolog.Nop())
	if err := u.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = u.Stop(context.Background()) })
	return u
}

// crash stops without letting anything finish.
func crash(u *uplink.Uplink) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = u.Stop(ctx)
}

func jetStream(t testing.TB, url string, opts ...nats.Option) jetstream.JetStream {
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

// stored reads all record messages of a stream.
func stored(t testing.TB, js jetstream.JetStream, stream string, filter string) []jetstream.Msg {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{FilterSubjects: []string{filter}})
	if err != nil {
		t.Fatal(err)
	}
	pending := c.CachedInfo().NumPending
	var all []jetstream.Msg
	for uint64(len(all)) < pending {
		batch, err := c.Fetch(int(min(1000, pending-uint64(len(all)))), jetstream.FetchMaxWait(5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		for m := range batch.Messages() {
			all = append(all, m)
		}
		if err := batch.Error(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// wantOnce checks that the events counted 1 to n are in the stream once each.
func wantOnce(t *testing.T, url string, n int) {
	t.Helper()
	seen := make(map[uint64]int)
	for _, m := range stored(t, jetStream(t, url), uplink.EventStream, "campus.event.>") {
		var e event.Event
		if err := json.Unmarshal(m.Data(), &e); err != nil {
			t.Fatal(err)
		}
		if strings.TrimSuffix(m.Subject(), event.PastSuffix) != e.Subject() {
			t.Fatalf("event of %s is on %s", e.Subject(), m.Subject())
		}
		seen[e.Seq]++
	}
	missing, twice := 0, 0
	for i := 1; i <= n; i++ {
		switch c := seen[uint64(i)]; {
		case c == 0:
			missing++
		case c > 1:
			twice++
		}
	}
	if missing > 0 || twice > 0 || len(seen) != n {
		t.Fatalf("of %d events %d are missing and %d there more than once (%d in all)", n, missing, twice, len(seen))
	}
}

func TestEverythingArrivesOnceAndInOrder(t *testing.T) {
	t.Parallel()
	bus := startBus(t, nil)
	f := newFakeJournal()
	f.append(gate(1, 5000)...)
	u := startUplink(t, config(bus.URL()), f)
	f.append(call(5001), anomaly(1), anomaly(2))
	f.append(gate(5002, 2000)...)
	f.append(anomaly(3))
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	if got := u.Health(); got.State != event.OK {
		t.Errorf("health %+v, want ok", got)
	}
	wantOnce(t, bus.URL(), 7001)
	anomalies := stored(t, jetStream(t, bus.URL()), uplink.AnomalyStream, "campus.anomaly.>")
	if len(anomalies) != 3 {
		t.Fatalf("%d anomalies, want 3", len(anomalies))
	}
	for i, m := range anomalies {
		var a event.Anomaly
		if err := json.Unmarshal(m.Data(), &a); err != nil {
			t.Fatal(err)
		}
		if a.ID != fmt.Sprintf("%020x", i+1) {
			t.Fatalf("anomaly %d is %s: out of order", i+1, a.ID)
		}
	}
	// Backlog and live each keep their order.
	var last [2]uint64
	for _, m := range stored(t, jetStream(t, bus.URL()), uplink.EventStream, "campus.event.*.gate.>") {
		var e event.Event
		if err := json.Unmarshal(m.Data(), &e); err != nil {
			t.Fatal(err)
		}
		lane := 0
		if e.Seq > 5000 {
			lane = 1
		}
		if e.Seq <= last[lane] {
			t.Fatalf("event %d after %d", e.Seq, last[lane])
		}
		last[lane] = e.Seq
	}
}

func TestWhatTheBusCanNeverTakeBecomesDeadLetter(t *testing.T) {
	t.Parallel()
	bus := startBus(t, func(c *broker.BusConfig) { c.MaxPayload = 1 << 20 })
	f := newFakeJournal()
	records := gate(1, 50)
	records[10].Event.Gate.Person = strings.Repeat("x", 2<<20) // more than the bus takes
	records[20].Event.Site = "a.b c"                           // no subject
	records[30].Event.Gate.Person = strings.Repeat("y", 4000)  // more than the stream takes
	f.append(records...)
	ctx := context.Background()
	limited := uplink.DefaultConfig()
	stream := limited.StreamConfigs()[0]
	stream.MaxMsgSize = 3000
	if _, err := jetStream(t, bus.URL()).CreateStream(ctx, stream); err != nil {
		t.Fatal(err)
	}
	startUplink(t, config(bus.URL()), f)
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	if got := len(stored(t, jetStream(t, bus.URL()), uplink.EventStream, "campus.event.>")); got != 47 {
		t.Errorf("%d events on the bus, want 47", got)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.dead) != 3 {
		t.Fatalf("%d dead letters, want 3", len(f.dead))
	}
	reasons := ""
	for _, d := range f.dead {
		reasons += d.Reason + "\n"
		if d.Source != "uplink" || len(d.Payload) == 0 || d.Time.IsZero() {
			t.Errorf("dead letter %q lacks source, payload or time", d.Reason)
		}
	}
	for _, want := range []string{"maximum payload", "no bus subject", "message size exceeds maximum"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("no dead letter says %q:\n%s", want, reasons)
		}
	}
}

func TestStartsWithoutBusAndLogsTwoLines(t *testing.T) {
	t.Parallel()
	p := newBusProcess(t)
	f := newFakeJournal()
	f.append(gate(1, 10)...)
	var log syncBuffer
	u := newUplink(t, config("nats://"+p.listen), f, zerolog.New(&log))
	began := time.Now()
	if err := u.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = u.Stop(context.Background()) })
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("start took %v", took)
	}
	eventually(t, "outage seen", func() bool { return strings.Contains(log.String(), "bus not reached") })
	if got := u.Health(); got.State != event.Degraded {
		t.Errorf("health %+v, want degraded", got)
	}
	p.start()
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	p.kill()
	eventually(t, "loss seen", func() bool { return strings.Contains(log.String(), "bus lost") })
	f.append(gate(11, 10)...)
	p.start()
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	wantOnce(t, "nats://"+p.listen, 20)
	if lines := strings.Count(log.String(), "\n"); lines != 4 {
		t.Errorf("%d lines for two outages, want 4:\n%s", lines, log.String())
	}
}

func TestStreamDeletedUnderneath(t *testing.T) {
	t.Parallel()
	bus := startBus(t, nil)
	f := newFakeJournal()
	f.append(gate(1, 10)...)
	startUplink(t, config(bus.URL()), f)
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	if err := jetStream(t, bus.URL()).DeleteStream(context.Background(), uplink.EventStream); err != nil {
		t.Fatal(err)
	}
	f.append(gate(11, 10)...)
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	if got := len(stored(t, jetStream(t, bus.URL()), uplink.EventStream, "campus.event.>")); got != 10 {
		t.Errorf("%d events in the new stream, want 10", got)
	}
}

func TestNewJournalStartsAnew(t *testing.T) {
	t.Parallel()
	bus := startBus(t, nil)
	f := newFakeJournal()
	f.append(gate(1, 20)...)
	u := startUplink(t, config(bus.URL()), f)
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	crash(u)
	f = newFakeJournal()
	f.id = "journal-2" // the same numbers mean other records
	f.append(gate(21, 20)...)
	startUplink(t, config(bus.URL()), f)
	eventually(t, "all committed", func() bool { return f.pending() == 0 })
	wantOnce(t, bus.URL(), 40)
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	f := newFakeJournal()
	u := newUplink(t, config("nats://127.0.0.1:1"), f, zerolog.Nop())
	for range 2 {
		if err := u.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if err := u.Start(context.Background()); err == nil {
		t.Fatal("started after stop")
	}
	u = startUplink(t, config("nats://127.0.0.1:1"), f)
	began := time.Now()
	for range 2 {
		if err := u.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stop without a bus took %v", took)
	}
	if got := u.Health().State; got != event.Stopped {
		t.Errorf("health %q, want stopped", got)
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	t.Parallel()
	valid := config("nats://h:1")
	if err := valid.Validate(); err != nil {
		t.Fatal(err)
	}
	for key, change := range map[string]func(*uplink.Config){
		"urls":                  func(c *uplink.Config) { c.URLs = nil },
		"urls[0]":               func(c *uplink.Config) { c.URLs = []string{"nats://u:secret@h:1"} },
		"gateway":               func(c *uplink.Config) { c.Gateway = "GW 1" },
		"password_file":         func(c *uplink.Config) { c.User = "x" },
		"token_file":            func(c *uplink.Config) { c.User, c.PasswordFile, c.TokenFile = "x", "y", "z" },
		"key_file":              func(c *uplink.Config) { c.CertFile = "x" },
		"max_batch_records":     func(c *uplink.Config) { c.MaxBatchRecords = 1000 },
		"max_batch_bytes":       func(c *uplink.Config) { c.MaxBatchBytes = 1 },
		"ack_timeout":           func(c *uplink.Config) { c.AckTimeout = 0 },
		"status_interval":       func(c *uplink.Config) { c.StatusInterval = 0 },
		"event_stream.max_age":  func(c *uplink.Config) { c.EventStream.MaxAge = 0 },
		"event_stream.replicas": func(c *uplink.Config) { c.EventStream.Replicas = 2 },
	} {
		c := config("nats://h:1")
		change(&c)
		err := c.Validate()
		if err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("%s: got %v", key, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: shows a secret: %v", key, err)
		}
	}
}

func TestSecretMissing(t *testing.T) {
	t.Parallel()
	c := config("nats://127.0.0.1:1")
	c.TokenFile = "/does/not/exist"
	u := newUplink(t, c, newFakeJournal(), zerolog.Nop())
	if err := u.Start(context.Background()); err == nil || !strings.Contains(err.Error(), "read secret") {
		t.Fatalf("got %v", err)
	}
}
