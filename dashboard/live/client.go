package live

import (
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// queued is what waits for the writer.
type queued struct {
	*frame
	class class
}

// class says which bound a queued frame counts against.
type class int

const (
	free      class = 0 // snapshots, resumes, heartbeats: bounded by how often they are made
	lossless  class = 1
	telemetry class = 2
	ping      class = 3 // no frame: a protocol ping
)

// sub is a client's subscription of a channel. Its fields are under client.mu.
type sub struct {
	channel *Channel
	to      uint64 // up to here frames are queued
	// While lagging, frames are not queued: the keys that changed are marked instead.
	lagging bool
	lagTo   uint64
	dirty   map[string]struct{}
	skipped uint64
}

// client is one websocket.
type client struct {
	hub    *Hub
	conn   *websocket.Conn
	viewer Viewer
	wake   chan struct{} // buffered, 1
	gone   chan struct{} // closed when the reader has ended

	mu     sync.Mutex
	subs   map[*Channel]*sub
	queue  []queued
	head   int
	ops    int // of lossless frames queued or being written
	bytes  int
	tele   int // bytes of telemetry frames queued or being written
	code   int // why it is closing; 0 = it is not
	reason string
}

func (cl *client) signal() {
	select {
	case cl.wake <- struct{}{}:
	default:
	}
}

func (cl *client) push(frames []*frame, as class) {
	for _, f := range frames {
		cl.queue = append(cl.queue, queued{f, as})
		switch as {
		case lossless:
			cl.ops += f.ops
			cl.bytes += f.size
		case telemetry:
			cl.tele += f.size
		}
	}
}

// deliver queues a flush. entries are the ops in it, left is how many were left out of it
// for everybody.
func (cl *client) deliver(s *sub, frames []*frame, entries []*entry, to, left uint64) {
	cl.mu.Lock()
	if cl.code != 0 {
		cl.mu.Unlock()
		return
	}
	mode := s.channel.cfg.Mode
	switch {
	case mode == Lossless:
		ops, bytes := cl.ops, cl.bytes
		for _, f := range frames {
			ops += f.ops
			bytes += f.size
		}
		// A flush into an empty queue is taken whatever its size: nobody was slow yet.
		if cl.ops > 0 && (ops > cl.hub.cfg.QueueOps || bytes > cl.hub.cfg.QueueBytes) {
			cl.mu.Unlock()
			cl.close(CloseSlow, "too slow")
			return
		}
		cl.push(frames, lossless)
		s.to = to
		cl.hub.metrics.queueHigh(cl.ops)
	case s.lagging || cl.tele > maxTelemetry:
		if !s.lagging {
			cl.hub.metrics.lagged.Inc()
		}
		s.lagging, s.lagTo = true, to
		if mode == Feed {
			s.skipped += uint64(len(entries)) + left
			cl.hub.metrics.skipped.Add(float64(uint64(len(entries)) + left))
			break
		}
		if s.dirty == nil {
			s.dirty = map[string]struct{}{}
		}
		for _, e := range entries {
			s.dirty[e.key] = struct{}{}
		}
	default:
		cl.push(frames, telemetry)
		s.to = to
		cl.hub.metrics.skipped.Add(float64(left))
	}
	cl.mu.Unlock()
	cl.signal()
}

// subscribe queues the first frames of a subscription; false when the client is closing.
func (cl *client) subscribe(s *sub, frames []*frame) bool {
	cl.mu.Lock()
	if cl.code != 0 {
		cl.mu.Unlock()
		return false
	}
	cl.subs[s.channel] = s
	cl.push(frames, free)
	cl.mu.Unlock()
	cl.signal()
	return true
}

func (cl *client) unsubscribe(c *Channel) {
	cl.mu.Lock()
	delete(cl.subs, c)
	cl.mu.Unlock()
}

// missed returns what a lagging subscription has missed, once the queue has emptied.
func (cl *client) missed(s *sub) (from, to uint64, keys map[string]struct{}, skipped uint64, ok bool) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if !s.lagging || cl.tele > 0 || cl.code != 0 {
		return 0, 0, nil, 0, false
	}
	return s.to + 1, s.lagTo, s.dirty, s.skipped, true
}

// recover queues what was missed and ends the lag. The caller holds the channel's lock
// since missed, so nothing has come in between.
func (cl *client) recover(s *sub, frames []*frame, to uint64) {
	cl.mu.Lock()
	if cl.code == 0 {
		cl.push(frames, telemetry)
		s.to, s.lagging, s.dirty, s.skipped = to, false, nil, 0
	}
	cl.mu.Unlock()
	cl.signal()
}

// say queues a frame for this client alone.
func (cl *client) say(f *frame) {
	cl.mu.Lock()
	if cl.code == 0 {
		cl.push([]*frame{f}, free)
	}
	cl.mu.Unlock()
	cl.signal()
}

// close ends the client: the queue is dropped, the close code is the last thing said. The
// first reason counts.
func (cl *client) close(code int, reason string) {
	cl.mu.Lock()
	if cl.code == 0 {
		cl.code, cl.reason = code, reason
		cl.queue, cl.head = nil, 0
	}
	cl.mu.Unlock()
	cl.signal()
}

// next takes the head of the queue; ok false when it is empty or the client is closing.
func (cl *client) next() (q queued, ok bool, code int) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.code != 0 || cl.head == len(cl.queue) {
		cl.queue, cl.head = cl.queue[:0], 0
		return queued{}, false, cl.code
	}
	q = cl.queue[cl.head]
	cl.queue[cl.head] = queued{}
	cl.head++
	return q, true, 0
}

func (cl *client) done(q queued) {
	cl.mu.Lock()
	switch q.class {
	case lossless:
		cl.ops -= q.ops
		cl.bytes -= q.size
	case telemetry:
		cl.tele -= q.size
	}
	cl.mu.Unlock()
}

// write sends what is queued until the client ends. It is the only one that writes to the
// connection, apart from gorilla's own answers to pings and closes.
func (cl *client) write() {
	for {
		select {
		case <-cl.wake:
		case <-cl.gone:
			return
		}
		for {
			q, ok, code := cl.next()
			if code != 0 {
				cl.sayClose(code)
				return
			}
			if !ok {
				break
			}
			if err := cl.send(q); err != nil {
				// The peer does not read, or is gone. A close frame cannot follow half a frame.
				cl.close(CloseSlow, "write failed")
				_ = cl.conn.Close()
				return
			}
			cl.done(q)
		}
	}
}

func (cl *client) send(q queued) error {
	deadline := time.Now().Add(cl.hub.cfg.WriteTimeout)
	if q.class == ping {
		return cl.conn.WriteControl(websocket.PingMessage, nil, deadline)
	}
	if err := cl.conn.SetWriteDeadline(deadline); err != nil {
		return err
	}
	if err := cl.conn.WritePreparedMessage(q.message); err != nil {
		return err
	}
	cl.hub.metrics.wrote(q.frame)
	return nil
}

// sayClose sends the close frame and gives the peer a moment to answer it; closing at once
// could take the frame out of the peer's receive buffer.
func (cl *client) sayClose(code int) {
	cl.mu.Lock()
	reason := cl.reason
	cl.mu.Unlock()
	message := websocket.FormatCloseMessage(code, reason)
	if cl.conn.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second)) != nil {
		_ = cl.conn.Close()
		return
	}
	_ = cl.conn.SetReadDeadline(time.Now().Add(2 * time.Second))
}
