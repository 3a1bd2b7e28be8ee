package dahua_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters/dahua"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// terminal talks to a listener whose messages are decoded by the adapter.
type terminal struct {
	client *http.Client
	base   string

	mu     sync.Mutex
	events []event.Event
	topics []string
	dead   []error
}

func (c *terminal) deliver(_ context.Context, messages ...payload.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, m := range messages {
		events, err := dahua.New().Decode(nil, m, event.Clock{})
		if err != nil {
			c.dead = append(c.dead, err)
		}
		c.events = append(c.events, events...)
		c.topics = append(c.topics, m.Topic)
	}
	return nil
}

func connect(t *testing.T, credentials string) *terminal {
	t.Helper()
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte(credentials), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &terminal{client: &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}}
	cfg := dahua.DefaultConfig()
	cfg.Listen, cfg.CredentialsFile = "127.0.0.1:0", file
	l, err := dahua.NewListener(cfg, payload.ListenerDeps{Deliver: c.deliver, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.client.CloseIdleConnections()
		if err := l.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	c.base = "http://" + l.Addr()
	return c
}

// ask sends a request, a GET when there is no body.
func (c *terminal) ask(t *testing.T, path, contentType, body string) (status int, answer string) {
	t.Helper()
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w, err := c.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Body.Close() }()
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, string(text)
}

func TestListener(t *testing.T) {
	t.Parallel()
	c := connect(t, "g4 secret-four\n")
	for _, push := range []struct{ contentType, body string }{
		{"application/json", `{"Events":[{"Code":"AccessControl","Data":{"Method":15,"UserID":"u1","Status":1,"Type":"Exit"},"DataSource":"Offline"}]}`},
		{"multipart/x-mixed-replace; boundary=myboundary", "--myboundary\r\nContent-Type: text/plain\r\n\r\nHeartbeat\r\n--myboundary--\r\n"},
		{"", "Code=AccessControl;action=Pulse;index=0;data={\n\"Method\":1,\n\"CardNo\":\"00A1\"\n}\n"},
	} {
		if status, text := c.ask(t, "/dahua/g4/secret-four", push.contentType, push.body); status != http.StatusOK {
			t.Errorf("%s: %d %s", push.contentType, status, text)
		}
	}
	if status, _ := c.ask(t, "/dahua/g5/secret-four", "application/json", "{}"); status != http.StatusUnauthorized {
		t.Errorf("wrong device: %d", status)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.events) != 3 || len(c.dead) != 0 {
		t.Fatal(len(c.events), c.dead)
	}
	if e := c.events[0]; e.Device != "dahua-g4" || !e.Backfill || e.Gate.Direction != event.Out {
		t.Errorf("%s", e.AppendJSON(nil))
	}
	if !c.events[1].Status.Heartbeat || c.events[2].Gate.Method != "card" {
		t.Errorf("%s %s", c.events[1].AppendJSON(nil), c.events[2].AppendJSON(nil))
	}
}
