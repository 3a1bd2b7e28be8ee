package dashboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/dashboard"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	patience = 10 * time.Second
	password = "correct horse"
)

// fakeBus is a stream in memory.
type fakeBus struct {
	mu        sync.Mutex
	changed   chan struct{} // closed and replaced at every change
	stream    string
	events    []*event.Event
	anomalies []*event.Anomaly
	status    map[string]string
	answer    func(gateway, verb string, payload []byte) ([]byte, error)
	broken    error
}

func newBus() *fakeBus {
	return &fakeBus{changed: make(chan struct{}), stream: "one", status: map[string]string{}}
}

func (b *fakeBus) change(fn func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fn()
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *fakeBus) publish(es ...*event.Event) {
	b.change(func() { b.events = append(b.events, es...) })
}

func (b *fakeBus) raise(as ...*event.Anomaly) {
	b.change(func() { b.anomalies = append(b.anomalies, as...) })
}

func (b *fakeBus) look() (stream string, events []*event.Event, anomalies []*event.Anomaly, changed chan struct{}, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stream, b.events, b.anomalies, b.changed, b.broken
}

func (b *fakeBus) FollowEvents(ctx context.Context, fn func([]*event.Event, bool) error) error {
	for after, snapshot := 0, true; ; snapshot = false {
		_, events, _, changed, err := b.look()
		if err != nil {
			return err
		}
		if after < len(events) {
			if err := fn(events[after:], snapshot); err != nil {
				return err
			}
			after = len(events)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (b *fakeBus) FollowAnomalies(ctx context.Context, known string, after uint64, fn func(string, []uint64, []*event.Anomaly) error) error {
	for {
		stream, _, anomalies, changed, err := b.look()
		if err != nil {
			return err
		}
		if stream != known {
			known, after = stream, 0
		}
		if n := uint64(len(anomalies)); after < n {
			var seqs []uint64
			for s := after + 1; s <= n; s++ {
				seqs = append(seqs, s)
			}
			if err := fn(stream, seqs, anomalies[after:]); err != nil {
				return err
			}
			after = n
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (b *fakeBus) FollowStatus(ctx context.Context, fn func(string, []byte)) error {
	for {
		b.mu.Lock()
		for g, s := range b.status {
			fn(g, []byte(s))
		}
		clear(b.status)
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (b *fakeBus) Request(_ context.Context, gateway, verb string, payload []byte) ([]byte, error) {
	b.mu.Lock()
	answer := b.answer
	b.mu.Unlock()
	if answer == nil {
		return nil, errors.New("nobody answers")
	}
	return answer(gateway, verb, payload)
}

func (b *fakeBus) Health() event.Health { return event.Health{State: event.OK} }

// fakeHistory answers with what it was asked, so that scopes can be checked.
type fakeHistory struct {
	mu     sync.Mutex
	rows   []event.Event
	asked  []api.GateLogQuery
	status []event.Event
	checks []event.Event
	err    error
}

func (h *fakeHistory) GateLog(_ context.Context, q api.GateLogQuery) ([]event.Event, string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, q)
	var out []event.Event
	for _, e := range h.rows {
		in := q.Sites == nil
		for _, s := range q.Sites {
			in = in || s == e.Site
		}
		if in {
			out = append(out, e)
		}
	}
	next := ""
	if q.Cursor == "" && q.Limit < len(out) {
		out, next = out[:q.Limit], "more"
	}
	return out, next, h.err
}

func (h *fakeHistory) GateLogCount(_ context.Context, q api.GateLogQuery) (int64, error) {
	rows, _, err := h.GateLog(context.Background(), api.GateLogQuery{Sites: q.Sites, Cursor: "all"})
	return int64(len(rows)), err
}

func (h *fakeHistory) Series(_ context.Context, q api.SeriesQuery) ([]api.SeriesPoint, time.Duration, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return []api.SeriesPoint{{At: q.From, N: 2, Min: 3, Mean: 4, Max: 5}}, time.Minute, h.err
}

func (h *fakeHistory) History(context.Context, api.HistoryQuery) ([]event.Event, string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rows, "", h.err
}

func (h *fakeHistory) EachCheck(_ context.Context, _ []event.SiteID, _, _ time.Time, yield func(*event.Event) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.checks {
		if err := yield(&h.checks[i]); err != nil {
			return err
		}
	}
	return h.err
}

func (h *fakeHistory) EachStatus(_ context.Context, sites []event.SiteID, _ []event.DeviceID, _, _ time.Time, yield func(*event.Event) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range h.status {
		in := sites == nil
		for _, s := range sites {
			in = in || s == h.status[i].Site
		}
		if !in {
			continue
		}
		if err := yield(&h.status[i]); err != nil {
			return err
		}
	}
	return h.err
}

type world struct {
	*dashboard.Dashboard
	bus     *fakeBus
	history *fakeHistory
}

func county(t testing.TB) *event.County {
	t.Helper()
	c := &event.County{
		Name:   event.Text{ZH: "测试县", EN: "Test county"},
		Routes: []event.Route{{ID: "r1"}, {ID: "r2"}},
		Sites: []event.Site{
			{ID: "s1", Township: "north", Devices: []event.Device{{ID: "c1", Kind: event.KindCamera}, {ID: "b1", Kind: event.KindBus, Route: "r1"}}},
			{ID: "s2", Township: "south", Devices: []event.Device{{ID: "c1", Kind: event.KindCamera}, {ID: "b1", Kind: event.KindBus, Route: "r2"}}},
		},
	}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

func accounts() []auth.Account {
	return []auth.Account{
		{Username: "admin", Role: auth.Admin, Scope: []string{"*"}, Password: password},
		{Username: "operator", Role: auth.Operator, Scope: []string{"*"}, Password: password},
		{Username: "guard", Role: auth.Guard, Scope: []string{"s1"}, Password: password},
		{Username: "inspector", Role: auth.Inspector, Scope: []string{"*"}, Password: password},
		{Username: "lost", Role: auth.Operator, Password: password}, // no scope
	}
}

func start(t testing.TB, dir string, bus *fakeBus, change ...func(*fakeHistory)) *world {
	t.Helper()
	return startAt(t, dir, bus, nil, change...)
}

// startAt starts with another clock.
func startAt(t testing.TB, dir string, bus *fakeBus, now func() time.Time, change ...func(*fakeHistory)) *world {
	t.Helper()
	return startWith(t, dir, bus, now, func(*dashboard.Config) {}, change...)
}

// startWith starts with other settings.
func startWith(t testing.TB, dir string, bus *fakeBus, now func() time.Time, settings func(*dashboard.Config), change ...func(*fakeHistory)) *world {
	t.Helper()
	w := &world{bus: bus, history: &fakeHistory{}}
	for _, c := range change {
		c(w.history)
	}
	cfg := dashboard.DefaultConfig()
	cfg.HTTP.Addr, cfg.DataDir = "127.0.0.1:0", dir
	settings(&cfg)
	var err error
	w.Dashboard, err = dashboard.New(cfg, dashboard.Deps{
		County: county(t), Bus: bus, History: w.history, Accounts: accounts(), Build: "test", Rules: wordRules{}, Now: now,
		Web: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "page") }),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.stop(t) })
	return w
}

func (w *world) stop(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// browser is one session.
type browser struct {
	t      testing.TB
	w      *world
	client *http.Client
}

func (w *world) login(t testing.TB, user string) *browser {
	t.Helper()
	b := w.visit(t)
	if user == "" {
		return b
	}
	code, text := b.do(http.MethodPost, "/api/v1/login", fmt.Sprintf(`{"username":%q,"password":%q}`, user, password))
	if code != http.StatusOK {
		t.Fatalf("login of %s: %d %s", user, code, text)
	}
	return b
}

func (w *world) visit(t testing.TB) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t, w, &http.Client{Jar: jar, Transport: transport, Timeout: patience}}
}

func (b *browser) request(method, path, body string, change ...func(*http.Request)) *http.Response {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.w.URL()+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(req)
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	res.Body = io.NopCloser(bytes.NewReader(text))
	return res
}

func (b *browser) do(method, path, body string, change ...func(*http.Request)) (int, string) {
	b.t.Helper()
	res := b.request(method, path, body, change...)
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(text)
}

func (b *browser) get(path string, into any) {
	b.t.Helper()
	code, text := b.do(http.MethodGet, path, "")
	if code != http.StatusOK {
		b.t.Fatalf("GET %s: %d %s", path, code, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		b.t.Fatalf("GET %s: %v in %s", path, err, text)
	}
}

// socket is a websocket of the session.
func (b *browser) socket() *websocket.Conn {
	b.t.Helper()
	d := websocket.Dialer{Jar: b.client.Jar, HandshakeTimeout: patience}
	conn, res, err := d.DialContext(b.t.Context(), "ws"+strings.TrimPrefix(b.w.URL(), "http")+"/api/v1/live", nil)
	if err != nil {
		b.t.Fatalf("websocket: %v %v", err, res)
	}
	b.t.Cleanup(func() { conn.Close() })
	return conn
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

func anomaly(id string, site event.SiteID, rev uint32, state event.AnomalyState) *event.Anomaly {
	now := time.Now().Add(-time.Minute)
	return &event.Anomaly{
		ID: id, Rule: "gas", Site: site, Device: event.DeviceID(id), Kind: event.KindKitchen, Severity: event.SeverityHigh, State: state,
		Revision: rev, StartedAt: now, UpdatedAt: now, Text: event.Text{ZH: "燃气", EN: "gas"},
	}
}

func passage(n int, site event.SiteID) *event.Event {
	now := time.Now().UTC()
	return &event.Event{
		ID: fmt.Sprintf("%024x", n), Type: event.TypeGateAccess, Kind: event.KindGate, Site: site, Device: "g1", ObservedAt: now, ReceivedAt: now,
		Gate: &event.GateAccess{Direction: event.In, PersonKind: event.PersonPupil, Method: "card", Result: event.ResultGranted, Person: "p1"},
	}
}
