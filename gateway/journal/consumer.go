package journal

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Chunk is a run of records of one lane. Its records may be shared with other consumers
// and must not be changed.
type Chunk struct {
	Lane    Lane
	Records []Record

	*delivery
}

// delivery is what the consumer remembers of a chunk until all before it are committed. It
// is apart from the records: a chunk that takes long must not keep those of all the later
// ones in memory.
type delivery struct {
	seg           *segment
	upTo          uint64 // the cursor's place when this and all before are committed
	claimed       bool   // a Commit is under way or done
	done, writing bool
}

// First returns the sequence number of the first record.
func (c *Chunk) First() uint64 { return c.Records[0].Seq }

// Last returns the sequence number of the last record.
func (c *Chunk) Last() uint64 { return c.Records[len(c.Records)-1].Seq }

// Consumer reads the journal with a durable cursor of its own. Its methods are safe for
// concurrent use.
type Consumer struct {
	j         *Journal
	name      string
	liveFirst bool
	liveLimit uint64

	// reading holds a token while Next runs, which guards reader and turn.
	reading chan struct{}
	reader  diskReader
	turn    Lane // whose turn it is when both lanes have records

	mu       sync.Mutex
	classes  classMask
	attached bool
	closed   bool
	segments []*segment
	written  []span            // as in the store
	pending  map[string][]byte // state to write; nil deletes
	inflight map[string][]byte // state in the batch that is being written
	dirty    bool
	missed   uint64
}

func newConsumer(j *Journal, name string, classes classMask, spans []span) *Consumer {
	c := &Consumer{j: j, name: name, classes: classes, written: spans, pending: map[string][]byte{}, reading: make(chan struct{}, 1)}
	for _, s := range spans {
		c.segments = append(c.segments, &segment{cursor: s.cursor, read: s.cursor, end: s.end})
	}
	return c
}

// Consumer attaches to the durable cursor of that name, or makes one that begins with the
// oldest record stored. A name can be attached once. Records are kept until every known
// consumer that reads their class has committed them, also while it is not attached; see
// ForgetConsumer.
func (j *Journal) Consumer(cfg ConsumerConfig) (*Consumer, error) {
	if !event.ValidName(cfg.Name) {
		return nil, &event.Fault{Key: "name", Value: fmt.Sprintf("%q", cfg.Name), Want: "1 to 64 of a-z, 0-9, '-', '_'"}
	}
	if cfg.LiveLimit < 0 {
		return nil, &event.Fault{Key: "live_limit", Value: cfg.LiveLimit, Want: "0 or more"}
	}
	if cfg.LiveLimit == 0 {
		cfg.LiveLimit = DefaultLiveLimit
	}
	classes := classMask(0)
	for _, class := range cfg.Classes {
		if class >= event.NumClasses {
			return nil, &event.Fault{Key: "classes", Value: class, Want: "known classes"}
		}
		classes |= 1 << class
	}
	if classes == 0 {
		classes = allClasses
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.phase != phaseRunning {
		return nil, ErrStopped
	}
	c := j.consumers[cfg.Name]
	if c == nil {
		c = newConsumer(j, cfg.Name, classes, []span{{0, endOpen}})
		j.consumers[cfg.Name] = c
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.attached {
		return nil, fmt.Errorf("consumer %q is attached already", cfg.Name)
	}
	c.attached, c.classes = true, classes
	c.liveFirst, c.liveLimit = cfg.LiveFirst, uint64(cfg.LiveLimit)
	c.markDirty()
	return c, nil
}

// ForgetConsumer removes the cursor and state of a consumer that is not attached, so that
// the journal no longer keeps records for it.
func (j *Journal) ForgetConsumer(ctx context.Context, name string) error {
	j.mu.Lock()
	c := j.consumers[name]
	if c == nil {
		j.mu.Unlock()
		return fmt.Errorf("no consumer %q", name)
	}
	c.mu.Lock()
	if c.attached {
		c.mu.Unlock()
		j.mu.Unlock()
		return fmt.Errorf("consumer %q is attached", name)
	}
	c.attached, c.closed = true, true
	c.mu.Unlock()
	delete(j.consumers, name)
	j.mu.Unlock()
	return j.submitAndWait(ctx, &request{forget: name})
}

// Name returns the consumer's name.
func (c *Consumer) Name() string { return c.name }

func (c *Consumer) markDirty() {
	if !c.dirty {
		c.dirty = true
		signal(c.j.dirty)
	}
}

// readPause is the wait before reading is tried again after the disk failed.
const readPause = 250 * time.Millisecond

// Next waits until there is a record to read and returns what is there, at most limit
// records of one lane in the order of their numbers. Several chunks may be outstanding.
// After a restart, what was not committed comes again. It fails with the context's error or
// with ErrStopped.
func (c *Consumer) Next(ctx context.Context, limit int) (*Chunk, error) {
	if limit < 1 {
		return nil, fmt.Errorf("next: limit is %d, want 1 or more", limit)
	}
	select {
	case c.reading <- struct{}{}:
		defer func() { <-c.reading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.j.stopping:
		return nil, ErrStopped
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		select {
		case <-c.j.stopping:
			return nil, ErrStopped
		default:
		}
		first, head, wake := c.j.tail.window()
		seg, lane := c.choose(first, head)
		if seg != nil {
			ch, err := c.read(seg, lane, min(seg.end, head), limit)
			switch {
			case err != nil:
				c.j.metrics.readErrors.Inc()
				if err := c.pause(ctx, readPause); err != nil {
					return nil, err
				}
			case ch != nil:
				return ch, nil
			}
			continue
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.j.stopping:
			return nil, ErrStopped
		}
	}
}

func (c *Consumer) pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.j.stopping:
		return ErrStopped
	}
}

// choose returns the segment to read from, nil when there is nothing to read. Where both
// lanes have records they take turns, so that the backlog moves whatever comes in, and a
// live record waits for one chunk of backlog at most.
func (c *Consumer) choose(tailFirst, head uint64) (*segment, Lane) {
	c.mu.Lock()
	defer c.mu.Unlock()
	live := c.segments[len(c.segments)-1]
	if c.liveFirst && live.read+1 < tailFirst && head-live.read > c.liveLimit && len(c.segments) < maxSegments {
		live.end = head
		live = &segment{cursor: head, read: head, end: endOpen}
		c.segments = append(c.segments, live)
		c.markDirty()
	}
	var backlog *segment
	for _, s := range c.segments[:len(c.segments)-1] {
		if s.read < s.end {
			backlog = s
			break
		}
	}
	hasLive := live.read < head
	switch {
	case hasLive && (backlog == nil || c.turn == Live):
		c.turn = Backlog
		return live, Live
	case backlog != nil:
		c.turn = Live
		return backlog, Backlog
	}
	return nil, Live
}

// read delivers from a segment; it returns nil when it passed over records of other
// classes only.
func (c *Consumer) read(seg *segment, lane Lane, to uint64, limit int) (*Chunk, error) {
	c.mu.Lock()
	classes := c.classes
	c.mu.Unlock()
	records, upTo, ok := c.j.tail.read(nil, seg.read, to, limit, classes)
	if !ok {
		var err error
		var missed uint64
		records, upTo, missed, err = c.reader.read(c.j, seg.read, to, limit, classes)
		if missed > 0 {
			c.mu.Lock()
			c.missed += missed
			c.mu.Unlock()
		}
		if err != nil && len(records) == 0 {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	seg.read = upTo
	if len(records) == 0 {
		seg.advance()
		c.dropFinished()
		return nil, nil
	}
	ch := &Chunk{Lane: lane, Records: records, delivery: &delivery{seg: seg, upTo: upTo}}
	seg.out = append(seg.out, ch.delivery)
	return ch, nil
}

// dropFinished removes backlog segments that are done.
func (c *Consumer) dropFinished() {
	kept := c.segments[:0]
	for i, s := range c.segments {
		if i == len(c.segments)-1 || s.cursor < s.end {
			kept = append(kept, s)
		} else {
			c.markDirty()
		}
	}
	clear(c.segments[len(kept):])
	c.segments = kept
}
