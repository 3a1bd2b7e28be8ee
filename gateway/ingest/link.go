package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const writeTimeout = 30 * time.Second

var (
	errStopped   = errors.New("stopped")
	errNotStored = errors.New("a batch was not stored")
	errSilent    = errors.New("broker sent nothing, not even an answer to a ping")
)

// receiver takes what a link reads. All calls come from the link's reading goroutine.
type receiver interface {
	// publish takes one PUBLISH; it must not keep the slices.
	publish(p publish, f frame) error
	// flush ends what one read brought. It blocks while too much is in flight.
	flush() error
	// pending returns how many messages were taken since flush.
	pending() int
}

// link is one connection to a broker, between the socket and paho. It reads the socket by
// itself, gives PUBLISH packets to the receiver and everything else, byte for byte, to
// paho. Acknowledgements are written many at once, under the lock of paho's writes.
type link struct {
	raw       net.Conn
	keepAlive time.Duration
	handshake time.Duration
	batch     int

	toPaho passed

	wmu         sync.Mutex  // held while writing to raw
	saidGoodbye atomic.Bool // DISCONNECT was written

	amu      sync.Mutex
	acks     []byte
	spare    []byte
	ackReady chan struct{}

	poisoned atomic.Bool // no acknowledgement may be sent any more
	stopping atomic.Bool

	once     sync.Once
	reason   error         // valid once dead is closed
	dead     chan struct{} // closed when the link has failed or was closed
	readDone chan struct{} // closed when the reader has returned
	wg       sync.WaitGroup
}

func newLink(raw net.Conn, b *BrokerConfig, batch int) *link {
	l := &link{
		raw: raw, keepAlive: b.keepAlive(), handshake: b.connectTimeout(), batch: batch,
		ackReady: make(chan struct{}, 1), dead: make(chan struct{}), readDone: make(chan struct{}),
	}
	l.toPaho.cond.L = &l.toPaho.mu
	return l
}

// start reads from f into r until the link dies or stopReading is called.
func (l *link) start(f *framer, r receiver) {
	l.wg.Go(func() {
		defer close(l.readDone)
		if err := l.read(f, r); !errors.Is(err, errStopped) {
			l.fail(err)
		}
	})
	l.wg.Go(l.writeAcks)
}

// fail ends the link; the first reason counts. It never blocks.
func (l *link) fail(reason error) {
	l.once.Do(func() {
		l.reason = reason
		l.poisoned.Store(true)
		close(l.dead)
	})
}

// wait returns when the link is dead and its goroutines have ended.
func (l *link) wait() { l.wg.Wait() }

// stopReading ends the reader and leaves the link able to write.
func (l *link) stopReading() {
	l.stopping.Store(true)
	_ = l.raw.SetReadDeadline(time.Unix(1, 0))
}

func (l *link) read(f *framer, r receiver) error {
	limit := l.handshake
	var deadlineSet time.Time
	connected := false
	var pace pace
	for {
		for r.pending() < l.batch {
			fr, ok, err := f.next()
			if err == nil && !ok {
				break
			}
			switch {
			case err != nil:
			case fr.kind() == typeConnack:
				connected, limit, deadlineSet = true, 2*l.keepAlive+5*time.Second, time.Time{}
				err = l.toPaho.put(fr.raw)
			case !connected:
				err = malformed("packet of type %d before CONNACK", fr.kind())
			default:
				err = l.take(fr, r)
			}
			if err != nil {
				return errors.Join(err, r.flush()) // what came whole before it counts
			}
		}
		taken := r.pending()
		full := taken >= l.batch
		if err := r.flush(); err != nil {
			return err
		}
		if l.stopping.Load() {
			return errStopped
		}
		if full {
			continue // more may be in the buffer
		}
		now := time.Now()
		if wait := pace.linger(now, taken); wait > 0 {
			time.Sleep(wait) //nolint:forbidigo // longLinger at most, shorter than a timer with a way out is worth
		}
		if now.Sub(deadlineSet) > limit/16 {
			deadlineSet = now
			if err := l.raw.SetReadDeadline(now.Add(limit)); err != nil {
				return fmt.Errorf("set read deadline: %w", err)
			}
			if l.stopping.Load() { // stopReading's deadline may have been overwritten
				return errStopped
			}
		}
		if _, err := f.fill(l.raw); err != nil {
			switch {
			case l.stopping.Load():
				return errStopped
			case errors.Is(err, os.ErrDeadlineExceeded):
				return fmt.Errorf("%w for %s", errSilent, limit)
			case errors.Is(err, io.EOF):
				return errors.New("broker closed the connection")
			}
			return fmt.Errorf("read from broker: %w", err)
		}
	}
}

// take sorts one packet.
func (l *link) take(fr frame, r receiver) error {
	switch fr.kind() {
	case typePublish:
		p, err := parsePublish(fr)
		if err != nil {
			return err
		}
		return r.publish(p, fr)
	case typePingresp:
		return nil // paho had its answer when it asked (see Write)
	case typePubrel:
		// We never ask for QoS 2, but a session made by another program may still deliver
		// it: PUBREC went out when the message was durable, this is its end.
		l.ack(appendAck(nil, typePubcomp, binary.BigEndian.Uint16(fr.body)))
		return nil
	}
	return l.toPaho.put(fr.raw)
}

// appendAck appends a packet that consists of a packet identifier.
func appendAck(b []byte, kind byte, id uint16) []byte {
	return append(b, kind<<4, 2, byte(id>>8), byte(id))
}

// ack queues ready-made acknowledgements; they are written soon, in the order of calls.
// What is queued is bounded by what is in flight.
func (l *link) ack(b []byte) {
	if len(b) == 0 || l.poisoned.Load() {
		return
	}
	l.amu.Lock()
	l.acks = append(l.acks, b...)
	l.amu.Unlock()
	select {
	case l.ackReady <- struct{}{}:
	default:
	}
}

func (l *link) writeAcks() {
	defer func() {
		if l.saidGoodbye.Load() {
			l.linger()
		}
		_ = l.raw.Close()
		l.toPaho.close()
	}()
	for {
		select {
		case <-l.dead:
			return
		case <-l.ackReady:
		}
		l.wmu.Lock()
		err := l.flushAcks()
		l.wmu.Unlock()
		if err != nil {
			l.fail(err)
		}
	}
}

// linger waits for the broker to close, after DISCONNECT. Closing a socket that holds
// unread bytes resets the connection, and a reset may overtake acknowledgements that the
// broker has not read yet.
func (l *link) linger() {
	closeWrite(l.raw)
	<-l.readDone
	_ = l.raw.SetReadDeadline(time.Now().Add(goodbye))
	_, _ = io.Copy(io.Discard, l.raw)
}

func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// flushAcks writes what is queued. wmu is held.
func (l *link) flushAcks() error {
	l.amu.Lock()
	b := l.acks
	l.acks = l.spare[:0]
	l.spare = nil
	l.amu.Unlock()
	_, err := l.write(b)
	l.amu.Lock()
	l.spare = b
	l.amu.Unlock()
	return err
}

func (l *link) write(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	select {
	case <-l.dead:
		return 0, net.ErrClosed
	default:
	}
	_ = l.raw.SetWriteDeadline(time.Now().Add(writeTimeout))
	n, err := l.raw.Write(b)
	if err != nil {
		return n, fmt.Errorf("write to broker: %w", err)
	}
	return n, nil
}

// Read gives paho every packet that is no PUBLISH.
func (l *link) Read(b []byte) (int, error) { return l.toPaho.Read(b) }

// Write sends a packet of paho's. A PINGREQ is answered here at once: the broker's answer
// may be stuck behind messages that we are not reading because too much is in flight, and
// paho would take that for a dead connection. Whether the broker lives is judged by read.
func (l *link) Write(b []byte) (int, error) {
	l.wmu.Lock()
	defer l.wmu.Unlock()
	if err := l.flushAcks(); err != nil {
		l.fail(err)
		return 0, net.ErrClosed
	}
	n, err := l.write(b)
	if err != nil {
		l.fail(err)
		return n, net.ErrClosed
	}
	switch {
	case len(b) != 2:
	case b[0] == typePingreq<<4:
		err = l.toPaho.put([]byte{typePingresp << 4, 0})
	case b[0] == typeDisconnect<<4:
		l.saidGoodbye.Store(true)
		l.toPaho.close()
	}
	return n, err
}

// Close is paho's.
func (l *link) Close() error {
	l.fail(net.ErrClosed)
	return nil
}

// LocalAddr is the socket's.
func (l *link) LocalAddr() net.Addr { return l.raw.LocalAddr() }

// RemoteAddr is the broker's.
func (l *link) RemoteAddr() net.Addr { return l.raw.RemoteAddr() }

// SetDeadline does nothing: the link keeps its own deadlines, also for the handshake.
func (l *link) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing, see SetDeadline.
func (l *link) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing, see SetDeadline.
func (l *link) SetWriteDeadline(time.Time) error { return nil }

var _ net.Conn = (*link)(nil)
