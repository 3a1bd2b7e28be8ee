package payload

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"github.com/campusgate/campusgate/gateway/event"
)

// Limits of a payload.
const (
	// MaxItems is how many objects one array may hold.
	MaxItems = 500
	// pooledBytes is the payload size above which a parser is not kept: it holds 50 bytes
	// and more for each value it ever read at once.
	pooledBytes = 64 << 10
)

// Channel is one kind of message of a family.
type Channel struct {
	Name string // last level of the topic
	Type event.Type
	// Read sets the body of e from the object's fields. Faults are kept by the object.
	Read func(o *Object, e *event.Event)
}

// Family is a family of our own devices. The first channel is its main one.
type Family struct {
	Kind     event.Kind
	Channels []Channel
	// scratches are reused: they hold the memory of what they parsed.
	scratches sync.Pool
}

// scratch is what decoding one message needs.
type scratch struct {
	parser fastjson.Parser
	object Object
}

// NewFamily describes a family. Channels "heartbeat" and "status", the same for all kinds,
// are added unless it brings its own.
func NewFamily(kind event.Kind, channels ...Channel) *Family {
	f := &Family{Kind: kind, Channels: channels}
	for _, c := range []Channel{heartbeatChannel(), statusChannel()} {
		if f.channel(c.Name) == nil {
			f.Channels = append(f.Channels, c)
		}
	}
	return f
}

func (f *Family) channel(name string) *Channel {
	for i := range f.Channels {
		if f.Channels[i].Name == name {
			return &f.Channels[i]
		}
	}
	return nil
}

// Name is the family's kind.
func (f *Family) Name() string { return string(f.Kind) }

// Decode implements Decoder.
func (f *Family) Decode(dst []event.Event, m Message, clock event.Clock) ([]event.Event, error) {
	a, err := f.address(&m)
	if err != nil {
		return dst, err
	}
	channel := f.channel(a.Channel)
	if channel == nil {
		return dst, fmt.Errorf("topic: channel %.80q is none of %s", a.Channel, f.channelNames())
	}
	if len(m.Payload) == 0 {
		return dst, errors.New("payload is empty (a retained message was cleared?)")
	}
	if !utf8.Valid(m.Payload) {
		return dst, errors.New("payload is not valid UTF-8")
	}
	base := event.Event{Type: channel.Type, Kind: f.Kind, Site: a.Site, Device: a.Device, Retained: m.Retained}
	if channel.Type == event.TypeDeviceStatus {
		if status, ok := plainStatus(m.Payload); ok {
			base.Status = &event.DeviceStatus{Status: status}
			return append(dst, stamped(base, &m, clock)), nil
		}
	}
	return f.decodeJSON(dst, base, channel, &m, clock)
}

func (f *Family) decodeJSON(dst []event.Event, base event.Event, channel *Channel, m *Message, clock event.Clock) ([]event.Event, error) {
	s, _ := f.scratches.Get().(*scratch)
	if s == nil {
		s = new(scratch)
	}
	if len(m.Payload) <= pooledBytes {
		defer f.scratches.Put(s)
	}
	root, err := s.parser.ParseBytes(m.Payload)
	if err != nil {
		return dst, fmt.Errorf("payload is no JSON: %s", briefly(err.Error()))
	}
	switch root.Type() {
	case fastjson.TypeObject:
		all := append(dst, base)
		if err := s.readObject(root, &all[len(dst)], channel, m, clock, m.Payload, 0); err != nil {
			return dst, err
		}
		return all, nil
	case fastjson.TypeArray:
		return s.decodeArray(dst, root, base, channel, m, clock)
	}
	return dst, fmt.Errorf("payload is a JSON %s, not an object or an array of objects", root.Type())
}

func (s *scratch) decodeArray(dst []event.Event, root *fastjson.Value, base event.Event, channel *Channel, m *Message, clock event.Clock) ([]event.Event, error) {
	items, err := root.Array()
	if err != nil {
		return dst, err
	}
	if len(items) == 0 || len(items) > MaxItems {
		return dst, fmt.Errorf("payload is an array of %d objects, not of 1 to %d", len(items), MaxItems)
	}
	// Each event's identity covers the whole message. It is hashed once, not once for each
	// item: 500 times 256 KB would take a tenth of a second.
	sum := sha256.Sum256(m.Payload)
	all := dst
	for i, item := range items {
		if item.Type() != fastjson.TypeObject {
			return dst, fmt.Errorf("item %d is a JSON %s, not an object", i, item.Type())
		}
		all = append(all, base)
		if err := s.readObject(item, &all[len(all)-1], channel, m, clock, sum[:], i); err != nil {
			return dst, fmt.Errorf("item %d: %w", i, err)
		}
	}
	return all, nil
}

// readObject fills e where it stands: an event is some 400 bytes of pointers, which cost to
// copy.
func (s *scratch) readObject(v *fastjson.Value, e *event.Event, channel *Channel, m *Message, clock event.Clock, identity []byte, nth int) error {
	object, err := v.Object()
	if err != nil {
		return err
	}
	o := &s.object
	o.reset(object)
	observed, resolution := o.timestamp("ts")
	e.Seq = o.sequence("seq")
	e.Backfill = o.Bool("backfill", false)
	channel.Read(o, e)
	if o.err != nil {
		return o.err
	}
	if observed.IsZero() && e.Seq == 0 {
		identity = arrival(identity, m)
	}
	clock.Stamp(e, identity, nth, observed, resolution, m.Received)
	return nil
}

// stamped finishes an event of a message without time and counter.
func stamped(e event.Event, m *Message, clock event.Clock) event.Event {
	clock.Stamp(&e, arrival(m.Payload, m), 0, time.Time{}, 0, m.Received)
	return e
}

// arrival adds the time of receipt to a message that states neither time nor counter.
// Without it every "offline" of a device would be the same event for ever; a redelivery of
// such a message cannot be told from a new one.
func arrival(identity []byte, m *Message) []byte {
	b := make([]byte, 0, len(identity)+8)
	b = append(b, identity...)
	return binary.BigEndian.AppendUint64(b, uint64(m.Received.UnixNano()))
}

func (f *Family) channelNames() string {
	names := make([]string, len(f.Channels))
	for i := range f.Channels {
		names[i] = f.Channels[i].Name
	}
	return strings.Join(names, ", ")
}

// briefly cuts a parser's message, which quotes what is left of the payload.
func briefly(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 160 {
		s = strings.ToValidUTF8(s[:160], "") + " …"
	}
	return s
}
