package live

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// Deps are what the hub needs from others.
type Deps struct {
	Log      zerolog.Logger
	Registry prometheus.Registerer // nil = a registry of its own
	Channels []ChannelConfig
	Build    string // the program's version, in hello
	// CheckOrigin decides over a request's Origin; nil allows the same host only.
	CheckOrigin func(*http.Request) bool
}

// Hub serves websockets. Publish through its channels.
type Hub struct {
	cfg      Config
	log      zerolog.Logger
	build    string
	upgrader websocket.Upgrader
	metrics  *metrics
	channels map[string]*Channel
	order    []*Channel
	epoch    atomic.Pointer[string]
	lag      atomic.Int64 // nanoseconds
	wake     chan struct{}
	quit     chan struct{}

	mu      sync.Mutex
	state   event.HealthState
	clients map[*client]struct{}
	places  int            // clients, and those being upgraded
	wg      sync.WaitGroup // the loop and every client's handler
}

// New checks the settings and makes a hub.
func New(cfg Config, deps Deps) (*Hub, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	h := &Hub{
		cfg: cfg, log: deps.Log, build: deps.Build,
		upgrader: websocket.Upgrader{
			Subprotocols: []string{Protocol}, CheckOrigin: deps.CheckOrigin,
			HandshakeTimeout: cfg.WriteTimeout, ReadBufferSize: 1024, WriteBufferSize: 1024,
			WriteBufferPool: &sync.Pool{},
		},
		channels: map[string]*Channel{},
		wake:     make(chan struct{}, 1),
		quit:     make(chan struct{}),
		clients:  map[*client]struct{}{},
		state:    event.Starting,
	}
	var err error
	if h.metrics, err = newMetrics(deps.Registry, h.Clients); err != nil {
		return nil, fmt.Errorf("register metrics of live hub: %w", err)
	}
	for _, c := range deps.Channels {
		if h.channels[c.Name] != nil || c.Name == "" || c.Mode < Lossless || c.Mode > Feed {
			return nil, fmt.Errorf("channel %q is described wrongly or twice", c.Name)
		}
		if c.Mode == Feed && c.Keep < 1 {
			return nil, fmt.Errorf("channel %q: keep is %d, want 1 or more", c.Name, c.Keep)
		}
		ch := &Channel{
			cfg: c, hub: h, rows: map[string]*entry{}, place: map[string]int{}, groups: map[string]*group{}, ringAt: 1,
		}
		h.channels[c.Name] = ch
		h.order = append(h.order, ch)
	}
	h.newEpoch()
	return h, nil
}

// Channel returns a channel by name, nil when there is none.
func (h *Hub) Channel(name string) *Channel { return h.channels[name] }

// Clients returns how many websockets are open.
func (h *Hub) Clients() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients)
}

// Users returns how many different people of some roles have a websocket open.
func (h *Hub) Users(roles ...string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	users := map[string]struct{}{}
	for cl := range h.clients {
		if slices.Contains(roles, cl.viewer.Role) {
			users[cl.viewer.User] = struct{}{}
		}
	}
	return len(users)
}

// SetLag tells how old the newest data is; browsers show it.
func (h *Hub) SetLag(d time.Duration) { h.lag.Store(int64(d)) }

// Start begins to send.
func (h *Hub) Start(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state != event.Starting {
		return fmt.Errorf("start live hub: it is %s", h.state)
	}
	h.state = event.OK
	h.wg.Add(1)
	go h.run()
	return nil
}

// Stop closes every websocket with CloseRestart and waits for them, at most as long as ctx
// lasts; then their connections are cut.
func (h *Hub) Stop(ctx context.Context) error {
	h.mu.Lock()
	if h.state == event.Stopped {
		h.mu.Unlock()
		h.wg.Wait()
		return nil
	}
	h.state = event.Stopped
	close(h.quit)
	h.mu.Unlock()
	h.Disconnect(func(Viewer) bool { return true }, CloseRestart, "server restart")
	done := make(chan struct{})
	go func() { h.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	h.mu.Lock()
	for cl := range h.clients {
		_ = cl.conn.Close()
	}
	h.mu.Unlock()
	<-done
	return nil
}

// Health says whether the hub runs.
func (h *Hub) Health() event.Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	return event.Health{State: h.state}
}

// NewEpoch ends every subscription, since the state was rebuilt: browsers come back and
// get whole snapshots. Reset the channels first.
func (h *Hub) NewEpoch() {
	h.newEpoch()
	h.Disconnect(func(Viewer) bool { return true }, CloseResync, "state rebuilt")
}

func (h *Hub) newEpoch() {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails
	s := hex.EncodeToString(b)
	h.epoch.Store(&s)
}

func (h *Hub) epochNow() string { return *h.epoch.Load() }

// Disconnect closes the websockets of matching viewers.
func (h *Hub) Disconnect(match func(Viewer) bool, code int, reason string) {
	h.mu.Lock()
	var out []*client
	for cl := range h.clients {
		if match(cl.viewer) {
			out = append(out, cl)
		}
	}
	h.mu.Unlock()
	for _, cl := range out {
		cl.close(code, reason)
	}
}

func (h *Hub) kick() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run flushes at once after a pause, and then at most once in each FlushInterval.
func (h *Hub) run() {
	defer h.wg.Done()
	pause := time.NewTimer(time.Hour)
	defer pause.Stop()
	catchUp := time.NewTicker(catchUpEvery)
	defer catchUp.Stop()
	beat := time.NewTicker(h.cfg.Heartbeat)
	defer beat.Stop()
	pings := time.NewTicker(pingEvery)
	defer pings.Stop()
	wake := h.wake
	for {
		select {
		case <-h.quit:
			return
		case <-wake:
			for _, c := range h.order {
				c.flush()
			}
			wake = nil
			pause.Reset(h.cfg.FlushInterval)
		case <-pause.C:
			wake = h.wake
		case <-catchUp.C:
			for _, c := range h.order {
				c.catchUp()
			}
		case now := <-beat.C:
			for _, cl := range h.list() {
				if !cl.viewer.Expires.IsZero() && now.After(cl.viewer.Expires) {
					cl.close(CloseLoggedOut, "session ended")
					continue
				}
				cl.heartbeat()
			}
		case <-pings.C:
			for _, cl := range h.list() {
				cl.mu.Lock()
				if cl.code == 0 {
					cl.queue = append(cl.queue, queued{class: ping})
				}
				cl.mu.Unlock()
				cl.signal()
			}
		}
	}
}

func (h *Hub) list() []*client {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*client, 0, len(h.clients))
	for cl := range h.clients {
		out = append(out, cl)
	}
	return out
}

func (cl *client) heartbeat() {
	hb := heartbeat{T: "hb", Now: time.Now().UnixMilli(), Seq: map[string]uint64{}, LagMS: cl.hub.lag.Load() / int64(time.Millisecond)}
	cl.mu.Lock()
	for c, s := range cl.subs {
		hb.Seq[c.cfg.Name] = s.to
	}
	// Made and queued under one lock: it names what is queued before it, nothing more.
	f, err := encode(hb)
	if err == nil && cl.code == 0 {
		cl.push([]*frame{f}, free)
	}
	cl.mu.Unlock()
	cl.signal()
}

func encode(v any) (*frame, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return newFrame(b, 0, 0)
}
