package sparkplug

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/foreign"
	"github.com/campusgate/campusgate/gateway/event"
)

// anything bounds the value of a metric.
const anything = 1e12

// Decoder reads the messages. It is safe for concurrent use. Unlike the decoders of other
// families it remembers: see nodes.
type Decoder struct {
	parsers foreign.Parsers // of the hosts' states, which are JSON
	nodes   nodes
}

// New returns the adapter "sparkplug".
func New() *Decoder { return new(Decoder) }

// Name implements payload.Decoder.
func (d *Decoder) Name() string { return "sparkplug" }

// message is one message and the events made of it.
type message struct {
	payload.Message
	*foreign.Batch
	edge   string // group and node
	device event.DeviceID
}

var errTopic = errors.New("topic is neither spBv1.0/<group>/<type>/<node>[/<device>] nor spBv1.0/STATE/<host>")

// parseTopic returns the message's type and who sent it.
func parseTopic(topic string) (kind, device string, err error) {
	levels := strings.Split(topic, "/")
	switch {
	case len(levels) == 2 && levels[0] == "STATE": // Sparkplug 2
		return "STATE", levels[1], nil
	case len(levels) == 3 && levels[0] == "spBv1.0" && levels[1] == "STATE":
		return "STATE", levels[2], nil
	case len(levels) < 4 || levels[0] != "spBv1.0":
		return "", "", errTopic
	}
	kind = levels[2]
	switch kind {
	case "NBIRTH", "NDATA", "NDEATH", "NCMD":
		if len(levels) != 4 {
			return "", "", errTopic
		}
		return kind, levels[3], nil
	case "DBIRTH", "DDATA", "DDEATH", "DCMD":
		if len(levels) != 5 {
			return "", "", errTopic
		}
		return kind, levels[3] + "-" + levels[4], nil
	}
	return "", "", fmt.Errorf("topic: message type %.80q is none of Sparkplug's", kind)
}

// Decode implements payload.Decoder.
func (d *Decoder) Decode(dst []event.Event, m payload.Message, clock event.Clock) ([]event.Event, error) {
	kind, name, err := parseTopic(m.Topic)
	if err != nil {
		return dst, err
	}
	if len(m.Payload) == 0 && m.Retained {
		return dst, nil // a host's state was deleted
	}
	c := &message{Message: m}
	c.Batch = foreign.NewBatch(dst, &c.Message, clock)
	if c.device, err = foreign.Device(&c.Message, name); err != nil {
		return dst, err
	}
	c.edge = edgeOf(m.Topic)
	if kind == "STATE" {
		err = d.state(c)
	} else {
		err = c.decode(kind, &d.nodes)
	}
	if err != nil {
		return dst, err
	}
	return c.Events, nil
}

// edgeOf returns the levels of a valid topic that name the edge node.
func edgeOf(topic string) string {
	levels := strings.SplitN(topic, "/", 5)
	if len(levels) < 4 {
		return ""
	}
	return levels[1] + "/" + levels[3]
}

// Ask returns the command that asks a message's node for a rebirth, when what it said cannot
// be understood without one: its birth was not heard, an alias is not known, or messages are
// missing (Sparkplug 3.0, 6.4.19 and tck-id-operational-behavior-host-reordering-rebirth).
func (d *Decoder) Ask(m payload.Message) (topic string, command []byte, ask bool) {
	kind, _, err := parseTopic(m.Topic)
	if err != nil || kind == "STATE" || kind[1:] == "CMD" || !d.nodes.behind(edgeOf(m.Topic), m.Received) {
		return "", nil, false
	}
	group, node, _ := strings.Cut(edgeOf(m.Topic), "/")
	return "spBv1.0/" + group + "/NCMD/" + node, rebirth(m.Received), true
}

func (c *message) decode(kind string, nodes *nodes) error {
	p, err := parsePayload(c.Payload)
	if err != nil {
		return fmt.Errorf("payload is no Sparkplug B: %w", err)
	}
	switch kind {
	case "NCMD", "DCMD":
		return nil
	case "NDEATH":
		died, devices := nodes.death(c, &p)
		if !died {
			return nil
		}
		c.status(event.StatusDown, "", time.Time{})
		for _, c.device = range devices {
			c.status(event.StatusUnknown, "edge node is offline", time.Time{})
		}
		return nil
	}
	if err := nodes.follow(c, kind, &p); err != nil {
		return err
	}
	switch kind {
	case "DDEATH":
		c.status(event.StatusDown, "", p.at)
		return nil
	case "NBIRTH", "DBIRTH":
		c.status(event.StatusUp, "", p.at)
	}
	for i := range p.metrics {
		if err := c.reading(&p.metrics[i], p.at); err != nil {
			return err
		}
	}
	return nil
}

func (c *message) status(status, reason string, at time.Time) {
	c.add(event.Event{
		Type: event.TypeDeviceStatus, Kind: event.KindKitchen,
		Status: &event.DeviceStatus{Status: status, Reason: reason},
	}, at)
}

// add stamps an event with the device's time, in milliseconds as all of Sparkplug's.
func (c *message) add(e event.Event, at time.Time) {
	e.Device = c.device
	c.At(at, time.Millisecond)
	c.Add(e)
}

func (c *message) reading(m *metric, sent time.Time) error {
	if m.null || !m.hasValue || len(m.name) == 0 || m.datatype == typeDateTime {
		return nil
	}
	if !utf8.Valid(m.name) {
		return errors.New("a metric's name is not valid UTF-8")
	}
	name := string(m.name)
	quantity, unit, low, high := c.meaning(name)
	if quantity == "" {
		return nil
	}
	if math.IsNaN(m.value) || math.IsInf(m.value, 0) {
		return nil // a float's way to say that there is no measurement
	}
	if m.value < low || m.value > high {
		return fmt.Errorf("metric %.80q: %v is out of range: want %v to %v", name, m.value, low, high)
	}
	at := m.at
	if at.IsZero() {
		at = sent
	}
	value := m.value
	if !m.integer {
		// A float32 of 4.2 is 4.2, not 4.199999809.
		if f := float32(value); float64(f) == value {
			if short, err := strconv.ParseFloat(strconv.FormatFloat(value, 'g', -1, 32), 64); err == nil {
				value = short
			}
		}
	}
	c.add(event.Event{
		Type: event.TypeKitchenReading, Kind: event.KindKitchen, Backfill: m.historical,
		Reading: &event.KitchenReading{Quantity: quantity, Value: value, Unit: unit},
	}, at)
	return nil
}

// meaning is the quantity, unit and range of a metric's name; the quantity is empty for
// what is no measurement.
func (c *message) meaning(name string) (quantity, unit string, low, high float64) {
	first, _, nested := strings.Cut(name, "/")
	if name == "bdSeq" || (nested && (first == "Node Control" || first == "Device Control" || first == "Properties")) {
		return "", "", 0, 0
	}
	quantity = string(payload.CleanName(name))
	switch payload.CleanName(name[strings.LastIndexByte(name, '/')+1:]) {
	case "temperature", "temp":
		if c.Quantity != "" {
			return c.Quantity, "°C", -273.15, 1000
		}
		if !nested {
			quantity = event.QuantityRoom
		}
		return quantity, "°C", -273.15, 1000
	case "humidity":
		if !nested {
			quantity = event.QuantityHumidity
		}
		return quantity, "%", 0, 100
	case "battery":
		if !nested {
			quantity = "battery"
		}
		return quantity, "%", 0, 100
	}
	return quantity, "", -anything, anything
}

// state reads a host application's state: JSON, in Sparkplug 2 the plain word.
func (d *Decoder) state(c *message) error {
	switch word := string(c.Payload); {
	case strings.EqualFold(word, "ONLINE"):
		c.status(event.StatusUp, "", time.Time{})
		return nil
	case strings.EqualFold(word, "OFFLINE"):
		c.status(event.StatusDown, "", time.Time{})
		return nil
	case len(word) > 4096:
		return fmt.Errorf("payload has %d bytes, more than 4096", len(word))
	}
	return d.parsers.Object(c.Payload, c.host)
}

// host reads the state that is an object.
func (c *message) host(v *fastjson.Value) error {
	online := v.Get("online")
	if online == nil || (online.Type() != fastjson.TypeTrue && online.Type() != fastjson.TypeFalse) {
		return errors.New(`field "online" is neither true nor false`)
	}
	if online.Type() == fastjson.TypeFalse {
		c.status(event.StatusDown, "", time.Time{})
		return nil
	}
	at, err := millis(v.GetUint64("timestamp"))
	if err != nil {
		return err
	}
	c.status(event.StatusUp, "", at)
	return nil
}
