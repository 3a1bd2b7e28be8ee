package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/configs/counties"
	"github.com/campusgate/campusgate/gateway"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/ingest"
)

const password = "systemtest-password"

// zero leaves a range of time open.
var zero time.Time

// world is one gateway, one dashboard, a Mosquitto and an InfluxDB as separate processes
// with fixed ports, so that each can be restarted.
type world struct {
	t      testing.TB
	dir    string
	config string // path

	mqtt, influx, bus, page, gateway int // ports

	subscriptions string // YAML of the list
	gatewayDir    string
	extra         string // YAML below "gateway:"
	uplink        bool
}

func newWorld(t testing.TB) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{
		t: t, dir: dir, config: filepath.Join(dir, "campusgate.yaml"),
		mqtt: freePort(t), influx: freePort(t), bus: freePort(t), page: freePort(t), gateway: freePort(t),
		subscriptions: `[{filter: "campus/#", qos: 1, adapter: campus}]`, gatewayDir: filepath.Join(dir, "gateway"), uplink: true,
	}
	writeFile(t, filepath.Join(dir, "small.yaml"), string(counties.Small()))
	writeFile(t, filepath.Join(dir, "secret"), password+"\n")
	return w
}

// write writes the configuration as the fields are now.
func (w *world) write() *world {
	w.t.Helper()
	writeFile(w.t, w.config, fmt.Sprintf(`county: small.yaml
log: {level: info, format: json}
gateway:
  id: gw1
  data_dir: %[1]s
  http: 127.0.0.1:%[2]d
  ingest:
    reconnect_min: 50ms
    reconnect_max: 1s
    brokers:
      - name: main
        url: tcp://127.0.0.1:%[3]d
        client_id: campusgate-gw1
        subscriptions: %[4]s
  influx: {url: "http://127.0.0.1:%[5]d", retry_min: 50ms, retry_max: 1s}
  uplink: {enabled: %[6]t, urls: ["nats://127.0.0.1:%[7]d"]}
%[8]s
dashboard:
  data_dir: %[9]s/dashboard
  http: {addr: "127.0.0.1:%[10]d"}
  admin_password_file: %[9]s/secret
bus: {urls: ["nats://127.0.0.1:%[7]d"]}
history: {url: "http://127.0.0.1:%[5]d"}
embedded:
  bus: {enabled: true, listen: "127.0.0.1:%[7]d", data_dir: %[9]s/bus}
`, w.gatewayDir, w.gateway, w.mqtt, w.subscriptions, w.influx, w.uplink, w.bus, w.extra, w.dir, w.page))
	return w
}

func (w *world) startMosquitto() *service { return mosquitto(w.t, w.mqtt) }

func (w *world) startInflux() *service {
	return influxdb(w.t, w.influx, filepath.Join(w.dir, "influxdb"))
}

func (w *world) startGateway() *service {
	return newService(func() *process { return campusgate(w.t, "gateway", "--config", w.config) })
}

func (w *world) startDashboard() *service {
	return newService(func() *process { return campusgate(w.t, "dashboard", "--config", w.config) })
}

func (w *world) gatewayURL() string { return fmt.Sprintf("http://127.0.0.1:%d", w.gateway) }
func (w *world) pageURL() string    { return fmt.Sprintf("http://127.0.0.1:%d", w.page) }
func (w *world) mqttURL() string    { return fmt.Sprintf("tcp://127.0.0.1:%d", w.mqtt) }

// answers waits until a path answers 200.
func (w *world) answers(url string) {
	w.t.Helper()
	eventually(w.t, url, func() string {
		status, body, err := fetch(w.t, url)
		switch {
		case err != nil:
			return err.Error()
		case status != 200:
			return fmt.Sprintf("%d %s", status, body)
		}
		return ""
	})
}

// status asks the gateway for its state; an error while it is down is a reason to wait.
func (w *world) status() (s gateway.Status, err error) {
	_, body, err := fetch(w.t, w.gatewayURL()+"/api/v1/status")
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(body, &s)
}

// drained waits until every consumer of the journal has done what is in it.
func (w *world) drained() {
	w.t.Helper()
	eventually(w.t, "the journal is drained", func() string {
		st, err := w.status()
		if err != nil {
			return err.Error()
		}
		for _, c := range st.Journal.Consumers {
			if c.LagRecords > 0 {
				return fmt.Sprintf("%+v", st.Journal.Consumers)
			}
		}
		return ""
	})
}

// whole proves that the journal neither gave up a record nor was found damaged, and that
// nothing lies in its dead letters.
func (w *world) whole() {
	w.t.Helper()
	st, err := w.status()
	if err != nil {
		w.t.Fatal(err)
	}
	for class, n := range st.Journal.Dropped {
		if n > 0 {
			w.t.Errorf("%d records of class %s were dropped", n, class)
		}
	}
	if st.Journal.SetAside != "" || st.Journal.DeadLetters > 0 {
		w.t.Errorf("the journal is not whole: %+v", st.Journal)
	}
}

// reader reads the world's InfluxDB.
func (w *world) reader() *influx.Reader {
	w.t.Helper()
	return readerOf(w.t, fmt.Sprintf("http://127.0.0.1:%d", w.influx))
}

func readerOf(t testing.TB, url string) *influx.Reader {
	t.Helper()
	cfg := influx.DefaultReaderConfig()
	cfg.URL = url
	r, err := influx.NewReader(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// stored returns how often each event id stands in the measurements.
func stored(t testing.TB, r *influx.Reader, measurements ...event.Type) (map[string]int, error) {
	ids := map[string]int{}
	for _, m := range measurements {
		err := r.EventIDs(t.Context(), string(m), time.Time{}, time.Time{}, func(id string, _ time.Time) error {
			ids[id]++
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// compare says how the event ids in InfluxDB differ from the expected ones.
func compare(want map[string]string, got map[string]int) string {
	missing, twice, foreign := 0, 0, 0
	example := ""
	for id, what := range want {
		switch n := got[id]; {
		case n == 0:
			missing++
			example = "missing: " + what
		case n > 1:
			twice++
			example = fmt.Sprintf("%d times: %s", n, what)
		}
	}
	for id := range got {
		if _, ok := want[id]; !ok {
			foreign++
			example = "never published: " + id
		}
	}
	if missing+twice+foreign == 0 {
		return ""
	}
	return fmt.Sprintf("of %d events %d are missing, %d stored more than once, %d stored but never published (%s)",
		len(want), missing, twice, foreign, example)
}

// publisher connects to a broker and notes, for every message that was acknowledged, what
// the gateway has to make of it.
type publisher struct {
	t testing.TB
	*ingest.Publisher
	acked atomic.Int64
}

func newPublisher(t testing.TB, url, clientID string) *publisher {
	t.Helper()
	p, err := ingest.NewPublisher(ingest.PublisherConfig{
		Broker:       ingest.BrokerConfig{Name: "test", URL: url, ClientID: clientID},
		ReconnectMin: 20 * time.Millisecond, ReconnectMax: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(t.Context()) })
	return &publisher{t: t, Publisher: p}
}

// send sends one message of QoS 1 and counts its acknowledgement.
func (p *publisher) send(topic string, payload []byte) error {
	return p.Send(p.t.Context(), topic, 1, false, payload, func(err error) {
		if err == nil {
			p.acked.Add(1)
		}
	})
}

// understood is what the adapters make of a message, nothing when they refuse it.
func understood(topic string, payload []byte) []event.Event {
	events, err := adapters.Campus().Decode(nil, adapters.Message{Topic: topic, Payload: payload, Received: time.Now()}, event.Clock{})
	if err != nil {
		return nil
	}
	return events
}

// fromEnvironment is n, or what the variable says.
func fromEnvironment(t testing.TB, variable string, n int) int {
	t.Helper()
	if text := os.Getenv(variable); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil || n < 1 {
			t.Fatalf("%s=%q: want a number above 0", variable, text)
		}
	}
	return n
}
