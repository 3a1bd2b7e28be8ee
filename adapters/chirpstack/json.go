package chirpstack

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/valyala/fastjson"
	"github.com/valyala/fastjson/fastfloat"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// maxPayload bounds what is parsed: a message of these devices has a few KiB.
	maxPayload = 256 << 10
	// pooledBytes is the payload above which a parser's memory is not kept.
	pooledBytes = 64 << 10
)

// Decoder reads the messages. It is safe for concurrent use.
type Decoder struct {
	parsers sync.Pool
}

// parse reads the payload and gives its value to read while the parser holds it.
func (d *Decoder) parse(b []byte, read func(*fastjson.Value) error) error {
	switch {
	case len(b) > maxPayload:
		return fmt.Errorf("payload has %d bytes, more than %d", len(b), maxPayload)
	case !utf8.Valid(b):
		return errors.New("payload is not valid UTF-8")
	}
	p, _ := d.parsers.Get().(*fastjson.Parser)
	if p == nil {
		p = new(fastjson.Parser)
	}
	if len(b) <= pooledBytes {
		defer d.parsers.Put(p)
	}
	v, err := p.ParseBytes(b)
	if err != nil {
		return fmt.Errorf("payload is no JSON: %.160q", err.Error())
	}
	return read(v)
}

// message collects the events of one message.
type message struct {
	payload.Message
	clock  event.Clock
	site   event.SiteID
	device event.DeviceID
	events []event.Event
}

// newMessage starts from what the mapping says; device is what the message calls itself.
func newMessage(dst []event.Event, m payload.Message, clock event.Clock, device string) (*message, error) {
	c := &message{Message: m, clock: clock, site: m.Site, device: m.Device, events: dst}
	if c.site == "" {
		c.site = event.CountySite
	}
	if c.device == "" {
		c.device = payload.CleanName(device)
	}
	if !event.ValidName(string(c.site)) {
		return nil, fmt.Errorf("site %.80q is no valid name", c.site)
	}
	if !event.ValidName(string(c.device)) {
		return nil, fmt.Errorf("device: %.80q gives no valid name", device)
	}
	return c, nil
}

// add stamps an event. A message without a time of its own is told from the next one with
// the same bytes by its arrival.
func (c *message) add(e event.Event, nth int, at time.Time, resolution time.Duration) {
	e.Site, e.Device, e.Retained = c.site, c.device, c.Retained
	identity := c.Payload
	if at.IsZero() {
		identity = binary.BigEndian.AppendUint64(append(make([]byte, 0, len(identity)+8), identity...), uint64(c.Received.UnixNano()))
	}
	c.clock.Stamp(&e, identity, nth, at, resolution, c.Received)
	c.events = append(c.events, e)
}

// number reads a JSON number or a numeric text; NaN and infinities are none.
func number(v *fastjson.Value) (n float64, ok bool) {
	if v == nil {
		return 0, false
	}
	var err error
	switch v.Type() {
	case fastjson.TypeNumber:
		n, err = v.Float64()
	case fastjson.TypeString:
		n, err = fastfloat.Parse(string(v.GetStringBytes()))
	default:
		return 0, false
	}
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// when reads a device's time: RFC 3339, a time without a zone (then China's), or Unix
// seconds or milliseconds. Absent, null, empty and 0 are the zero time.
func when(field string, v *fastjson.Value) (time.Time, time.Duration, error) {
	if v == nil || v.Type() == fastjson.TypeNull {
		return time.Time{}, 0, nil
	}
	if n, ok := number(v); ok {
		switch {
		case n == 0:
			return time.Time{}, 0, nil
		case n >= 1 && n < 1e11:
			whole, fraction := math.Modf(n)
			resolution := time.Second
			if fraction != 0 {
				resolution = time.Millisecond
			}
			return time.Unix(int64(whole), int64(fraction*1e9)), resolution, nil
		case n >= 1e11 && n < 1e14:
			return time.UnixMilli(int64(n)), time.Millisecond, nil
		}
		return time.Time{}, 0, fmt.Errorf("field %q: %.80q is no Unix time", field, v.String())
	}
	if v.Type() != fastjson.TypeString {
		return time.Time{}, 0, fmt.Errorf("field %q is a JSON %s, not a time", field, v.Type())
	}
	s := string(v.GetStringBytes())
	if s == "" {
		return time.Time{}, 0, nil
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		t, err := time.ParseInLocation(layout, s, time.FixedZone("CST", 8*3600))
		if err == nil && t.Unix() >= 0 {
			return t, resolution(s), nil
		}
	}
	return time.Time{}, 0, fmt.Errorf("field %q: %.80q is no time", field, s)
}

// resolution is the size of the last digit of a written time.
func resolution(s string) time.Duration {
	r := time.Second
	if _, fraction, ok := strings.Cut(s, "."); ok {
		for i := 0; i < len(fraction) && fraction[i] >= '0' && fraction[i] <= '9' && r > 1; i++ {
			r /= 10
		}
	}
	return r
}
