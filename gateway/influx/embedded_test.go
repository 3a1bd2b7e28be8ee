package influx_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
)

// startEmbedded runs a server in dir until the test ends.
func startEmbedded(tb testing.TB, dir string, change func(*influx.EmbeddedConfig)) *influx.Embedded {
	tb.Helper()
	c := influx.DefaultEmbeddedConfig()
	c.DataDir, c.Addr = dir, "127.0.0.1:0"
	if change != nil {
		change(&c)
	}
	e, err := influx.NewEmbedded(c, zerolog.New(zerolog.NewTestWriter(tb)))
	if err != nil {
		tb.Fatal(err)
	}
	if err := e.Start(context.Background()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { stop(tb, e) })
	return e
}

type stopper interface{ Stop(context.Context) error }

func stop(tb testing.TB, s stopper) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		tb.Errorf("stop: %v", err)
	}
}

func fetch(tb testing.TB, method, url, body string, header map[string]string) (status int, answer string) {
	tb.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		tb.Fatal(err)
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
			continue
		}
		req.Header.Set(k, v)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestEmbeddedKeepsWhatItAnswered(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := startEmbedded(t, dir, nil)
	if h := e.Health(); h.State != event.OK {
		t.Errorf("health %+v", h)
	}
	if status, body := fetch(t, "POST", e.URL()+"/query?q=CREATE+DATABASE+x", "", nil); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if status, body := fetch(t, "POST", e.URL()+"/api/v2/write?bucket=x&precision=ns", "m,a=b v=1 5", nil); status != 204 {
		t.Fatalf("%d %s", status, body)
	}
	stop(t, e)
	if h := e.Health(); h.State != event.Stopped {
		t.Errorf("health %+v", h)
	}

	again := startEmbedded(t, dir, nil)
	status, body := fetch(t, "GET", again.URL()+"/query?db=x&epoch=ns&q=SELECT+v+FROM+m", "", nil)
	if want := `"values":[[5,1]]`; status != 200 || !strings.Contains(body, want) {
		t.Fatalf("%d %s, want %s", status, body, want)
	}
}

func TestEmbeddedIsForThisMachineOnly(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:8086", ":8086", "192.168.1.5:8086", "[::]:8086", "example.org:8086", "127.0.0.1"} {
		c := influx.DefaultEmbeddedConfig()
		c.Addr = addr
		var fault *event.Fault
		if _, err := influx.NewEmbedded(c, zerolog.Nop()); !errors.As(err, &fault) || fault.Key != "addr" {
			t.Errorf("%s: %v", addr, err)
		}
	}
	e := startEmbedded(t, t.TempDir(), nil)
	for name, c := range map[string]struct {
		path   string
		header map[string]string
		want   int
	}{
		"a page of another origin": {"/query?q=SHOW+DATABASES", map[string]string{"Origin": "https://example.org"}, 403},
		"a rebound name":           {"/query?q=SHOW+DATABASES", map[string]string{"Host": "example.org:8086"}, 403},
		"profiles":                 {"/debug/pprof/heap", nil, 404},
		"requests":                 {"/debug/requests", nil, 404},
		"variables":                {"/debug/vars", nil, 404},
		"a program":                {"/ping", nil, 204},
		"localhost":                {"/ping", map[string]string{"Host": "localhost"}, 204},
	} {
		if status, body := fetch(t, "GET", e.URL()+c.path, "", c.header); status != c.want {
			t.Errorf("%s: %d %s, want %d", name, status, body, c.want)
		}
	}
}

func TestEmbeddedAsksForThePassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := startEmbedded(t, filepath.Join(dir, "influx"), func(c *influx.EmbeddedConfig) { c.Username, c.PasswordFile = "gate", file })
	for header, want := range map[string]int{"": 401, "Token gate:wrong": 401, "Token gate:s3cret": 200} {
		if status, body := fetch(t, "GET", e.URL()+"/query?q=SHOW+DATABASES", "", map[string]string{"Authorization": header}); status != want {
			t.Errorf("%q: %d %s, want %d", header, status, body, want)
		}
	}
}

func TestEmbeddedFolderIsForOneProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := startEmbedded(t, dir, nil)
	c := influx.DefaultEmbeddedConfig()
	c.DataDir, c.Addr = dir, "127.0.0.1:0"
	second, err := influx.NewEmbedded(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(context.Background()); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("second start: %v", err)
	}
	stop(t, second) // safe although it did not start
	stop(t, e)
	stop(t, e) // and twice
	if err := second.Start(context.Background()); err != nil {
		t.Errorf("start after the first stopped: %v", err)
	}
	stop(t, second)
}
