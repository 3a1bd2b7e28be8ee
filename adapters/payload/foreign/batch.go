package foreign

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// hashedBytes is the payload size above which several events share one hash of it.
const hashedBytes = 256

// Batch collects the events of one message.
type Batch struct {
	// Events is what it was begun with and all that was added.
	Events []event.Event
	from   int

	message    *payload.Message
	clock      event.Clock
	site       event.SiteID
	observed   time.Time
	resolution time.Duration
	identity   []byte
}

// NewBatch begins the events of a message behind those of dst.
func NewBatch(dst []event.Event, m *payload.Message, clock event.Clock) *Batch {
	site := m.Site
	if site == "" {
		site = event.CountySite
	}
	return &Batch{Events: dst, from: len(dst), message: m, clock: clock, site: site}
}

// At sets the device's time of the events that follow; the zero time is that of receipt.
func (b *Batch) At(observed time.Time, resolution time.Duration) {
	b.observed, b.resolution, b.identity = observed, resolution, nil
}

// Add stamps an event with its kind, device and body set.
func (b *Batch) Add(e event.Event) {
	e.Site, e.Retained = b.site, b.message.Retained
	if b.identity == nil {
		b.identity = b.identify()
	}
	b.clock.Stamp(&e, b.identity, len(b.Events)-b.from, b.observed, b.resolution, b.message.Received)
	b.Events = append(b.Events, e)
}

// identify returns what tells this message from others. Without a time of the device that
// is its receipt too: every "offline" of a device would else be one event for ever.
func (b *Batch) identify() []byte {
	body := b.message.Payload
	if len(body) > hashedBytes {
		sum := sha256.Sum256(body)
		body = sum[:]
	}
	if !b.observed.IsZero() {
		return body
	}
	id := make([]byte, 0, len(body)+1+len(b.message.Topic)+8)
	id = append(append(append(id, body...), 0), b.message.Topic...)
	return binary.BigEndian.AppendUint64(id, uint64(b.message.Received.UnixNano()))
}

// Status adds a device's state.
func (b *Batch) Status(kind event.Kind, device event.DeviceID, s event.DeviceStatus) {
	b.Add(event.Event{Type: event.TypeDeviceStatus, Kind: kind, Device: device, Status: &s})
}

// Reading adds a measured quantity.
func (b *Batch) Reading(device event.DeviceID, quantity string, value float64, unit string) {
	b.Add(event.Event{
		Type: event.TypeKitchenReading, Kind: event.KindKitchen, Device: device,
		Reading: &event.KitchenReading{Quantity: quantity, Value: value, Unit: unit},
	})
}

// Quantity is what a bare temperature of the message's device measures.
func Quantity(m *payload.Message) string {
	if m.Quantity != "" {
		return m.Quantity
	}
	return event.QuantityRoom
}

// Flag is a truth as a reading's value.
func Flag(truth bool) float64 {
	if truth {
		return 1
	}
	return 0
}
