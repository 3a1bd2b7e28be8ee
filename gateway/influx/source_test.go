package influx_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
)

// memory is a Source that holds its records in memory.
type memory struct {
	mu        sync.Mutex
	changed   chan struct{} // closed and replaced at every change
	lanes     [2][]journal.Record
	seq       uint64
	committed map[uint64]int
	total     int
	dead      []journal.DeadLetter
	chunks    []int // sizes, in order of Next
	failNext  error
}

func newMemory() *memory {
	return &memory{changed: make(chan struct{}), committed: map[uint64]int{}}
}

func (m *memory) signal() {
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *memory) offer(lane journal.Lane, records ...journal.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range records {
		m.seq++
		r.Seq = m.seq
		m.lanes[lane] = append(m.lanes[lane], r)
	}
	m.signal()
}

func (m *memory) events(events ...event.Event) {
	events = slices.Clone(events) // the caller may sort its own
	records := make([]journal.Record, len(events))
	for i := range events {
		records[i].Event = &events[i]
	}
	m.offer(journal.Live, records...)
}

func (m *memory) Next(ctx context.Context, most int) (*journal.Chunk, error) {
	for {
		m.mu.Lock()
		if err := m.failNext; err != nil {
			m.failNext = nil
			m.mu.Unlock()
			return nil, err
		}
		for lane := range m.lanes {
			if n := min(len(m.lanes[lane]), most); n > 0 {
				ch := &journal.Chunk{Lane: journal.Lane(lane), Records: m.lanes[lane][:n:n]}
				m.lanes[lane] = m.lanes[lane][n:]
				m.chunks = append(m.chunks, n)
				m.mu.Unlock()
				return ch, nil
			}
		}
		changed := m.changed
		m.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (m *memory) Commit(ch *journal.Chunk, tx journal.Tx) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range ch.Records {
		m.committed[r.Seq]++
		m.total++
	}
	m.dead = append(m.dead, tx.Dead...)
	m.signal()
	return nil
}

// wait blocks until ok says so under the lock.
func (m *memory) wait(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	deadline := time.After(30 * time.Second)
	for {
		m.mu.Lock()
		done, changed, total := ok(), m.changed, m.total
		m.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			tb.Fatalf("%s: not within 30 s (%d committed)", what, total)
		}
	}
}

// waitCommitted waits for n records, each committed once.
func (m *memory) waitCommitted(tb testing.TB, n int) {
	tb.Helper()
	m.wait(tb, fmt.Sprintf("%d records", n), func() bool { return m.total >= n })
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.total != n || len(m.committed) != n {
		tb.Fatalf("%d commits of %d records, want %d", m.total, len(m.committed), n)
	}
}

func (m *memory) letters() []journal.DeadLetter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]journal.DeadLetter(nil), m.dead...)
}

// eventually polls a condition that has no channel to wait on.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	deadline := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			tb.Fatalf("%s: not within 20 s", what)
		}
		<-tick.C
	}
}

// reading is a kitchen reading; n makes it unlike every other.
func reading(n int, when time.Time) event.Event {
	return event.Event{
		ID: fmt.Sprintf("%024x", n), Type: event.TypeKitchenReading, Kind: event.KindKitchen,
		Site: "s001", Device: event.DeviceID(fmt.Sprintf("k%d", n%7)),
		ObservedAt: when.Add(time.Duration(n)), ReceivedAt: when.Add(time.Millisecond),
		Reading: &event.KitchenReading{Quantity: event.QuantityFreezer, Value: -18 + float64(n%50)/10, Unit: "°C"},
	}
}

func readings(n int, when time.Time) []event.Event {
	out := make([]event.Event, n)
	for i := range out {
		out[i] = reading(i, when)
	}
	return out
}
