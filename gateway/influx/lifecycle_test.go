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
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/journal"
)

// TestLiveIsNotHeldUpByBacklog lets the server sit on every backlog request until live
// records have arrived.
func TestLiveIsNotHeldUpByBacklog(t *testing.T) {
	t.Parallel()
	live := make(chan struct{})
	var once sync.Once
	f := newFaulty(t, func(_ http.ResponseWriter, r *http.Request, body string) int {
		if strings.Contains(body, `unit="live"`) {
			once.Do(func() { close(live) })
			return 0
		}
		select {
		case <-live:
			return 0
		case <-r.Context().Done():
			return 500
		}
	})
	_, src, _ := startAt(t, f.URL, func(c *influx.WriterConfig) { c.Workers, c.BatchLines = 3, 100 })
	old := readings(200, morning) // two batches: all that backlog may take
	for i := range old {
		src.offer(journal.Backlog, journal.Record{Event: &old[i]})
	}
	eventually(t, "backlog requests", func() bool { return f.asked() >= 1 })
	fresh := reading(5000, morning)
	fresh.Reading.Unit = "live"
	src.events(fresh)
	src.waitCommitted(t, 201)
}

// TestPace writes a lone record at once and gathers what comes quickly.
func TestPace(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, func(http.ResponseWriter, *http.Request, string) int { return 0 })
	_, src, _ := startAt(t, f.URL, func(c *influx.WriterConfig) { c.FlushInterval = time.Second })
	src.events(reading(0, morning))
	begin := time.Now()
	src.waitCommitted(t, 1)
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("the first record took %v", took)
	}
	for i := 1; i <= 50; i++ {
		src.events(reading(i, morning))
	}
	src.waitCommitted(t, 51)
	src.mu.Lock()
	defer src.mu.Unlock()
	if len(src.chunks) != 2 || src.chunks[1] != 50 {
		t.Errorf("batches of %v, want 1 and 50", src.chunks)
	}
}

func TestStopLeavesWhatIsNotStored(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, func(http.ResponseWriter, *http.Request, string) int { return 503 })
	w, src, _ := startAt(t, f.URL, func(c *influx.WriterConfig) { c.RetryMax, c.RetryMin = time.Minute, time.Minute })
	src.events(readings(10, morning)...)
	eventually(t, "a try", func() bool { return f.asked() >= 1 })
	stop(t, w)
	stop(t, w)
	src.mu.Lock()
	defer src.mu.Unlock()
	if src.total != 0 || len(src.dead) != 0 {
		t.Errorf("%d committed, %d dead", src.total, len(src.dead))
	}
	if h := w.Health(); h.State != event.Stopped {
		t.Errorf("health %+v", h)
	}
	if err := w.Start(context.Background()); err == nil {
		t.Error("a stopped writer starts")
	}
}

func TestStopWithoutStart(t *testing.T) {
	t.Parallel()
	w, err := influx.NewWriter(influx.DefaultWriterConfig(), influx.WriterDeps{Sources: []influx.Source{newMemory()}, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	stop(t, w)
}

// TestStopGivesUpAHangingRequest when its time is over.
func TestStopGivesUpAHangingRequest(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, func(_ http.ResponseWriter, r *http.Request, _ string) int { <-r.Context().Done(); return 500 })
	w, src, _ := startAt(t, f.URL, nil)
	src.events(reading(1, morning))
	eventually(t, "a try", func() bool { return f.asked() == 1 })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := w.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if src.total != 0 {
		t.Error("committed although the server never answered")
	}
}

// TestServerComesLater starts the writer before the server, and reads the journal again
// after an error of its own.
func TestServerComesLater(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startEmbedded(t, dir, nil)
	url, addr := first.URL(), first.Addr()
	stop(t, first)
	w, src, _ := startAt(t, url, nil)
	src.failNext = errors.New("disk on fire")
	src.events(readings(100, morning)...)
	eventually(t, "failed health", func() bool { return w.Health().State == event.Failed })
	startEmbedded(t, dir, func(c *influx.EmbeddedConfig) { c.Addr = addr })
	src.waitCommitted(t, 100)
}

// TestServerIsReplaced restarts the embedded server, also with an empty folder, while
// records flow. The second log line counts what waited.
func TestServerIsReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := startEmbedded(t, filepath.Join(dir, "a"), nil)
	addr := e.Addr()
	w, src, log := startAt(t, e.URL(), func(c *influx.WriterConfig) { c.BatchLines = 100 })
	src.events(readings(1000, morning)...)
	src.waitCommitted(t, 1000)
	total := 1000
	for round, folder := range []string{"a", "b"} {
		stop(t, e)
		lost := readings(500, time.Now().Add(-time.Duration(round+1)*time.Minute))
		src.events(lost...)
		eventually(t, "failed health", func() bool { return w.Health().State == event.Failed })
		e = startEmbedded(t, filepath.Join(dir, folder), func(c *influx.EmbeddedConfig) { c.Addr = addr })
		total += len(lost)
		src.waitCommitted(t, total)
		eventually(t, "the second line", func() bool { return log.count("500 events replayed") == round+1 })
	}
	if log.count("InfluxDB lost") != 2 || len(src.letters()) != 0 {
		t.Errorf("log:\n%s", log)
	}
	c := influx.DefaultReaderConfig()
	c.URL = e.URL()
	r, err := influx.NewReader(c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := r.Count(context.Background(), "kitchen_reading", time.Time{}, time.Time{}); err != nil || n != 500 {
		t.Errorf("%d points in the new server, %v", n, err)
	}
}

// TestRightsAreMissing signs in as a user who may create nothing.
func TestRightsAreMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	e := startEmbedded(t, filepath.Join(dir, "influx"), func(c *influx.EmbeddedConfig) {
		c.Username, c.PasswordFile = "root", write("root", "r00t")
	})
	admin := func(q string) {
		t.Helper()
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, e.URL()+"/query", strings.NewReader("q="+q))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("root", "r00t")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		http.DefaultClient.CloseIdleConnections()
		if resp.StatusCode != http.StatusOK || bytes.Contains(body, []byte("error")) {
			t.Fatalf("%s: %d %s", q, resp.StatusCode, body)
		}
	}
	admin(`CREATE USER "low" WITH PASSWORD 'low'`)
	w, src, log := startAt(t, e.URL(), func(c *influx.WriterConfig) {
		c.Username, c.PasswordFile = "low", write("low", "low")
		c.Retention = map[string]time.Duration{"gate_access": 720 * time.Hour}
	})
	src.events(readings(10, morning)...)
	eventually(t, "failed health", func() bool { return w.Health().State == event.Failed })
	eventually(t, "advice", func() bool { return log.count("an administrator runs") == 1 })
	admin(`CREATE DATABASE "campusgate"`)
	admin(`GRANT ALL ON "campusgate" TO "low"`)
	src.waitCommitted(t, 10)
	if len(src.letters()) != 0 {
		t.Errorf("dead letters: %+v", src.letters())
	}
	// The retention policy is still not there and low may not make it.
	if h := w.Health(); h.State != event.Degraded || !strings.Contains(h.Reason, "may not create it") {
		t.Errorf("health %+v", h)
	}
}
