package journal

import (
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// A journal with this share of MaxBytes drops, down to the second share.
	dropAbove = 0.95
	dropBelow = 0.94
	// dropStep bounds what one batch drops, so that it delays a commit little.
	dropStep = 2 << 20
	// droppingFor is how long after a drop the journal counts as dropping.
	droppingFor = time.Minute
)

// minFree is the free space to keep on the folder's disk.
func (j *Journal) minFree(total int64) int64 {
	if total > 0 {
		return min(j.cfg.MinFreeDisk, total/20)
	}
	return j.cfg.MinFreeDisk
}

// checkSpace measures the disk and closes idle readers, about once a second.
func (c *committer) checkSpace(now time.Time) {
	c.measureSpace(now)
	c.witness()
	for _, consumer := range c.j.everyConsumer() {
		consumer.closeIdleReader(now)
	}
}

// witness names the highest durable number beside the store.
func (c *committer) witness() {
	_, head, _ := c.j.tail.window()
	if head == c.witnessed || c.j.store.Load().err() != nil {
		return
	}
	if err := writeWitness(c.j.cfg, c.j.fs, c.j.ID(), head); err != nil {
		c.j.log.Debug().Err(err).Msg("write the journal's witness")
		return
	}
	c.witnessed = head
}

// measureSpace measures disk and growth.
func (c *committer) measureSpace(now time.Time) {
	j := c.j
	c.nextSpace = now.Add(spaceEvery)
	st := j.store.Load()
	used := int64(0)
	if st.failure.Load() == nil {
		used = int64(st.db.Metrics().DiskSpaceUsage())
	}
	usage, err := j.fs.GetDiskUsage(j.cfg.Dir)
	a := &j.accounts
	a.mu.Lock()
	if used > 0 {
		a.diskUsed = used
	}
	if err == nil {
		a.diskFree, a.diskTotal = int64(usage.AvailBytes), int64(usage.TotalBytes)
		reserve := j.minFree(a.diskTotal) / 4
		was := a.diskLow
		if a.diskLow = a.diskFree < reserve; was && !a.diskLow {
			a.diskLow = a.diskFree < reserve+reserve/4 // not to and fro
		}
		if was != a.diskLow {
			j.log.Warn().Bool("low", a.diskLow).Int64("free_bytes", a.diskFree).Msg("journal's disk")
		}
	}
	_, bytes := a.ledgers.totals()
	a.growth.add(now, bytes)
	a.mu.Unlock()
}

// closeIdleReader frees what a reader holds that is not in use.
func (c *Consumer) closeIdleReader(now time.Time) {
	select {
	case c.reading <- struct{}{}:
		if c.reader.st != nil && now.Sub(c.reader.opened) > readerAge {
			c.reader.close()
		}
		<-c.reading
	default:
	}
}

func (a *accounts) isDiskLow() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.diskLow
}

// refuseIfFull refuses what adds records while the disk has no room for any.
func (c *committer) refuseIfFull(requests []*request) []*request {
	if !c.j.accounts.isDiskLow() {
		return requests
	}
	var adding, others []*request
	for _, r := range requests {
		if len(r.entries)+len(r.dead) > 0 {
			adding = append(adding, r)
		} else {
			others = append(others, r)
		}
	}
	c.refuse(adding, errDiskFull)
	return others
}

var errDiskFull = fmt.Errorf("disk is full")

// excess is how many stored bytes are too many now, and why. accounts are locked.
func (j *Journal) excess(dropping bool) (int64, string) {
	a := &j.accounts
	_, bytes := a.ledgers.totals()
	limit := float64(j.cfg.MaxBytes)
	if above := float64(bytes) - dropAbove*limit; above >= 0 || dropping && float64(bytes) > dropBelow*limit {
		return bytes - int64(dropBelow*limit), "max_bytes"
	}
	if a.diskTotal == 0 {
		return 0, ""
	}
	// What is removed but not yet reclaimed will come free by itself; write buffers and
	// their logs are no part of it.
	garbage := max(a.diskUsed-bytes-6*j.cfg.MemtableBytes, 0)
	if short := j.minFree(a.diskTotal) - a.diskFree - garbage; short > 0 {
		return short, "min_free_disk"
	}
	return 0, ""
}

// dropExcess removes the oldest records of the least important class that has any, when
// the journal is over its bounds.
func (c *committer) dropExcess(b *pebble.Batch, consumers []*Consumer, now time.Time) error {
	j := c.j
	a := &j.accounts
	a.mu.Lock()
	excess, why := j.excess(c.dropping(now))
	a.mu.Unlock()
	if excess <= 0 {
		return nil
	}
	for budget := min(excess, dropStep); budget > 0; {
		a.mu.Lock()
		class, x, ok := leastImportant(&a.ledgers)
		from := a.ledgers[class].trimmed + 1
		a.mu.Unlock()
		if !ok {
			return nil
		}
		d := c.count(class, from, x, consumers, now, why)
		a.mu.Lock()
		err := trimClass(b, &a.ledgers[class], class, x.last)
		a.mark.dropped[class] += d.Records
		a.lastDrop, a.dropWhy = now, why
		a.diskFree += x.bytes // until it is measured again
		for key, n := range d.Devices {
			countDevice(a.droppedBy, key, n)
		}
		a.mu.Unlock()
		if err != nil {
			return err
		}
		j.metrics.dropped.WithLabelValues(class.String()).Add(float64(d.Records))
		c.collect(d)
		budget -= x.bytes
	}
	flushSoon(j.store.Load().db)
	return nil
}

func (c *committer) dropping(now time.Time) bool {
	a := &c.j.accounts
	return !a.lastDrop.IsZero() && now.Sub(a.lastDrop) < droppingFor
}

// leastImportant returns the oldest extent of the class that goes first.
func leastImportant(l *ledgers) (event.Class, extent, bool) {
	for class := range event.Class(event.NumClasses) {
		if len(l[class].extents) > 0 {
			return class, l[class].extents[0], true
		}
	}
	return 0, extent{}, false
}

// count reads what is about to be dropped, to tell it by device and to the consumers that
// had not read it.
func (c *committer) count(class event.Class, from uint64, x extent, consumers []*Consumer, now time.Time, why string) Drop {
	d := Drop{
		Time: now.UTC(), Class: class, Bytes: x.bytes, First: x.first, Last: x.last, Reason: why,
		Devices: make(map[event.DeviceKey]uint64),
	}
	tailFirst, _, _ := c.j.tail.window()
	var s slab
	err := scan(c.j.store.Load().db, classKey(prefixRecord, class, from), classKey(prefixRecord, class, x.last+1), func(_, value []byte) error {
		block, err := openBlock(value)
		if err != nil {
			return err
		}
		for {
			seq, form, body, ok := block.next()
			if !ok {
				return block.err()
			}
			d.Records++
			if rec, err := decodeRecord(seq, form, body, &s, 64); err == nil {
				countDevice(d.Devices, deviceOf(rec), 1)
			}
			if seq < tailFirst {
				for _, consumer := range consumers {
					consumer.noteMissed(class, seq)
				}
			}
		}
	})
	if err != nil || d.Records == 0 {
		d.Records = uint64(x.records)
	}
	return d
}

func deviceOf(r Record) event.DeviceKey {
	if r.Event != nil {
		return event.DeviceKey{Site: r.Event.Site, Device: r.Event.Device}
	}
	return event.DeviceKey{Site: r.Anomaly.Site, Device: r.Anomaly.Device}
}

// noteMissed counts a record that goes before the consumer has read it.
func (c *Consumer) noteMissed(class event.Class, seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.classes.has(class) {
		return
	}
	for _, s := range c.segments {
		if seq > s.read && seq <= s.end {
			c.missed++
			return
		}
	}
}

// collect adds a drop to those not yet reported.
func (c *committer) collect(d Drop) {
	sum := c.drops[d.Class]
	if sum == nil {
		c.drops[d.Class] = &d
		return
	}
	sum.Time, sum.Last, sum.Reason = d.Time, max(sum.Last, d.Last), d.Reason
	sum.Records += d.Records
	sum.Bytes += d.Bytes
	for key, n := range d.Devices {
		countDevice(sum.Devices, key, n)
	}
}

// report hands on what was dropped, at most once a second. What cannot be handed on now
// waits for the next time.
func (c *committer) report(now time.Time) {
	if now.Sub(c.lastReport) < reportEvery {
		return
	}
	for class, d := range c.drops {
		if d == nil {
			continue
		}
		select {
		case c.j.reports <- *d:
			c.drops[class] = nil
			c.lastReport = now
		default:
		}
	}
}
