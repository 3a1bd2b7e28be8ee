package homeassistant

import (
	"math"
	"time"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// message is one message and the events made of it.
type message struct {
	payload.Message
	*foreign.Batch
	device event.DeviceID
	told   sensors // what discovery said of the topic
}

// newMessage begins a message of the device that the mapping says, else of the one that it
// names itself.
func newMessage(dst []event.Event, m payload.Message, clock event.Clock, device string) (*message, error) {
	id, err := foreign.Device(&m, device)
	if err != nil {
		return nil, err
	}
	c := &message{Message: m, device: id}
	c.Batch = foreign.NewBatch(dst, &c.Message, clock)
	return c, nil
}

// add stamps an event with the device's time.
func (c *message) add(e event.Event, at time.Time, resolution time.Duration) {
	e.Device = c.device
	c.At(at, resolution)
	c.Add(e)
}

// number reads a JSON number or a numeric text.
func number(v *fastjson.Value) (float64, bool) {
	n, ok, err := foreign.Number(v, "", -math.MaxFloat64, math.MaxFloat64)
	return n, ok && err == nil
}
