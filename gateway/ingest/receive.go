package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

func notStored(err error) error { return fmt.Errorf("%w: %w", errNotStored, err) }

// decoding is what survives a broker's connections: routes, the memory of duplicates, and
// room to work in. One goroutine at a time uses it: a session starts a link only after the
// last one has ended.
type decoding struct {
	broker string
	routes *routes
	seen   *window
	pipe   *pipeline
	sink   Sink
	ledger *ledger
	clock  event.Clock
	now    func() time.Time
	// maxPayload is the largest payload kept whole, in bytes.
	maxPayload int64
	met        *brokerMetrics
	questions  chan question // what is to be asked; one too many is left out

	events []event.Event
	redone []bool // for each event: its message carried DUP
	dead   []journal.DeadLetter
	acks   []byte
	keys   []key
}

// intake receives the messages of one link, decodes them in place and submits what one
// read brought as one batch.
type intake struct {
	*decoding
	link     *link
	messages int
	bytes    int64
	received time.Time
	failures uint64
}

var _ receiver = (*intake)(nil)

func (d *decoding) on(l *link) *intake {
	d.reset()
	return &intake{decoding: d, link: l}
}

func (d *decoding) reset() {
	clear(d.events)
	d.events, d.redone = d.events[:0], d.redone[:0]
	clear(d.dead)
	d.dead = d.dead[:0]
	d.acks, d.keys = d.acks[:0], d.keys[:0]
}

func (in *intake) pending() int { return in.messages }

func (in *intake) publish(p publish, f frame) error {
	if in.messages == 0 {
		in.received = in.now().UTC()
		var forget []key
		in.failures, forget = in.pipe.begin()
		in.seen.forget(forget)
	}
	in.messages++
	in.bytes += f.size
	switch p.qos {
	case 1:
		in.acks = appendAck(in.acks, typePuback, p.id)
	case 2:
		in.acks = appendAck(in.acks, typePubrec, p.id)
	}
	r := in.routes.of(p.topic)
	switch {
	case f.oversized || int64(len(p.payload)) > in.maxPayload:
		p.payload = p.payload[:min(len(p.payload), keptOfOversized)]
		in.bury(r, &p, fmt.Sprintf("packet of %d bytes: its payload is above %d, only the first %d were kept",
			f.size, in.maxPayload, len(p.payload)))
	case r.decoder == nil:
		in.bury(r, &p, r.reason)
	default:
		m := Message{
			Topic: r.topic, Payload: p.payload, Received: in.received, Retained: p.retain,
			Site: r.site, Device: r.device, Quantity: r.quantity,
		}
		if err := in.decode(r, &p, m); err != nil {
			in.bury(r, &p, err.Error())
		}
		if r.asker != nil {
			in.ask(r.asker, m)
		}
	}
	return nil
}

// question is a message that asks a device.
type question struct {
	topic   string
	payload []byte
}

func (in *intake) ask(a Asker, m Message) {
	topic, payload, ask := a.Ask(m)
	if !ask {
		return
	}
	select {
	case in.questions <- question{topic, payload}:
	default:
	}
}

// decode appends the events of a message. On an error nothing was appended.
func (in *intake) decode(r *route, p *publish, m Message) error {
	from := len(in.events)
	events, err := decodeSafely(r.decoder, in.events, m, in.clock)
	if err == nil && len(events) < from {
		err = errors.New("adapter returned fewer events than it was given")
	}
	for i := from; err == nil && i < len(events); i++ {
		err = check(&events[i])
	}
	if err != nil {
		return err
	}
	kept := events[:from]
	for i := from; i < len(events); i++ {
		events[i].Retained = p.retain
		k := in.seen.event(&events[i])
		if in.seen.remember(k) {
			r.results.duplicate.Inc()
			continue
		}
		in.keys = append(in.keys, k)
		if len(kept) != i {
			kept = append(kept, events[i])
		} else {
			kept = events[:i+1]
		}
		in.redone = append(in.redone, p.dup)
		if p.retain {
			r.results.retained.Inc()
		} else {
			r.results.stored.Inc()
		}
	}
	clear(events[len(kept):])
	in.events = kept
	return nil
}

// check holds an adapter to what everything downstream relies on.
func check(e *event.Event) error {
	switch {
	case !event.ValidName(string(e.Site)):
		return fmt.Errorf("site %q is no name (1 to 64 of a-z, 0-9, '-', '_')", e.Site)
	case !event.ValidName(string(e.Device)):
		return fmt.Errorf("device %q is no name (1 to 64 of a-z, 0-9, '-', '_')", e.Device)
	case e.ID == "" || e.ObservedAt.IsZero():
		return errors.New("adapter returned an event without id or time")
	}
	return nil
}

// decodeSafely turns an adapter's panic into an error: the sender would send the same
// message again for ever, and a crash would come with it each time.
func decodeSafely(d Decoder, dst []event.Event, m Message, clock event.Clock) (out []event.Event, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = dst, fmt.Errorf("adapter panicked: %v", r)
		}
	}()
	return d.Decode(dst, m, clock)
}

// bury makes a dead letter of a message. A redelivery of one that is remembered is only
// acknowledged.
func (in *intake) bury(r *route, p *publish, reason string) {
	k := in.seen.dead(p)
	remembered := in.seen.remember(k)
	if p.dup && remembered {
		r.results.duplicate.Inc()
		return
	}
	if !remembered {
		in.keys = append(in.keys, k)
	}
	r.results.dead.Inc()
	payload := make([]byte, len(p.payload))
	copy(payload, p.payload)
	in.dead = append(in.dead, journal.DeadLetter{
		Time: in.received, Broker: in.broker, Topic: strings.ToValidUTF8(r.topic, "\uFFFD"), Adapter: r.adapter,
		Reason: reason, QoS: p.qos, Retained: p.retain, Payload: payload, Source: "decode",
	})
}

// flush submits what was taken and waits until there is room for more.
func (in *intake) flush() error {
	if in.messages > 0 {
		if err := in.submit(); err != nil {
			return err
		}
	}
	return in.pipe.waitForRoom(in.link)
}

func (in *intake) submit() error {
	in.met.received(in.messages, in.bytes)
	b := &inflight{
		link: in.link, messages: in.messages, bytes: in.bytes,
		acks: append([]byte(nil), in.acks...), keys: append([]key(nil), in.keys...),
	}
	var batch journal.Batch
	if len(in.events) > 0 {
		// The sink keeps the events: they get an array of exactly their number, and the
		// room to work in stays here.
		events := append(make([]event.Event, 0, len(in.events)), in.events...)
		batch.Records = make([]journal.Record, len(events))
		for i := range events {
			batch.Records[i].Event = &events[i]
		}
		in.met.unknown.Add(float64(in.ledger.observe(events, in.redone)))
	}
	batch.Dead = append(batch.Dead, in.dead...)
	in.messages, in.bytes = 0, 0
	in.reset()

	if err := in.pipe.push(b, in.failures); err != nil {
		return err
	}
	if len(batch.Records) == 0 && len(batch.Dead) == 0 {
		in.pipe.settle(b, nil)
		return nil
	}
	in.pipe.submitting.Store(in.now().UnixNano())
	err := in.sink.Submit(linkContext{context.Background(), in.link}, batch, func(err error) { in.pipe.settle(b, err) })
	in.pipe.submitting.Store(0)
	if err != nil {
		in.pipe.settle(b, err)
		return notStored(err)
	}
	return nil
}

// linkContext is a context whose end is a link's: one for each batch would cost a
// goroutine or a map entry.
type linkContext struct {
	context.Context
	link *link
}

// Done is closed when the link is dead.
func (c linkContext) Done() <-chan struct{} { return c.link.dead }

// Err says why the link is dead.
func (c linkContext) Err() error {
	select {
	case <-c.link.dead:
		return context.Canceled
	default:
		return nil
	}
}
