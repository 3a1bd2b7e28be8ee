package dashboard

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// silentAfter is how long a gateway, which reports every 5 s, may be silent.
	silentAfter = 20 * time.Second
	silentState = "silent"
	maxGateways = 1000
)

// gatewayBook keeps what gateways say of themselves.
type gatewayBook struct {
	bus     Bus
	channel *live.Channel

	mu   sync.Mutex
	rows map[string]api.Gateway
}

var _ api.Gateways = (*gatewayBook)(nil)

func newGatewayBook(bus Bus, channel *live.Channel) *gatewayBook {
	return &gatewayBook{bus: bus, channel: channel, rows: map[string]api.Gateway{}}
}

// Gateways lists the gateways by id.
func (b *gatewayBook) Gateways() []api.Gateway {
	b.mu.Lock()
	defer b.mu.Unlock()
	rows := make([]api.Gateway, 0, len(b.rows))
	for _, r := range b.rows {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(x, y api.Gateway) int { return strings.Compare(x.ID, y.ID) })
	return rows
}

// Request asks a gateway.
func (b *gatewayBook) Request(ctx context.Context, gateway, verb string, payload []byte) ([]byte, error) {
	return b.bus.Request(ctx, gateway, verb, payload)
}

// status takes in a status message; what is no JSON object is not believed.
func (b *gatewayBook) status(gateway string, payload []byte, now time.Time) {
	var said struct {
		State  string `json:"state"`
		Reason string `json:"reason"`
	}
	if !event.ValidName(gateway) || json.Unmarshal(payload, &said) != nil {
		return
	}
	if said.State == "" {
		said.State = string(event.OK)
	}
	row := api.Gateway{ID: gateway, State: said.State, Reason: said.Reason, SeenAt: now.UTC(), Status: slices.Clone(payload)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.rows[gateway]; !known && len(b.rows) >= maxGateways {
		return
	}
	b.put(row)
}

// sweep finds gateways that have gone silent.
func (b *gatewayBook) sweep(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, row := range b.rows {
		if row.State != silentState && now.Sub(row.SeenAt) > silentAfter {
			row.State, row.Reason = silentState, ""
			b.put(row)
		}
	}
}

func (b *gatewayBook) put(row api.Gateway) {
	b.rows[row.ID] = row
	if text, err := json.Marshal(row); err == nil {
		b.channel.Publish(live.Op{Kind: live.Change, Key: row.ID, Site: event.CountySite, Row: text})
	}
}
