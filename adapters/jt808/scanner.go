package jt808

import (
	"bytes"
	"io"
)

// DefaultMaxFrame is the longest frame that a Scanner takes, in bytes between the two 0x7e
// and still escaped. The standard allows 2090: header, body and checksum, all escaped.
const DefaultMaxFrame = 4096

// Scanner cuts a stream of bytes into frames. Every 0x7e ends one frame and may begin the
// next, so it falls into step again at the first 0x7e, whatever came before. Its buffer
// never grows.
type Scanner struct {
	r          io.Reader
	buf        []byte
	start, end int  // what is not used yet
	scanned    int  // up to here there is no 0x7e
	inside     bool // a 0x7e came before start
	skipping   bool // the rest of a frame that is too long
	garbage    uint64
	overlong   uint64
}

// NewScanner returns a Scanner that takes frames of up to maxFrame bytes;
// DefaultMaxFrame when 0.
func NewScanner(r io.Reader, maxFrame int) *Scanner {
	if maxFrame <= 0 {
		maxFrame = DefaultMaxFrame
	}
	return &Scanner{r: r, buf: make([]byte, max(maxFrame, minFrame)+1)}
}

// Reset drops what is buffered and reads from r, for instance the next datagram. The
// counters stay.
func (s *Scanner) Reset(r io.Reader) {
	s.r = r
	s.start, s.end, s.scanned = 0, 0, 0
	s.inside, s.skipping = false, false
}

// Garbage is the number of bytes that belonged to no frame: before the first 0x7e, of
// frames that are too long, and between two 0x7e that are too near for a message.
func (s *Scanner) Garbage() uint64 { return s.garbage }

// Overlong is the number of frames that were too long.
func (s *Scanner) Overlong() uint64 { return s.overlong }

// Next returns the next frame, escaped and without the 0x7e around it. It reads from the
// reader only when no whole frame is buffered; frames stay valid until then. Errors are the
// reader's. After one, for instance a timeout, Next may be called again and loses nothing.
func (s *Scanner) Next() ([]byte, error) {
	for {
		if frame := s.take(); frame != nil {
			return frame, nil
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// Buffered returns the next frame when it is there without reading, else nil.
func (s *Scanner) Buffered() []byte { return s.take() }

// take cuts the next frame out of the buffer, nil when there is no whole one.
func (s *Scanner) take() []byte {
	for {
		i := bytes.IndexByte(s.buf[s.scanned:s.end], flagByte)
		if i < 0 {
			s.scanned = s.end
			if !s.inside || s.skipping {
				s.drop(s.end)
			}
			return nil
		}
		flag := s.scanned + i
		frame := s.buf[s.start:flag:flag]
		whole := s.inside && !s.skipping && len(frame) >= minFrame
		if whole {
			s.start = flag
		} else {
			s.drop(flag)
		}
		s.start++
		s.scanned, s.inside, s.skipping = s.start, true, false
		if whole {
			return frame
		}
	}
}

// drop passes over what belongs to no frame.
func (s *Scanner) drop(to int) {
	s.garbage += uint64(to - s.start)
	s.start = to
}

// fill reads once. take has left no 0x7e in the buffer.
func (s *Scanner) fill() error {
	if s.start > 0 {
		s.end = copy(s.buf, s.buf[s.start:s.end])
		s.start, s.scanned = 0, s.end
	}
	if s.end == len(s.buf) { // one byte more than a frame may have
		s.overlong++
		s.skipping = true
		s.drop(s.end)
		s.start, s.end, s.scanned = 0, 0, 0
	}
	n, err := s.r.Read(s.buf[s.end:])
	s.end += n
	if n > 0 {
		return nil // the reader says its error again
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}
