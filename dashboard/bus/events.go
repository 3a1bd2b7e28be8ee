package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/bus/eventjson"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/nats-io/nats.go/jetstream"
)

// inactiveAfter is when the server forgets a reader that went away without a word.
const inactiveAfter = 30 * time.Second

// EventBatch is a run of events in the order of the stream.
type EventBatch struct {
	Events []*event.Event
	// Seqs are their sequences in the stream, ascending over all batches of a snapshot
	// and what follows it.
	Seqs []uint64
	// Begin starts a snapshot: what was handed over before is void.
	Begin bool
	// Snapshot says that the events are last values, not news.
	Snapshot bool
	// End completes the snapshot. Batches with Begin or End hold no events.
	End bool
}

// EventHandler takes a batch. When it fails it gets the same batch again after a pause.
type EventHandler func(ctx context.Context, batch EventBatch) error

// follower is the state of one call of Events over outages of the bus.
type follower struct {
	c       *Client
	handler EventHandler
	decoder eventjson.Decoder

	last    uint64    // everything up to this sequence was handed over, or is in the snapshot
	created time.Time // of the stream that last belongs to
	whole   bool      // a snapshot was completed
}

// Events hands over a snapshot and then everything that follows, until ctx ends or Stop
// is called.
func (c *Client) Events(ctx context.Context, handler EventHandler) error {
	ctx, l, leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	f := &follower{c: c, handler: handler}
	for failures := 0; ; {
		up, err := l.await(ctx)
		if err != nil {
			return err
		}
		err = f.follow(ctx, up, l, func() { failures = 0 })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, errBusAway) && failures == 1 {
			c.log.Warn().Err(err).Msg("reading events was interrupted")
		}
		if failures++; sleep(ctx, backoff(failures)) != nil {
			return ctx.Err()
		}
	}
}

// follow reads until the connection breaks or something goes wrong.
func (f *follower) follow(ctx, up context.Context, l *link, progress func()) error {
	stream, err := l.js.Stream(ctx, EventStream)
	if err != nil {
		return fmt.Errorf("look up stream %s: %w", EventStream, err)
	}
	info := stream.CachedInfo()
	state := info.State
	if !f.whole || !info.Created.Equal(f.created) || state.LastSeq < f.last || state.FirstSeq > f.last+1 {
		f.whole, f.created, f.last = false, info.Created, state.LastSeq
		if err := f.snapshot(ctx, up, stream, state.LastSeq); err != nil {
			return err
		}
		f.whole = true
		progress()
	}
	return f.read(ctx, up, stream, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: f.last + 1,
	}, func(msgs []message, _ uint64) (bool, error) {
		progress()
		b := f.decode(msgs)
		if len(b.Events) > 0 {
			if err := f.hand(ctx, b); err != nil {
				return false, err
			}
		}
		f.last = msgs[len(msgs)-1].seq
		return false, nil
	})
}

// snapshot hands over the last values up to end, a sequence of the stream. What is newer
// is left out, also where it has replaced a last value meanwhile: all that is newer
// follows anyway.
func (f *follower) snapshot(ctx, up context.Context, stream jetstream.Stream, end uint64) error {
	f.c.metrics.snapshots.Inc()
	if err := f.hand(ctx, EventBatch{Begin: true, Snapshot: true}); err != nil {
		return err
	}
	config := jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy}
	err := f.read(ctx, up, stream, config, func(msgs []message, pending uint64) (bool, error) {
		n := len(msgs)
		for n > 0 && msgs[n-1].seq > end { // they come in the order of the stream
			n--
		}
		done := n < len(msgs) || pending == 0
		b := f.decode(msgs[:n])
		b.Snapshot = true
		if len(b.Events) == 0 {
			return done, nil
		}
		return done, f.hand(ctx, b)
	})
	if err != nil {
		return err
	}
	return f.hand(ctx, EventBatch{Snapshot: true, End: true})
}

// message is one record of the stream.
type message struct {
	seq  uint64
	data []byte
}

// read hands batches of a new consumer to take, with the number of those behind them,
// until it says that it is done.
func (f *follower) read(ctx, up context.Context, stream jetstream.Stream, config jetstream.ConsumerConfig,
	take func(msgs []message, pending uint64) (bool, error),
) error {
	config.FilterSubject = "campus.event.>"
	config.AckPolicy = jetstream.AckNonePolicy
	config.MemoryStorage = true
	config.Replicas = 1
	config.InactiveThreshold = 30 * time.Second
	consumer, err := stream.CreateConsumer(ctx, config)
	if err != nil {
		return fmt.Errorf("set up event consumer: %w", err)
	}
	if config.DeliverPolicy == jetstream.DeliverLastPerSubjectPolicy && consumer.CachedInfo().NumPending == 0 {
		return nil
	}
	r, err := read(consumer, 4*f.c.config.BatchSize)
	if err != nil {
		return err
	}
	defer r.stop()
	var msgs []jetstream.Msg
	var batch []message
	for delivered := uint64(0); ; {
		if msgs, err = r.next(ctx, up, f.c.config.BatchSize, msgs); err != nil {
			return err
		}
		batch = batch[:0]
		pending := uint64(0)
		for _, m := range msgs {
			meta, err := m.Metadata()
			if err != nil {
				return fmt.Errorf("read event: %w", err)
			}
			if delivered++; meta.Sequence.Consumer != delivered {
				return fmt.Errorf("read events: message %d follows %d", meta.Sequence.Consumer, delivered-1)
			}
			batch = append(batch, message{meta.Sequence.Stream, m.Data()})
			pending = meta.NumPending
		}
		if done, err := take(batch, pending); done || err != nil {
			return err
		}
	}
}

// decode steps over what cannot be read.
func (f *follower) decode(msgs []message) EventBatch {
	b := EventBatch{Events: make([]*event.Event, 0, len(msgs)), Seqs: make([]uint64, 0, len(msgs))}
	for _, m := range msgs {
		e, err := f.decoder.Event(m.data)
		if err != nil {
			f.c.metrics.undecodable.WithLabelValues(EventStream).Inc()
			continue
		}
		b.Events = append(b.Events, e)
		b.Seqs = append(b.Seqs, m.seq)
	}
	return b
}

// hand calls the handler until it takes the batch.
func (f *follower) hand(ctx context.Context, b EventBatch) error {
	f.c.metrics.events.Add(float64(len(b.Events)))
	for failures := 0; ; failures++ {
		err := f.handler(ctx, b)
		if err == nil {
			return nil
		}
		if failures == 0 && ctx.Err() == nil {
			f.c.log.Warn().Err(err).Int("events", len(b.Events)).Msg("events are not taken; trying again")
		}
		if err := sleep(ctx, backoff(failures)); err != nil {
			return err
		}
	}
}
