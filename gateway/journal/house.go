package journal

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/campusgate/campusgate/gateway/event"
)

// consumerWrite is what one batch writes for a consumer.
type consumerWrite struct {
	consumer *Consumer
	spans    []span
	chunks   []*delivery
}

func commitsOf(requests []*request) []*commitPart {
	var out []*commitPart
	for _, r := range requests {
		if r.commit != nil {
			out = append(out, r.commit)
		}
	}
	return out
}

// writeConsumers puts the cursors and state of all consumers that changed into the batch,
// and removes what every consumer will have read by it.
func (c *committer) writeConsumers(b *pebble.Batch, consumers []*Consumer, commits []*commitPart, now time.Time) ([]consumerWrite, error) {
	var writes []consumerWrite
	lowest := [event.NumClasses]uint64{}
	for i := range lowest {
		lowest[i] = math.MaxUint64
	}
	for _, consumer := range consumers {
		var mine []*commitPart
		for _, part := range commits {
			if part.consumer == consumer {
				mine = append(mine, part)
			}
		}
		cursor, classes := uint64(0), classMask(0)
		if consumer.changed() || len(mine) > 0 {
			w, err := writeConsumer(b, consumer, mine)
			writes = append(writes, w)
			if err != nil {
				return writes, err
			}
			cursor = w.spans[0].cursor
		}
		written := consumer.minCursor(&classes)
		if len(writes) == 0 || writes[len(writes)-1].consumer != consumer {
			cursor = written
		}
		for class := range event.Class(event.NumClasses) {
			if classes.has(class) {
				lowest[class] = min(lowest[class], cursor)
			}
		}
	}
	if now.Sub(c.lastTrim) < trimEvery && c.sinceTrim < trimRecords {
		c.trimLater = true
		return writes, nil
	}
	c.lastTrim, c.sinceTrim, c.trimLater = now, 0, false
	a := &c.j.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	for class := range event.Class(event.NumClasses) {
		if upTo := lowest[class]; upTo != math.MaxUint64 {
			if err := trimClass(b, &a.ledgers[class], class, upTo); err != nil {
				return writes, err
			}
		}
	}
	return writes, nil
}

func writeConsumer(b *pebble.Batch, consumer *Consumer, parts []*commitPart) (consumerWrite, error) {
	w := consumerWrite{consumer: consumer}
	consumer.mu.Lock()
	for _, part := range parts {
		if part.chunk != nil {
			part.chunk.writing = true
			w.chunks = append(w.chunks, part.chunk)
		}
	}
	consumer.mu.Unlock()
	spans, state := consumer.beginWrite()
	w.spans = spans
	if err := writeState(b, consumer.name, state); err != nil {
		return w, err
	}
	for _, part := range parts {
		for key, value := range part.put {
			if err := b.Set(stateKey(consumer.name, key), value, nil); err != nil {
				return w, err
			}
		}
		for _, key := range part.remove {
			if err := b.Delete(stateKey(consumer.name, key), nil); err != nil {
				return w, err
			}
		}
	}
	return w, b.Set(consumerKey(consumer.name), encodeSpans(consumer.mask(), spans), nil)
}

// writeState writes values and deletes the keys whose value is nil.
func writeState(b *pebble.Batch, name string, state map[string][]byte) error {
	for key, value := range state {
		var err error
		if value == nil {
			err = b.Delete(stateKey(name, key), nil)
		} else {
			err = b.Set(stateKey(name, key), value, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// trimClass removes the blocks of a class that end at or before upTo.
func trimClass(b *pebble.Batch, l *ledger, class event.Class, upTo uint64) error {
	if len(l.extents) == 0 || l.extents[0].first > upTo {
		return nil
	}
	upTo = min(upTo, l.extents[len(l.extents)-1].last)
	if upTo <= l.trimmed {
		return nil
	}
	from := l.trimmed + 1
	if err := b.DeleteRange(classKey(prefixRecord, class, from), classKey(prefixRecord, class, upTo+1), nil); err != nil {
		return err
	}
	if l.extents[0].last <= upTo {
		err := b.DeleteRange(classKey(prefixExtent, class, l.extentsTrimmed+1), classKey(prefixExtent, class, upTo+1), nil)
		if err != nil {
			return err
		}
		l.extentsTrimmed = upTo
	}
	l.trim(upTo)
	return nil
}

func (c *Consumer) changed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dirty
}

func (c *Consumer) mask() classMask {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.classes
}

func (j *Journal) everyConsumer() []*Consumer {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := make([]*Consumer, 0, len(j.consumers))
	for _, c := range j.consumers {
		out = append(out, c)
	}
	return out
}

// submitAndWait queues a request and waits until it is durable.
func (j *Journal) submitAndWait(ctx context.Context, r *request) error {
	result := make(chan error, 1)
	r.done = func(err error) { result <- err }
	if err := j.queue.push(ctx, r); err != nil {
		return err
	}
	return <-result
}

// State calls yield for every key that was put and not deleted, in no particular order. It
// stops at the first error and returns it. The value is valid during the call only.
func (c *Consumer) State(yield func(key string, value []byte) error) error {
	c.mu.Lock()
	recent := make(map[string][]byte, len(c.pending)+len(c.inflight))
	for _, m := range []map[string][]byte{c.inflight, c.pending} {
		for k, v := range m {
			recent[k] = v
		}
	}
	c.mu.Unlock()
	st := c.j.store.Load()
	if st == nil || !st.acquire() {
		return ErrStopped
	}
	defer st.release()
	prefix := stateKey(c.name, "")
	it, err := st.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: prefixSuccessor(prefix)})
	if err != nil {
		return fmt.Errorf("read state of %s: %w", c.name, err)
	}
	defer func() { _ = it.Close() }() // its error was seen by Error
	for ok := it.First(); ok; ok = it.Next() {
		key := string(it.Key()[len(prefix):])
		if _, newer := recent[key]; newer {
			continue
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("read state of %s: %w", c.name, err)
		}
		if err := yield(key, value); err != nil {
			return err
		}
	}
	if err := it.Error(); err != nil {
		return fmt.Errorf("read state of %s: %w", c.name, err)
	}
	for key, value := range recent {
		if value == nil {
			continue
		}
		if err := yield(key, value); err != nil {
			return err
		}
	}
	return nil
}
