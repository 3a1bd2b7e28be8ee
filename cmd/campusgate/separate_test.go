package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestSeparateProcesses starts gateway, dashboard, simulator, Mosquitto and InfluxDB in
// orders in which something is always missing, restarts each alone, and finds everything
// stored and every part ready at the end.
func TestSeparateProcesses(t *testing.T) {
	t.Parallel()
	for _, order := range [][]string{
		{"gateway", "simulate", "dashboard", "mosquitto", "influxdb"},
		{"dashboard", "influxdb", "simulate", "gateway", "mosquitto"},
		{"mosquitto", "dashboard", "gateway", "simulate", "influxdb"},
	} {
		t.Run(strings.Join(order, " "), func(t *testing.T) { separately(t, order) })
	}
}

func separately(t *testing.T, order []string) {
	w := newWorld(t).write()
	running := map[string]*service{}
	ledgers := 0
	// A broker that nobody has subscribed at keeps nothing: the gateway's session must be
	// there before the devices speak. The simulator waits for the last word of the test.
	simulate := func() *service {
		return newService(func() *process {
			ledgers++
			return campusgate(t, "simulate", "--broker", w.mqttURL(), "--county", filepath.Join(w.dir, "small.yaml"),
				"--rate", "400", "--ledger", w.ledger(ledgers))
		})
	}
	starts := map[string]func() *service{
		"gateway": w.startGateway, "dashboard": w.startDashboard, "mosquitto": w.startMosquitto, "influxdb": w.startInflux, "simulate": simulate,
	}
	var waiting bool
	for _, name := range order {
		if name == "simulate" {
			if running["mosquitto"] == nil || running["gateway"] == nil {
				waiting = true // else the broker acknowledges what it drops
				continue
			}
			w.connected()
		}
		running[name] = starts[name]()
		for _, s := range running {
			s.mustRun()
		}
		if running["gateway"] != nil && (running["mosquitto"] == nil || running["influxdb"] == nil) {
			eventually(t, "the gateway answers that it is not ready", func() string {
				status, body, err := fetch(t, w.gatewayURL()+"/readyz")
				if err != nil || status != 503 {
					return fmt.Sprint(status, string(body), err)
				}
				return ""
			})
		}
	}
	if waiting {
		w.connected()
		running["simulate"] = simulate()
	}
	w.answers(w.gatewayURL() + "/readyz")
	w.answers(w.pageURL() + "/readyz")

	// Each alone, the simulator included: its devices' connections break off.
	moves := func(what string) {
		before := int64(-1)
		eventually(t, what+": events go on to InfluxDB", func() string {
			n, err := w.reader().Count(t.Context(), string(event.TypeGateAccess), zero, zero)
			if err != nil {
				return err.Error()
			}
			if before < 0 || n < before {
				before = n
			}
			if n <= before+20 {
				return fmt.Sprintf("%d points, then %d", before, n)
			}
			return ""
		})
	}
	moves("at first")
	for _, name := range order {
		if code := running[name].signal(terminate); code != 0 {
			t.Errorf("%s stops with exit code %d", name, code)
		}
		running[name].start()
		moves(name + " restarted")
	}
	if code := running["simulate"].signal(interrupt); code != 0 {
		t.Errorf("simulate stops with exit code %d", code)
	}

	want := map[string]string{}
	types := map[event.Type]bool{}
	for n := range ledgers {
		for _, e := range w.readLedger(n + 1) {
			want[e.EventID] = e.Topic
			types[e.Type] = true
		}
	}
	if len(want) < 500 || len(types) < 4 {
		t.Fatalf("only %d events of %d types: the test shows less than it means to", len(want), len(types))
	}
	delete(types, event.TypeDeviceStatus) // the gateway's own stand among them
	var measurements []event.Type
	for m := range types {
		measurements = append(measurements, m)
	}
	eventually(t, "everything is stored", func() string {
		got, err := stored(t, w.reader(), measurements...)
		if err != nil {
			return err.Error()
		}
		status, err := stored(t, w.reader(), event.TypeDeviceStatus)
		if err != nil {
			return err.Error()
		}
		for id := range want {
			if n := status[id]; n > 0 {
				got[id] = n
			}
		}
		return compare(want, got)
	})
	w.answers(w.gatewayURL() + "/readyz")
	w.answers(w.pageURL() + "/readyz")
	for _, name := range []string{"gateway", "dashboard"} {
		if code := running[name].signal(terminate); code != 0 {
			t.Errorf("%s stops with exit code %d", name, code)
		}
	}
	t.Logf("%d events of %d types, each stored once", len(want), len(types)+1)
}

// connected waits until the gateway has its session at the broker.
func (w *world) connected() {
	w.t.Helper()
	eventually(w.t, "the gateway is connected to the broker", func() string {
		st, err := w.status()
		if err != nil {
			return err.Error()
		}
		if len(st.Brokers) != 1 || !st.Brokers[0].Connected {
			return fmt.Sprintf("%+v", st.Brokers)
		}
		return ""
	})
}

func (w *world) ledger(n int) string { return filepath.Join(w.dir, fmt.Sprintf("ledger-%d.json", n)) }

// readLedger reads what a simulator says was acknowledged.
func (w *world) readLedger(n int) (entries []simulator.Entry) {
	w.t.Helper()
	file, err := os.Open(w.ledger(n))
	if err != nil {
		w.t.Fatal(err)
	}
	defer file.Close()
	for lines := json.NewDecoder(file); lines.More(); {
		var e simulator.Entry
		if err := lines.Decode(&e); err != nil {
			w.t.Fatal(err)
		}
		if e.EventID == "" {
			w.t.Fatalf("the simulator published what nobody understands: %+v", e)
		}
		entries = append(entries, e)
	}
	return entries
}
