package uplink

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/nats-io/nats.go"
	"github.com/rs/zerolog"
)

// ErrorHeader carries the error of an answer; its payload then is empty.
const ErrorHeader = "Campusgate-Error"

const (
	answerTimeout = 30 * time.Second
	maxAnswering  = 8
)

// Handler answers one verb. The request is not to be kept. An answer longer than the
// bus takes (1 MiB on most) becomes an error, so long lists must be cut into pages.
type Handler func(ctx context.Context, request []byte) ([]byte, error)

// responder answers questions on campus.rpc.<gateway>.<verb>.
type responder struct {
	gateway string
	log     zerolog.Logger
	metrics *metrics
	slots   chan struct{} // bounds what runs at once

	mu       sync.Mutex
	handlers map[string]Handler
	link     *link
	ctx      context.Context
	closed   bool
	wg       sync.WaitGroup
}

func (r *responder) handle(verb string, h Handler) error {
	if !event.ValidName(verb) {
		return fmt.Errorf("handle verb %q: want 1 to 64 of a-z, 0-9, '-', '_'", verb)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.handlers[verb] != nil {
		return fmt.Errorf("handle verb %q: has a handler already", verb)
	}
	r.handlers[verb] = h
	if r.link != nil {
		return r.subscribe(verb, h)
	}
	return nil
}

func (r *responder) start(ctx context.Context, l *link) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.link, r.ctx = l, ctx
	for verb, h := range r.handlers {
		if err := r.subscribe(verb, h); err != nil {
			return err
		}
	}
	return nil
}

// subscribe is called with mu held.
func (r *responder) subscribe(verb string, h Handler) error {
	ctx := r.ctx
	_, err := r.link.conn.Subscribe("campus.rpc."+r.gateway+"."+verb, func(m *nats.Msg) {
		select {
		case r.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.closed {
			return
		}
		r.wg.Go(func() {
			defer func() { <-r.slots }()
			r.answer(ctx, verb, h, m)
		})
	})
	if err != nil {
		return fmt.Errorf("handle verb %q: %w", verb, err)
	}
	return nil
}

// stop waits for the answers being worked on; there are no more after it.
func (r *responder) stop() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.wg.Wait()
}

func (r *responder) answer(ctx context.Context, verb string, h Handler, m *nats.Msg) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	data, err := r.call(ctx, h, m.Data)
	if limit := r.link.conn.MaxPayload() - reserve; err == nil && limit > 0 && int64(len(data)) > limit {
		err = fmt.Errorf("answer of %d bytes is longer than the bus takes (%d)", len(data), limit)
	}
	result := "ok"
	answer := &nats.Msg{Data: data}
	if err != nil {
		result = "error"
		answer = &nats.Msg{Header: nats.Header{ErrorHeader: []string{err.Error()}}}
	}
	r.metrics.requests.WithLabelValues(verb, result).Inc()
	if m.Reply != "" {
		_ = m.RespondMsg(answer) // the asker times out and asks again
	}
}

// call keeps a fault in one handler from ending the gateway.
func (r *responder) call(ctx context.Context, h Handler, request []byte) (data []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			r.log.Error().Interface("fault", fault).Msg("answering a question of the dashboard failed")
			err = fmt.Errorf("answer: %v", fault)
		}
	}()
	return h(ctx, request)
}
