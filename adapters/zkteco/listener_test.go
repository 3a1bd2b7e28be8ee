package zkteco_test

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

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/zkteco"
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
		events, err := zkteco.New().Decode(nil, m, event.Clock{})
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
	cfg := zkteco.DefaultConfig()
	cfg.Listen, cfg.CredentialsFile = "127.0.0.1:0", file
	l, err := zkteco.NewListener(cfg, payload.ListenerDeps{Deliver: c.deliver, Now: time.Now})
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
	c := connect(t, "ABC1 -\nABC2 secret-two out\n")
	row := "7\t2026-11-24 07:31:05\t255\t15\t0\t0\n"
	for _, c1 := range []struct{ path, body, want string }{
		{"/iclock/cdata?SN=ABC1&options=all&pushver=2.4.1", "", "GET OPTION FROM: ABC1\n"},
		{"/iclock/cdata?SN=ABC1&options=all&DeviceType=acc", "", "OK"},
		{"/iclock/cdata?SN=ABC1&table=ATTLOG&Stamp=9999", row + strings.Replace(row, "7", "8", 1), "OK: 2"},
		{"/iclock/cdata?SN=ABC1&table=OPERLOG&Stamp=9999", "USER PIN=7\tName=x\n", "OK: 1"},
		{"/iclock/cdata?SN=ABC1&table=rtlog", "time=2026-11-24 07:40:00\tpin=7\tevent=0\tinoutstatus=1\tverifytype=4\tindex=3\n", "OK"},
		{"/iclock/cdata?SN=ABC1&table=rtstate", "time=2026-11-24 07:40:00\tsensor=00\trelay=00\talarm=0000000000000000\n", "OK"},
		{"/iclock/cdata?SN=ABC1&table=BIODATA", "not kept", "OK"},
		{"/iclock/cdata?SN=ABC1&table=ATTLOG&Stamp=9999", "\n", "OK: 0"},
		{"/iclock/getrequest?SN=ABC1", "", "OK"},
		{"/iclock/registry?SN=ABC1", "DeviceType=acc,~SerialNumber=ABC1", "RegistryCode="},
		{"/iclock/push?SN=ABC1", "", "ServerVersion=3.1.1\n"},
		{"/iclock/devicecmd?SN=ABC1", "ID=1&Return=0", "OK"},
		{"/secret-two/iclock/cdata?SN=ABC2&table=ATTLOG", row, "OK: 1"},
	} {
		status, text := c.ask(t, c1.path, "text/plain", c1.body)
		if exact := strings.HasPrefix(c1.want, "OK"); status != 200 || !strings.HasPrefix(text, c1.want) || exact && text != c1.want {
			t.Errorf("%s: %d %q", c1.path, status, text)
		}
	}
	for _, path := range []string{"/iclock/getrequest?SN=ABC9", "/iclock/getrequest?SN=ABC2", "/secret-on/iclock/getrequest?SN=ABC2", "/iclock/getrequest", "/"} {
		if status, _ := c.ask(t, path, "", ""); status != http.StatusForbidden {
			t.Errorf("%s: %d", path, status)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	got := map[event.Type]int{}
	for i := range c.events {
		got[c.events[i].Type]++
	}
	// Handshakes, poll, state and registration; three attendances and one passage.
	if len(c.dead) != 0 || got[event.TypeDeviceStatus] != 5 || got[event.TypeGateAccess] != 4 {
		t.Fatal(c.dead, got, c.topics)
	}
	last := c.events[len(c.events)-1]
	if c.topics[len(c.topics)-1] != "zkteco/ABC2/ATTLOG/out" || last.Device != "zkteco-abc2" || last.Gate.Direction != event.Out {
		t.Errorf("%s", last.AppendJSON(nil))
	}
}

// TestSentAgain sends a row in two batches: it stays one event.
func TestSentAgain(t *testing.T) {
	t.Parallel()
	c := connect(t, "ABC1 -\n")
	row := "7\t2026-11-24 07:31:05\t0\t15\t0\t0\n"
	for _, body := range []string{row, "6\t2026-11-24 07:30:05\t0\t15\t0\t0\n" + row} {
		if status, _ := c.ask(t, "/iclock/cdata?SN=ABC1&table=ATTLOG", "", body); status != http.StatusOK {
			t.Error(status)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.events) != 3 || c.events[0].ID != c.events[2].ID || c.events[0].ID == c.events[1].ID ||
		!c.events[0].ObservedAt.Equal(c.events[2].ObservedAt) {
		t.Error("another batch makes another event of a row")
	}
}
