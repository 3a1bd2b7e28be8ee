package shelly

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// maxPeriod is the longest time between two wake-ups that a device may announce.
	maxPeriod = 31 * 24 * time.Hour
	// maxComponents bounds the components of one frame: each may cost a device.
	maxComponents = 128
)

// Decoder is the adapter "shelly".
type Decoder struct{ parsers foreign.Parsers }

// New returns the adapter.
func New() *Decoder { return new(Decoder) }

// Name implements payload.Decoder.
func (*Decoder) Name() string { return "shelly" }

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	if len(m.Payload) == 0 { // a retained message was cleared
		return dst, nil
	}
	b := foreign.NewBatch(dst, &m, clock)
	if err := d.read(b, &m); err != nil {
		return dst, err
	}
	return b.Events, nil
}

func (d *Decoder) read(b *foreign.Batch, m *payload.Message) error {
	prefix, channel := split(m.Topic)
	switch {
	case channel == "online":
		return online(b, m, prefix)
	case strings.HasPrefix(channel, "status/"):
		return d.parsers.Object(m.Payload, func(root *fastjson.Value) error {
			device, err := foreign.Device(m, prefix)
			if err != nil {
				return err
			}
			return component(b, m, device, channel[len("status/"):], root)
		})
	case channel == "" || channel == "events/rpc":
		return d.parsers.Object(m.Payload, func(root *fastjson.Value) error { return frame(b, m, prefix, root) })
	}
	return nil
}

// split finds the device's name in a topic, and what stands behind its prefix. Both are
// empty for a topic of no such form, as of a websocket's frame.
func split(topic string) (prefix, channel string) {
	levels := strings.Split(topic, "/")
	n := len(levels)
	end := 0
	switch {
	case n >= 2 && levels[n-1] == "online":
		end = n - 1
	case n >= 3 && levels[n-2] == "events" && levels[n-1] == "rpc":
		end = n - 2
	case n >= 3 && levels[n-2] == "status":
		end = n - 2
	case n >= 2 && strings.HasPrefix(levels[0], "shelly"):
		return levels[0], levels[n-1]
	default:
		return "", ""
	}
	for _, level := range levels[:end] {
		if strings.HasPrefix(level, "shelly") {
			return level, strings.Join(levels[end:], "/")
		}
	}
	return strings.Join(levels[:end], "-"), strings.Join(levels[end:], "/")
}

func online(b *foreign.Batch, m *payload.Message, prefix string) error {
	device, err := foreign.Device(m, prefix)
	if err != nil {
		return err
	}
	status, ok := foreign.Online(string(m.Payload))
	if !ok {
		return fmt.Errorf("payload %.80q is neither true nor false", m.Payload)
	}
	s := event.DeviceStatus{Status: status}
	if status == event.StatusDown {
		s.Reason = "connection lost"
	}
	b.Status(event.KindKitchen, device, s)
	return nil
}

func frame(b *foreign.Batch, m *payload.Message, prefix string, root *fastjson.Value) error {
	method := string(root.GetStringBytes("method"))
	switch method {
	case "NotifyStatus", "NotifyFullStatus":
	case "":
		if root.Exists("result") || root.Exists("error") { // the answer to a request
			return nil
		}
		return errors.New(`field "method" is missing`)
	default:
		return nil
	}
	if prefix == "" {
		prefix = string(root.GetStringBytes("src"))
	}
	device, err := foreign.Device(m, prefix)
	if err != nil {
		return err
	}
	params := root.Get("params")
	if params == nil || params.Type() != fastjson.TypeObject {
		return errors.New(`field "params" is no object`)
	}
	return status(b, m, device, params, method == "NotifyFullStatus")
}

func status(b *foreign.Batch, m *payload.Message, device event.DeviceID, params *fastjson.Value, full bool) error {
	at, field := params.Get("ts"), "ts"
	if foreign.Absent(at) {
		at, field = params.Get("sys", "unixtime"), "sys.unixtime"
	}
	observed, resolution, err := foreign.Time(at, field)
	if err != nil {
		return err
	}
	b.At(observed, resolution)
	period, asleep, err := foreign.Number(params.Get("sys", "wakeup_period"), "sys.wakeup_period", 0, maxPeriod.Seconds())
	if err != nil {
		return err
	}
	if full || asleep {
		b.Status(event.KindKitchen, device, event.DeviceStatus{
			Status: event.StatusUp, Heartbeat: true, Period: time.Duration(period * float64(time.Second)),
		})
	}
	components := params.GetObject()
	if components.Len() > maxComponents {
		return fmt.Errorf("field %q has %d components, more than %d", "params", components.Len(), maxComponents)
	}
	components.Visit(func(key []byte, v *fastjson.Value) {
		if err == nil && v.Type() == fastjson.TypeObject {
			err = component(b, m, device, string(key), v)
		}
	})
	return err
}
