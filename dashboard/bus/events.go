package bus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/campusgate/campusgate/dashboard/bus/eventjson"
	"github.com/campusgate/campusgate/gateway/event"
)

// follower is the state of one call of FollowEvents over outages of the bus.
type follower struct {
	c       *Client
	fn      func(events []*event.Event, snapshot bool) error
	decoder eventjson.Decoder

	last    uint64    // everything up to this sequence was handed over, or is in the snapshot
	created time.Time // of the stream that last belongs to
	whole   bool      // a snapshot was completed
	refused error     // what fn returned
}

// FollowEvents hands over the newest event of each subject (snapshot true) and then every
// event after them in the order of the stream, in batches of one or more, until ctx ends,
// Stop is called or fn fails. It bridges outages of the bus. Where the stream did not
// survive one, or has meanwhile dropped what would come next, a snapshot comes again; so
// it does when the bus was lost in the middle of a snapshot.
func (c *Client) FollowEvents(ctx context.Context, fn func(events []*event.Event, snapshot bool) error) error {
	ctx, l, leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	f := &follower{c: c, fn: fn}
	for failures := 0; ; {
		up, err := l.await(ctx)
		if err != nil {
			return err
		}
		err = f.follow(ctx, up, l, func() { failures = 0 })
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case f.refused != nil:
			return f.refused
		case !errors.Is(err, errBusAway) && failures == 1: // the first may be the streams being set up
			c.log.Warn().Err(err).Msg("reading events was interrupted")
		}
		if failures++; sleep(ctx, backoff(failures)) != nil {
			return context.Cause(ctx)
		}
	}
}

// follow reads until the connection breaks or something goes wrong.
func (f *follower) follow(ctx, up context.Context, l *link, progress func()) error {
	stream, err := l.stream(ctx, up, EventStream)
	if err != nil {
		return err
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
	return f.c.read(ctx, up, stream, jetstream.ConsumerConfig{
		FilterSubject: eventSubjects, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: f.last + 1,
	}, func(batch []message, _ uint64) (bool, error) {
		progress()
		if err := f.hand(batch, false); err != nil {
			return false, err
		}
		f.last = batch[len(batch)-1].seq
		return false, nil
	})
}

const eventSubjects = "campus.event.>"

// snapshot hands over the last values up to end, a sequence of the stream. What is newer
// is left out, also where it has replaced a last value meanwhile: all that is newer
// follows anyway.
func (f *follower) snapshot(ctx, up context.Context, stream jetstream.Stream, end uint64) error {
	f.c.metrics.snapshots.Inc()
	return f.c.read(ctx, up, stream, jetstream.ConsumerConfig{
		FilterSubject: eventSubjects, DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
	}, func(batch []message, pending uint64) (bool, error) {
		n := len(batch)
		for n > 0 && batch[n-1].seq > end { // they come in the order of the stream
			n--
		}
		return n < len(batch) || pending == 0, f.hand(batch[:n], true)
	})
}

// hand steps over what cannot be read.
func (f *follower) hand(batch []message, snapshot bool) error {
	events := make([]*event.Event, 0, len(batch))
	for _, m := range batch {
		e, err := f.decoder.Event(m.data)
		if err != nil {
			f.c.metrics.undecodable.WithLabelValues(EventStream).Inc()
			continue
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil
	}
	f.c.metrics.events.Add(float64(len(events)))
	f.refused = f.fn(events, snapshot)
	return f.refused
}
