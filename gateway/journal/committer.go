package journal

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/campusgate/campusgate/gateway/event"
)

// committer is the one goroutine that writes. It takes what is queued, writes it as one
// batch with one fsync, publishes the records to the tail, and passes the callers on.
//
//	queue ──take──▶ number, pack into blocks ──▶ cursors, trimming ──▶ fsync ──▶ tail ──▶ done
type committer struct {
	j        *Journal
	requests []*request
	entries  []tailEntry
	blocks   [event.NumClasses]blockBuilder

	batch   *pebble.Batch // of batchOf, empty between groups
	batchOf *store

	rate      float64 // records a second, smoothed
	lastStart time.Time

	dirty     bool // a consumer has something to write
	lastHouse time.Time
	sinceTrim int  // records committed since records were last removed
	trimLater bool // cursors moved and removing was not yet due
	lastTrim  time.Time

	witnessed     uint64 // as written
	nextSpace     time.Time
	nextOpen      time.Time // when to try again after the store failed
	openPause     time.Duration
	failedSince   time.Time
	opening       <-chan opened // an attempt under way
	cancelOpening context.CancelFunc
	refused       uint64
	drops         [event.NumClasses]*Drop
	lastReport    time.Time
}

const (
	houseEvery = 100 * time.Millisecond
	trimEvery  = time.Second
	// trimRecords makes removing keep pace: what is removed before its write buffer is
	// flushed is never written to a table.
	trimRecords = 8192
	spaceEvery  = time.Second
	openEvery   = 250 * time.Millisecond
	openMost    = 5 * time.Second
	reportEvery = time.Second
)

func newCommitter(j *Journal) *committer {
	return &committer{j: j, openPause: openEvery}
}

func (c *committer) run() {
	defer close(c.j.finished)
	defer close(c.j.reports)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := time.Now()
		c.tick(now)
		if c.j.queue.length() > 0 {
			if wait := c.linger(now); wait > 0 {
				timer.Reset(wait)
				select {
				case <-timer.C:
				case <-c.j.queue.enough:
				case <-c.j.stopping:
				}
			}
			c.requests = c.j.queue.take(c.requests[:0])
			c.group(c.requests, false)
			continue
		}
		if stopped(c.j.stopping) {
			c.end()
			return
		}
		if c.dirty && now.Sub(c.lastHouse) >= houseEvery || c.trimLater && now.Sub(c.lastTrim) >= trimEvery {
			c.group(nil, true)
			continue
		}
		timer.Reset(c.idle(now))
		select {
		case <-timer.C:
		case <-c.j.queue.ready:
		case <-c.j.dirty:
			c.dirty = true
		case <-c.watchFailure():
		case <-c.j.stopping:
		}
	}
}

func stopped(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// watchFailure lets a failure wake the committer, until it has been seen.
func (c *committer) watchFailure() <-chan struct{} {
	if !c.failedSince.IsZero() {
		return nil
	}
	return c.j.store.Load().failed
}

// idle is how long the committer may sleep.
func (c *committer) idle(now time.Time) time.Duration {
	until := c.nextSpace
	if c.dirty {
		until = earlier(until, c.lastHouse.Add(houseEvery))
	}
	if c.trimLater {
		until = earlier(until, c.lastTrim.Add(trimEvery))
	}
	if !c.failedSince.IsZero() && c.opening == nil {
		until = earlier(until, c.nextOpen)
	}
	return max(until.Sub(now), time.Millisecond)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Between these rates, in records a second, the linger grows from nothing to its maximum.
const (
	lingerFrom = 400
	lingerTo   = 1000
)

// linger is how long to wait for more records. Commits of a busy journal start MaxLinger
// apart at most, so that each fsync covers more; a journal that was idle commits at once,
// and so does one with plenty waiting.
func (c *committer) linger(now time.Time) time.Duration {
	q := c.j.queue
	q.mu.Lock()
	plenty := q.plenty()
	q.mu.Unlock()
	if plenty || c.rate < lingerFrom || stopped(c.j.stopping) {
		return 0
	}
	share := min((c.rate-lingerFrom)/(lingerTo-lingerFrom), 1)
	gap := time.Duration(share * float64(c.j.cfg.MaxLinger))
	return gap - now.Sub(c.lastStart)
}

// tick does what is due by time.
func (c *committer) tick(now time.Time) {
	if !now.Before(c.nextSpace) {
		c.checkSpace(now)
	}
	if c.j.store.Load().failure.Load() != nil {
		c.reopen(now)
	}
	c.report(now)
	select {
	case <-c.j.dirty:
		c.dirty = true
	default:
	}
}

// group writes one batch: the requests, and when due the consumers' cursors with the
// removal of what all have read.
func (c *committer) group(requests []*request, house bool) {
	j := c.j
	start := time.Now()
	c.measure(start, requests)
	st := j.store.Load()
	if err := st.err(); err != nil {
		c.refuse(requests, err)
		c.lastHouse = start
		return
	}
	requests = c.refuseIfFull(requests)
	commits := commitsOf(requests)
	house = house || len(commits) > 0 || c.dirty && (start.Sub(c.lastHouse) >= houseEvery || c.sinceTrim >= trimRecords)
	if len(requests) == 0 && !house {
		return
	}

	b := c.batchFor(st)
	consumers := j.everyConsumer()
	j.accounts.mu.Lock()
	err := c.build(b, requests, start)
	j.accounts.mu.Unlock()
	var writes []consumerWrite
	if err == nil && house {
		writes, err = c.writeConsumers(b, consumers, commits, start)
	}
	if err == nil {
		err = c.dropExcess(b, consumers, start)
	}
	if err == nil {
		err = b.Set(metaMark(), c.encodeMark(), nil)
	}
	if err != nil {
		st.fail(fmt.Errorf("build batch: %w", err)) // numbers and accounts are read again
		for i := range c.blocks {
			c.blocks[i].reset()
		}
	} else {
		synced := time.Now()
		if err = st.apply(b); err == nil {
			j.metrics.fsync.Observe(time.Since(synced).Seconds())
		}
	}
	for i := range writes {
		writes[i].consumer.endWrite(writes[i].spans, writes[i].chunks, err == nil)
	}
	if err != nil {
		c.refuse(requests, err)
		return
	}
	b.Reset()
	if house {
		c.dirty, c.lastHouse = false, start
	}
	c.publish(requests)
}

// batchFor returns an empty batch of the store, whose memory is used again and again.
func (c *committer) batchFor(st *store) *pebble.Batch {
	if c.batch == nil || c.batchOf != st {
		c.batch = st.db.NewBatch(pebble.WithInitialSizeBytes(64<<10), pebble.WithMaxRetainedSizeBytes(2*groupBytes))
		c.batchOf = st
	}
	return c.batch
}

// publish makes durable records visible and passes their callers on.
func (c *committer) publish(requests []*request) {
	j := c.j
	if len(requests) == 0 {
		return
	}
	j.tail.append(c.entries)
	j.metrics.group.Observe(float64(len(c.entries)))
	j.accounts.mu.Lock()
	j.accounts.appended += uint64(len(c.entries))
	j.accounts.mu.Unlock()
	c.sinceTrim += len(c.entries)
	clear(c.entries)
	c.entries = c.entries[:0]
	j.finished <- finish{requests: append([]*request(nil), requests...)}
}

// refuse tells callers that their requests were not stored.
func (c *committer) refuse(requests []*request, cause error) {
	clear(c.entries)
	c.entries = c.entries[:0]
	if len(requests) == 0 {
		return
	}
	n := 0
	for _, r := range requests {
		n += len(r.entries)
	}
	c.refused += uint64(n)
	c.j.metrics.refused.Add(float64(n))
	c.j.finished <- finish{
		requests: append([]*request(nil), requests...),
		err:      fmt.Errorf("%w: %w", ErrUnavailable, cause),
	}
}

// measure keeps the rate of records.
func (c *committer) measure(now time.Time, requests []*request) {
	n := 0
	for _, r := range requests {
		n += len(r.entries)
	}
	if n == 0 {
		return
	}
	dt := now.Sub(c.lastStart).Seconds()
	c.lastStart = now
	weight := 1 - math.Exp(-dt/0.1)
	c.rate += (float64(n)/max(dt, 1e-4) - c.rate) * weight
}

// build numbers the records and puts records, dead letters and removals into the batch.
// accounts are locked.
func (c *committer) build(b *pebble.Batch, requests []*request, now time.Time) error {
	a := &c.j.accounts
	for _, r := range requests {
		from := 0
		for i := range r.entries {
			e := r.entries[i]
			a.mark.head++
			e.rec.Seq = a.mark.head
			c.entries = append(c.entries, e)
			block := &c.blocks[e.class]
			block.add(e.rec.Seq, r.forms[from:r.ends[i]])
			from = r.ends[i]
			if block.full() {
				if err := c.writeBlock(b, e.class, now); err != nil {
					return err
				}
			}
		}
		if err := c.writeDead(b, r.dead, now); err != nil {
			return err
		}
		for _, id := range r.deletes {
			if a.dead.remove(id) {
				if err := deleteDead(b, id); err != nil {
					return err
				}
			}
		}
		if r.forget != "" {
			if err := forgetConsumer(b, r.forget); err != nil {
				return err
			}
		}
	}
	for class := range event.Class(event.NumClasses) {
		if c.blocks[class].count > 0 {
			if err := c.writeBlock(b, class, now); err != nil {
				return err
			}
		}
	}
	return nil
}

func forgetConsumer(b *pebble.Batch, name string) error {
	if err := b.Delete(consumerKey(name), nil); err != nil {
		return err
	}
	prefix := stateKey(name, "")
	return b.DeleteRange(prefix, prefixSuccessor(prefix), nil)
}

// writeBlock puts a class's collected records into the batch and counts them.
func (c *committer) writeBlock(b *pebble.Batch, class event.Class, now time.Time) error {
	block := &c.blocks[class]
	var head [32]byte
	empty := blockBuilder{count: block.count, first: block.first}
	header := empty.appendTo(head[:0], now)
	size := len(header) + len(block.body)
	op := b.SetDeferred(10, size)
	appendClassKey(op.Key[:0], prefixRecord, class, block.last)
	copy(op.Value[copy(op.Value, header):], block.body)
	if err := op.Finish(); err != nil {
		return err
	}
	closed, ok := c.j.accounts.ledgers[class].add(block.first, block.last, int64(block.count), int64(size)+10, now)
	block.reset()
	if ok {
		return b.Set(classKey(prefixExtent, class, closed.last), closed.encode(), nil)
	}
	return nil
}

func (c *committer) encodeMark() []byte {
	c.j.accounts.mu.Lock()
	defer c.j.accounts.mu.Unlock()
	return c.j.accounts.mark.encode()
}

// end writes the cursors a last time and refuses later commits.
func (c *committer) end() {
	for _, consumer := range c.j.everyConsumer() {
		consumer.mu.Lock()
		consumer.closed = true
		consumer.mu.Unlock()
	}
	c.endOpening()
	c.group(nil, true)
	c.witness()
	c.lastReport = time.Time{}
	c.report(time.Now())
}
