package live

import (
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Mode is what a channel promises to a client that does not keep up.
type Mode int

// The modes.
const (
	// Lossless delivers every op or closes the client, which can resume.
	Lossless Mode = 1
	// Latest delivers the latest row of each key; values in between may be left out.
	Latest Mode = 2
	// Feed delivers rows as they come and says how many it left out.
	Feed Mode = 3
)

// ChannelConfig describes a channel.
type ChannelConfig struct {
	Name string // lower-case letters
	Mode Mode
	// Classify says whose an op is; ok false hides it from everybody. A nil Classify hides
	// the whole channel.
	Classify func(*Op) (site event.SiteID, ok bool)
	// Keep is how many of the latest rows a Feed shows to a new client.
	Keep int
}

// BySite is the classifier of channels whose ops say their site. An op without one is the
// county's.
func BySite(op *Op) (event.SiteID, bool) {
	if op.Site == "" {
		return event.CountySite, true
	}
	return op.Site, true
}

// CountyOnly is the classifier of channels for those who see the whole county.
func CountyOnly(*Op) (event.SiteID, bool) { return event.CountySite, true }

// entry is an op in its wire form.
type entry struct {
	key  string
	site event.SiteID
	seen bool   // false: for nobody
	wire []byte // ["+","key",row]
	row  []byte // the row within wire, nil when removed
	at   int64  // Unix nanoseconds of publication
}

// Channel holds the state of one channel and whom to tell. It is safe for concurrent use.
type Channel struct {
	cfg ChannelConfig
	hub *Hub

	mu      sync.Mutex
	seq     uint64            // of the last op published
	flushed uint64            // of the last op handed to clients
	rows    map[string]*entry // Lossless, Latest
	recent  []*entry          // Feed: the last Keep, oldest first
	pending []*entry          // from flushed+1; for Latest one for each key
	place   map[string]int    // Latest: key → index in pending
	skipped uint64            // Feed: left out of pending because it was full
	ring    []*entry          // Lossless: the ops up to seq, for resuming
	ringAt  uint64            // seq of ring[0]
	groups  map[string]*group // by Scope.Key
}

// group is the clients that may see the same.
type group struct {
	scope   Scope
	sent    uint64 // up to here its clients know
	clients map[*client]*sub
	snap    []*frame // the snapshot at snapSeq, kept for the next who asks
	snapSeq uint64
}

func (c *Channel) entry(op *Op, now int64) *entry {
	e := &entry{key: op.Key, at: now}
	if c.cfg.Classify != nil {
		e.site, e.seen = c.cfg.Classify(op)
	}
	e.wire = appendOp(make([]byte, 0, len(op.Row)+len(op.Key)+10), op)
	if op.Kind != Remove {
		e.row = e.wire[len(e.wire)-1-len(op.Row) : len(e.wire)-1]
	}
	return e
}

// Publish takes in changes, in order. It never waits for a client.
func (c *Channel) Publish(ops ...Op) {
	if len(ops) == 0 {
		return
	}
	now := time.Now().UnixNano()
	entries := make([]*entry, len(ops))
	for i := range ops {
		entries[i] = c.entry(&ops[i], now)
	}
	c.mu.Lock()
	for _, e := range entries {
		c.take(e)
	}
	idle := len(c.groups) == 0
	if idle {
		c.forget()
	}
	c.mu.Unlock()
	if !idle {
		c.hub.kick()
	}
}

// Reset replaces the whole state without telling anybody; for the time before clients
// come, or together with Hub.NewEpoch.
func (c *Channel) Reset(ops []Op) {
	now := time.Now().UnixNano()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows = make(map[string]*entry, len(ops))
	c.recent, c.ring = nil, nil
	c.forget()
	c.ringAt = c.seq + 1
	for i := range ops {
		e := c.entry(&ops[i], now)
		if c.cfg.Mode == Feed {
			c.recent = append(c.recent, e)
		} else if e.row != nil {
			c.rows[e.key] = e
		}
	}
	for _, g := range c.groups {
		g.snap = nil
	}
}

// take adds one op to the state and to what is pending.
func (c *Channel) take(e *entry) {
	c.seq++
	switch c.cfg.Mode {
	case Feed:
		c.recent = append(c.recent, e)
		if len(c.recent) >= 2*c.cfg.Keep {
			c.recent = append([]*entry(nil), c.recent[len(c.recent)-c.cfg.Keep:]...)
		}
		if len(c.pending) >= maxPendingFeed {
			c.skipped++
			return
		}
		c.pending = append(c.pending, e)
		return
	case Latest:
		if i, ok := c.place[e.key]; ok {
			c.hub.metrics.coalesced.Inc()
			c.pending[i] = e
		} else {
			c.place[e.key] = len(c.pending)
			c.pending = append(c.pending, e)
		}
	case Lossless:
		c.pending = append(c.pending, e)
		c.keep(e)
	}
	if e.row == nil {
		delete(c.rows, e.key)
	} else {
		c.rows[e.key] = e
	}
}

// keep adds an op to the ring and drops what is too old or too much.
func (c *Channel) keep(e *entry) {
	if len(c.ring) == 0 {
		c.ringAt = c.seq
	}
	c.ring = append(c.ring, e)
	drop := max(0, len(c.ring)-c.hub.cfg.RingOps)
	oldest := e.at - int64(c.hub.cfg.RingAge)
	for drop < len(c.ring) && c.ring[drop].at < oldest {
		drop++
	}
	// In lumps, so that the copying is paid once for many ops.
	if drop > len(c.ring)/4 || drop > 1024 {
		c.ring = append([]*entry(nil), c.ring[drop:]...)
		c.ringAt += uint64(drop)
	}
}

// forget drops what is pending: nobody listens, or all were told.
func (c *Channel) forget() {
	clear(c.pending)
	c.pending = c.pending[:0]
	clear(c.place)
	c.skipped = 0
	c.flushed = c.seq
}

// flush hands what is pending to the clients, encoded once for each scope.
func (c *Channel) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flushLocked()
}

func (c *Channel) flushLocked() {
	if c.flushed == c.seq {
		return
	}
	for _, g := range c.groups {
		c.tell(g)
	}
	c.forget()
}

// tell sends a group what it may see of the pending ops. A group for which there is
// nothing is left as it is; its next frame covers the range.
func (c *Channel) tell(g *group) {
	var mine []*entry
	for _, e := range c.pending {
		if e.seen && g.scope.Allows(e.site) {
			mine = append(mine, e)
		}
	}
	// Which of the events left out were the group's is not known: they were never looked at.
	if len(mine) == 0 && c.skipped == 0 {
		return
	}
	frames := c.deltas(mine, g.sent+1, c.seq-c.skipped)
	if c.skipped > 0 {
		if f, err := newFrame(skipText(c.cfg.Name, c.seq-c.skipped+1, c.seq, c.skipped), 0, 0); err == nil {
			frames = append(frames, f)
		}
	}
	for client, s := range g.clients {
		client.deliver(s, frames, mine, c.seq, c.skipped)
	}
	g.sent = c.seq
	g.snap = nil
}

// deltas encodes entries as contiguous "d" frames that cover from..to, none larger than
// MaxFrame unless a single row is.
func (c *Channel) deltas(entries []*entry, from, to uint64) []*frame {
	var frames []*frame
	parts := make([][]byte, 0, len(entries))
	size, at := 0, int64(0)
	add := func(last uint64) {
		f, err := newFrame(join(deltaHead(c.cfg.Name, from, last), parts), len(parts), at)
		if err != nil {
			c.hub.log.Error().Err(err).Str("channel", c.cfg.Name).Msg("cannot encode frame")
			return
		}
		frames = append(frames, f)
		from, parts, size, at = last+1, parts[:0], 0, 0
	}
	for i, e := range entries {
		// Each entry has a sequence number of its own, so there are enough to divide.
		if size+len(e.wire) > maxFrame-256 && len(parts) > 0 && from+uint64(len(parts))-1 < to {
			add(from + uint64(len(parts)) - 1)
		}
		parts = append(parts, entries[i].wire)
		size += len(e.wire) + 1
		if at == 0 || e.at < at {
			at = e.at
		}
	}
	add(to)
	return frames
}

// snapshot returns the frames of the state at seq, for a group.
func (c *Channel) snapshot(g *group) []*frame {
	if g.snap != nil && g.snapSeq == c.seq {
		return g.snap
	}
	var parts [][]byte
	visit := func(e *entry) {
		if e.seen && g.scope.Allows(e.site) {
			parts = append(parts, e.row)
		}
	}
	if c.cfg.Mode == Feed {
		for _, e := range c.recent[max(0, len(c.recent)-c.cfg.Keep):] {
			visit(e)
		}
	}
	for _, e := range c.rows {
		visit(e)
	}
	var chunks [][][]byte
	begin, size := 0, 0
	for i, p := range parts {
		if size+len(p) > maxFrame-256 && i > begin {
			chunks = append(chunks, parts[begin:i])
			begin, size = i, 0
		}
		size += len(p) + 1
	}
	chunks = append(chunks, parts[begin:])
	frames := make([]*frame, 0, len(chunks))
	for i, chunk := range chunks {
		f, err := newFrame(join(snapHead(c.cfg.Name, c.seq, i+1, len(chunks)), chunk), 0, 0)
		if err != nil {
			c.hub.log.Error().Err(err).Str("channel", c.cfg.Name).Msg("cannot encode snapshot")
			continue
		}
		frames = append(frames, f)
	}
	g.snap, g.snapSeq = frames, c.seq
	return frames
}
