package live

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"github.com/campusgate/campusgate/gateway/event"
)

// Viewer is who sits behind a websocket.
type Viewer struct {
	User  string
	Role  string
	Scope Scope
	// Session names the login session, so that a logout ends its websockets.
	Session string
	// Expires is when the session ends; zero = never.
	Expires time.Time
	// Channels are those that may be followed; nil = every one.
	Channels []string
}

// Serve upgrades a request of an authenticated viewer and serves it until it ends.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, v Viewer) {
	cl := &client{
		hub: h, viewer: v, subs: map[*Channel]*sub{},
		wake: make(chan struct{}, 1), gone: make(chan struct{}),
	}
	if v.Scope == nil {
		http.Error(w, "no scope", http.StatusForbidden)
		return
	}
	// The place is taken before the upgrade, so that MaxClients holds under a rush.
	h.mu.Lock()
	if h.state != event.OK || h.places >= h.cfg.MaxClients {
		h.mu.Unlock()
		http.Error(w, "too many clients, or not running", http.StatusServiceUnavailable)
		return
	}
	h.places++
	h.wg.Add(1)
	h.mu.Unlock()
	defer h.wg.Done()
	defer func() {
		h.mu.Lock()
		h.places--
		h.mu.Unlock()
	}()
	conn, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	cl.conn = conn
	defer conn.Close()
	h.mu.Lock()
	h.clients[cl] = struct{}{}
	stopped := h.state != event.OK
	h.mu.Unlock()
	if stopped {
		cl.close(CloseRestart, "server restart")
	}
	if f, err := encode(hello{
		T: "hello", Epoch: h.epochNow(), Now: time.Now().UnixMilli(), HB: h.cfg.Heartbeat.Milliseconds(),
		Build: h.build, Role: v.Role, Scope: v.Scope.Sites(),
	}); err == nil {
		cl.say(f)
	}
	h.wg.Add(1)
	go func() {
		defer h.wg.Done()
		cl.write()
	}()
	cl.read()
	close(cl.gone)
	for _, c := range h.order {
		c.detach(cl)
	}
	h.mu.Lock()
	delete(h.clients, cl)
	h.mu.Unlock()
	cl.mu.Lock()
	code := cl.code
	cl.mu.Unlock()
	h.metrics.ended(code)
}

// read takes what the browser says until the connection ends.
func (cl *client) read() {
	cl.conn.SetReadLimit(maxInbound)
	extend := func() {
		cl.mu.Lock()
		defer cl.mu.Unlock()
		if cl.code == 0 { // else sayClose has set the last deadline
			_ = cl.conn.SetReadDeadline(time.Now().Add(readTimeout))
		}
	}
	extend()
	cl.conn.SetPongHandler(func(string) error { extend(); return nil })
	tokens, last := float64(inboundBurst), time.Now()
	for {
		kind, data, err := cl.conn.ReadMessage()
		if err != nil {
			return
		}
		extend()
		now := time.Now()
		tokens = min(inboundBurst, tokens+inboundRate*now.Sub(last).Seconds()) - 1
		last = now
		if tokens < 0 {
			cl.close(websocket.ClosePolicyViolation, "too many messages")
			continue
		}
		var in inbound
		if kind != websocket.TextMessage || json.Unmarshal(data, &in) != nil {
			cl.refuse("", "invalid", "want one JSON object in a text frame")
			continue
		}
		cl.handle(&in)
	}
}

func (cl *client) handle(in *inbound) {
	switch in.T {
	case "ping":
		cl.heartbeat()
	case "sub", "unsub":
		c := cl.hub.channels[in.Ch]
		if c == nil {
			cl.refuse(in.Ch, "unknown_channel", "there is no such channel")
			return
		}
		if in.T == "unsub" {
			c.detach(cl)
			return
		}
		if may := cl.viewer.Channels; may != nil && !slices.Contains(may, in.Ch) {
			cl.refuse(in.Ch, "forbidden", "this channel is not for you")
			return
		}
		c.attach(cl, in.Since)
	default:
		cl.refuse(in.Ch, "invalid", `want t to be "sub", "unsub" or "ping"`)
	}
}

func (cl *client) refuse(ch, code, detail string) {
	if len(ch) > 64 {
		ch = ch[:64]
	}
	if f, err := encode(refusal{"err", ch, code, detail}); err == nil {
		cl.say(f)
	}
}
