package journal

import (
	"context"
	"errors"
	"maps"
)

// Commit says that a chunk is done and stores tx with the cursor in one batch. Chunks may
// be committed in any order; the cursor moves over the contiguous prefix of its lane.
//
// With Append, Dead or Sync in tx it waits until the batch is durable; what it appends is
// numbered in order with concurrent Submits, and other consumers see it. Otherwise it
// returns at once and the cursor and state are written within about 100 ms, together: after
// a crash the chunk may come again, with the state as it was before it.
//
// On an error that wraps ErrUnavailable nothing counts as done; the same chunk may be
// committed again. A nil chunk commits tx alone.
func (c *Consumer) Commit(ch *Chunk, tx Tx) error {
	if len(tx.Append) == 0 && len(tx.Dead) == 0 && !tx.Sync {
		return c.commitLater(ch, tx)
	}
	r, err := newRequest(tx.Append, tx.Dead)
	if err != nil {
		return err
	}
	r.commit = &commitPart{consumer: c, put: tx.Put, remove: tx.Delete}
	if ch != nil {
		r.commit.chunk = ch.delivery
	}
	if err := c.claim(ch); err != nil {
		r.release()
		return err
	}
	if err := c.j.submitAndWait(context.Background(), r); err != nil {
		c.unclaim(ch)
		return err
	}
	return nil
}

var errCommitted = errors.New("chunk was committed before")

func (c *Consumer) claim(ch *Chunk) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return ErrStopped
	}
	if ch == nil {
		return nil
	}
	if ch.claimed {
		return errCommitted
	}
	ch.claimed = true
	return nil
}

func (c *Consumer) unclaim(ch *Chunk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch != nil {
		ch.claimed = false
	}
}

func (c *Consumer) commitLater(ch *Chunk, tx Tx) error {
	if err := c.claim(ch); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, v := range tx.Put {
		c.pending[k] = append([]byte{}, v...)
	}
	for _, k := range tx.Delete {
		c.pending[k] = nil
	}
	if ch != nil {
		ch.done = true
		ch.seg.advance()
		c.dropFinished()
	}
	c.markDirty()
	return nil
}

// beginWrite returns what to write for the consumer, with the chunks marked as writing
// counted as done.
func (c *Consumer) beginWrite() (spans []span, state map[string][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, s := range c.segments {
		if at := s.committed(); at < s.end || i == len(c.segments)-1 {
			spans = append(spans, span{at, s.end})
		}
	}
	c.dirty = false
	c.inflight, c.pending = c.pending, map[string][]byte{}
	return spans, c.inflight
}

// endWrite takes the outcome of the batch that beginWrite was for.
func (c *Consumer) endWrite(spans []span, chunks []*delivery, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ch := range chunks {
		ch.writing = false
		ch.done = ch.done || ok
		ch.claimed = ch.claimed && ok
	}
	if !ok {
		maps.Copy(c.inflight, c.pending)
		c.pending = c.inflight
		c.inflight = nil
		c.markDirty()
		return
	}
	c.inflight = nil
	c.written = spans
	for _, ch := range chunks {
		ch.seg.advance()
	}
	c.dropFinished()
}

// minCursor is the lowest number above which the stored cursors still need records.
func (c *Consumer) minCursor(classes *classMask) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	*classes = c.classes
	return c.written[0].cursor
}
