package ingest

import (
	"io"
	"sync"
)

// maxPassed bounds what waits for paho to read: a few SUBACKs, normally.
const maxPassed = 1 << 20

// passed is what the link read for paho.
type passed struct {
	mu     sync.Mutex
	cond   sync.Cond
	buf    []byte
	closed bool
}

func (p *passed) put(b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.buf)+len(b) > maxPassed {
		return malformed("broker floods with packets that are no messages")
	}
	p.buf = append(p.buf, b...)
	p.cond.Signal()
	return nil
}

// Read blocks until there is something, or the link is closed.
func (p *passed) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.buf) == 0 && !p.closed {
		p.cond.Wait()
	}
	if len(p.buf) == 0 {
		return 0, io.EOF // net.ErrClosed would make paho think that it closed by itself
	}
	n := copy(b, p.buf)
	p.buf = p.buf[:copy(p.buf, p.buf[n:])]
	return n, nil
}

func (p *passed) close() {
	p.mu.Lock()
	p.closed = true
	p.cond.Broadcast()
	p.mu.Unlock()
}
