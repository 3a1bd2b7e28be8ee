package ingest

import (
	"sync"
	"sync/atomic"
	"time"
)

// inflight is one batch between the link and the end of its fsync.
type inflight struct {
	link     *link
	acks     []byte // ready-made, in the order of arrival
	messages int
	bytes    int64
	keys     []key // to forget when the batch is not stored
	settled  bool
	err      error
}

// pipeline holds the batches of one broker that wait for the sink, in the order of
// submission, across reconnects. It acknowledges in that order, however done is called.
//
// When a batch was not stored, every connection that has later batches in flight is
// dropped: those may have left out an event because the failed batch held it already.
type pipeline struct {
	maxMessages int
	maxBytes    int64
	onAcked     func(messages int)

	// submitting is when the call of Submit at hand began, in Unix nanoseconds, 0 between.
	submitting atomic.Int64

	mu         sync.Mutex
	fifo       []*inflight
	messages   int
	bytes      int64
	failures   uint64 // batches not stored, ever
	failedKeys []key  // of these, until the receiver took them
	blocked    time.Time
	moved      chan struct{} // holds a token after something has left
}

func newPipeline(maxMessages int, maxBytes int64, onAcked func(int)) *pipeline {
	return &pipeline{maxMessages: maxMessages, maxBytes: maxBytes, onAcked: onAcked, moved: make(chan struct{}, 1)}
}

// begin is called before the first message of a batch. It returns how many batches failed
// so far and the keys of those that did since the last call.
func (p *pipeline) begin() (failures uint64, forget []key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	forget, p.failedKeys = p.failedKeys, nil
	return p.failures, forget
}

// push adds a batch. It fails where a batch was not stored since begin: what this one left
// out as a duplicate may have been in that.
func (p *pipeline) push(b *inflight, failures uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failures != failures {
		p.failedKeys = append(p.failedKeys, b.keys...)
		return errNotStored
	}
	p.fifo = append(p.fifo, b)
	p.messages += b.messages
	p.bytes += b.bytes
	return nil
}

// settle ends a batch; only the first call for a batch counts.
func (p *pipeline) settle(b *inflight, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b.settled {
		return
	}
	b.settled, b.err = true, err
	n := 0
	for n < len(p.fifo) && p.fifo[n].settled {
		head := p.fifo[n]
		n++
		p.messages -= head.messages
		p.bytes -= head.bytes
		if head.err != nil {
			p.failed(head, p.fifo[n:])
			continue
		}
		if !head.link.poisoned.Load() {
			head.link.ack(head.acks)
			p.onAcked(len(head.acks) / 4)
		}
	}
	if n == 0 {
		return
	}
	rest := copy(p.fifo, p.fifo[n:])
	clear(p.fifo[rest:])
	p.fifo = p.fifo[:rest]
	select {
	case p.moved <- struct{}{}:
	default:
	}
}

func (p *pipeline) failed(b *inflight, later []*inflight) {
	p.failures++
	p.failedKeys = append(p.failedKeys, b.keys...)
	b.link.fail(notStored(b.err))
	for _, l := range later {
		l.link.fail(notStored(b.err))
	}
}

// waitForRoom returns when less than the bounds is in flight, or a reason to give up.
func (p *pipeline) waitForRoom(l *link) error {
	for {
		p.mu.Lock()
		full := p.messages >= p.maxMessages || p.bytes >= p.maxBytes
		switch {
		case !full:
			p.blocked = time.Time{}
		case p.blocked.IsZero():
			p.blocked = time.Now()
		}
		p.mu.Unlock()
		if !full {
			return nil
		}
		if l.stopping.Load() {
			return errStopped
		}
		select {
		case <-p.moved:
		case <-l.dead:
			return l.reason
		}
	}
}

// nudge wakes waitForRoom, after stopReading.
func (p *pipeline) nudge() {
	select {
	case p.moved <- struct{}{}:
	default:
	}
}

// load returns what is in flight and since when reading has been held back.
func (p *pipeline) load() (messages int, bytes int64, blocked time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	blocked = p.blocked
	if at := p.submitting.Load(); at != 0 && blocked.IsZero() {
		blocked = time.Unix(0, at)
	}
	return p.messages, p.bytes, blocked
}
