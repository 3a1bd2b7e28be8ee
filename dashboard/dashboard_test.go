package dashboard_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/campusgate/campusgate/dashboard"
	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/dashboard/live/state"
	"github.com/campusgate/campusgate/gateway/event"
)

type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

func (b *browser) alarms(query string) []alarm.Alarm {
	b.t.Helper()
	var out list[alarm.Alarm]
	b.get("/api/v1/alarms"+query, &out)
	return out.Items
}

// frame reads the next message of a kind.
func frame(t testing.TB, c *websocket.Conn, kind string) map[string]json.RawMessage {
	t.Helper()
	for {
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		_, data, err := c.ReadMessage()
		if err != nil {
			t.Fatalf("waiting for %s: %v", kind, err)
		}
		var m map[string]json.RawMessage
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		if string(m["t"]) == `"`+kind+`"` {
			return m
		}
	}
}

func subscribe(t testing.TB, c *websocket.Conn, ch string) map[string]json.RawMessage {
	t.Helper()
	if err := c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"t":"sub","ch":%q}`, ch)); err != nil {
		t.Fatal(err)
	}
	return frame(t, c, "snap")
}

// The whole way of an alarm: bus, list, websocket, acknowledgement, the other's conflict,
// restart.
func TestAlarmFromBusToAcknowledgementAndBack(t *testing.T) {
	t.Parallel()
	dir, bus := t.TempDir(), newBus()
	w := start(t, dir, bus)
	operator, admin := w.login(t, "operator"), w.login(t, "admin")
	ws := operator.socket()
	hello := frame(t, ws, "hello")
	subscribe(t, ws, "alarms")
	bus.raise(anomaly("a1", "s1", 1, event.Raised))
	d := frame(t, ws, "d")
	if !strings.Contains(string(d["ops"]), `["+","a1",{`) || !strings.Contains(string(d["ops"]), `"state":"unack"`) {
		t.Errorf("the raise came as %s", d["ops"])
	}
	code, text := operator.do(http.MethodPost, "/api/v1/alarms/a1/ack", `{"rev":1,"note":"on my way"}`)
	if code != http.StatusOK || !strings.Contains(text, `"acked_by":"operator"`) {
		t.Fatalf("ack: %d %s", code, text)
	}
	d = frame(t, ws, "d")
	if !strings.Contains(string(d["ops"]), `["~","a1",{`) || !strings.Contains(string(d["ops"]), `"state":"acked"`) {
		t.Errorf("the acknowledgement came as %s", d["ops"])
	}
	code, text = admin.do(http.MethodPost, "/api/v1/alarms/a1/ack", `{"rev":1}`)
	var p api.Problem
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	if code != http.StatusConflict || p.Code != "conflict" || p.Conflict == nil || p.Conflict.By != "operator" || p.Conflict.Rev != 2 {
		t.Errorf("the second ack: %d %s", code, text)
	}
	w.stop(t)
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, live.CloseRestart) {
		t.Errorf("the websocket ended with %v", err)
	}

	again := start(t, dir, bus)
	operator.w = again
	rows := operator.alarms("") // the session lives on as well
	if len(rows) != 1 || rows[0].State != alarm.Acked || rows[0].AckedBy != "operator" || rows[0].Note != "on my way" {
		t.Fatalf("after the restart: %+v", rows)
	}
	ws = operator.socket()
	if h := frame(t, ws, "hello"); string(h["epoch"]) == string(hello["epoch"]) {
		t.Error("the epoch is the old one")
	}
	if snap := subscribe(t, ws, "alarms"); !strings.Contains(string(snap["rows"]), `"id":"a1"`) {
		t.Errorf("snapshot after the restart: %s", snap["rows"])
	}
	bus.raise(anomaly("a1", "s1", 2, event.Cleared))
	if d := frame(t, ws, "d"); !strings.Contains(string(d["ops"]), `["-","a1"]`) {
		t.Errorf("the end came as %s", d["ops"])
	}
	var one struct {
		Alarm alarm.Alarm
		Audit []alarm.Entry
	}
	operator.get("/api/v1/alarms/a1", &one)
	if one.Alarm.State != alarm.Normal || len(one.Audit) != 3 || one.Audit[1].Note != "on my way" {
		t.Errorf("at the end: %+v", one)
	}
}

func TestEventsReachFeedDevicesAndCounters(t *testing.T) {
	t.Parallel()
	bus := newBus()
	old := passage(1, "s1")
	bus.publish(old) // there before the dashboard
	w := start(t, t.TempDir(), bus)
	guard := w.login(t, "guard")
	var sites list[state.Site]
	eventually(t, "the last values", func() bool {
		guard.get("/api/v1/sites", &sites)
		return len(sites.Items) == 1 && sites.Items[0].Today.In == 1
	})
	ws := guard.socket()
	frame(t, ws, "hello")
	if snap := subscribe(t, ws, "feed"); !strings.Contains(string(snap["rows"]), old.ID) {
		t.Errorf("what happened last is not in the feed: %s", snap["rows"])
	}
	bus.publish(passage(2, "s2"), passage(3, "s1"))
	if d := frame(t, ws, "d"); strings.Contains(string(d["ops"]), `"s2"`) || !strings.Contains(string(d["ops"]), fmt.Sprintf("%024x", 3)) {
		t.Errorf("the feed of s1 says %s", d["ops"])
	}
	eventually(t, "the counters", func() bool {
		guard.get("/api/v1/sites", &sites)
		return len(sites.Items) == 1 && sites.Items[0].Today.In == 2
	})
	var devices list[state.Device]
	guard.get("/api/v1/devices?status=up", &devices)
	if len(devices.Items) != 1 || devices.Items[0].ID != "s1/g1" || devices.Items[0].Assigned {
		t.Errorf("devices that are up: %+v", devices.Items)
	}
}

// Whatever happens at other schools, a guard's frames do not know of it.
func TestGuardsFramesHoldOwnSiteOnly(t *testing.T) {
	t.Parallel()
	bus := newBus()
	bus.raise(anomaly("x0", "s2", 1, event.Raised), anomaly("y0", "county", 1, event.Raised))
	bus.publish(passage(1, "s2"))
	w := start(t, t.TempDir(), bus)
	guard, admin := w.login(t, "guard").socket(), w.login(t, "admin").socket()
	for _, ws := range []*websocket.Conn{guard, admin} {
		for _, ch := range []string{"alarms", "feed", "devices", "sites", "stats", "gateways"} {
			subscribe(t, ws, ch)
		}
	}
	for i := range 20 {
		site := event.SiteID(fmt.Sprintf("s%d", i%2+1))
		bus.publish(passage(10+i, site))
		bus.raise(anomaly(fmt.Sprintf("x%d", 10+i), site, 1, event.Raised), anomaly(fmt.Sprintf("y%d", 10+i), "county", 1, event.Raised))
	}
	bus.change(func() { bus.status["gw1"] = `{}` })
	bus.raise(anomaly("end", "s1", 1, event.Raised))
	read := func(ws *websocket.Conn) (all string) {
		for !strings.Contains(all, `["+","end"`) {
			all += string(frame(t, ws, "d")["ops"])
		}
		return all
	}
	own := read(guard)
	for _, foreign := range []string{`"s2`, `"county"`, `"gw1"`} {
		if strings.Contains(own, foreign) {
			t.Errorf("the guard's frames hold %s", foreign)
		}
	}
	if got := read(admin); !strings.Contains(got, `"s2"`) || !strings.Contains(got, `"county"`) {
		t.Error("the administrator's frames lack the others")
	}
}

// After a restart the counters of the day come back from the history, each event once.
func TestTodayIsFilledFromTheHistory(t *testing.T) {
	t.Parallel()
	bus := newBus()
	bus.publish(passage(3, "s1"))
	w := start(t, t.TempDir(), bus, func(h *fakeHistory) {
		h.rows = []event.Event{*passage(1, "s1"), *passage(2, "s1"), *passage(3, "s1")}
	})
	admin := w.login(t, "admin")
	eventually(t, "the counters", func() bool {
		var sites list[state.Site]
		admin.get("/api/v1/sites", &sites)
		return sites.Items[0].Today.In == 3
	})
}

func TestBrokenBusIsSaidAndSurvived(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	if code, _ := w.visit(t).do(http.MethodGet, "/readyz", ""); code != http.StatusOK {
		t.Errorf("/readyz: %d", code)
	}
	bus.change(func() { bus.broken = errors.New("cable cut") })
	eventually(t, "the trouble to be said", func() bool { return w.Health().State == event.Degraded })
	_, text := w.visit(t).do(http.MethodGet, "/readyz", "")
	if !strings.Contains(text, "cable cut") {
		t.Errorf("/readyz says %s", text)
	}
	bus.change(func() { bus.broken = nil })
	bus.raise(anomaly("a1", "s1", 1, event.Raised))
	bus.publish(passage(1, "s1"))
	admin := w.login(t, "admin")
	eventually(t, "the alarm", func() bool { return len(admin.alarms("")) == 1 })
	eventually(t, "health", func() bool { return w.Health().State == event.OK })
	// A new life of the stream begins at 1 again; what is known stays known.
	bus.change(func() { bus.stream, bus.broken = "two", errors.New("moved") })
	eventually(t, "the trouble to be said", func() bool { return w.Health().State == event.Degraded })
	bus.change(func() { bus.broken = nil; bus.anomalies = append(bus.anomalies, anomaly("a2", "s2", 1, event.Raised)) })
	eventually(t, "the second alarm", func() bool { return len(admin.alarms("")) == 2 })
}

func TestBadAnomalyStopsNothing(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	bad := anomaly("bad", "s1", 1, event.Raised)
	bad.Severity = "dreadful"
	bus.raise(bad, anomaly("good", "s1", 1, event.Raised))
	admin := w.login(t, "admin")
	eventually(t, "the good one", func() bool { return len(admin.alarms("")) == 1 })
}

func TestFirstPasswordIsInAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := dashboard.DefaultConfig()
	cfg.HTTP.Addr, cfg.DataDir = "127.0.0.1:0", dir
	d, err := dashboard.New(cfg, dashboard.Deps{County: county(t), Bus: newBus()})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := &world{Dashboard: d}
	defer w.stop(t)
	path := filepath.Join(dir, "admin-password")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	code, answer := w.visit(t).do(http.MethodPost, "/api/v1/login", fmt.Sprintf(`{"username":"admin","password":%q}`, strings.TrimSpace(string(text))))
	if code != http.StatusOK {
		t.Errorf("login: %d %s", code, answer)
	}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	cfg := dashboard.DefaultConfig()
	cfg.HTTP.Addr, cfg.DataDir = "127.0.0.1:0", t.TempDir()
	deps := dashboard.Deps{County: county(t), Bus: newBus()}
	d, err := dashboard.New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Dashboard: d}
	w.stop(t)
	w.stop(t)
	if d.Start(t.Context()) == nil || d.Addr() != "" {
		t.Error("it started after it was stopped")
	}
	busy := start(t, t.TempDir(), newBus())
	cfg.HTTP.Addr = busy.Addr()
	if d, err = dashboard.New(cfg, deps); err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "listen") {
		t.Errorf("a taken address: %v", err)
	}
	if h := d.Health(); h.State != event.Failed {
		t.Errorf("health %v", h)
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*dashboard.Config)
		want   string // empty: allowed
	}{
		"as it comes":         {func(*dashboard.Config) {}, ""},
		"no folder":           {func(c *dashboard.Config) { c.DataDir = "" }, "data_dir"},
		"every interface":     {func(c *dashboard.Config) { c.HTTP.Addr = ":8080" }, "http.addr"},
		"beyond the loopback": {func(c *dashboard.Config) { c.HTTP.Addr = "0.0.0.0:8080" }, "http.addr"},
		"half a certificate":  {func(c *dashboard.Config) { c.HTTP.CertFile = "x" }, "http.key_file"},
		"insecure, and said":  {func(c *dashboard.Config) { c.HTTP.Addr, c.HTTP.InsecureHTTP = "0.0.0.0:8080", true }, ""},
		"with TLS":            {func(c *dashboard.Config) { c.HTTP.Addr, c.HTTP.CertFile, c.HTTP.KeyFile = ":443", "c", "k" }, ""},
		"IPv6 loopback":       {func(c *dashboard.Config) { c.HTTP.Addr = "[::1]:8080" }, ""},
		"no port":             {func(c *dashboard.Config) { c.HTTP.Addr = "localhost" }, "http.addr"},
		"short retention":     {func(c *dashboard.Config) { c.AlarmRetention = time.Hour }, "alarm_retention"},
		"short session":       {func(c *dashboard.Config) { c.Session.Lifetime = time.Second }, "session.lifetime"},
		"no heartbeat":        {func(c *dashboard.Config) { c.Live.Heartbeat = 0 }, "live.heartbeat"},
		"unknown datum":       {func(c *dashboard.Config) { c.Map.Datum = "bd09" }, "map.datum"},
		"bad account":         {func(c *dashboard.Config) { c.Accounts = []dashboard.AccountConfig{{Username: "X"}} }, "accounts[0].username"},
	} {
		cfg := dashboard.DefaultConfig()
		cfg.DataDir = "x"
		c.change(&cfg)
		err := cfg.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a fault of %q", name, err, c.want)
		}
	}
}
