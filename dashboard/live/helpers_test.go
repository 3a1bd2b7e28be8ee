package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

// sites is a scope: the sites in it, "*" for all.
type sites []string

func (s sites) Allows(site event.SiteID) bool {
	for _, x := range s {
		if x == "*" || x == string(site) {
			return true
		}
	}
	return false
}
func (s sites) Key() string     { return strings.Join(s, ",") }
func (s sites) Sites() []string { return s }

type world struct {
	hub *live.Hub
	url string
	reg *prometheus.Registry
}

func channels() []live.ChannelConfig {
	return []live.ChannelConfig{
		{Name: "alarms", Mode: live.Lossless, Classify: live.BySite},
		{Name: "devices", Mode: live.Latest, Classify: live.BySite},
		{Name: "feed", Mode: live.Feed, Classify: live.BySite, Keep: 20},
		{Name: "stats", Mode: live.Latest, Classify: live.CountyOnly},
		{Name: "secret", Mode: live.Lossless}, // no classifier
	}
}

// serve starts a hub behind a real HTTP server. The scope is the query's ?scope=.
func serve(t testing.TB, change ...func(*live.Config)) *world {
	t.Helper()
	cfg := live.DefaultConfig()
	cfg.WriteTimeout = time.Minute // a test's machine may be busy
	for _, c := range change {
		c(&cfg)
	}
	w := &world{reg: prometheus.NewRegistry()}
	var err error
	w.hub, err = live.New(cfg, live.Deps{Channels: channels(), Build: "test", Registry: w.reg})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		v := live.Viewer{User: r.URL.Query().Get("user"), Role: "operator"}
		if s := r.URL.Query().Get("scope"); s != "none" {
			v.Scope = sites(strings.Split(s, ","))
		} else {
			v.Scope = sites{}
		}
		w.hub.Serve(rw, r, v)
	}))
	w.url = "ws" + strings.TrimPrefix(server.URL, "http")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := w.hub.Stop(ctx); err != nil {
			t.Error(err)
		}
		server.Close()
	})
	return w
}

type message struct {
	T      string              `json:"t"`
	Ch     string              `json:"ch"`
	Epoch  string              `json:"epoch"`
	Code   string              `json:"code"`
	Seq    json.RawMessage     `json:"seq"`
	From   uint64              `json:"from"`
	To     uint64              `json:"to"`
	N      uint64              `json:"n"`
	Part   int                 `json:"part"`
	Of     int                 `json:"of"`
	Rows   []row               `json:"rows"`
	Ops    [][]json.RawMessage `json:"ops"`
	Scope  []string            `json:"scope"`
	length int
}

type row struct {
	ID   string `json:"id"`
	Site string `json:"site"`
	V    int    `json:"v"`
	At   int64  `json:"at"`
}

// page is a browser: it keeps rows as the protocol says and checks contiguity.
type page struct {
	t     testing.TB
	conn  *websocket.Conn
	epoch string
	rows  map[string]row
	seq   map[string]uint64
	known map[string]bool
	added map[string]int // how often each key came in an op
	order []string
	skips uint64
	snaps int
}

func (w *world) dial(t testing.TB, query string) *page {
	t.Helper()
	dialer := websocket.Dialer{
		HandshakeTimeout: patience,
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err == nil && strings.Contains(query, "small") {
				err = c.(*net.TCPConn).SetReadBuffer(64 << 10)
			}
			return c, err
		},
	}
	conn, res, err := dialer.DialContext(t.Context(), w.url+"/?"+query, nil)
	if err != nil {
		t.Fatalf("dial: %v (%v)", err, res)
	}
	t.Cleanup(func() { conn.Close() })
	p := &page{t: t, conn: conn, rows: map[string]row{}, seq: map[string]uint64{}, known: map[string]bool{}, added: map[string]int{}}
	m := p.read()
	if m.T != "hello" || m.Epoch == "" {
		t.Fatalf("first message %+v, want hello", m)
	}
	p.epoch = m.Epoch
	return p
}

func (p *page) say(format string, args ...any) {
	p.t.Helper()
	if err := p.conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, format, args...)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *page) tryRead() (message, error) {
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	_, data, err := p.conn.ReadMessage()
	if err != nil {
		return message{}, err
	}
	m := message{length: len(data)}
	if err := json.Unmarshal(data, &m); err != nil {
		p.t.Fatalf("message %q: %v", data, err)
	}
	p.take(m)
	return m, nil
}

func (p *page) read() message {
	p.t.Helper()
	m, err := p.tryRead()
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

func (p *page) take(m message) {
	p.t.Helper()
	switch m.T {
	case "snap":
		p.snaps++
		if m.Part == 1 {
			clear(p.rows)
		}
		for _, r := range m.Rows {
			p.rows[r.ID] = r
		}
		if err := json.Unmarshal(m.Seq, new(uint64)); err != nil {
			p.t.Fatalf("snap seq %s: %v", m.Seq, err)
		}
		var seq uint64
		_ = json.Unmarshal(m.Seq, &seq)
		p.seq[m.Ch], p.known[m.Ch] = seq, true
	case "d", "skip":
		if p.known[m.Ch] && m.From != p.seq[m.Ch]+1 {
			p.t.Errorf("%s: frame from %d after %d", m.Ch, m.From, p.seq[m.Ch])
		}
		p.seq[m.Ch], p.known[m.Ch] = m.To, true
		p.skips += m.N
		for _, op := range m.Ops {
			var kind, key string
			_ = json.Unmarshal(op[0], &kind)
			_ = json.Unmarshal(op[1], &key)
			p.added[key]++
			p.order = append(p.order, key)
			if kind == "-" {
				delete(p.rows, key)
				continue
			}
			var r row
			if err := json.Unmarshal(op[2], &r); err != nil {
				p.t.Fatalf("op %s: %v", op, err)
			}
			p.rows[key] = r
		}
	}
}

// until reads until the condition holds.
func (p *page) until(what string, ok func() bool) {
	p.t.Helper()
	for !ok() {
		if _, err := p.tryRead(); err != nil {
			p.t.Fatalf("waiting for %s: %v", what, err)
		}
	}
}

// snapshot reads until the channel's snapshot is whole.
func (p *page) snapshot(ch string) {
	p.t.Helper()
	for {
		if m := p.read(); m.T == "snap" && m.Ch == ch && m.Part == m.Of {
			return
		}
	}
}

// code reads until the connection ends and returns the close code.
func (p *page) code() int {
	for {
		if _, err := p.tryRead(); err != nil {
			var closed *websocket.CloseError
			if errors.As(err, &closed) {
				return closed.Code
			}
			p.t.Logf("ended with %v", err)
			return 0
		}
	}
}

func op(kind live.OpKind, id, site string, v int) live.Op {
	return live.Op{
		Kind: kind, Key: id, Site: event.SiteID(site),
		Row: fmt.Appendf(nil, `{"id":%q,"site":%q,"v":%d,"at":%d}`, id, site, v, time.Now().UnixNano()),
	}
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}
