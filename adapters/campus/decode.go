package campus

import (
	"fmt"

	"github.com/campusgate/campusgate/adapters/bus"
	"github.com/campusgate/campusgate/adapters/button"
	"github.com/campusgate/campusgate/adapters/camera"
	"github.com/campusgate/campusgate/adapters/gate"
	"github.com/campusgate/campusgate/adapters/kitchen"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/temperature"
	"github.com/campusgate/campusgate/gateway/event"
)

// decoder holds one adapter for each kind that the topics may name.
type decoder struct {
	kinds map[event.Kind]payload.Decoder
}

// New returns the adapter "campus".
func New() payload.Decoder {
	return &decoder{kinds: map[event.Kind]payload.Decoder{
		event.KindGate:        gate.New(),
		event.KindTemperature: temperature.New(),
		event.KindBus:         bus.New(),
		event.KindKitchen:     kitchen.New(),
		event.KindCamera:      camera.New(),
		event.KindButton:      button.New(),
	}}
}

// Name implements payload.Decoder.
func (d *decoder) Name() string { return "campus" }

// Decode implements payload.Decoder.
func (d *decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	a, err := payload.ParseTopic(m.Topic)
	if err != nil {
		return dst, err
	}
	family := d.kinds[a.Kind]
	if family == nil {
		return dst, fmt.Errorf("topic: kind %.80q is none of gate, temperature, bus, kitchen, camera, button", a.Kind)
	}
	return family.Decode(dst, m, clock)
}
