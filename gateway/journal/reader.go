package journal

import (
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/campusgate/campusgate/gateway/event"
)

// diskReader reads a consumer's records from the store, merging its classes by sequence
// number. It keeps its iterators from call to call: they hold the disk space of what they
// see, so they are renewed after a while.
type diskReader struct {
	st      *store
	its     []classIter
	classes classMask
	pos     uint64 // everything up to here was read
	upTo    uint64 // the iterators see everything durable up to here
	opened  time.Time
	slab    slab
}

// classIter walks the blocks of one class.
type classIter struct {
	class event.Class
	it    *pebble.Iterator
	block blockReader
	seq   uint64
	form  byte
	body  []byte
	ok    bool
	seen  uint64 // everything up to here is read or passed over
}

// readerAge is how long iterators live.
const readerAge = 2 * time.Second

// read returns up to limit records with after < seq <= to, and up to which number it got.
// missed counts records it had to step over because they are damaged. With an error,
// records and upTo are what came before it.
func (r *diskReader) read(j *Journal, after, to uint64, limit int, classes classMask) (records []Record, upTo, missed uint64, err error) {
	st := j.store.Load()
	renew := r.st != st || r.classes != classes || r.pos != after || after >= r.upTo
	if renew || time.Since(r.opened) > readerAge {
		if err := r.open(j, st, after, classes); err != nil {
			return nil, after, 0, err
		}
	}
	to = min(to, r.upTo)
	records = make([]Record, 0, min(limit, int(min(to-after, 1<<16))))
	for {
		for i := range r.its {
			n, err := r.repair(j, &r.its[i])
			missed += n
			if err != nil {
				pos := r.pos
				r.close()
				return records, pos, missed, err
			}
		}
		c := r.lowest()
		if c == nil {
			r.pos = to
			break
		}
		if c.seq > to {
			r.pos = to
			break
		}
		if len(records) >= limit {
			break
		}
		rec, decodeErr := decodeRecord(c.seq, c.form, c.body, &r.slab, limit-len(records))
		if decodeErr == nil {
			records = append(records, rec)
		} else {
			missed++
			j.noteDamage(c.class, c.seq, decodeErr)
		}
		r.pos = c.seq
		c.next()
	}
	return records, r.pos, missed, nil
}

func (r *diskReader) open(j *Journal, st *store, after uint64, classes classMask) error {
	r.close()
	_, head, _ := j.tail.window() // before the iterators: they see at least this
	if !st.acquire() {
		return fmt.Errorf("read journal: %w", ErrStopped)
	}
	r.st, r.classes, r.pos, r.upTo, r.opened = st, classes, after, head, time.Now()
	for class := range event.Class(event.NumClasses) {
		if !classes.has(class) {
			continue
		}
		c := classIter{class: class, seen: after}
		err := c.open(st)
		r.its = append(r.its, c)
		if err != nil {
			r.close()
			return err
		}
	}
	return nil
}

func (r *diskReader) close() {
	if r.st == nil {
		return
	}
	for i := range r.its {
		r.its[i].close()
	}
	clear(r.its)
	r.its = r.its[:0]
	r.st.release()
	r.st = nil
}

// lowest returns the iterator at the lowest number, nil at the end.
func (r *diskReader) lowest() *classIter {
	var best *classIter
	for i := range r.its {
		if c := &r.its[i]; c.ok && (best == nil || c.seq < best.seq) {
			best = c
		}
	}
	return best
}

// repair lets an iterator that met a damaged place go on behind the extent which holds it.
// It returns about how many records are lost by that, and errors that are no damage.
func (r *diskReader) repair(j *Journal, c *classIter) (missed uint64, err error) {
	for !c.ok && c.it != nil {
		cause := c.it.Error()
		if cause == nil {
			return missed, nil
		}
		if !pebble.IsCorruptionError(cause) {
			return missed, fmt.Errorf("read journal: %w", cause)
		}
		c.close()
		n, resume, more := j.stepOver(c.class, c.seen, cause)
		missed += n
		if !more {
			return missed, nil
		}
		c.seen = resume
		if err := c.open(r.st); err != nil {
			return missed, err
		}
	}
	return missed, nil
}

func (c *classIter) open(st *store) error {
	it, err := st.db.NewIter(&pebble.IterOptions{
		LowerBound: classKey(prefixRecord, c.class, c.seen+1),
		UpperBound: classEnd(prefixRecord, c.class),
	})
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	c.it = it
	if c.ok = it.First(); c.ok {
		c.openBlock()
		for after := c.seen; c.ok && c.seq <= after; {
			c.next()
		}
	}
	return nil
}

func (c *classIter) close() {
	if c.it != nil {
		_ = c.it.Close() // its error was seen while reading
	}
	c.it, c.ok = nil, false
}

// openBlock starts the block under the iterator; unreadable blocks are passed over.
func (c *classIter) openBlock() {
	for {
		value, err := c.it.ValueAndErr()
		if err != nil {
			c.ok = false
			return
		}
		if c.block, err = openBlock(value); err == nil {
			if c.seq, c.form, c.body, c.ok = c.block.next(); c.ok {
				return
			}
		}
		if c.ok = c.it.Next(); !c.ok {
			return
		}
	}
}

func (c *classIter) next() {
	c.seen = max(c.seen, c.seq)
	if c.seq, c.form, c.body, c.ok = c.block.next(); c.ok {
		return
	}
	if c.ok = c.it.Next(); c.ok {
		c.openBlock()
	}
}

// stepOver finds where to go on reading a class after a damaged place: behind the first
// extent that ends after seen. It returns about how many records are lost by that; more is
// false when nothing comes after.
func (j *Journal) stepOver(class event.Class, seen uint64, cause error) (missed, resume uint64, more bool) {
	a := &j.accounts
	a.mu.Lock()
	for _, x := range a.ledgers[class].extents {
		if x.last > seen {
			resume, more = x.last, true
			break
		}
	}
	if more {
		n, _, _ := a.ledgers[class].after(seen, resume)
		missed = uint64(n)
	}
	a.mark.damaged++
	a.mu.Unlock()
	j.log.Error().Err(cause).Stringer("class", class).Uint64("after", seen).Uint64("resume", resume).
		Uint64("records", missed).Msg("journal is damaged in one place; stepped over it")
	return missed, resume, more
}

func (j *Journal) noteDamage(class event.Class, seq uint64, cause error) {
	j.accounts.mu.Lock()
	j.accounts.mark.damaged++
	j.accounts.mu.Unlock()
	j.log.Error().Err(cause).Stringer("class", class).Uint64("seq", seq).Msg("stored record cannot be read; stepped over it")
}
