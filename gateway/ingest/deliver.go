package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// ListenerBroker is the broker in dead letters of messages that came through a listener.
const ListenerBroker = "listener"

// delivery takes what listeners hand over. Many connections use it at once.
type delivery struct {
	in  *Ingest
	met *brokerMetrics

	mu   sync.Mutex
	seen *window
}

func newDelivery(in *Ingest, met *brokerMetrics) *delivery {
	return &delivery{in: in, met: met, seen: newWindow(in.cfg.DuplicateWindow)}
}

// Deliver decodes messages that a listener took and returns when they are durable, as
// events or as dead letters. On an error nothing is promised, and the device must send
// again. What it repeats because an answer was lost is dropped as a duplicate. It is safe
// for concurrent use and keeps no Payload.
func (in *Ingest) Deliver(ctx context.Context, adapter string, messages ...Message) error {
	d := in.delivery
	i := slices.IndexFunc(in.deps.Decoders, func(dec Decoder) bool { return dec.Name() == adapter })
	if i < 0 {
		return fmt.Errorf("deliver: no adapter %q", adapter)
	}
	decoder, results := in.deps.Decoders[i], d.met.results(adapter)
	var (
		events []event.Event
		dead   []journal.DeadLetter
		bytes  int64
	)
	for _, m := range messages {
		bytes += int64(len(m.Payload))
		more, err := in.decodeChecked(decoder, m, events)
		if err == nil {
			events = more
			continue
		}
		results.dead.Inc()
		dead = append(dead, journal.DeadLetter{
			Time: m.Received.UTC(), Broker: ListenerBroker, Topic: strings.ToValidUTF8(m.Topic, "\uFFFD"), Adapter: adapter,
			Reason: err.Error(), Payload: slices.Clone(m.Payload), Source: "decode",
		})
	}
	d.met.received(len(messages), bytes)
	kept, keys := d.fresh(events)
	results.duplicate.Add(float64(len(events) - len(kept)))
	if len(kept) == 0 && len(dead) == 0 {
		return nil
	}
	batch := journal.Batch{Dead: dead, Records: make([]journal.Record, len(kept))}
	for i := range kept {
		batch.Records[i].Event = &kept[i]
	}
	d.met.unknown.Add(float64(in.ledger.observe(kept, make([]bool, len(kept)))))
	stored := make(chan error, 1)
	if err := in.deps.Sink.Submit(ctx, batch, func(err error) { stored <- err }); err != nil {
		return notStored(err)
	}
	select {
	case err := <-stored:
		if err != nil {
			return notStored(err)
		}
	case <-ctx.Done():
		return notStored(ctx.Err())
	}
	d.remember(keys)
	results.stored.Add(float64(len(kept)))
	return nil
}

// fresh leaves out what is durable already. Keys are remembered only once they are: two
// deliveries of the same message at the same time are both stored, and one event.
func (d *delivery) fresh(events []event.Event) (kept []event.Event, keys []key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	kept = events[:0]
	for i := range events {
		k := d.seen.event(&events[i])
		if d.seen.has(k) {
			continue
		}
		keys = append(keys, k)
		kept = append(kept, events[i])
	}
	return kept, keys
}

func (d *delivery) remember(keys []key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range keys {
		d.seen.remember(k)
	}
}

// decodeChecked appends a message's events, or returns why it has none.
func (in *Ingest) decodeChecked(decoder Decoder, m Message, dst []event.Event) ([]event.Event, error) {
	if int64(len(m.Payload)) > in.cfg.MaxPayloadBytes {
		return dst, fmt.Errorf("payload of %d bytes is above %d", len(m.Payload), in.cfg.MaxPayloadBytes)
	}
	from := len(dst)
	events, err := decodeSafely(decoder, dst, m, in.deps.Clock)
	if err == nil && len(events) < from {
		err = errors.New("adapter returned fewer events than it was given")
	}
	for i := from; err == nil && i < len(events); i++ {
		err = check(&events[i])
	}
	if err != nil {
		return dst, err
	}
	return events, nil
}

// decodeDelivered reads a dead letter of a listener again. Its topic is
// <adapter>/<address>/…, by which the device is found in the registry of now.
func (in *Ingest) decodeDelivered(letter journal.DeadLetter) ([]event.Event, error) {
	i := slices.IndexFunc(in.deps.Decoders, func(dec Decoder) bool { return dec.Name() == letter.Adapter })
	if i < 0 {
		return nil, fmt.Errorf("adapter %q is no longer known", letter.Adapter)
	}
	m := Message{Topic: letter.Topic, Payload: letter.Payload, Received: letter.Time}
	if levels := strings.Split(letter.Topic, "/"); len(levels) > 1 && in.deps.Resolve != nil {
		m.Site, m.Device = in.deps.Resolve(letter.Adapter, levels[1])
	}
	return in.decodeChecked(in.deps.Decoders[i], m, nil)
}
