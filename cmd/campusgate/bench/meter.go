package bench

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// meter stands before InfluxDB: it counts lines that InfluxDB took, notes how old they
// were when it answered, and can pretend that InfluxDB is out of reach.
type meter struct {
	server *http.Server
	addr   string
	lines  atomic.Int64
	shut   atomic.Bool

	mu      sync.Mutex
	keep    bool
	since   int64 // of messages sent from then on, Unix nanoseconds
	latency []time.Duration
}

func newMeter(ctx context.Context, influxURL string) (*meter, error) {
	target, err := url.Parse(influxURL)
	if err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &meter{addr: "http://" + l.Addr().String()}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	m.server = &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.pass(proxy, w, r)
	})}
	go func() { _ = m.server.Serve(l) }()
	return m, nil
}

func (m *meter) pass(proxy http.Handler, w http.ResponseWriter, r *http.Request) {
	if m.shut.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/api/v2/write" {
		proxy.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	status := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	proxy.ServeHTTP(status, r)
	if status.status/100 == 2 {
		m.count(body)
	}
}

// count notes the gate passages of a request that InfluxDB has taken.
func (m *meter) count(body []byte) {
	now := time.Now().UnixNano()
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.keep { // as cheap as can be: the meter must not be what is measured
		n := bytes.Count(body, []byte("\ngate_access,"))
		if bytes.HasPrefix(body, []byte("gate_access,")) {
			n++
		}
		m.lines.Add(int64(n))
		return
	}
	for line := range bytes.Lines(body) {
		if !bytes.HasPrefix(line, []byte("gate_access,")) {
			continue
		}
		m.lines.Add(1)
		line = bytes.TrimRight(line, "\n")
		if ts, err := strconv.ParseInt(string(line[bytes.LastIndexByte(line, ' ')+1:]), 10, 64); err == nil && ts >= m.since {
			m.latency = append(m.latency, time.Duration(now-ts))
		}
	}
}

// record begins to keep the latencies of messages sent from now on; take ends it and
// returns them.
func (m *meter) record() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep, m.latency, m.since = true, nil, time.Now().UnixNano()
}

func (m *meter) take() []time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := m.latency
	m.keep, m.latency = false, nil
	return kept
}

func (m *meter) close(ctx context.Context) error { return m.server.Shutdown(ctx) }

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}
