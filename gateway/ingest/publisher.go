package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// PublisherConfig is how a Publisher reaches its broker. Subscriptions of Broker are not
// used.
type PublisherConfig struct {
	Broker BrokerConfig
	// Window is how many QoS 1 messages may wait for their PUBACK: 1 to 65,535. 4,096 when 0.
	Window int
	// ReconnectMin and ReconnectMax bound the pause between tries; 100 ms and 5 s when 0.
	ReconnectMin, ReconnectMax time.Duration
	// Will is left with the broker at every connect; nil: none.
	Will   *Will
	Logger zerolog.Logger
}

// maxUnwritten bounds the bytes that wait to be written, QoS 0 included.
const maxUnwritten = 1 << 20

// ErrPublisherClosed is what messages get that were not acknowledged when Close gave up.
var ErrPublisherClosed = errors.New("publisher is closed")

// Publisher publishes with many messages in flight: devices of the simulator, the load
// generator and tests. It reconnects for ever, and after a reconnect sends again, in
// order, what was not acknowledged. It is safe for concurrent use; the messages of one
// goroutine are sent in its order.
type Publisher struct {
	cfg  PublisherConfig
	dial dialer
	ids  chan uint16 // free packet identifiers: the window

	mu        sync.Mutex
	out       []byte // to be written
	spare     []byte
	slots     []slot // by packet identifier minus 1
	sent      uint64 // messages of QoS 1, ever
	inFlight  int
	idle      chan struct{} // closed and made anew when inFlight reaches 0
	connected bool
	everUp    chan struct{} // closed at the first CONNACK
	lastErr   error
	closed    bool
	stats     PublisherStats

	wake    chan struct{} // there is something to write
	drained chan struct{} // out was taken
	halt    chan struct{}
	wg      sync.WaitGroup
}

// slot is a QoS 1 message on its way.
type slot struct {
	nth    uint64 // order of sending; 0: free
	packet []byte
	done   func(error)
}

// PublisherStats counts since NewPublisher.
type PublisherStats struct {
	Acknowledged, Resent, Connects uint64
	InFlight                       int
	Connected                      bool
	Err                            error // why it is not connected
}

// NewPublisher checks settings and begins to connect. Close it.
func NewPublisher(cfg PublisherConfig) (*Publisher, error) {
	if cfg.Window == 0 {
		cfg.Window = 4096
	}
	if cfg.ReconnectMin == 0 {
		cfg.ReconnectMin = 100 * time.Millisecond
	}
	if cfg.ReconnectMax == 0 {
		cfg.ReconnectMax = 5 * time.Second
	}
	probe := cfg.Broker
	probe.Subscriptions = []SubscriptionConfig{{Filter: "#", Adapter: "none"}}
	err := probe.Validate()
	if !within(cfg.Window, 1, 65535) {
		err = errors.Join(err, &event.Fault{Key: "window", Value: cfg.Window, Want: "1 to 65535"})
	}
	if w := cfg.Will; w != nil && (!validTopic(w.Topic) || w.QoS > 1 || len(w.Topic) > 65535 || len(w.Payload) > 65535) {
		err = errors.Join(err, &event.Fault{Key: "will", Value: quoted(w.Topic), Want: "a topic, QoS 0 or 1, 65535 bytes at most"})
	}
	if err != nil {
		return nil, err
	}
	p := &Publisher{
		cfg: cfg, ids: make(chan uint16, cfg.Window), slots: make([]slot, cfg.Window),
		idle: make(chan struct{}), everUp: make(chan struct{}),
		wake: make(chan struct{}, 1), drained: make(chan struct{}, 1), halt: make(chan struct{}),
	}
	p.dial = dialer{&p.cfg.Broker}
	for i := range cfg.Window {
		p.ids <- uint16(i + 1)
	}
	p.wg.Go(p.run)
	return p, nil
}

// Publish sends one message and returns when the broker has it: with QoS 1 at the PUBACK,
// with QoS 0 when it is queued for the socket. When ctx ends first the message may still
// be delivered.
func (p *Publisher) Publish(ctx context.Context, topic string, qos byte, retain bool, payload []byte) error {
	if qos == 0 {
		return p.Send(ctx, topic, 0, retain, payload, nil)
	}
	acked := make(chan error, 1)
	if err := p.Send(ctx, topic, qos, retain, payload, func(err error) { acked <- err }); err != nil {
		return err
	}
	select {
	case err := <-acked:
		return err
	case <-ctx.Done():
		return fmt.Errorf("publish to %q: not acknowledged: %w", topic, ctx.Err())
	}
}

// Send queues one message and returns; it blocks while the window is full. done (which may
// be nil) is called at the PUBACK, on the reading goroutine: it must not block. It gets an
// error only when Close gives up. The payload is copied.
func (p *Publisher) Send(ctx context.Context, topic string, qos byte, retain bool, payload []byte, done func(error)) error {
	if !validTopic(topic) || len(topic) > 65535 {
		return fmt.Errorf("publish: %q is no topic", topic)
	}
	switch qos {
	case 0:
		return p.sendOnce(ctx, topic, retain, payload)
	case 1:
	default:
		return fmt.Errorf("publish to %q: QoS %d, want 0 or 1", topic, qos)
	}
	var id uint16
	select {
	case id = <-p.ids:
	default:
		select {
		case id = <-p.ids:
		case <-ctx.Done():
			return fmt.Errorf("publish to %q: window is full: %w", topic, ctx.Err())
		case <-p.halt:
			return ErrPublisherClosed
		}
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		p.ids <- id
		return ErrPublisherClosed
	}
	p.sent++
	p.inFlight++
	s := &p.slots[id-1]
	s.nth, s.done = p.sent, done
	s.packet = appendPublish(s.packet[:0], topic, 1, retain, id, payload)
	if p.connected { // else the reconnect sends it
		p.out = append(p.out, s.packet...)
	}
	p.mu.Unlock()
	p.poke()
	return nil
}

// sendOnce waits for a connection and for room, and sends a message that is never resent.
func (p *Publisher) sendOnce(ctx context.Context, topic string, retain bool, payload []byte) error {
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return ErrPublisherClosed
		}
		if p.connected && len(p.out) < maxUnwritten {
			p.out = appendPublish(p.out, topic, 0, retain, 0, payload)
			p.mu.Unlock()
			p.poke()
			return nil
		}
		p.mu.Unlock()
		select {
		case <-p.drained:
		case <-ctx.Done():
			return fmt.Errorf("publish to %q: %w", topic, ctx.Err())
		case <-p.halt:
			return ErrPublisherClosed
		}
	}
}

func (p *Publisher) poke() { notify(p.wake) }

func notify(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Connected waits for the first connection.
func (p *Publisher) Connected(ctx context.Context) error {
	select {
	case <-p.everUp:
		return nil
	case <-p.halt:
		return ErrPublisherClosed
	case <-ctx.Done():
		return errors.Join(ctx.Err(), p.Stats().Err)
	}
}

// Flush waits until every message sent before is acknowledged, and, where others go on
// sending, until at some moment none is in flight.
func (p *Publisher) Flush(ctx context.Context) error {
	p.mu.Lock()
	idle, n := p.idle, p.inFlight
	p.mu.Unlock()
	if n == 0 {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-p.halt:
		return ErrPublisherClosed
	case <-ctx.Done():
		return fmt.Errorf("flush: %d messages not acknowledged: %w", p.Stats().InFlight, ctx.Err())
	}
}

// Stats returns the counts so far.
func (p *Publisher) Stats() PublisherStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := p.stats
	st.InFlight, st.Connected, st.Err = p.inFlight, p.connected, p.lastErr
	return st
}

// Close waits, until ctx ends, for what is in flight, and ends the connection. Messages
// that were not acknowledged get ErrPublisherClosed.
func (p *Publisher) Close(ctx context.Context) error {
	err := p.Flush(ctx)
	if errors.Is(err, ErrPublisherClosed) {
		err = nil
	}
	p.mu.Lock()
	first := !p.closed
	p.closed = true
	p.mu.Unlock()
	if first {
		close(p.halt)
	}
	p.wg.Wait()
	p.mu.Lock()
	var left []func(error)
	for i := range p.slots {
		if s := &p.slots[i]; s.nth != 0 {
			if s.done != nil {
				left = append(left, s.done)
			}
			*s = slot{}
			p.inFlight--
		}
	}
	p.mu.Unlock()
	for _, done := range left {
		done(ErrPublisherClosed)
	}
	return err
}

// acked ends the message of a packet identifier.
func (p *Publisher) acked(id uint16) error {
	if id == 0 || int(id) > len(p.slots) {
		return malformed("PUBACK of packet identifier %d, which was not sent", id)
	}
	p.mu.Lock()
	s := &p.slots[id-1]
	if s.nth == 0 {
		p.mu.Unlock()
		return nil // acknowledged twice, after a resend
	}
	done := s.done
	s.nth, s.done = 0, nil
	if cap(s.packet) > readBufferBytes {
		s.packet = nil
	}
	p.stats.Acknowledged++
	p.inFlight--
	if p.inFlight == 0 {
		close(p.idle)
		p.idle = make(chan struct{})
	}
	p.mu.Unlock()
	if done != nil {
		done(nil)
	}
	p.ids <- id
	return nil
}

// unacked returns the packets on their way, oldest first, with DUP set, and marks the
// publisher as connected: what is sent from here on follows them.
func (p *Publisher) unacked() {
	p.mu.Lock()
	defer p.mu.Unlock()
	var order []*slot
	for i := range p.slots {
		if p.slots[i].nth != 0 {
			order = append(order, &p.slots[i])
		}
	}
	slices.SortFunc(order, func(a, b *slot) int { return int(int64(a.nth) - int64(b.nth)) })
	p.out = p.out[:0]
	for _, s := range order {
		// Also on one that was never written: the broker need not care, and we need not know.
		s.packet[0] |= 8
		p.out = append(p.out, s.packet...)
	}
	if p.stats.Connects++; p.stats.Connects > 1 {
		p.stats.Resent += uint64(len(order))
	} else {
		close(p.everUp)
	}
	p.connected, p.lastErr = true, nil
	notify(p.drained)
	p.poke()
}

func (p *Publisher) clientID() string {
	return strings.TrimSpace(p.cfg.Broker.ClientID)
}
