package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// inactiveAfter is when the server forgets a reader that went away without a word.
const inactiveAfter = 30 * time.Second

// message is one record of a stream.
type message struct {
	seq     uint64
	subject string
	data    []byte
}

// read hands batches of a new consumer to take, with the number of those behind them,
// until it says that it is done. Nothing is acknowledged: the server forgets the consumer,
// and the place to go on from is the reader's to know.
func (c *Client) read(ctx, up context.Context, stream jetstream.Stream, config jetstream.ConsumerConfig,
	take func(batch []message, pending uint64) (done bool, err error),
) error {
	config.AckPolicy = jetstream.AckNonePolicy
	config.MemoryStorage = true
	config.Replicas = 1
	config.InactiveThreshold = inactiveAfter
	asking, answered := while(ctx, up)
	consumer, err := stream.CreateConsumer(asking, config)
	answered()
	switch {
	case err != nil && up.Err() != nil:
		return errBusAway
	case err != nil:
		return fmt.Errorf("set up consumer: %w", err)
	}
	if config.DeliverPolicy == jetstream.DeliverLastPerSubjectPolicy && consumer.CachedInfo().NumPending == 0 {
		return nil
	}
	r, err := newReader(consumer, 4*c.config.BatchSize)
	if err != nil {
		return err
	}
	defer r.stop()
	var msgs []jetstream.Msg
	var batch []message
	for delivered := uint64(0); ; {
		if msgs, err = r.next(ctx, up, c.config.BatchSize, msgs); err != nil {
			return err
		}
		batch = batch[:0]
		pending := uint64(0)
		for _, m := range msgs {
			meta, err := m.Metadata()
			if err != nil {
				return fmt.Errorf("read message: %w", err)
			}
			// Without acknowledgements a message that is lost on the way is a gap here.
			if delivered++; meta.Sequence.Consumer != delivered {
				return fmt.Errorf("message %d follows %d", meta.Sequence.Consumer, delivered-1)
			}
			batch = append(batch, message{meta.Sequence.Stream, m.Subject(), m.Data()})
			pending = meta.NumPending
		}
		if done, err := take(batch, pending); done || err != nil {
			return err
		}
	}
}

// reader turns a pull consumer's callbacks into batches of what is there.
type reader struct {
	messages chan jetstream.Msg
	broken   chan error
	consume  jetstream.ConsumeContext
}

// newReader begins to pull; prefetch messages at most are on their way or waiting.
func newReader(consumer jetstream.Consumer, prefetch int) (*reader, error) {
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
		return nil, context.Cause(ctx)
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
