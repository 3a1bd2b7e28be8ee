package jt808

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"sync"
)

// firstRead is the buffer that a connection waits with, in bytes. A Scanner takes more and
// is borrowed only while something is buffered: most connections wait at any time.
const firstRead = 256

var errDrained = errors.New("nothing is buffered")

// stream reads a connection for a borrowed Scanner.
type stream struct {
	l       *Listener
	c       *link
	scanner *Scanner
	chunk   []byte // read, not yet taken by the Scanner
	more    bool   // the last read filled its buffer
	garbage uint64 // what the Scanner had skipped before
	inside  bool   // a 0x7e came before: it may begin the next message, too
	first   [firstRead]byte
}

// Read implements io.Reader for the Scanner.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.chunk) > 0 {
		n := copy(p, s.chunk)
		s.chunk = s.chunk[n:]
		return n, nil
	}
	half := s.scanner.unfinished()
	if !half && !s.more {
		return 0, errDrained
	}
	now := s.l.deps.Now().UnixNano()
	if half {
		s.c.partial.CompareAndSwap(0, now)
	} else {
		s.c.partial.Store(0)
	}
	n, err := s.c.conn.Read(p)
	s.more = n == len(p)
	if n > 0 {
		s.c.heard.Store(s.l.deps.Now().UnixNano())
	}
	return n, err
}

// unfinished tells whether the beginning of a message is buffered.
func (s *Scanner) unfinished() bool { return s.start != s.end || s.skipping }

// wait reads the first bytes after a pause, and borrows a Scanner for them.
func (s *stream) wait(scanners *sync.Pool) error {
	s.c.partial.Store(0)
	n, err := s.c.conn.Read(s.first[1:])
	if n == 0 {
		if err == nil {
			err = io.ErrNoProgress
		}
		return err
	}
	s.c.heard.Store(s.l.deps.Now().UnixNano())
	s.chunk, s.more = s.first[1:1+n], 1+n == len(s.first)
	if s.inside {
		s.first[0] = flagByte
		s.chunk = s.first[:1+n]
	}
	s.scanner, _ = scanners.Get().(*Scanner)
	if s.scanner == nil {
		s.scanner = NewScanner(nil, 0)
	}
	s.garbage = s.scanner.Garbage()
	s.scanner.Reset(s)
	return nil
}

// give returns the Scanner.
func (s *stream) give(scanners *sync.Pool) {
	if s.scanner == nil {
		return
	}
	if n := s.scanner.Garbage() - s.garbage; n > 0 {
		s.l.met.skipped.Add(float64(n))
	}
	s.inside = s.scanner.inside
	s.scanner.Reset(nil)
	scanners.Put(s.scanner)
	s.scanner = nil
}

// serve reads a TCP connection until it ends.
func (l *Listener) serve(ctx context.Context, c *link) {
	var at *terminal
	defer func() { l.forget(c, at) }()
	if t, ok := c.conn.(*tls.Conn); ok {
		shaking, cancel := context.WithTimeout(ctx, l.cfg.LoginTimeout)
		err := t.HandshakeContext(shaking)
		cancel()
		if err != nil {
			c.close(closedTLS)
			return
		}
	}
	s := &stream{l: l, c: c}
	defer s.give(&l.scanners)
	for {
		if err := s.wait(&l.scanners); err != nil {
			return
		}
		for {
			frame, err := s.scanner.Next()
			if errors.Is(err, errDrained) {
				break
			}
			if err != nil {
				return
			}
			c.partial.Store(0)
			b := l.batches.get()
			for n := 1; frame != nil; n++ {
				at = l.take(b, c, at, frame)
				if n == l.cfg.MaxBatch {
					break
				}
				frame = s.scanner.Buffered()
			}
			at = l.finish(ctx, b, at)
			l.batches.put(b)
		}
		s.give(&l.scanners)
	}
}
