package detect

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/campusgate/campusgate/gateway/event"
)

// version is the first byte of every stored value. A change of what is stored gets a new
// one; readers refuse what they do not know.
const version = 1

const clockKey = "clock"

// errState says that a stored value is damaged.
var errState = errors.New("detect: damaged state")

// Dirty returns the state that has changed since the last call, to be stored in the same
// transaction as the cursor: what to put, and what to delete.
func (e *Engine) Dirty() (put map[string][]byte, del []string) {
	if !e.clockDirty && len(e.dirty) == 0 && len(e.gone) == 0 {
		return nil, nil
	}
	put = make(map[string][]byte, len(e.dirty)+1)
	if e.clockDirty {
		e.clockDirty = false
		c := coder{}
		c.version()
		c.i64(&e.clock)
		c.i64(&e.watched)
		put[clockKey] = c.buf
	}
	buf := make([]byte, 0, 256*len(e.dirty)) // one for all: values are small and many
	c := coder{base: e.clock}
	for _, n := range e.dirty {
		n.dirty = false
		if n.gone {
			continue
		}
		c.buf = buf[len(buf):]
		c.version()
		c.i64(&c.base)
		n.code(&c)
		n.owner.code(&c)
		put[n.key] = slices.Clip(c.buf)
		if len(c.buf) <= cap(buf)-len(buf) {
			buf = buf[:len(buf)+len(c.buf)]
		}
	}
	e.dirty = e.dirty[:0]
	for _, key := range e.gone {
		if _, again := put[key]; !again {
			del = append(del, key)
		}
	}
	e.gone = e.gone[:0]
	return put, del
}

// Restore gives back one value that Dirty returned. Everything is restored before the
// first event, in any order. An error leaves the engine without that value, and usable.
func (e *Engine) Restore(key string, value []byte) error {
	c := coder{buf: value, reading: true}
	c.version()
	if key == clockKey {
		c.i64(&e.clock)
		c.i64(&e.watched)
		return c.end(key)
	}
	owner, n := e.nodeFor(key)
	if n == nil {
		return fmt.Errorf("%w: key %q is none of this version's", errState, key)
	}
	c.i64(&c.base)
	n.code(&c)
	owner.code(&c)
	if err := c.end(key); err != nil {
		e.discard(owner)
		return err
	}
	if d, ok := owner.(*device); ok {
		d.reconcile(c.base)
	}
	e.heap.move(n, n.due())
	return nil
}

// reconcile follows the registry where it has changed since the state was stored, which
// happened at a time: what was in it then and is not now goes, unless it reports again.
func (d *device) reconcile(stored int64) {
	if d.reg == nil || d.reg.Parent == "" {
		d.inBranch = false
	}
	switch {
	case d.reg != nil:
		d.timers[timerForget] = never
	case d.timers[timerForget] == never:
		d.timers[timerForget] = stored
	}
}

// nodeFor returns the node of a stored key, made anew.
func (e *Engine) nodeFor(key string) (owner, *node) {
	kind, rest, _ := strings.Cut(key, "/")
	switch kind {
	case "s":
		s := e.siteOf(event.SiteID(rest))
		return s, &s.node
	case "b":
		site, parent, ok := strings.Cut(rest, "/")
		if !ok {
			return nil, nil
		}
		b := e.siteOf(event.SiteID(site)).branchOf(event.DeviceID(parent))
		return b, &b.node
	case "d":
		site, id, ok := strings.Cut(rest, "/")
		if !ok {
			return nil, nil
		}
		k := event.DeviceKey{Site: event.SiteID(site), Device: event.DeviceID(id)}
		d := e.devices[k]
		if d == nil {
			d = e.newDevice(k, "", true)
		}
		return d, &d.node
	}
	return nil, nil
}

// discard takes back a node whose state is damaged.
func (e *Engine) discard(o owner) {
	switch o := o.(type) {
	case *device:
		e.forget(o)
		e.heap.remove(&o.node)
		e.gone = e.gone[:0]
	case *branch:
		i := o.index
		*o = branch{site: o.site, parent: o.parent}
		o.init(o, "b/"+string(o.site.id)+"/"+string(o.parent))
		o.index = i
		e.heap.move(&o.node, o.due())
	case *site:
		devices, branches := o.devices, o.branches
		key := o.key
		heapIndex := o.index
		*o = site{engine: e, id: o.id, reg: o.reg, hours: o.hours, carriers: o.carriers, limits: o.limits, devices: devices, branches: branches}
		o.init(o, key)
		o.index = heapIndex
		e.heap.move(&o.node, o.due())
	}
}

func (n *node) code(c *coder) {
	for i := range n.timers {
		at := n.timers[i]
		if at == never {
			at = 0
		}
		c.time(&at)
		if at == 0 {
			at = never
		}
		n.timers[i] = at
	}
	count := c.length(len(n.open))
	if c.reading {
		n.open = make([]standing, count)
	}
	for i := range n.open {
		o := &n.open[i]
		c.str(&o.key)
		c.time(&o.until)
		c.anomaly(&o.a)
	}
}

func (d *device) code(c *coder) {
	kind := string(d.kind)
	c.str(&kind)
	d.kind = event.Kind(kind)
	c.stamps(&d.recent.buf, &d.recent)
	for _, v := range [...]*int64{
		&d.lastSeen, &d.lastBeat, &d.statusAt, &d.lostAt, &d.seqAt, &d.offsetAt, &d.callAt, &d.posAt, &d.endedAt,
	} {
		c.time(v)
	}
	for _, v := range [...]*int64{(*int64)(&d.period), (*int64)(&d.learned), &d.offset} {
		c.i64(v)
	}
	for _, v := range [...]*uint8{&d.beats, &d.status, &d.lost, &d.offsets, &d.right, &d.implausible, &d.plausible, &d.trip} {
		c.u8(v)
	}
	for _, v := range [...]*bool{&d.told, &d.inOutage, &d.inMass, &d.noPower, &d.checked} {
		c.boolean(v)
	}
	for _, v := range [...]*uint64{&d.seq, &d.seqSeen, &d.holes, &d.missing} {
		c.u64(v)
	}
	n := c.length(len(d.changes))
	if c.reading {
		d.changes = make([]int64, n)
	}
	for i := range d.changes {
		c.time(&d.changes[i])
	}
	c.stamps(&d.denied, nil)
	for i := range d.levels {
		if i == firstLevels && c.reading && len(c.buf) == 0 {
			break // stored before there were more
		}
		l := &d.levels[i]
		c.time(&l.last)
		c.time(&l.since)
		c.time(&l.calm)
	}
	if !c.reading || len(c.buf) > 0 { // else stored before there were branches
		c.boolean(&d.inBranch)
	}
}

func (b *branch) code(c *coder) { c.boolean(&b.closing) }

func (s *site) code(c *coder) {
	n := c.length(len(s.feverish))
	if c.reading {
		s.feverish = make([]feverish, n)
	}
	for i := range s.feverish {
		f := &s.feverish[i]
		c.hash(&f.key)
		c.time(&f.at)
		c.str((*string)(&f.device))
	}
	c.stamps(&s.measured, nil)
	n = c.length(len(s.inside))
	if c.reading {
		s.inside = make([]visit, n)
	}
	for i := range s.inside {
		v := &s.inside[i]
		c.str(&v.who)
		for k := range v.keys {
			c.hash(&v.keys[k])
		}
		c.str((*string)(&v.device))
		c.time(&v.at)
	}
	for i := range s.closingGroup {
		c.boolean(&s.closingGroup[i])
	}
}
