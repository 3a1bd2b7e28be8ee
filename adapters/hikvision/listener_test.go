package hikvision_test

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

	"github.com/campusgate/campusgate/adapters/hikvision"
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
		events, err := hikvision.New().Decode(nil, m, event.Clock{})
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
	cfg := hikvision.DefaultConfig()
	cfg.Listen, cfg.CredentialsFile = "127.0.0.1:0", file
	l, err := hikvision.NewListener(cfg, payload.ListenerDeps{Deliver: c.deliver, Now: time.Now})
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
	c := connect(t, "g1 secret-one out\n")
	event1 := `{"eventType":"AccessControllerEvent","AccessControllerEvent":{"majorEventType":5,"subEventType":75,"employeeNoString":"e1","serialNo":5}}`
	for _, push := range []struct{ contentType, body string }{
		{"application/json", event1},
		{"multipart/form-data; boundary=MIME", "--MIME\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\x00\x01\r\n--MIME\r\nContent-Disposition: form-data; name=\"any\"\r\n\r\n" + event1 + "\r\n--MIME--\r\n"},
		{"application/xml", "<EventNotificationAlert><eventType>videoloss</eventType><eventState>inactive</eventState></EventNotificationAlert>"},
		{"text/plain", "not an event"}, // becomes a dead letter, and is answered
	} {
		if status, text := c.ask(t, "/hikvision/g1/secret-one", push.contentType, push.body); status != http.StatusOK {
			t.Errorf("%s: %d %s", push.contentType, status, text)
		}
	}
	if status, _ := c.ask(t, "/hikvision/g1/wrong", "application/json", event1); status != http.StatusUnauthorized {
		t.Errorf("wrong secret: %d", status)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.events) != 3 || len(c.dead) != 1 || c.topics[0] != "hikvision/g1/out" {
		t.Fatal(len(c.events), c.dead, c.topics)
	}
	if e := c.events[1]; e.Device != "hikvision-g1" || e.Seq != 5 || e.Gate.Direction != event.Out || e.Gate.Method != "face" {
		t.Errorf("%s", e.AppendJSON(nil))
	}
	if e := c.events[2]; !e.Status.Heartbeat {
		t.Errorf("%s", e.AppendJSON(nil))
	}
}
