package uplink_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/campusgate/campusgate/gateway/uplink"
)

var errInjected = errors.New("injected")

// fakeJournal keeps records in memory as the journal does on disk: what is committed is
// durable, readers begin again with what is not.
type fakeJournal struct {
	id string

	mu        sync.Mutex
	records   []journal.Record
	committed map[string]map[uint64]bool
	state     map[string]map[string][]byte
	dead      []journal.DeadLetter
	wake      chan struct{}
	lose      func() bool // a commit that gets true is lost, as by a crash, and all after it
	random    *rand.Rand
}

func newFakeJournal() *fakeJournal {
	return &fakeJournal{
		id: "journal-1", committed: map[string]map[uint64]bool{}, state: map[string]map[string][]byte{},
		wake: make(chan struct{}), lose: func() bool { return false }, random: rand.New(rand.NewPCG(1, 2)),
	}
}

func (f *fakeJournal) append(records ...journal.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range records {
		r.Seq = uint64(len(f.records) + 1)
		f.records = append(f.records, r)
	}
	close(f.wake)
	f.wake = make(chan struct{})
}

func (f *fakeJournal) open(c journal.ConsumerConfig) (uplink.Consumer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.committed[c.Name] == nil {
		f.committed[c.Name] = map[uint64]bool{}
		f.state[c.Name] = map[string][]byte{}
	}
	r := &fakeReader{f: f, config: c, read: map[uint64]bool{}}
	for seq := range f.committed[c.Name] {
		r.read[seq] = true
	}
	if c.LiveFirst {
		r.border = uint64(len(f.records)) // arrears are backlog
	}
	return r, nil
}

// open counts records that some consumer has not committed.
func (f *fakeJournal) pending() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.records)
	for _, c := range f.committed {
		n -= len(c)
	}
	return n
}

type fakeReader struct {
	f      *fakeJournal
	config journal.ConsumerConfig
	read   map[uint64]bool
	border uint64
	crash  bool
}

func (r *fakeReader) Next(ctx context.Context, limit int) (*journal.Chunk, error) {
	for {
		r.f.mu.Lock()
		wake := r.f.wake
		limit = 1 + r.f.random.IntN(limit)
		for _, lane := range []journal.Lane{journal.Live, journal.Backlog} {
			ch := &journal.Chunk{Lane: lane}
			for _, rec := range r.f.records {
				live := rec.Seq > r.border
				if r.read[rec.Seq] || live != (lane == journal.Live) || !slices.Contains(r.config.Classes, rec.Class()) {
					continue
				}
				ch.Records = append(ch.Records, rec)
				if len(ch.Records) == limit {
					break
				}
			}
			if len(ch.Records) > 0 {
				for _, rec := range ch.Records {
					r.read[rec.Seq] = true
				}
				r.f.mu.Unlock()
				return ch, nil
			}
		}
		r.f.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (r *fakeReader) Commit(ch *journal.Chunk, tx journal.Tx) error {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	if r.crash = r.crash || r.f.lose(); r.crash {
		return errInjected
	}
	for _, rec := range ch.Records {
		r.f.committed[r.config.Name][rec.Seq] = true
	}
	for k, v := range tx.Put {
		r.f.state[r.config.Name][k] = v
	}
	r.f.dead = append(r.f.dead, tx.Dead...)
	return nil
}

func (r *fakeReader) State(yield func(string, []byte) error) error {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	for k, v := range r.f.state[r.config.Name] {
		if err := yield(k, v); err != nil {
			return err
		}
	}
	return nil
}

var start = time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)

// gate returns n gate events whose own counter is first and up.
func gate(first, n int) []journal.Record {
	records := make([]journal.Record, n)
	for i := range records {
		at := start.Add(time.Duration(first+i) * time.Millisecond)
		records[i].Event = &event.Event{
			ID: fmt.Sprintf("%024x", first+i), Type: event.TypeGateAccess, Kind: event.KindGate,
			Site: event.SiteID(fmt.Sprintf("s%03d", i%86)), Device: "g1", ObservedAt: at, ReceivedAt: at, Seq: uint64(first + i),
			Gate: &event.GateAccess{Direction: event.In, PersonKind: event.PersonPupil, Method: "card", Result: event.ResultGranted, Person: "p-4711", Credential: "c-1"},
		}
	}
	return records
}

func call(seq int) journal.Record {
	return journal.Record{Event: &event.Event{
		ID: fmt.Sprintf("%024x", seq), Type: event.TypeEmergencyCall, Kind: event.KindButton, Site: "s001", Device: "b1",
		ObservedAt: start, ReceivedAt: start, Seq: uint64(seq), Call: &event.EmergencyCall{State: event.CallPressed},
	}}
}

func anomaly(n int) journal.Record {
	return journal.Record{Anomaly: &event.Anomaly{
		ID: fmt.Sprintf("%020x", n), Rule: "fever", Site: "s001", Device: "t1", Severity: event.SeverityHigh, State: event.Raised,
		Revision: 1, StartedAt: start, UpdatedAt: start, Momentary: true,
	}}
}

// TestJournalConsumerFits keeps the interface and the real journal together.
func TestJournalConsumerFits(t *testing.T) {
	t.Parallel()
	var _ uplink.Consumer = (*journal.Consumer)(nil)
}
