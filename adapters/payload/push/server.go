package push

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// maxHeader bounds the header of a request.
const maxHeader = 16 << 10

// Protocol is what a family adds to the server.
type Protocol struct {
	// Name is the family's: the adapter, and a part of metrics' names.
	Name string
	// Who finds the device of a request; when it does not, it is refused.
	Who func(c *Credentials, r *http.Request) (Credential, bool)
	// Refuse answers a device that is not known.
	Refuse func(c *Credentials, w http.ResponseWriter)
	// Read makes the topic and payload of a request; keep is false for what is only to be
	// answered. Answer is the text for a request that is durable or not to be kept.
	Read func(r *http.Request, who Credential, body []byte) (topic string, content []byte, keep bool, answer string)
	// Split divides a payload into messages of their own, so that one that cannot be read
	// takes no other with it; nil: it is one.
	Split func(topic string, content []byte) [][]byte
}

// Server takes pushes in.
type Server struct {
	cfg      Config
	deps     payload.ListenerDeps
	protocol Protocol
	who      *Credentials
	bodies   chan struct{}

	requests *prometheus.CounterVec
	open     prometheus.Gauge
	refused  prometheus.Counter

	mu     sync.Mutex
	health event.Health
	server *http.Server
	addr   string
	done   chan struct{}
}

// NewServer checks the configuration, reads the credentials and opens nothing.
func NewServer(cfg Config, deps payload.ListenerDeps, protocol Protocol) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	who, err := ReadCredentials(cfg.CredentialsFile, protocol.Name, deps.Now)
	if err != nil {
		return nil, err
	}
	prefix := "campusgate_" + protocol.Name + "_"
	s := &Server{
		cfg: cfg, deps: deps, protocol: protocol, who: who, bodies: make(chan struct{}, cfg.MaxBodies),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "requests_total",
			Help: "Requests of devices by result: taken, answered, unauthorized, too_large, broken, failed.",
		}, []string{"result"}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + "connections", Help: "Open connections of devices."}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: prefix + "connections_refused_total", Help: "Connections closed at once because max_connections were open.",
		}),
		health: event.Health{State: event.Starting},
	}
	if deps.Metrics != nil {
		for _, c := range []prometheus.Collector{s.requests, s.open, s.refused} {
			if err := deps.Metrics.Register(c); err != nil {
				return nil, fmt.Errorf("metrics: %w", err)
			}
		}
	}
	return s, nil
}

// Start binds and serves until Stop.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil || s.health.State == event.Stopped {
		return errors.New("started before")
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		s.health = event.Health{State: event.Failed, Reason: err.Error()}
		return fmt.Errorf("listen: %w", err)
	}
	s.server = &http.Server{
		Handler: s, ReadHeaderTimeout: s.cfg.HeaderTimeout, ReadTimeout: s.cfg.BodyTimeout,
		WriteTimeout: 2 * s.cfg.BodyTimeout, IdleTimeout: s.cfg.IdleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog: log.New(s.deps.Log, "", 0),
	}
	s.addr, s.done = l.Addr().String(), make(chan struct{})
	s.health = event.Health{State: event.OK}
	go s.serve(s.server, &bounded{Listener: l, server: s, room: make(chan struct{}, s.cfg.MaxConnections)}, s.done)
	return nil
}

func (s *Server) serve(server *http.Server, l net.Listener, done chan struct{}) {
	defer close(done)
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		s.deps.Log.Error().Err(err).Str("adapter", s.protocol.Name).Msg("listener stopped")
		s.mu.Lock()
		s.health = event.Health{State: event.Failed, Reason: err.Error()}
		s.mu.Unlock()
	}
}

// Addr is where it listens, empty before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Stop lets requests under way end until ctx is done, then closes every connection.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	server, done := s.server, s.done
	s.health = event.Health{State: event.Stopped}
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	err := server.Shutdown(ctx)
	if err != nil {
		err = server.Close()
	}
	<-done
	return err
}

// Health says whether it serves, and whether what it took could be made durable.
func (s *Server) Health() event.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.health
}

// delivered keeps in health how the last delivery went.
func (s *Server) delivered(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.health.State != event.OK && s.health.State != event.Degraded:
	case err != nil:
		s.health = event.Health{State: event.Degraded, Reason: "deliver: " + err.Error()}
	default:
		s.health = event.Health{State: event.OK}
	}
}

// ServeHTTP takes one push.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	result := s.take(w, r)
	s.requests.WithLabelValues(result).Inc()
}

func (s *Server) take(w http.ResponseWriter, r *http.Request) (result string) {
	who, ok := s.protocol.Who(s.who, r)
	if !ok {
		s.protocol.Refuse(s.who, w)
		return "unauthorized"
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.BodyTimeout)
	defer cancel()
	select {
	case s.bodies <- struct{}{}:
		defer func() { <-s.bodies }()
	case <-ctx.Done():
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return "failed"
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.cfg.MaxBodyBytes))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return "too_large"
		}
		http.Error(w, "broken body", http.StatusBadRequest)
		return "broken"
	}
	topic, content, keep, answer := s.protocol.Read(r, who, body)
	result = "answered"
	if keep {
		err := s.deliver(ctx, who.Address, topic, content)
		s.delivered(err)
		if err != nil {
			s.deps.Log.Warn().Err(err).Str("adapter", s.protocol.Name).Str("address", who.Address).Msg("push not taken")
			http.Error(w, "try again", http.StatusServiceUnavailable)
			return "failed"
		}
		result = "taken"
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, answer) // the device is gone if it fails, and sends again
	return result
}

func (s *Server) deliver(ctx context.Context, address, topic string, content []byte) error {
	var site event.SiteID
	var device event.DeviceID
	known := false
	if s.deps.Resolve != nil {
		site, device, known = s.deps.Resolve(address)
	}
	if !known {
		site, device = payload.Unassigned(s.protocol.Name, address)
	}
	parts := [][]byte{content}
	if s.protocol.Split != nil {
		parts = s.protocol.Split(topic, content)
	}
	now := s.deps.Now()
	messages := make([]payload.Message, len(parts))
	for i, part := range parts {
		messages[i] = payload.Message{Topic: topic, Payload: part, Received: now, Site: site, Device: device}
	}
	return s.deps.Deliver(ctx, messages...)
}

// bounded closes connections beyond the room there is.
type bounded struct {
	net.Listener
	server *Server
	room   chan struct{}
}

func (b *bounded) Accept() (net.Conn, error) {
	for {
		conn, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case b.room <- struct{}{}:
			b.server.open.Inc()
			return &counted{Conn: conn, leave: sync.OnceFunc(func() { <-b.room; b.server.open.Dec() })}, nil
		default:
			b.server.refused.Inc()
			_ = conn.Close()
		}
	}
}

type counted struct {
	net.Conn
	leave func()
}

func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
