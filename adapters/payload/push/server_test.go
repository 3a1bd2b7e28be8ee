package push_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/push"
	"github.com/campusgate/campusgate/gateway/event"
)

// bench is a server with what it delivered.
type bench struct {
	*push.Server
	metrics *prometheus.Registry
	client  *http.Client

	mu   sync.Mutex
	got  []payload.Message
	fail error
}

func (b *bench) deliver(_ context.Context, messages ...payload.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail == nil {
		b.got = append(b.got, messages...)
	}
	return b.fail
}

func (b *bench) failWith(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = err
}

func start(t *testing.T, change func(*push.Config)) *bench {
	t.Helper()
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("# gates\ng1 secret-one out\n\nc9 secret-two camera\nopen -\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := push.Defaults("127.0.0.1:0")
	cfg.CredentialsFile = file
	if change != nil {
		change(&cfg)
	}
	b := &bench{metrics: prometheus.NewRegistry(), client: &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}}
	deps := payload.ListenerDeps{
		Deliver: b.deliver, Metrics: b.metrics,
		Resolve: func(a string) (event.SiteID, event.DeviceID, bool) { return "s012", "gate-n", a == "g1" },
	}
	var err error
	if b.Server, err = push.NewServer(cfg, deps, push.Events("vendor")); err != nil {
		t.Fatal(err)
	}
	if b.Health().State != event.Starting || b.Addr() != "" {
		t.Error("open before Start")
	}
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.client.CloseIdleConnections()
		for range 2 {
			if err := b.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if b.Health().State != event.Stopped {
			t.Errorf("health %v", b.Health())
		}
	})
	return b
}

// post sends a body and returns the answer.
func (b *bench) post(t *testing.T, path, body string, change func(*http.Request)) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+b.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(text)), answer.Header
}

func TestBasicAndPath(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	for _, c := range []struct {
		path   string
		auth   func(*http.Request)
		status int
	}{
		{"/any", basic("g1", "secret-one"), 200},
		{"/vendor/c9/secret-two", nil, 200},
		{"/vendor/open", nil, 200},
		{"/any", basic("g1", "secret-two"), 401},
		{"/any", basic("nobody", "secret-one"), 401},
		{"/vendor/c9/secret-one", nil, 401},
		{"/vendor/c9", nil, 401},
		{"/vendor/nobody/-", nil, 401},
		{"/", nil, 401},
	} {
		if status, text, _ := b.post(t, c.path, "body of "+c.path, c.auth); status != c.status {
			t.Errorf("%s: %d %s", c.path, status, text)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.got) != 3 {
		t.Fatalf("%d messages", len(b.got))
	}
	if m := b.got[0]; m.Topic != "vendor/g1/out" || string(m.Payload) != "body of /any" || m.Site != "s012" ||
		m.Device != "gate-n" || m.Received.IsZero() {
		t.Errorf("%+v", m)
	}
	if m := b.got[1]; m.Topic != "vendor/c9/camera" || m.Site != event.CountySite || m.Device != "vendor-c9" {
		t.Errorf("%+v", m)
	}
	families, err := b.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	results := 0
	for _, f := range families {
		if f.GetName() == "campusgate_vendor_requests_total" {
			results = len(f.GetMetric())
		}
	}
	if results != 2 {
		t.Errorf("%d results", results)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	status, _, header := b.post(t, "/push", "x", nil)
	nonce := regexp.MustCompile(`nonce="([^"]+)"`).FindStringSubmatch(header.Get("WWW-Authenticate"))
	if status != 401 || nonce == nil {
		t.Fatal(status, header)
	}
	sum := func(s string) string { h := md5.Sum([]byte(s)); return hex.EncodeToString(h[:]) }
	send := func(user, secret, nonce, uri, qop string) int {
		middle, more := nonce, ""
		if qop != "" {
			middle += ":00000001:abc:" + qop
			more = fmt.Sprintf(`, qop=%s, nc=00000001, cnonce="abc"`, qop)
		}
		response := sum(sum(user+":vendor:"+secret) + ":" + middle + ":" + sum("POST:"+uri))
		status, _, _ := b.post(t, "/push", "x", func(r *http.Request) {
			r.Header.Set("Authorization", fmt.Sprintf(`Digest username=%q, realm="vendor", nonce=%q, uri=%q, response=%q%s`,
				user, nonce, uri, response, more))
		})
		return status
	}
	for _, c := range []struct {
		user, secret, nonce, uri, qop string
		want                          int
	}{
		{"g1", "secret-one", nonce[1], "/push", "auth", 200},
		{"g1", "secret-one", nonce[1], "/push", "", 200},
		{"g1", "secret-two", nonce[1], "/push", "auth", 401},
		{"open", "-", nonce[1], "/push", "auth", 401},
		{"g1", "secret-one", nonce[1], "/other", "auth", 401},
		{"g1", "secret-one", "5-made-up", "/push", "auth", 401},
		{"g1", "secret-one", "", "/push", "auth", 401},
	} {
		if got := send(c.user, c.secret, c.nonce, c.uri, c.qop); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *push.Config) { c.MaxBodyBytes = 1024 })
	if status, _, _ := b.post(t, "/vendor/open", strings.Repeat("x", 1025), nil); status != 413 {
		t.Errorf("too large: %d", status)
	}
	if status, _, _ := b.post(t, "/vendor/open", strings.Repeat("x", 1024), nil); status != 200 {
		t.Errorf("just fits: %d", status)
	}
	if status, _, _ := b.post(t, "/vendor/open", "", nil); status != 200 {
		t.Errorf("empty: %d", status)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.got) != 1 {
		t.Errorf("%d messages", len(b.got))
	}
}

func TestNotDurable(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	b.failWith(errors.New("journal is full"))
	if status, _, _ := b.post(t, "/vendor/open", "x", nil); status != 503 {
		t.Errorf("answered %d", status)
	}
	if h := b.Health(); h.State != event.Degraded || !strings.Contains(h.Reason, "journal is full") {
		t.Errorf("health %v", h)
	}
	b.failWith(nil)
	if status, _, _ := b.post(t, "/vendor/open", "x", nil); status != 200 {
		t.Errorf("answered %d", status)
	}
	if h := b.Health(); h.State != event.OK {
		t.Errorf("health %v", h)
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	b := start(t, func(c *push.Config) { c.MaxConnections, c.HeaderTimeout = 1, 300*time.Millisecond })
	first, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	if _, err := io.WriteString(first, "POST / HTTP/1.1\r\nHost:"); err != nil {
		t.Fatal(err)
	}
	second, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	// Both end: the second at once, the first by its time for the header.
	for _, conn := range []net.Conn{second, first} {
		if err := conn.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("still open")
		}
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+b.Addr()+"/vendor/open", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := b.client.Do(r)
		if err == nil {
			_ = answer.Body.Close()
			return // there is room again
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestCredentialsFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"g1":                              "no secret",
		"g1 short":                        "fewer than 8",
		"g1 long-enough up":               "none of in, out, camera",
		"g1 long-enough\ng1 long-enough2": ":2: \"g1\" stands here twice",
		"a/b long-enough":                 "no address",
		"out long-enough":                 "no address",
	} {
		file := filepath.Join(t.TempDir(), "credentials")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := push.ReadCredentials(file, "vendor", time.Now)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "long-enough") {
			t.Errorf("%q: %v", text, err)
		}
	}
	cfg := push.Defaults("127.0.0.1:0")
	cfg.CredentialsFile = filepath.Join(t.TempDir(), "missing")
	if _, err := push.NewServer(cfg, payload.ListenerDeps{}, push.Events("vendor")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := push.NewServer(push.Config{}, payload.ListenerDeps{}, push.Events("vendor")); err == nil {
		t.Error("an empty configuration passed")
	}
}
