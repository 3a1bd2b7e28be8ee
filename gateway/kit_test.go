package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/journal"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// InfluxDB's Flux packages import OpenCensus, whose init starts a worker for good.
		goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"),
	)
}

// within bounds a wait of the test.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// eventually polls a condition that has no channel to wait on.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, tick := within(t), time.NewTicker(2*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("timed out: %s", what)
		case <-tick.C:
		}
	}
}

// plain is a decoder whose every payload is the name of a person whom the gate let in;
// one that begins with '!' cannot be read until it is mended, and "old" was yesterday.
type plain struct{ mended atomic.Bool }

func (*plain) Name() string { return "plain" }

func (p *plain) Decode(dst []event.Event, m ingest.Message, clock event.Clock) ([]event.Event, error) {
	if bytes.HasPrefix(m.Payload, []byte("!")) && !p.mended.Load() {
		return dst, errors.New("not understood")
	}
	e := event.Event{
		Type: event.TypeGateAccess, Kind: event.KindGate, Site: m.Site, Device: m.Device,
		Gate: &event.GateAccess{
			Direction: event.In, PersonKind: event.PersonPupil, Method: "card", Result: event.ResultGranted,
			Person: string(bytes.TrimLeft(m.Payload, "!")),
		},
	}
	observed := m.Received
	if bytes.Contains(m.Payload, []byte("old")) {
		observed = observed.Add(-24 * time.Hour)
	}
	clock.Stamp(&e, m.Payload, 0, observed, time.Nanosecond, m.Received)
	return append(dst, e), nil
}

// database takes lines over HTTP as InfluxDB does, and refuses those that hold a word.
type database struct {
	*httptest.Server
	mu     sync.Mutex
	lines  []string
	refuse string
}

func newDatabase(t testing.TB) *database {
	d := &database{}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *database) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Influxdb-Version", "1.8.10")
	if !strings.HasSuffix(r.URL.Path, "/write") {
		_, _ = io.WriteString(w, `{"results":[{"series":[{"columns":["name"],"values":[]}]}]}`)
		return
	}
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse != "" && bytes.Contains(body, []byte(d.refuse)) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"code":"invalid","message":"refused: %s"}`, d.refuse)
		return
	}
	d.lines = append(d.lines, strings.Split(strings.TrimSpace(string(body)), "\n")...)
	w.WriteHeader(http.StatusNoContent)
}

func (d *database) refuses(word string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse = word
}

// count is how many lines hold a word.
func (d *database) count(word string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.lines {
		if strings.Contains(l, word) {
			n++
		}
	}
	return n
}

// newCounty has site s1 with gate g1.
func newCounty(t testing.TB) *event.County {
	t.Helper()
	c := &event.County{Sites: []event.Site{{ID: "s1", Kind: event.SiteSchool, Devices: []event.Device{{ID: "g1", Kind: event.KindGate}}}}}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

// testConfig is valid, small, and reaches nobody.
func testConfig(t testing.TB) Config {
	c := DefaultConfig()
	c.DataDir, c.HTTP, c.ReportEvery = t.TempDir(), "127.0.0.1:0", time.Hour/6
	c.Uplink.Enabled = false
	c.Journal.MinFreeDisk = 0
	c.Influx.URL, c.Influx.Setup, c.Influx.RetryMin, c.Influx.RetryMax = "http://127.0.0.1:1", false, 10*time.Millisecond, 20*time.Millisecond
	c.Ingest.ReconnectMin, c.Ingest.ReconnectMax = 10*time.Millisecond, 20*time.Millisecond
	c.Ingest.Brokers = []ingest.BrokerConfig{{
		Name: "b1", URL: "tcp://127.0.0.1:1", ClientID: "gw1",
		Subscriptions: []ingest.SubscriptionConfig{{Filter: "campus/+/gate/+/access", QoS: 1, Adapter: "plain", SiteLevel: 2, DeviceLevel: 4}},
	}}
	return c
}

const topic = "campus/s1/gate/g1/access"

func build(t testing.TB, c Config, p *plain) *Gateway {
	t.Helper()
	g, err := New(c, Deps{County: newCounty(t), Decoders: []ingest.Decoder{p}, Log: zerolog.Nop(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// run starts a gateway for the length of the test.
func run(t testing.TB, c Config, p *plain) *Gateway {
	t.Helper()
	g := build(t, c, p)
	if err := g.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, g) })
	return g
}

func stop(t testing.TB, part interface{ Stop(context.Context) error }) {
	t.Helper()
	if err := part.Stop(within(t)); err != nil {
		t.Errorf("Stop = %v", err)
	}
}

// startBroker runs an MQTT broker and returns its URL.
func startBroker(t testing.TB) string {
	t.Helper()
	c := broker.DefaultMQTTConfig()
	c.Listen, c.DataDir = "127.0.0.1:0", filepath.Join(t.TempDir(), "mqtt")
	c.AckWait = time.Second // also the wait of a client that comes back
	b, err := broker.NewMQTT(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, b) })
	return "tcp://" + b.Addr()
}

// book is a journal that keeps every record until the test has read it.
type book struct {
	*journal.Journal
	reader *journal.Consumer
}

// openJournal opens the journal of a folder.
func openJournal(t testing.TB, dir string) book {
	t.Helper()
	c := journal.DefaultConfig()
	c.Dir, c.MinFreeDisk = dir, 0
	j, err := journal.New(c, journal.Deps{Logger: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	return attach(t, j)
}

func attach(t testing.TB, j *journal.Journal) book {
	t.Helper()
	c, err := j.Consumer(journal.ConsumerConfig{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return book{j, c}
}

// done reports whether a consumer has committed everything.
func (j book) done(name string) bool {
	for _, c := range j.Stats().Consumers {
		if c.Name == name {
			for _, l := range c.Lanes {
				if l.Cursor < l.End {
					return false
				}
			}
			return true
		}
	}
	return false
}

// read returns every record that was not read before.
func (j book) read(t testing.TB) []journal.Record {
	t.Helper()
	var all []journal.Record
	for !j.done("test") {
		chunk, err := j.reader.Next(within(t), 10_000)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, chunk.Records...)
		if err := j.reader.Commit(chunk, journal.Tx{}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
