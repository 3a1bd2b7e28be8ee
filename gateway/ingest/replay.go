package ingest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// Decode reads a dead letter again, by the subscriptions and adapters of now. The time of
// receipt is the letter's. It returns why the message still cannot be read.
func (in *Ingest) Decode(d journal.DeadLetter) ([]event.Event, error) {
	if d.Broker == ListenerBroker {
		return in.decodeDelivered(d)
	}
	decoders := make(map[string]Decoder, len(in.deps.Decoders))
	for _, dec := range in.deps.Decoders {
		decoders[dec.Name()] = dec
	}
	i := slices.IndexFunc(in.cfg.Brokers, func(b BrokerConfig) bool { return b.Name == d.Broker })
	if i < 0 {
		return nil, fmt.Errorf("broker %q is no longer configured", d.Broker)
	}
	routes := newRoutes(&in.cfg.Brokers[i], decoders, 1, func(string) resultCounters { return resultCounters{} })
	r := routes.find(d.Topic)
	if r.decoder == nil {
		return nil, errors.New(r.reason)
	}
	events, err := decodeSafely(r.decoder, nil, Message{
		Topic: d.Topic, Payload: d.Payload, Received: d.Time, Retained: d.Retained, Site: r.site, Device: r.device, Quantity: r.quantity,
	}, in.deps.Clock)
	if err != nil {
		return nil, err
	}
	for i := range events {
		if err := check(&events[i]); err != nil {
			return nil, err
		}
		events[i].Retained = d.Retained
	}
	return events, nil
}
