package simulator

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// Entry says of one acknowledged message what the gateway will make of it.
type Entry struct {
	Topic string `json:"topic"`
	// EventID is the event's id as the gateway computes it; empty for a message that no
	// adapter understands, which the gateway keeps as a dead letter.
	EventID string         `json:"event_id,omitempty"`
	Site    event.SiteID   `json:"site"`
	Device  event.DeviceID `json:"device"`
	Type    event.Type     `json:"type,omitempty"`
	// TS is the event's observed_at as the gateway computes it, unless the message carries a
	// wrong clock's time.
	TS time.Time `json:"ts"`
}

// Totals counts what was acknowledged.
type Totals struct {
	Messages    uint64                // acknowledged, each counted once
	Bytes       uint64                // of their payloads
	Undecodable uint64                // of these, such that no adapter understands
	Retries     uint64                // attempts that failed and were repeated
	ByType      map[event.Type]uint64 // the others, by what the gateway makes of them
}

// entry decodes a message as the gateway will.
func entry(d payload.Decoder, m *Message) Entry {
	e := Entry{Topic: m.Topic, Site: m.Site, Device: m.Device, Type: m.Type, TS: m.At}
	events, err := d.Decode(nil, payload.Message{Topic: m.Topic, Payload: m.Payload, Received: m.At}, event.Clock{})
	if err == nil && len(events) == 1 {
		e.EventID, e.TS = events[0].ID, events[0].ObservedAt
	}
	return e
}

// LedgerWriter writes a ledger as one JSON object a line. Safe for concurrent use.
type LedgerWriter struct {
	mu  sync.Mutex
	w   *bufio.Writer
	err error
}

// NewLedgerWriter writes to w, buffered: call Flush at the end.
func NewLedgerWriter(w io.Writer) *LedgerWriter {
	return &LedgerWriter{w: bufio.NewWriterSize(w, 64<<10)}
}

// Record writes one entry. An error is kept for Flush.
func (l *LedgerWriter) Record(e Entry) {
	b, err := json.Marshal(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && l.err == nil {
		_, err = l.w.Write(append(b, '\n'))
	}
	if l.err == nil && err != nil {
		l.err = fmt.Errorf("write ledger: %w", err)
	}
}

// Flush writes out what is buffered and returns the first error of all.
func (l *LedgerWriter) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.w.Flush(); err != nil && l.err == nil {
		l.err = fmt.Errorf("write ledger: %w", err)
	}
	return l.err
}
