package payload

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Message is what a device sent, as it arrived.
type Message struct {
	Topic    string // MQTT topic, or the path of a push
	Payload  []byte // valid only during Decode
	Received time.Time
	// Retained marks a last value replayed at subscribe.
	Retained bool
	// Site and Device are set by the configured mapping where the topic does not say them.
	Site   event.SiteID
	Device event.DeviceID
}

// Decoder turns messages of one family of devices into events. Decode appends the
// message's events to dst and returns it, or returns an error that says what is wrong
// with which field; then dst is returned unchanged. It is a pure function: no I/O, no
// clock, no logger, no state, safe for concurrent use. It keeps no reference to Payload.
type Decoder interface {
	// Name is the adapter's name in configuration, metrics and dead letters.
	Name() string
	Decode(dst []event.Event, m Message, clock event.Clock) ([]event.Event, error)
}
