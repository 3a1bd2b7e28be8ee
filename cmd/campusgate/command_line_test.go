package main_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/dashboard/store"
)

// TestCommandLine holds what scripts rely on: exit codes, and messages that say what to do.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t).write()
	missing := filepath.Join(t.TempDir(), "data")
	bad := writeFile(t, filepath.Join(w.dir, "bad.yaml"), `county: small.yaml
log: {level: loud}
gateway:
  id: GW 1
  late_after: soon
  journal:
    max_byte: 7
`)
	// Unknown keys are told first; without them the values are.
	values := writeFile(t, filepath.Join(w.dir, "values.yaml"), `county: small.yaml
log: {level: loud}
gateway:
  id: GW 1
  journal:
    max_bytes: 7
  ingest:
    brokers:
      - {name: main, url: "nowhere", client_id: x, subscriptions: [{filter: "a/#/b", adapter: campus}]}
dashboard:
  http: {addr: "0.0.0.0:8080"}
`)
	adapter := writeFile(t, filepath.Join(w.dir, "adapter.yaml"), `county: small.yaml
gateway:
  ingest:
    brokers:
      - {name: main, url: "tcp://127.0.0.1:1", client_id: x, subscriptions: [{filter: "a/#", adapter: kampus}]}
`)
	broken := writeFile(t, filepath.Join(w.dir, "broken.yaml"), "county: [small.yaml\n")
	sample := writeFile(t, filepath.Join(w.dir, "sample.json"), `{"temperature":4.5}`)
	mapped := writeFile(t, filepath.Join(w.dir, "mapped.yaml"), `county: small.yaml
gateway:
  ingest:
    brokers:
      - {name: main, url: "tcp://127.0.0.1:1", client_id: x, subscriptions: [{filter: "x/#", adapter: fridge}]}
mappings:
  - name: fridge
    format: json
    device: {topic: 2}
    outputs:
      - type: kitchen_reading
        fields:
          quantity: {value: cold_store}
          value: {from: temperature}
          unit: {value: "°C"}
`)
	database, edited := filepath.Join(w.dir, "whole.db"), filepath.Join(w.dir, "edited.db")
	for _, path := range []string{database, edited} {
		s, err := store.Open(t.Context(), path)
		if err == nil {
			err = errors.Join(s.AppendAudit(t.Context(), store.AuditRow{Actor: "clerk", Action: "calendar.put", Subject: "calendar"}), s.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", edited)
	if err == nil {
		_, err = db.Exec("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'nobody'")
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	nobody := fmt.Sprintf("http://127.0.0.1:%d", freePort(t))

	type row struct {
		name string
		args []string
		env  []string
		code int
		says []string // in what it prints
	}
	table := []row{
		{name: "nothing", code: 0, says: []string{"Usage: campusgate", "demo", "replay"}},
		{name: "help", args: []string{"--help"}, code: 0, says: []string{"Usage: campusgate"}},
		{name: "version", args: []string{"version"}, code: 0, says: []string{"campusgate "}},
		{name: "unknown command", args: []string{"serve"}, code: 2, says: []string{"serve", "--help"}},
		{name: "unknown flag", args: []string{"demo", "--prot", "1"}, code: 2, says: []string{"--prot"}},
		{name: "audit that is whole", args: []string{"check", "--audit", database}, code: 0, says: []string{"is whole: 1 audit rows", "number 1"}},
		{name: "audit that was edited", args: []string{"check", "--audit", edited}, code: 1, says: []string{"audit row 1 (calendar.put of calendar): changed"}},
		{name: "audit and configuration", args: []string{"check", "--audit", database, "--config", bad}, code: 2, says: []string{"--audit stands alone"}},
		{name: "no configuration", args: []string{"gateway"}, code: 2, says: []string{"--config"}},
		{name: "configuration is not there", args: []string{"gateway", "--config", missing}, code: 2, says: []string{missing}},
		{name: "demo for others", args: []string{"demo", "--data-dir", missing, "--http", "0.0.0.0:0"}, code: 2, says: []string{"--http", "0.0.0.0:0", "loopback"}},
		{name: "broker for others", args: []string{"demo", "--data-dir", missing, "--mqtt", ":1883"}, code: 2, says: []string{"--mqtt", "loopback"}},
		{name: "no time machine", args: []string{"demo", "--data-dir", missing, "--speed", "100"}, code: 2, says: []string{"--speed", "0.1 to 60"}},
		{name: "simulator without connections", args: []string{"simulate", "--publishers", "0"}, code: 2, says: []string{"publishers", "1 to 1000"}},
		{name: "simulator to no address", args: []string{"simulate", "--broker", "nowhere"}, code: 2, says: []string{"nowhere"}},
		{name: "check", args: []string{"check", "--config", w.config}, code: 0, says: []string{"is right", "3 sites", "2 routes"}},
		{name: "check keys", args: []string{"check", "--config", bad}, code: 2, says: []string{
			bad + ":5: gateway.late_after", "15m", bad + `:7: gateway.journal.max_byte: unknown key (did you mean "max_bytes"?)`,
		}},
		{name: "check values", args: []string{"check", "--config", values}, code: 2, says: []string{
			values + ":2: log.level", values + ":4: gateway.id", values + ":6: gateway.journal.max_bytes", values + ":9: gateway.ingest.brokers[0].url",
			values + ":9: gateway.ingest.brokers[0].subscriptions[0].filter", values + ":11: dashboard.http.addr",
		}},
		{name: "check one part", args: []string{"check", "--config", w.config, "--part", "dashboard"}, code: 0, says: []string{"is right"}},
		{name: "check a part that is not there", args: []string{"check", "--config", adapter, "--part", "dashboard"}, code: 2, says: []string{adapter, "no section dashboard"}},
		{name: "check adapter", args: []string{"check", "--config", adapter}, code: 2, says: []string{adapter, "kampus", "campus"}},
		{name: "check nothing", args: []string{"check"}, code: 2, says: []string{"--config", "--adapter"}},
		{name: "check half a sample", args: []string{"check", "--adapter", "zigbee2mqtt"}, code: 2, says: []string{"--sample"}},
		{name: "check a sample", args: []string{
			"check", "--adapter", "zigbee2mqtt", "--sample", sample, "--topic", "zigbee2mqtt/Fridge 1", "--quantity", "cold_store",
		}, code: 0, says: []string{`"device": "fridge-1"`, `"quantity": "cold_store"`, `"value": 4.5`}},
		{name: "check a sample by a mapping", args: []string{
			"check", "--config", mapped, "--adapter", "fridge", "--sample", sample, "--topic", "x/f7",
		}, code: 0, says: []string{`"device": "f7"`, `"value": 4.5`}},
		{name: "check a sample that is refused", args: []string{"check", "--adapter", "gate", "--sample", sample}, code: 1, says: []string{"refuses"}},
		{name: "check with no such adapter", args: []string{"check", "--adapter", "zigbee", "--sample", sample}, code: 2, says: []string{"--adapter", "zigbee2mqtt"}},
		{name: "check syntax", args: []string{"check", "--config", broken}, code: 2, says: []string{broken + ":1: "}},
		{name: "mistyped variable", args: []string{"gateway", "--config", w.config}, env: []string{"CAMPUSGATE_GATEWAY_JOURNAL_MAX_BYTE=1"}, code: 2, says: []string{
			"CAMPUSGATE_GATEWAY_JOURNAL_MAX_BYTE: no such setting", "CAMPUSGATE_GATEWAY_JOURNAL_MAX_BYTES",
		}},
		{name: "wrong variable", args: []string{"check", "--config", w.config}, env: []string{"CAMPUSGATE_GATEWAY_JOURNAL_MAX_BYTES=7"}, code: 2, says: []string{
			"environment CAMPUSGATE_GATEWAY_JOURNAL_MAX_BYTES", "67108864",
		}},
		{name: "replay without a gateway", args: []string{"replay", "--gateway", nobody}, code: 1, says: []string{"no gateway answers at " + strings.TrimPrefix(nobody, "http://")}},
		{name: "replay by configuration", args: []string{"replay", "--config", w.config, "--list"}, code: 1, says: []string{"no gateway answers at"}},
		{name: "replay of what", args: []string{"replay"}, code: 2, says: []string{"--config", "--gateway"}},
	}
	for _, command := range []string{"demo", "gateway", "dashboard", "simulate", "bench", "check", "replay", "version"} {
		table = append(table, row{name: command + " help", args: []string{command, "--help"}, code: 0, says: []string{"Usage: campusgate " + command}})
	}
	for _, c := range table {
		t.Run(c.name, func(t *testing.T) {
			p := launch(t, c.name, builtAt, c.env, c.args...)
			code := p.wait()
			text := p.stdout.String() + p.stderr.String()
			if code != c.code {
				t.Errorf("campusgate %s: exit code %d, want %d: %s", strings.Join(c.args, " "), code, c.code, text)
			}
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("campusgate %s does not say %q: %s", strings.Join(c.args, " "), want, text)
				}
			}
			if code == 0 && p.stderr.String() != "" {
				t.Errorf("campusgate %s complains and succeeds: %s", strings.Join(c.args, " "), p.stderr.String())
			}
			if strings.Contains(text, "goroutine ") || strings.Contains(text, "%!") {
				t.Errorf("campusgate %s: %s", strings.Join(c.args, " "), text)
			}
		})
	}
	if _, err := os.Stat(missing); !os.IsNotExist(err) {
		t.Errorf("a refused command made %s", missing)
	}
}

// TestPortInUse starts commands at an address that is taken: they say so, and end.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().String()
	for _, flag := range []string{"--http", "--mqtt", "--influx"} {
		t.Run("demo "+flag, func(t *testing.T) {
			free := map[string]string{}
			args := []string{"demo", "--data-dir", filepath.Join(t.TempDir(), "data")}
			for _, f := range []string{"--http", "--mqtt", "--influx"} {
				addr := taken
				if f != flag {
					addr = fmt.Sprintf("127.0.0.1:%d", freePort(t))
					free[f] = addr
				}
				args = append(args, f, addr)
			}
			p := campusgate(t, args...)
			if code := p.wait(); code != 1 || !strings.Contains(p.stderr.String(), taken) || !strings.Contains(p.stderr.String(), "in use") {
				t.Errorf("exit code %d: %s", code, p.stderr.String())
			}
			for f, addr := range free {
				if listens(addr) {
					t.Errorf("%s %s still listens", f, addr)
				}
			}
		})
	}
	for _, command := range []string{"gateway", "dashboard"} {
		t.Run(command, func(t *testing.T) {
			w := newWorld(t)
			w.gateway = l.Addr().(*net.TCPAddr).Port
			w.page = w.gateway
			w.write()
			p := campusgate(t, command, "--config", w.config)
			if code := p.wait(); code != 1 || !strings.Contains(p.stderr.String(), taken) || !strings.Contains(p.stderr.String(), "in use") {
				t.Errorf("exit code %d: %s", code, p.stderr.String())
			}
		})
	}
}

// TestFolderInUse starts a second process on the same folder: it says so and ends, and the
// first one goes on.
func TestFolderInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t).write()
	first := w.startGateway()
	w.answers(w.gatewayURL() + "/healthz")
	w.gateway = freePort(t)
	w.write()
	second := campusgate(t, "gateway", "--config", w.config)
	if code := second.wait(); code != 1 || !strings.Contains(second.stderr.String(), w.gatewayDir) || !strings.Contains(second.stderr.String(), "in use by another process") {
		t.Errorf("second gateway: exit code %d: %s", code, second.stderr.String())
	}
	first.mustRun()

	centre := w.startDashboard()
	w.answers(w.pageURL() + "/readyz")
	w.page, w.bus = freePort(t), freePort(t)
	w.write()
	second = campusgate(t, "dashboard", "--config", w.config)
	if code := second.wait(); code != 1 || !strings.Contains(second.stderr.String(), w.dir) || !strings.Contains(second.stderr.String(), "in use") {
		t.Errorf("second dashboard: exit code %d: %s", code, second.stderr.String())
	}
	centre.mustRun()

	dir := filepath.Join(t.TempDir(), "data")
	demo, _ := startDemo(t, dir, "--no-simulator")
	second = campusgate(t, "demo", "--data-dir", dir, "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--influx", "127.0.0.1:0")
	if code := second.wait(); code != 1 || !strings.Contains(second.stderr.String(), dir) || !strings.Contains(second.stderr.String(), "in use by another process") {
		t.Errorf("second demo: exit code %d: %s", code, second.stderr.String())
	}
	demo.mustRun()
	if code := demo.signal(terminate); code != 0 {
		t.Errorf("first demo: exit code %d", code)
	}
}
