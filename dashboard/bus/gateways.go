package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/nats-io/nats.go"
)

// maxGateways bounds what a client with rights on the bus can make us remember.
const maxGateways = 4096

// errorHeader is the uplink's; its answer then is the error's text.
const errorHeader = "Campusgate-Error"

// Errors of Request.
var (
	// ErrGatewayAway means that no gateway of that name is connected to the bus.
	ErrGatewayAway = errors.New("gateway is not connected")
)

// GatewayError is what a gateway answered instead of data.
type GatewayError struct{ Gateway, Verb, Text string }

// Error says which gateway refused what, and why.
func (e *GatewayError) Error() string {
	return fmt.Sprintf("gateway %s: %s: %s", e.Gateway, e.Verb, e.Text)
}

// Gateway is what the bus knows of a gateway.
type Gateway struct {
	ID string `json:"id"`
	// Status is the gateway's own last report, as JSON; nil when none came since Start.
	Status json.RawMessage `json:"status,omitempty"`
	// StatusAt is when it came, Age how long ago that is; a gateway reports every 5 s.
	StatusAt time.Time     `json:"status_at,omitzero"`
	Age      time.Duration `json:"age,omitempty"`
	// LastBatch is when the bus last stored records of it, as known at the last connect.
	LastBatch time.Time `json:"last_batch,omitzero"`
}

// gateways keeps the latest status of each gateway.
type gateways struct {
	mu  sync.Mutex
	all map[string]*Gateway
}

func (g *gateways) listen(conn *nats.Conn) error {
	_, err := conn.Subscribe("campus.status.*", func(m *nats.Msg) {
		id := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
		if json.Valid(m.Data) {
			g.update(id, func(gw *Gateway) { gw.Status, gw.StatusAt = m.Data, time.Now().UTC() })
		}
	})
	if err != nil {
		return fmt.Errorf("listen to gateways: %w", err)
	}
	return nil
}

func (g *gateways) seen(id string, at time.Time) {
	g.update(id, func(gw *Gateway) { gw.LastBatch = at.UTC() })
}

func (g *gateways) update(id string, change func(*Gateway)) {
	if !event.ValidName(id) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	gw := g.all[id]
	if gw == nil {
		if len(g.all) >= maxGateways {
			return
		}
		if g.all == nil {
			g.all = make(map[string]*Gateway)
		}
		gw = &Gateway{ID: id}
		g.all[id] = gw
	}
	change(gw)
}

// Gateways returns what is known of each gateway, ordered by id.
func (c *Client) Gateways() []Gateway {
	c.gateways.mu.Lock()
	defer c.gateways.mu.Unlock()
	all := make([]Gateway, 0, len(c.gateways.all))
	for _, gw := range c.gateways.all {
		g := *gw
		if !g.StatusAt.IsZero() {
			g.Age = time.Since(g.StatusAt)
		}
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b Gateway) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Request asks a gateway and returns its answer. It fails with ErrGatewayAway, with a
// *GatewayError, or because the answer did not come in time.
func (c *Client) Request(ctx context.Context, gateway, verb string, payload []byte) ([]byte, error) {
	if !event.ValidName(gateway) || !event.ValidName(verb) {
		return nil, fmt.Errorf("ask gateway %q for %q: not a valid name", gateway, verb)
	}
	ctx, l, leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	ctx, cancel := context.WithTimeout(ctx, c.config.RequestTimeout)
	defer cancel()
	answer, err := l.conn.RequestWithContext(ctx, "campus.rpc."+gateway+"."+verb, payload)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return nil, fmt.Errorf("ask gateway %s for %s: %w", gateway, verb, ErrGatewayAway)
	case err != nil:
		return nil, fmt.Errorf("ask gateway %s for %s: %w", gateway, verb, err)
	}
	if text := answer.Header.Get(errorHeader); text != "" {
		return nil, &GatewayError{gateway, verb, text}
	}
	return answer.Data, nil
}

// gatewayOf cuts the gateway out of campus.mark.event.<gateway>.<chain>.
func gatewayOf(subject string) string {
	parts := strings.Split(subject, ".")
	if len(parts) != 5 {
		return ""
	}
	return parts[3]
}
