package dashboard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/campusgate/campusgate/dashboard"
	"github.com/campusgate/campusgate/dashboard/notify"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/gateway/event"
)

// telling starts a dashboard that tells people.
func telling(t testing.TB, bus *fakeBus, change func(*dashboard.Config)) *world {
	t.Helper()
	cfg := dashboard.DefaultConfig()
	cfg.HTTP.Addr, cfg.DataDir = "127.0.0.1:0", t.TempDir()
	change(&cfg)
	w := &world{bus: bus, history: &fakeHistory{}}
	var err error
	w.Dashboard, err = dashboard.New(cfg, dashboard.Deps{County: county(t), Bus: bus, History: w.history, Accounts: accounts(), Build: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.stop(t) })
	return w
}

func secret(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// An alarm of the bus goes to a webhook and to the voice of the page; a receiver that gets
// nothing becomes an alarm of the centre, and its end too; the operator sees the log.
func TestAlarmIsToldAndFailureIsAnAlarm(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	var got atomic.Int32
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if broken.Load() {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		got.Add(1)
	}))
	defer far.Close()
	bus := newBus()
	w := telling(t, bus, func(c *dashboard.Config) {
		c.Notify.Receivers = []channel.Config{
			{Name: "hook", Type: channel.Webhook, URL: far.URL, SecretFile: secret(t, "12345678")}, {Name: "voice", Type: channel.Voice},
		}
		c.Notify.Routes = []notify.Route{{To: []string{"receiver/hook", "receiver/voice"}}}
		c.Notify.Tries, c.Notify.FirstRetry = 1, time.Second
	})
	operator, admin := w.login(t, "operator"), w.login(t, "admin")
	ws := operator.socket()
	if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"t":"sub","ch":"voice"}`)); err != nil {
		t.Fatal(err)
	}
	frame(t, ws, "snap")
	bus.raise(anomaly("a1", "s1", 1, event.Raised))
	d := frame(t, ws, "d")
	if !strings.Contains(string(d["ops"]), `"alarm_id":"a1"`) || !strings.Contains(string(d["ops"]), "燃气") {
		t.Errorf("spoken: %s", d["ops"])
	}
	eventually(t, "the webhook", func() bool { return got.Load() == 1 })
	broken.Store(true)
	bus.raise(anomaly("a2", "s2", 1, event.Raised))
	eventually(t, "the alarm about the receiver", func() bool {
		rows := operator.alarms("?rule=notification_failed")
		return len(rows) == 1 && rows[0].Site == event.CountySite && rows[0].Device == "hook" && rows[0].Standing && strings.Contains(rows[0].Text.EN, "403")
	})
	broken.Store(false)
	code, text := admin.do(http.MethodPost, "/api/v1/notify/test", `{"receiver":"hook"}`)
	if code != http.StatusOK || !strings.Contains(text, `"state":"sent"`) {
		t.Errorf("test message: %d %s", code, text)
	}
	third := anomaly("a3", "s1", 1, event.Raised)
	third.Device = "k3"
	bus.raise(third)
	eventually(t, "its end", func() bool {
		rows := operator.alarms("?rule=notification_failed&state=all")
		return len(rows) == 1 && !rows[0].Standing
	})
	var log list[notify.Notification]
	operator.get("/api/v1/notifications?receiver=hook&state=dead", &log)
	if len(log.Items) != 1 || log.Items[0].AlarmID != "a2" || log.Items[0].Tries != 1 {
		t.Errorf("log %+v", log.Items)
	}
	// The alarm of the centre came in without the bus: its position is where the bus is.
	bus.raise(anomaly("a1", "s1", 2, event.Cleared))
	eventually(t, "the bus to go on", func() bool { rows := operator.alarms("?site=s1&state=all"); return len(rows) == 2 && !rows[1].Standing })
}

// A gateway that stops reporting is an alarm, also when it did while the dashboard was
// stopped; the heart beats at a second system while this one works.
func TestSilenceIsAnAlarmAndTheHeartBeats(t *testing.T) {
	t.Parallel()
	var beats atomic.Int32
	outside := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ping/secret" {
			beats.Add(1)
		}
	}))
	defer outside.Close()
	bus := newBus()
	bus.status["gw1"] = fmt.Sprintf(`{"state":"ok","started_at":%q,"components":{"influx writer":{"state":"failed","reason":"x"}},"brokers":[{"name":"main","connected":false}]}`, time.Now().Format(time.RFC3339))
	w := telling(t, bus, func(c *dashboard.Config) {
		c.Watch.Heartbeat.URLFile = secret(t, outside.URL+"/ping/secret")
		c.Watch.Hold, c.Watch.Heartbeat.Every, c.Watch.Heartbeat.Timeout = 5*time.Second, 5*time.Second, 2*time.Second
	})
	operator := w.login(t, "operator")
	eventuallyIn(t, time.Minute, "the alarms about the gateway", func() bool {
		return len(operator.alarms("?rule=database_unreachable")) == 1 && len(operator.alarms("?rule=broker_unreachable")) == 1
	})
	eventuallyIn(t, time.Minute, "a heartbeat", func() bool { return beats.Load() >= 1 })
	bus.change(func() { bus.status["gw1"] = `{"state":"ok","components":{"influx writer":{"state":"ok"}}}` })
	eventuallyIn(t, time.Minute, "their end", func() bool {
		rows := operator.alarms("?rule=database_unreachable&state=all")
		return len(rows) == 1 && !rows[0].Standing
	})
}

func eventuallyIn(t testing.TB, d time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(d)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %s for %s", d, what)
		}
	}
}

func TestEveryNotifyOperationByRole(t *testing.T) {
	t.Parallel()
	w := telling(t, newBus(), func(c *dashboard.Config) {
		c.Notify.Receivers = []channel.Config{{Name: "voice", Type: channel.Voice}}
		c.Notify.People = []notify.Person{{Name: "operator", Addresses: []notify.Address{{Receiver: "voice"}}}, {Name: "admin", Addresses: []notify.Address{{Receiver: "voice"}}}}
		c.Notify.Rotas, c.Notify.Fallback = []string{"duty"}, []string{"receiver/voice"}
	})
	users := []string{"", "admin", "operator", "guard", "inspector", "lost"}
	asJSON := func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }
	browsers := map[string]*browser{}
	for _, u := range users {
		browsers[u] = w.login(t, u)
	}
	desk := []int{401, 200, 200, 403, 403, 403}
	for _, c := range []struct {
		method, path, body string
		want               []int
	}{
		{"GET", "/notifications", "", desk},
		{"GET", "/notifications?cursor=x", "", []int{401, 422, 422, 403, 403, 403}},
		{"GET", "/notify", "", desk},
		{"POST", "/notify/test", `{"receiver":"voice"}`, []int{401, 200, 403, 403, 403, 403}},
		{"POST", "/notify/test", `{"receiver":"none"}`, []int{401, 404, 403, 403, 403, 403}},
		{"GET", "/notify/rotas/duty", "", desk},
		{"GET", "/notify/rotas/none", "", []int{401, 404, 404, 403, 403, 403}},
		{"PUT", "/notify/rotas/duty", `{"rev":9,"rota":{"weekly":[],"dated":[],"overrides":[]}}`, []int{401, 409, 409, 403, 403, 403}},
		{"PUT", "/notify/rotas/duty", `{"rev":0,"rota":{"weekly":[{"person":"x","days":[],"from":"08:00","to":"09:00"}],"dated":[],"overrides":[]}}`, []int{401, 422, 422, 403, 403, 403}},
		{"GET", "/notify/quiet-hours", "", desk},
		{"PUT", "/notify/quiet-hours/operator", `{"rev":9,"quiet":{"from":"22:00","to":"06:00","days":[]}}`, []int{401, 409, 409, 403, 403, 403}},
		{"PUT", "/notify/quiet-hours/admin", `{"rev":0,"quiet":{"from":"22:00","to":"06:00","days":[]}}`, []int{401, 200, 403, 403, 403, 403}},
	} {
		for i, u := range users {
			if code, text := browsers[u].do(c.method, "/api/v1"+c.path, c.body, asJSON); code != c.want[i] {
				t.Errorf("%s %s as %q: %d, want %d: %s", c.method, c.path, u, code, c.want[i], text)
			}
		}
	}
	code, text := browsers["operator"].do("PUT", "/api/v1/notify/rotas/duty", `{"rev":0,"rota":{"weekly":[{"person":"admin","days":[],"from":"00:00","to":"00:00"}],"dated":[],"overrides":[]}}`, asJSON)
	var view notify.RotaView
	if err := json.Unmarshal([]byte(text), &view); err != nil || code != http.StatusOK || view.OnCall != "admin" || view.Gaps != 0 || view.Rev != 1 || view.By != "operator" {
		t.Errorf("rota %d %s", code, text)
	}
}
