package rules

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// KeyPrefix begins the keys of all state of this package, which shares a cursor with that
// of others.
const KeyPrefix = "rules/"

const (
	clockKey     = KeyPrefix + "clock"
	statePrefix  = KeyPrefix + "s/"
	recentPrefix = KeyPrefix + "d/"
	// version is the first byte of every stored value; a change of what is stored gets a new one.
	version = 1
)

// errState says that a stored value is damaged.
var errState = errors.New("rules: damaged state")

func stateKey(rule string, k event.DeviceKey) string {
	return statePrefix + rule + "/" + string(k.Site) + "/" + string(k.Device)
}

func recentKey(k event.DeviceKey) string {
	return recentPrefix + string(k.Site) + "/" + string(k.Device)
}

// Dirty returns the state that has changed since the last call, to be stored in the same
// transaction as the cursor: what to put, and what to delete.
func (e *Engine) Dirty() (put map[string][]byte, del []string) {
	if !e.clockDirty && len(e.dirty) == 0 && len(e.devices) == 0 && len(e.gone) == 0 {
		return nil, nil
	}
	put = make(map[string][]byte, len(e.dirty)+len(e.devices)+1)
	if e.clockDirty {
		e.clockDirty = false
		c := &coder{}
		c.version()
		c.i64(&e.clock)
		c.i64(&e.watched)
		put[clockKey] = c.buf
	}
	for _, s := range e.dirty {
		s.dirty = false
		if !s.gone {
			put[s.key] = s.encode()
		}
	}
	for _, k := range e.devices {
		if r := e.recents[k]; r != nil {
			r.dirty = false
			c := &coder{}
			c.version()
			r.code(c)
			put[recentKey(k)] = c.buf
		}
	}
	e.dirty, e.devices = e.dirty[:0], e.devices[:0]
	for _, key := range e.gone {
		if _, again := put[key]; !again {
			del = append(del, key)
		}
	}
	e.gone = e.gone[:0]
	return put, del
}

func (s *state) encode() []byte {
	c := &coder{buf: make([]byte, 0, 256)}
	c.version()
	c.u64(&s.rule.hash)
	c.anomaly(&s.open)
	c.i64(&s.until)
	s.code(c)
	return c.buf
}

// Restore gives back one value that Dirty returned. Everything is restored before the
// first event, in any order. What a rule kept that is no more, or has changed, is deleted,
// and its anomaly cleared. An error leaves the engine without that value, and usable.
func (e *Engine) Restore(key string, value []byte) error {
	e.restored = true
	c := &coder{buf: value, reading: true}
	c.version()
	switch {
	case key == clockKey:
		clock, watched := int64(0), int64(0)
		c.time(&clock)
		c.time(&watched)
		if err := c.end(key); err != nil {
			return err
		}
		e.clock, e.watched = clock, watched
		return nil
	case strings.HasPrefix(key, recentPrefix):
		k, ok := deviceKey(key[len(recentPrefix):])
		r := &recent{}
		if r.code(c); !ok || c.end(key) != nil {
			return fmt.Errorf("%w: %q", errState, key)
		}
		e.recents[k] = r
		return nil
	}
	rest, ok := strings.CutPrefix(key, statePrefix)
	name, device, ok2 := strings.Cut(rest, "/")
	k, ok3 := deviceKey(device)
	if !ok || !ok2 || !ok3 {
		return fmt.Errorf("%w: key %q is none of this version's", errState, key)
	}
	return e.restoreState(key, name, k, c)
}

func (e *Engine) restoreState(key, name string, k event.DeviceKey, c *coder) error {
	var hash uint64
	var open *event.Anomaly
	var until int64
	c.u64(&hash)
	c.anomaly(&open)
	c.time(&until)
	if c.failed {
		return fmt.Errorf("%w: %q", errState, key)
	}
	r := e.named[name]
	if r == nil || r.hash != hash {
		if open != nil && until == 0 {
			e.orphans = append(e.orphans, *open)
			slices.SortFunc(e.orphans, func(a, b event.Anomaly) int { return strings.Compare(a.ID, b.ID) })
		}
		e.gone = append(e.gone, key)
		return nil
	}
	s := e.newState(r, k)
	s.open, s.until = open, until
	s.code(c)
	if err := c.end(key); err != nil {
		e.forget(s)
		e.gone = e.gone[:len(e.gone)-1]
		return err
	}
	return nil
}

// settle makes restored states wait for what is due after the clock: everything before it
// was judged.
func (e *Engine) settle() {
	if !e.restored {
		return
	}
	e.restored = false
	for _, s := range slices.Clone(e.heap) {
		s.judged = e.clock
		e.move(s, e.due(s))
	}
}

func deviceKey(s string) (event.DeviceKey, bool) {
	site, device, ok := strings.Cut(s, "/")
	return event.DeviceKey{Site: event.SiteID(site), Device: event.DeviceID(device)}, ok
}

func (r *recent) code(c *coder) {
	c.u8(&r.next)
	if r.next >= uint8(len(r.keys)) {
		c.failed = true
		r.next = 0
	}
	c.time(&r.last)
	for i := range r.keys {
		c.u64(&r.keys[i])
	}
}

// code is everything of a state but what stands in front of it.
func (s *state) code(c *coder) {
	kind := string(s.kind)
	c.str(&kind)
	s.kind = event.Kind(kind)
	for _, v := range [...]*int64{&s.last, &s.gap, &s.since, &s.start, &s.calm} {
		c.time(v)
	}
	seen := int64(s.seen)
	c.i64(&seen)
	s.seen = int(seen)
	c.event(&s.event)
	n := c.length(len(s.memory))
	if n != len(s.memory) {
		c.failed = true
		return
	}
	for i := range s.memory {
		m := &s.memory[i]
		c.f64(&m.number)
		c.f64(&m.before)
		c.str(&m.text)
		c.str(&m.beforeText)
		c.boolean(&m.known)
		c.boolean(&m.knownBeforehand)
	}
	if n = c.length(len(s.filled)); n != len(s.filled) {
		c.failed = true
		return
	}
	for i := range s.filled {
		n := c.length(len(s.filled[i]))
		if c.reading {
			s.filled[i] = make([]bucket, n)
		}
		for j := range s.filled[i] {
			b := &s.filled[i][j]
			c.i64(&b.at)
			c.u64(&b.n)
			c.f64(&b.sum)
			c.f64(&b.min)
			c.f64(&b.max)
		}
	}
}

// coder writes fields to a buffer or reads them from it; one description of a record
// serves both, so they cannot drift apart. The first error stays.
type coder struct {
	buf     []byte
	reading bool
	failed  bool
}

func (c *coder) end(key string) error {
	if c.failed || len(c.buf) != 0 {
		return fmt.Errorf("%w: %q", errState, key)
	}
	return nil
}

func (c *coder) version() {
	v := uint8(version)
	c.u8(&v)
	if v != version {
		c.failed = true
	}
}

func (c *coder) u8(v *uint8) {
	switch {
	case !c.reading:
		c.buf = append(c.buf, *v)
	case c.failed || len(c.buf) == 0:
		c.failed = true
	default:
		*v, c.buf = c.buf[0], c.buf[1:]
	}
}

func (c *coder) boolean(v *bool) {
	var b uint8
	if *v {
		b = 1
	}
	c.u8(&b)
	*v = b == 1
}

func (c *coder) u64(v *uint64) {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, *v)
		return
	}
	x, n := binary.Uvarint(c.buf)
	if c.failed || n <= 0 {
		c.failed = true
		return
	}
	*v, c.buf = x, c.buf[n:]
}

func (c *coder) i64(v *int64) {
	x := uint64(*v)<<1 ^ uint64(*v>>63)
	c.u64(&x)
	*v = int64(x>>1) ^ -int64(x&1)
}

// time codes a time or a span of it in nanoseconds. What is beyond the year 2100 is damage,
// which must not overflow in a sum.
func (c *coder) time(v *int64) {
	c.i64(v)
	if c.reading && (*v < 0 || *v > 1<<62) {
		c.failed = true
		*v = 0
	}
}

func (c *coder) f64(v *float64) {
	x := math.Float64bits(*v)
	if !c.reading {
		c.buf = binary.LittleEndian.AppendUint64(c.buf, x)
		return
	}
	if c.failed || len(c.buf) < 8 {
		c.failed = true
		return
	}
	*v, c.buf = math.Float64frombits(binary.LittleEndian.Uint64(c.buf)), c.buf[8:]
}

// length codes how many items follow; no more than there are bytes can.
func (c *coder) length(n int) int {
	v := uint64(n)
	c.u64(&v)
	if c.reading && (c.failed || v > uint64(len(c.buf))) {
		c.failed = true
		return 0
	}
	return int(v)
}

func (c *coder) bytes(b []byte) []byte {
	n := c.length(len(b))
	if !c.reading {
		c.buf = append(c.buf, b...)
		return b
	}
	b, c.buf = c.buf[:n], c.buf[n:]
	return b
}

func (c *coder) str(v *string) {
	if b := c.bytes([]byte(*v)); c.reading {
		*v = string(b)
	}
}

// anomaly and event code what may be nil in its journal form.
func (c *coder) anomaly(a **event.Anomaly) {
	var b []byte
	if !c.reading && *a != nil {
		b, _ = (*a).AppendBinary(nil) // only times outside 1678 to 2262 fail, and the clock has none
	}
	if b = c.bytes(b); c.reading && len(b) > 0 {
		*a = &event.Anomaly{}
		c.failed = c.failed || (*a).UnmarshalBinary(b) != nil
	}
}

func (c *coder) event(ev **event.Event) {
	var b []byte
	if !c.reading && *ev != nil {
		b, _ = (*ev).AppendBinary(nil) // as above: an event that cannot be stored is not kept
	}
	if b = c.bytes(b); c.reading && len(b) > 0 {
		*ev = &event.Event{}
		c.failed = c.failed || (*ev).UnmarshalBinary(b) != nil
	}
}
