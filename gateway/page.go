package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// page serves what an administrator, a monitoring system or `campusgate replay` on the
// same machine asks of a gateway. It has no log-in and therefore listens on loopback only.
type page struct {
	gateway *Gateway
	log     zerolog.Logger
	server  *http.Server
	served  sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener
}

func newPage(g *Gateway, log zerolog.Logger) *page {
	p := &page{gateway: g, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", p.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(g.deps.Registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /api/v1/status", func(w http.ResponseWriter, _ *http.Request) { p.json(w, http.StatusOK, g.Status()) })
	mux.HandleFunc("GET /api/v1/devices", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, http.StatusOK, map[string]any{"items": g.ingest.Devices()})
	})
	mux.HandleFunc("GET /api/v1/dead-letters", p.deadLetters)
	mux.HandleFunc("GET /api/v1/dead-letters/{id}", p.deadLetter)
	mux.HandleFunc("POST /api/v1/dead-letters/replay", p.replay)
	p.server = &http.Server{
		Handler: guard(mux), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	return p
}

// guard keeps web pages of other origins, opened in a browser on this machine, away.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) || r.Header.Get("Origin") != "" {
			http.Error(w, "this page is for programs on this machine", http.StatusForbidden)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		next.ServeHTTP(w, r)
	})
}

// Start listens.
func (p *page) Start(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", p.gateway.cfg.HTTP)
	if err != nil {
		return fmt.Errorf("listen http %s: %w", p.gateway.cfg.HTTP, err)
	}
	p.mu.Lock()
	p.listener = l
	p.mu.Unlock()
	p.served.Go(func() {
		if err := p.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error().Err(err).Msg("page ended")
		}
	})
	return nil
}

// Stop answers what was asked and closes.
func (p *page) Stop(ctx context.Context) error {
	err := p.server.Shutdown(ctx)
	if err != nil {
		// Whoever still waits for an answer must not outlive the journal.
		err = errors.Join(err, p.server.Close())
	}
	p.served.Wait()
	return err
}

// Health of the page itself: it answers or it is not asked.
func (p *page) Health() event.Health { return event.Health{State: event.OK} }

func (p *page) addr() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return ""
	}
	return p.listener.Addr().String()
}

func (p *page) readyz(w http.ResponseWriter, _ *http.Request) {
	all := p.gateway.running.Health()
	sum := p.gateway.Health()
	status := http.StatusOK
	if !ready(sum) {
		status = http.StatusServiceUnavailable
	}
	p.json(w, status, map[string]any{"state": sum.State, "reason": sum.Reason, "components": all})
}

func (p *page) deadLetters(w http.ResponseWriter, r *http.Request) {
	var q LettersQuery
	var err error
	if s := r.URL.Query().Get("after"); s != "" {
		if q.After, err = strconv.ParseUint(s, 10, 64); err != nil {
			http.Error(w, "after: want the id of a dead letter", http.StatusBadRequest)
			return
		}
	}
	if s := r.URL.Query().Get("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > maxLettersListed {
			http.Error(w, "limit: want 1 to 500", http.StatusBadRequest)
			return
		}
	}
	letters, err := p.gateway.DeadLetters(q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	p.json(w, http.StatusOK, letters)
}

func (p *page) deadLetter(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		http.Error(w, "want the id of a dead letter", http.StatusBadRequest)
		return
	}
	letter, err := p.gateway.DeadLetter(id)
	switch {
	case errors.Is(err, journal.ErrNotFound):
		http.Error(w, err.Error(), http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	default:
		p.json(w, http.StatusOK, letter)
	}
}

func (p *page) replay(w http.ResponseWriter, r *http.Request) {
	var q ReplayQuery
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, `want {"ids":[1,2]} or {"all":true}: `+err.Error(), http.StatusBadRequest)
		return
	}
	result, err := p.gateway.Replay(r.Context(), q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	p.json(w, http.StatusOK, result)
}

func (p *page) json(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.log.Debug().Err(err).Msg("answer not delivered")
	}
}
