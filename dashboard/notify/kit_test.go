package notify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/notify"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// receiver is an HTTP server that takes webhooks; answer decides what becomes of each.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []channel.Message
	tried  int
	answer func(w http.ResponseWriter, r *http.Request) bool // false: it is not taken
}

func newReceiver(t testing.TB, answer func(http.ResponseWriter, *http.Request) bool) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		var m channel.Message
		if err := json.Unmarshal(body, &m); err != nil {
			t.Errorf("webhook body: %v", err)
		}
		r.mu.Lock()
		r.tried++
		r.mu.Unlock()
		if r.answer != nil && !r.answer(w, req) {
			return
		}
		r.mu.Lock()
		r.got = append(r.got, m)
		r.mu.Unlock()
	}))
	t.Cleanup(func() {
		r.CloseClientConnections()
		r.Close()
	})
	return r
}

func (r *receiver) messages() []channel.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]channel.Message(nil), r.got...)
}

func (r *receiver) tries() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tried
}

// memory is the far end where no socket shall be.
type memory struct {
	mu   sync.Mutex
	got  []channel.Message
	when []time.Time
	fail func() error
}

func (m *memory) speak(msg *channel.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		if err := m.fail(); err != nil {
			return err
		}
	}
	m.got, m.when = append(m.got, *msg), append(m.when, time.Now())
	return nil
}

func (m *memory) messages() []channel.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]channel.Message(nil), m.got...)
}

type world struct {
	t      testing.TB
	cfg    notify.Config
	deps   notify.Deps
	store  *store.Store
	alarms *alarm.Service
	notify *notify.Service
	seq    uint64
}

func county(t testing.TB) *event.County {
	t.Helper()
	c := &event.County{Zone: "Asia/Shanghai", Sites: []event.Site{
		{ID: "s1", Township: "north", Name: event.Text{ZH: "城关小学", EN: "Chengguan primary"}, Devices: []event.Device{{ID: "k1", Kind: event.KindKitchen}}},
		{ID: "s2", Township: "south", Name: event.Text{ZH: "南街小学", EN: "Nanjie primary"}},
	}}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t testing.TB, dir string, cfg notify.Config, change ...func(*notify.Deps)) *world {
	t.Helper()
	s, err := store.Open(context.Background(), filepath.Join(dir, "dashboard.db"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, cfg: cfg, store: s, alarms: alarm.New(s)}
	known := county(t)
	w.deps = notify.Deps{County: func() *event.County { return known }, Store: s.Notify(), Open: func(ctx context.Context, limit int) ([]alarm.Alarm, error) {
		rows, _, err := w.alarms.Alarms(ctx, alarm.Query{AllSites: true, State: "unack", Limit: limit})
		return rows, err
	}}
	for _, c := range change {
		c(&w.deps)
	}
	return w
}

func (w *world) start() *world {
	w.t.Helper()
	var err error
	if w.notify, err = notify.New(w.cfg, w.deps); err != nil {
		w.t.Fatal(err)
	}
	if err := w.alarms.Attach(context.Background(), w.notify); err != nil {
		w.t.Fatal(err)
	}
	if err := w.notify.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	return w
}

func (w *world) stop() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if w.notify != nil {
		if err := w.notify.Stop(ctx); err != nil {
			w.t.Error(err)
		}
	}
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
}

func secretFile(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func webhook(t testing.TB, name, url string) channel.Config {
	return channel.Config{Name: name, Type: channel.Webhook, URL: url, SecretFile: secretFile(t, "a long secret"), MaxPerMinute: 600}
}

func config(receivers ...channel.Config) notify.Config {
	cfg := notify.DefaultConfig()
	cfg.Receivers = receivers
	cfg.FirstRetry, cfg.MaxRetry = time.Second, time.Second
	r := notify.Route{}
	for _, c := range receivers {
		r.To = append(r.To, "receiver/"+c.Name)
	}
	if len(r.To) > 0 {
		cfg.Routes = []notify.Route{r}
	}
	return cfg
}

func anomaly(id string, rev uint32, state event.AnomalyState) *event.Anomaly {
	now := time.Now()
	return &event.Anomaly{
		ID: id, Rule: "gas", Site: "s1", Device: event.DeviceID(id), Kind: event.KindKitchen, Severity: event.SeverityHigh, State: state, Revision: rev,
		StartedAt: now, UpdatedAt: now, Text: event.Text{ZH: "燃气超限 13812345678", EN: "gas above its limit"},
	}
}

func (w *world) apply(in ...*event.Anomaly) {
	w.t.Helper()
	list := make([]alarm.Incoming, 0, len(in))
	for _, a := range in {
		w.seq++
		list = append(list, alarm.Incoming{Seq: w.seq, Anomaly: a})
	}
	if err := w.alarms.Apply(context.Background(), "one", list, time.Now()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) act(action alarm.Action, id string) {
	w.t.Helper()
	a, _, err := w.alarms.Alarm(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = w.alarms.Act(context.Background(), alarm.Command{
		ID: id, Action: action, Rev: a.Rev, By: "operator", Note: "why", Until: time.Now().Add(time.Hour),
		Allows: func(event.SiteID) bool { return true },
	}, time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) log(q notify.Query) []notify.Notification {
	w.t.Helper()
	q.Limit = 500
	rows, _, err := w.store.Notify().Notifications(context.Background(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

func ids(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return out
}
