package adapters

import (
	"fmt"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// campus reads all of our own devices under one subscription (campus/#): it looks at the
// kind in the topic and hands the message to that family's adapter.
//
//	campus/<site>/<kind>/<device>/<channel> ──kind──▶ gate, temperature, bus, …
//
// Use either this adapter or those of the families on a broker: overlapping subscriptions
// deliver everything twice.
type campus struct {
	families []Decoder
}

func (c *campus) Name() string { return "campus" }

func (c *campus) Decode(dst []event.Event, m Message, clock event.Clock) ([]event.Event, error) {
	a, err := payload.ParseTopic(m.Topic)
	if err != nil {
		return dst, err
	}
	for _, family := range c.families {
		if family.Name() == string(a.Kind) {
			return family.Decode(dst, m, clock)
		}
	}
	return dst, fmt.Errorf("topic: kind %.80q is none of gate, temperature, bus, kitchen, camera, button", a.Kind)
}
