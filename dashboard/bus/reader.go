package bus

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// reader turns a pull consumer's callbacks into batches of what is there.
type reader struct {
	messages chan jetstream.Msg
	broken   chan error
	consume  jetstream.ConsumeContext
}

// read begins to pull; prefetch messages at most are on their way or waiting.
func read(consumer jetstream.Consumer, prefetch int) (*reader, error) {
	r := &reader{messages: make(chan jetstream.Msg, prefetch), broken: make(chan error, 1)}
	consume, err := consumer.Consume(
		// Blocks when the reader is slow, and then no more is asked for.
		func(m jetstream.Msg) { r.messages <- m },
		jetstream.PullMaxMessages(prefetch),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			select {
			case r.broken <- err:
			default:
			}
		}))
	if err != nil {
		return nil, fmt.Errorf("read consumer: %w", err)
	}
	r.consume = consume
	return r, nil
}

// next waits for a message and returns it with those behind it, most at a time.
func (r *reader) next(ctx, up context.Context, most int, batch []jetstream.Msg) ([]jetstream.Msg, error) {
	batch = batch[:0]
	select {
	case m := <-r.messages:
		batch = append(batch, m)
	case err := <-r.broken:
		return nil, err
	case <-up.Done():
		return nil, errBusAway
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for len(batch) < most {
		select {
		case m := <-r.messages:
			batch = append(batch, m)
		default:
			return batch, nil
		}
	}
	return batch, nil
}

// stop ends pulling and waits until no callback runs any more.
func (r *reader) stop() {
	r.consume.Stop()
	for {
		select {
		case <-r.messages: // make room for a callback that still delivers
		case <-r.consume.Closed():
			return
		}
	}
}
