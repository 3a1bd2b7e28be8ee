package journal

import (
	"context"
	"fmt"
	"slices"

	"github.com/campusgate/campusgate/gateway/event"
)

// Consumer reads the journal with a durable cursor.
type Consumer struct {
	j     *Journal
	cfg   ConsumerConfig
	read  int
	state map[string][]byte
}

// Chunk is a run of records of one lane.
type Chunk struct {
	Lane        Lane
	Records     []Record
	first, last uint64
}

// First returns the sequence number of the first record.
func (c *Chunk) First() uint64 { return c.first }

// Last returns the sequence number of the last record.
func (c *Chunk) Last() uint64 { return c.last }

// Consumer attaches to a durable cursor.
func (j *Journal) Consumer(cfg ConsumerConfig) (*Consumer, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.running {
		return nil, ErrStopped
	}
	if j.names[cfg.Name] != nil {
		return nil, fmt.Errorf("consumer %q is taken", cfg.Name)
	}
	c := &Consumer{j: j, cfg: cfg, state: map[string][]byte{}}
	j.names[cfg.Name] = c
	return c, nil
}

// Name returns the consumer's name.
func (c *Consumer) Name() string { return c.cfg.Name }

// Next waits for records and returns at most limit of them.
func (c *Consumer) Next(ctx context.Context, limit int) (*Chunk, error) {
	for {
		c.j.mu.Lock()
		if !c.j.running {
			c.j.mu.Unlock()
			return nil, ErrStopped
		}
		ch := &Chunk{}
		for c.read < len(c.j.records) && len(ch.Records) < limit {
			r := c.j.records[c.read]
			c.read++
			if c.wants(r.Class()) {
				ch.Records = append(ch.Records, r)
			}
		}
		wake := c.j.wake
		c.j.mu.Unlock()
		if n := len(ch.Records); n > 0 {
			ch.first, ch.last = ch.Records[0].Seq, ch.Records[n-1].Seq
			return ch, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-wake:
		}
	}
}

func (c *Consumer) wants(class event.Class) bool {
	return len(c.cfg.Classes) == 0 || slices.Contains(c.cfg.Classes, class)
}

// Commit says that a chunk is done, and stores tx with the cursor.
func (c *Consumer) Commit(_ *Chunk, tx Tx) error {
	c.j.mu.Lock()
	defer c.j.mu.Unlock()
	for k, v := range tx.Put {
		c.state[k] = v
	}
	for _, k := range tx.Delete {
		delete(c.state, k)
	}
	if len(tx.Append)+len(tx.Dead) > 0 {
		c.j.appendLocked(tx.Append, tx.Dead)
	}
	return nil
}

// State calls yield for every key put and not deleted.
func (c *Consumer) State(yield func(key string, value []byte) error) error {
	for k, v := range c.state {
		if err := yield(k, v); err != nil {
			return err
		}
	}
	return nil
}
