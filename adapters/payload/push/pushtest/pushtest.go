// Package pushtest holds what the tests of all listeners for pushes need: a device that
// talks to one, and what the adapter made of it.
package pushtest

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
	"github.com/campusgate/campusgate/adapters/payload/push"
	"github.com/campusgate/campusgate/gateway/event"
)

// Terminal talks to a listener whose messages are decoded by the adapter.
type Terminal struct {
	decoder payload.Decoder
	client  *http.Client
	// Base is the listener's address, without a path: http://host:port.
	Base string

	// Mu guards what was delivered.
	Mu     sync.Mutex
	Events []event.Event
	Topics []string
	Dead   []error
}

func (c *Terminal) deliver(_ context.Context, messages ...payload.Message) error {
	c.Mu.Lock()
	defer c.Mu.Unlock()
	for _, m := range messages {
		events, err := c.decoder.Decode(nil, m, event.Clock{})
		if err != nil {
			c.Dead = append(c.Dead, err)
		}
		c.Events = append(c.Events, events...)
		c.Topics = append(c.Topics, m.Topic)
	}
	return nil
}

// Listener is what Connect starts.
type Listener interface {
	payload.Listener
	Addr() string
}

// Connect starts a listener on a port of its own, for the length of the test.
func Connect[L Listener](t *testing.T, d payload.Decoder, cfg push.Config, build func(push.Config, payload.ListenerDeps) (L, error), credentials string) *Terminal {
	t.Helper()
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte(credentials), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &Terminal{decoder: d, client: &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}}
	cfg.Listen, cfg.CredentialsFile = "127.0.0.1:0", file
	l, err := build(cfg, payload.ListenerDeps{Deliver: c.deliver, Now: time.Now})
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
	c.Base = "http://" + l.Addr()
	return c
}

// Ask sends a request, a GET when there is no body.
func (c *Terminal) Ask(t *testing.T, path, contentType, body string) (status int, answer string) {
	t.Helper()
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(t.Context(), method, c.Base+path, strings.NewReader(body))
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
