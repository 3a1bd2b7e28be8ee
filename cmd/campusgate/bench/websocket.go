package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// viewer is a websocket that follows the feed and notes how old each event is when it
// arrives.
type viewer struct {
	conn *websocket.Conn
	done chan struct{}

	mu      sync.Mutex
	keep    bool
	since   time.Time // of messages sent from then on
	latency []time.Duration
	skipped int
	err     error
}

func (c *centre) view(ctx context.Context, cookie *http.Cookie) (*viewer, error) {
	dialer := websocket.Dialer{HandshakeTimeout: 20 * time.Second, ReadBufferSize: 4 << 10, WriteBufferSize: 1 << 10}
	header := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}, "Origin": {c.page}}
	conn, res, err := dialer.DialContext(ctx, c.live(), header) //nolint:bodyclose // gorilla/websocket: "the response body […] does not need to be closed"
	if err != nil {
		if res != nil {
			err = fmt.Errorf("%w: %s", err, res.Status)
		}
		return nil, fmt.Errorf("open websocket: %w", err)
	}
	v := &viewer{conn: conn, done: make(chan struct{})}
	if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"t":"sub","ch":"feed"}`)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	ready := make(chan struct{})
	go v.read(ready)
	select {
	case <-ready:
		return v, nil
	case <-v.done:
		return nil, fmt.Errorf("websocket ended before its snapshot: %w", v.err)
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), conn.Close())
	}
}

func (v *viewer) read(ready chan<- struct{}) {
	defer close(v.done)
	for opened := false; ; {
		_, frame, err := v.conn.ReadMessage()
		if err != nil {
			v.mu.Lock()
			v.err = err
			v.mu.Unlock()
			return
		}
		switch {
		case bytes.HasPrefix(frame, []byte(`{"t":"d"`)):
			v.note(frame, time.Now())
		case bytes.HasPrefix(frame, []byte(`{"t":"skip"`)):
			v.skip(frame)
		case !opened && bytes.HasPrefix(frame, []byte(`{"t":"snap"`)):
			opened = true
			close(ready)
		}
	}
}

// note reads the device times out of a frame: a thousand viewers cannot afford to decode.
func (v *viewer) note(frame []byte, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.keep {
		return
	}
	key := []byte(`"observed_at":"`)
	for {
		i := bytes.Index(frame, key)
		if i < 0 {
			return
		}
		frame = frame[i+len(key):]
		end := bytes.IndexByte(frame, '"')
		if end < 0 {
			return
		}
		if at, err := time.Parse(time.RFC3339Nano, string(frame[:end])); err == nil && !at.Before(v.since) {
			v.latency = append(v.latency, now.Sub(at))
		}
	}
}

func (v *viewer) record() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keep, v.latency, v.skipped, v.since = true, nil, 0, time.Now()
}

// count returns how many events were noted.
func (v *viewer) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.latency)
}

// skip notes that the dashboard left events out because this viewer was slow.
func (v *viewer) skip(frame []byte) {
	var said struct {
		N int `json:"n"`
	}
	if json.Unmarshal(frame, &said) != nil {
		said.N = 1
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.skipped += said.N
}

// left returns how many events were left out.
func (v *viewer) left() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.skipped
}

// take ends noting and returns what was noted; it fails when the socket has ended.
func (v *viewer) take() ([]time.Duration, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.keep = false
	if v.err != nil {
		return nil, fmt.Errorf("websocket ended: %w", v.err)
	}
	return v.latency, nil
}

func (v *viewer) close() {
	_ = v.conn.Close()
	<-v.done
}
