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
	// Quantity is set by the configured mapping: what a bare temperature of this device
	// measures, for instance event.QuantityColdStore. Empty: event.QuantityRoom.
	Quantity string
}

// Decoder turns messages of one family of devices into events. Decode appends the
// message's events to dst and returns it, or returns an error that says what is wrong
// with which field; then dst is returned unchanged. It is a pure function: no I/O, no
// clock, no logger, safe for concurrent use, and without state but where its family's messages
// cannot be read one by one (Sparkplug's aliases). It keeps no reference to Payload.
type Decoder interface {
	// Name is the adapter's name in configuration, metrics and dead letters.
	Name() string
	Decode(dst []event.Event, m Message, clock event.Clock) ([]event.Event, error)
}

// Asker is a Decoder that has something to ask devices by MQTT, for instance to say again who
// they are. Ask is called after Decode of a message, whatever that returned, where the
// configuration allows it.
type Asker interface {
	Ask(m Message) (topic string, payload []byte, ask bool)
}

// CleanName makes a site's or device's name of what a device calls itself: capitals become
// small letters, whatever a name may not hold becomes '-', and 64 bytes are kept. It is
// empty when nothing usable is left.
func CleanName(s string) event.DeviceID {
	var room [64]byte
	b := room[:0]
	for i := 0; i < len(s) && len(b) < len(room); i++ {
		switch c := s[i]; {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
			b = append(b, c)
		case len(b) > 0 && b[len(b)-1] != '-':
			b = append(b, '-')
		}
	}
	for len(b) > 0 && b[len(b)-1] == '-' {
		b = b[:len(b)-1]
	}
	return event.DeviceID(b)
}
