package influx_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/journal"
)

// faulty is an InfluxDB 1.8 that answers writes as a test says. answer returns 0 to store
// the lines and say 204, and less than 0 when it has answered itself.
type faulty struct {
	*httptest.Server
	answer func(w http.ResponseWriter, r *http.Request, body string) int

	mu       sync.Mutex
	lines    map[string]int
	requests int
	queries  []string
}

func newFaulty(tb testing.TB, answer func(w http.ResponseWriter, r *http.Request, body string) int) *faulty {
	f := &faulty{answer: answer, lines: map[string]int{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	tb.Cleanup(f.Close)
	return f
}

func (f *faulty) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Influxdb-Version", "1.8.10")
	switch r.URL.Path {
	case "/ping":
		w.WriteHeader(http.StatusNoContent)
	case "/query":
		f.mu.Lock()
		f.queries = append(f.queries, r.FormValue("q"))
		f.mu.Unlock()
		_, _ = io.WriteString(w, `{"results":[{"statement_id":0}]}`+"\n")
	case "/api/v2/write":
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.requests++
		f.mu.Unlock()
		if status := f.answer(w, r, string(b)); status != 0 {
			if status > 0 {
				w.WriteHeader(status)
			}
			return
		}
		f.store(string(b))
		w.WriteHeader(http.StatusNoContent)
	}
}

func (f *faulty) store(body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for line := range strings.Lines(body) {
		f.lines[line]++
	}
}

func (f *faulty) stored() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.lines)
}

func (f *faulty) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests
}

// logBuffer is a log that a test can read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), s)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func startAt(tb testing.TB, url string, change func(*influx.WriterConfig)) (*influx.Writer, *memory, *logBuffer) {
	tb.Helper()
	c := influx.DefaultWriterConfig()
	c.URL = url
	c.RetryMin, c.RetryMax = 10*time.Millisecond, 40*time.Millisecond
	if change != nil {
		change(&c)
	}
	src, log := newMemory(), &logBuffer{}
	w, err := influx.NewWriter(c, influx.WriterDeps{Sources: []influx.Source{src}, Log: zerolog.New(log)})
	if err != nil {
		tb.Fatal(err)
	}
	if err := w.Start(context.Background()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { stop(tb, w) })
	return w, src, log
}

func cut(w http.ResponseWriter, say string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, say)
	_ = conn.Close()
}

// TestNothingIsLostOrRefused lets the server fail in one way a few times, then work.
func TestNothingIsLostOrRefused(t *testing.T) {
	t.Parallel()
	const n = 3000
	for name, c := range map[string]struct {
		fail func(w http.ResponseWriter, r *http.Request) int
		more func(*influx.WriterConfig)
		// least is how long it must take, because the server said so or hung.
		least time.Duration
	}{
		"500":                  {fail: func(http.ResponseWriter, *http.Request) int { return 500 }},
		"502 of a proxy":       {fail: func(http.ResponseWriter, *http.Request) int { return 502 }},
		"503":                  {fail: func(http.ResponseWriter, *http.Request) int { return 503 }},
		"301":                  {fail: func(w http.ResponseWriter, _ *http.Request) int { w.Header().Set("Location", "/"); return 301 }},
		"401":                  {fail: func(http.ResponseWriter, *http.Request) int { return 401 }},
		"403":                  {fail: func(http.ResponseWriter, *http.Request) int { return 403 }},
		"404":                  {fail: func(http.ResponseWriter, *http.Request) int { return 404 }},
		"429 with Retry-After": {fail: func(w http.ResponseWriter, _ *http.Request) int { w.Header().Set("Retry-After", "1"); return 429 }, least: time.Second},
		"503 with a date": {fail: func(w http.ResponseWriter, _ *http.Request) int {
			w.Header().Set("Retry-After", time.Now().Add(2*time.Second).UTC().Format(http.TimeFormat))
			return 503
		}, least: time.Second},
		"policy not found": {fail: func(w http.ResponseWriter, _ *http.Request) int {
			w.Header().Set("X-Influxdb-Error", "retention policy not found: x")
			return 500
		}},
		"cut before the answer": {fail: func(w http.ResponseWriter, _ *http.Request) int { cut(w, ""); return -1 }},
		"cut in the answer":     {fail: func(w http.ResponseWriter, _ *http.Request) int { cut(w, "HTTP/1.1 204 No"); return -1 }},
		"no HTTP at all":        {fail: func(w http.ResponseWriter, _ *http.Request) int { cut(w, "SSH-2.0-x\r\n"); return -1 }},
		"hangs": {
			fail: func(_ http.ResponseWriter, r *http.Request) int { <-r.Context().Done(); return 500 },
			more: func(c *influx.WriterConfig) { c.RequestTimeout = time.Second }, least: time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			left := 4
			f := newFaulty(t, func(w http.ResponseWriter, r *http.Request, body string) int {
				mu.Lock()
				left--
				failing := left >= 0
				mu.Unlock()
				if failing {
					return c.fail(w, r)
				}
				return 0
			})
			begin := time.Now()
			w, src, log := startAt(t, f.URL, c.more)
			src.events(readings(n, morning)...)
			src.waitCommitted(t, n)
			if dead := src.letters(); len(dead) != 0 {
				t.Errorf("%d dead letters: %s", len(dead), dead[0].Reason)
			}
			if got := f.stored(); got != n {
				t.Errorf("%d of %d lines stored", got, n)
			}
			if took := time.Since(begin); took < c.least {
				t.Errorf("took %v, the server asked for %v", took, c.least)
			}
			if h := w.Health(); h.State != event.OK {
				t.Errorf("health %+v", h)
			}
			if got := log.count("InfluxDB lost"); got > 1 {
				t.Errorf("lost %d times:\n%s", got, log)
			}
		})
	}
}

func TestTooLargeIsHalvedAndRemembered(t *testing.T) {
	t.Parallel()
	const most = 20_000
	var mu sync.Mutex
	refused := 0
	f := newFaulty(t, func(_ http.ResponseWriter, _ *http.Request, body string) int {
		if len(body) > most {
			mu.Lock()
			refused++
			mu.Unlock()
			return 413
		}
		return 0
	})
	_, src, _ := startAt(t, f.URL, func(c *influx.WriterConfig) { c.Workers = 2 })
	src.events(readings(2000, morning)...)
	src.waitCommitted(t, 2000)
	mu.Lock()
	first := refused
	mu.Unlock()
	src.events(readings(2000, morning.Add(time.Minute))...)
	src.waitCommitted(t, 4000)
	mu.Lock()
	defer mu.Unlock()
	if f.stored() != 4000 || len(src.letters()) != 0 {
		t.Errorf("%d stored, %d dead", f.stored(), len(src.letters()))
	}
	if first == 0 || refused != first {
		t.Errorf("refused %d times at first and %d afterwards", first, refused-first)
	}
}

func TestOneLineTooLargeIsDead(t *testing.T) {
	t.Parallel()
	f := newFaulty(t, func(_ http.ResponseWriter, _ *http.Request, body string) int {
		if strings.Contains(body, "huge") {
			return 413
		}
		return 0
	})
	_, src, _ := startAt(t, f.URL, nil)
	all := readings(50, morning)
	all[20].Reading.Unit = "huge"
	src.events(all...)
	src.waitCommitted(t, 50)
	if dead := src.letters(); len(dead) != 1 || !strings.HasPrefix(dead[0].Reason, "413") {
		t.Errorf("dead letters %+v", dead)
	}
	if f.stored() != 49 {
		t.Errorf("%d stored", f.stored())
	}
	// It leaves no small limit behind for the others.
	before := f.asked()
	src.events(readings(1000, morning.Add(time.Minute))...)
	src.waitCommitted(t, 1050)
	if n := f.asked() - before; n != 1 {
		t.Errorf("%d requests for one batch afterwards", n)
	}
}

// TestBadLinesAreFound scatters lines that the server refuses, in each way it may refuse.
func TestBadLinesAreFound(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(f *faulty, w http.ResponseWriter, body string) int{
		"1.8 refuses all": func(_ *faulty, w http.ResponseWriter, _ string) int {
			w.Header().Set("X-Influxdb-Error", "unable to parse 'kitchen_reading,': missing tag key")
			return 400
		},
		"1.8 stores the rest": func(f *faulty, w http.ResponseWriter, body string) int {
			dropped := 0
			for line := range strings.Lines(body) {
				if strings.Contains(line, "poison") {
					dropped++
				} else {
					f.store(line)
				}
			}
			w.Header().Set("X-Influxdb-Error", fmt.Sprintf("partial write: field type conflict dropped=%d", dropped))
			return 400
		},
		"2.x": func(_ *faulty, w http.ResponseWriter, _ string) int {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"code":"unprocessable entity","message":"failure writing points to database: partial write: field type conflict"}`)
			return -1
		},
		"answer cut short": func(_ *faulty, w http.ResponseWriter, _ string) int {
			cut(w, "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nX-Influxdb-Error: unable to parse\r\nContent-Length: 900\r\n\r\n{\"err")
			return -1
		},
		"500 for it alone": func(*faulty, http.ResponseWriter, string) int { return 500 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f *faulty
			f = newFaulty(t, func(w http.ResponseWriter, _ *http.Request, body string) int {
				if !strings.Contains(body, "poison") {
					return 0
				}
				return refuse(f, w, body)
			})
			w, src, _ := startAt(t, f.URL, func(c *influx.WriterConfig) {
				c.BatchLines = 64
				c.RetryMin, c.RetryMax = 10*time.Millisecond, 10*time.Millisecond
			})
			all := readings(640, morning)
			bad := map[string]bool{}
			for _, i := range []int{0, 1, 63, 64, 300, 639} {
				all[i].Reading.Unit = "poison"
				bad[all[i].Subject()+all[i].ID] = true
			}
			src.events(all...)
			src.waitCommitted(t, len(all))
			dead := src.letters()
			if len(dead) != len(bad) {
				t.Fatalf("%d dead letters, want %d", len(dead), len(bad))
			}
			for _, d := range dead {
				if !strings.Contains(string(d.Payload), "poison") || d.Source != "influx" || d.Reason == "" {
					t.Errorf("dead letter %+v", d)
				}
			}
			if got := f.stored(); got != len(all)-len(bad) {
				t.Errorf("%d stored, want %d", got, len(all)-len(bad))
			}
			eventually(t, "health", func() bool { return w.Health().State == event.OK })
		})
	}
}

// TestProxyThatRefusesAllMakesNoDeadLetters answers 400 to everything, as a wrongly
// configured proxy does.
func TestProxyThatRefusesAllMakesNoDeadLetters(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	cured := false
	f := newFaulty(t, func(w http.ResponseWriter, _ *http.Request, _ string) int {
		mu.Lock()
		defer mu.Unlock()
		if cured {
			return 0
		}
		w.Header().Set("X-Influxdb-Error", "bad gateway configuration")
		return 400
	})
	w, src, log := startAt(t, f.URL, nil)
	src.events(readings(500, morning)...)
	eventually(t, "failed health", func() bool { return w.Health().State == event.Failed })
	mu.Lock()
	cured = true
	mu.Unlock()
	src.waitCommitted(t, 500)
	if f.stored() != 500 || len(src.letters()) != 0 {
		t.Errorf("%d stored, %d dead\n%s", f.stored(), len(src.letters()), log)
	}
}

func TestRefusedAccountIsToldOnce(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	allowed := false
	f := newFaulty(t, func(w http.ResponseWriter, _ *http.Request, _ string) int {
		mu.Lock()
		defer mu.Unlock()
		if allowed {
			return 0
		}
		w.Header().Set("X-Influxdb-Error", "token expired")
		return 401
	})
	w, src, log := startAt(t, f.URL, nil)
	src.events(readings(10, morning)...)
	eventually(t, "ten refusals", func() bool { return f.asked() >= 10 })
	if h := w.Health(); h.State != event.Failed || !strings.Contains(h.Reason, "token expired") {
		t.Errorf("health %+v", h)
	}
	mu.Lock()
	allowed = true
	mu.Unlock()
	src.waitCommitted(t, 10)
	eventually(t, "the second line", func() bool { return log.count("restored after") == 1 })
	if log.count("InfluxDB lost") != 1 || log.count("10 events replayed") != 1 {
		t.Errorf("log:\n%s", log)
	}
}

// TestChaos mixes every failure at random; in the end each line is stored.
func TestChaos(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(7, 11))
	draw := func() int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(12)
	}
	f := newFaulty(t, func(w http.ResponseWriter, _ *http.Request, body string) int {
		switch draw() {
		case 0:
			return 500
		case 1:
			return 503
		case 2:
			return 429
		case 3:
			panic(http.ErrAbortHandler)
		case 4:
			return 404
		case 5:
			return 401
		case 6:
			if len(body) > 2000 {
				return 413
			}
		}
		return 0
	})
	f.Config.ErrorLog = nil
	_, src, _ := startAt(t, f.URL, func(c *influx.WriterConfig) {
		c.BatchLines, c.RetryMin, c.RetryMax = 200, 10*time.Millisecond, 10*time.Millisecond
	})
	const n = 8000
	all := readings(n, morning)
	for i := range all {
		lane := journal.Live
		if i%2 == 0 {
			lane = journal.Backlog
		}
		src.offer(lane, journal.Record{Event: &all[i]})
	}
	src.waitCommitted(t, n)
	if f.stored() != n || len(src.letters()) != 0 {
		t.Errorf("%d stored, %d dead", f.stored(), len(src.letters()))
	}
}
