package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/campusgate/campusgate/gateway/event"
)

// errorHeader is the uplink's; its answer then is the error's text.
const errorHeader = "Campusgate-Error"

// ErrGatewayAway means that no gateway of that name is connected to the bus.
var ErrGatewayAway = errors.New("gateway is not connected")

// GatewayError is what a gateway answered instead of data.
type GatewayError struct{ Gateway, Verb, Text string }

// Error says which gateway refused what, and why.
func (e *GatewayError) Error() string {
	return fmt.Sprintf("gateway %s: %s: %s", e.Gateway, e.Verb, e.Text)
}

// FollowStatus hands over every report of a gateway on itself (one each 5 s), until ctx
// ends or Stop is called. Reports are not stored: there are none while the bus is away,
// and it goes on when the bus is back. gateway is what the sender calls itself and payload
// is as it came: neither is checked.
func (c *Client) FollowStatus(ctx context.Context, fn func(gateway string, payload []byte)) error {
	ctx, l, leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	const subject = "campus.status."
	s, err := l.conn.SubscribeSync(subject + "*")
	if err != nil {
		return fmt.Errorf("listen to gateways: %w", err)
	}
	defer func() { _ = s.Unsubscribe() }() // fails on a closed connection only
	for {
		m, err := s.NextMsgWithContext(ctx)
		switch {
		case err == nil:
			fn(m.Subject[len(subject):], m.Data)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, nats.ErrSlowConsumer): // some were dropped; the next report is newer anyway
		default:
			return fmt.Errorf("listen to gateways: %w", err)
		}
	}
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
