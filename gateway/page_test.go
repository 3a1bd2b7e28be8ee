package gateway

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/gateway/event"
)

// ask sends one request to a gateway's page.
func ask(t *testing.T, g *Gateway, method, path, body string, change func(*http.Request)) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(within(t), method, "http://"+g.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestPageKeepsBrowsersAway(t *testing.T) {
	t.Parallel()
	g := run(t, testConfig(t), &plain{})
	host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	for _, tc := range []struct {
		name   string
		change func(*http.Request)
		want   int
	}{
		{"as it is", nil, 200},
		{"localhost", host("localhost:9101"), 200},
		{"loopback without a port", host("127.0.0.1"), 200},
		{"IPv6 loopback", host("[::1]:9101"), 200},
		{"a name that resolves here", host("evil.example.com"), 403},
		{"a name that only looks local", host("localhost.example.com:9101"), 403},
		{"another address", host("192.0.2.1:9101"), 403},
		{"a page of another origin", func(r *http.Request) { r.Header.Set("Origin", "http://evil.example.com") }, 403},
		{"a page without origin", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
	} {
		for method, path := range map[string]string{"GET": "/healthz", "POST": "/api/v1/dead-letters/replay"} {
			if status, body := ask(t, g, method, path, `{"ids":[]}`, tc.change); status != tc.want {
				t.Errorf("%s: %s %s = %d %s, want %d", tc.name, method, path, status, body, tc.want)
			}
		}
	}
}

func TestPageAnswers(t *testing.T) {
	t.Parallel()
	g := run(t, testConfig(t), &plain{})
	ids := bury(t, g, payload("!a"), payload("!b"))
	if ids[0] != 1 {
		t.Fatalf("first id %d", ids[0])
	}
	for _, tc := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/healthz", "", 200, `{"status":"ok"}`},
		{"GET", "/metrics", "", 200, "campusgate_journal_"},
		{"GET", "/api/v1/devices", "", 200, `{"items":`},
		{"GET", "/api/v1/dead-letters?limit=1", "", 200, `"next":1`},
		{"GET", "/api/v1/dead-letters?after=2", "", 200, `{"items":[],"next":0}`},
		{"GET", "/api/v1/dead-letters?after=-1", "", 400, "after: want"},
		{"GET", "/api/v1/dead-letters?limit=0", "", 400, "limit: want"},
		{"GET", "/api/v1/dead-letters?limit=501", "", 400, "limit: want"},
		{"GET", "/api/v1/dead-letters/1", "", 200, `"payload_bytes":2`},
		{"GET", "/api/v1/dead-letters/99", "", 404, "no such dead letter"},
		{"GET", "/api/v1/dead-letters/x", "", 400, "want the id"},
		{"POST", "/api/v1/dead-letters/replay", `{"ids":[1]}`, 200, `"failed":1,"detail":"dead letter 1: not understood"`},
		{"POST", "/api/v1/dead-letters/replay", `ids`, 400, `want {"ids":[1,2]}`},
		{"GET", "/api/v1/dead-letters/replay", "", 400, "want the id"},
		{"DELETE", "/api/v1/dead-letters/1", "", 405, ""},
		{"GET", "/", "", 404, ""},
	} {
		if status, body := ask(t, g, tc.method, tc.path, tc.body, nil); status != tc.status || !strings.Contains(body, tc.want) {
			t.Errorf("%s %s = %d %q, want %d with %q", tc.method, tc.path, status, body, tc.status, tc.want)
		}
	}
}

// TestPageSaysWhetherItIsReady: without broker and database a gateway is not; with both
// it is, and its status names every part.
func TestPageSaysWhetherItIsReady(t *testing.T) {
	t.Parallel()
	type answer struct {
		State      event.HealthState       `json:"state"`
		Reason     string                  `json:"reason"`
		Components map[string]event.Health `json:"components"`
		Gateway    string                  `json:"gateway"`
		Version    string                  `json:"version"`
		Brokers    []json.RawMessage       `json:"brokers"`
		Journal    struct {
			Consumers []ConsumerStatus `json:"consumers"`
			Dropped   map[string]uint64
		} `json:"journal"`
	}
	parts := []string{"detectors", "influx writer", "ingest", "journal", "page", "report"}
	read := func(g *Gateway, path string) (int, answer) {
		var a answer
		status, body := ask(t, g, "GET", path, "", nil)
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			t.Fatalf("%s: %v in %q", path, err, body)
		}
		for _, p := range parts {
			if a.Components[p].State == "" {
				t.Errorf("%s: no state of %s in %q", path, p, body)
			}
		}
		return status, a
	}

	alone := run(t, testConfig(t), &plain{})
	eventually(t, "failed", func() bool { return alone.Health().State == event.Failed })
	status, a := read(alone, "/readyz")
	if status != http.StatusServiceUnavailable || a.State != event.Failed || a.Reason == "" {
		t.Errorf("alone: %d %+v, want 503 and the reason", status, a)
	}
	if status, a = read(alone, "/api/v1/status"); status != 200 || a.State != event.Failed || a.Reason == "" {
		t.Errorf("status alone: %d %+v, want the state and reason on top", status, a)
	}

	c := testConfig(t)
	c.Influx.URL, c.Ingest.Brokers[0].URL = newDatabase(t).URL, startBroker(t)
	g := run(t, c, &plain{})
	eventually(t, "ready", func() bool { return g.Health().State == event.OK })
	if status, a = read(g, "/readyz"); status != 200 || a.State != event.OK {
		t.Errorf("complete: %d %+v, want 200 and ok", status, a)
	}
	_, a = read(g, "/api/v1/status")
	var consumers []string
	for _, c := range a.Journal.Consumers {
		consumers = append(consumers, c.Name)
	}
	slices.Sort(consumers)
	if a.Gateway != "gw1" || a.Version != "test" || len(a.Brokers) != 1 || !slices.Equal(consumers, []string{"detect", "influx"}) || len(a.Journal.Dropped) == 0 {
		t.Errorf("status %+v, consumers %q", a, consumers)
	}
}
