package ingest

import (
	"bytes"
	"errors"
	"hash/maphash"
	"net"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/campusgate/campusgate/gateway/event"
)

// idleLink is a link on one end of a pipe whose reader does not run.
func idleLink(t *testing.T) *link {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = ours.Close(); _ = theirs.Close() })
	return newLink(ours, &BrokerConfig{}, 10)
}

func TestAcknowledgedInOrderHoweverDoneComes(t *testing.T) {
	t.Parallel()
	l := idleLink(t)
	acked := 0
	p := newPipeline(100, 1<<20, func(n int) { acked += n })
	var batches []*inflight
	for id := range uint16(3) {
		b := &inflight{link: l, acks: appendAck(nil, typePuback, id+1), messages: 1, bytes: 10}
		if err := p.push(b, 0); err != nil {
			t.Fatal(err)
		}
		batches = append(batches, b)
	}
	p.settle(batches[2], nil)
	p.settle(batches[1], nil)
	if len(l.acks) != 0 {
		t.Fatalf("acknowledged before the first: %x", l.acks)
	}
	p.settle(batches[0], nil)
	p.settle(batches[0], errors.New("done called twice"))
	if want := []byte{0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x40, 2, 0, 3}; !bytes.Equal(l.acks, want) {
		t.Fatalf("acks %x", l.acks)
	}
	if m, b, _ := p.load(); m != 0 || b != 0 || acked != 3 {
		t.Fatalf("in flight %d, %d bytes; acked %d", m, b, acked)
	}
}

func TestAFailureStopsEverythingBehindIt(t *testing.T) {
	t.Parallel()
	old, young := idleLink(t), idleLink(t)
	p := newPipeline(100, 1<<20, func(int) {})
	failures, _ := p.begin()
	first := &inflight{link: old, acks: appendAck(nil, typePuback, 1), messages: 1, keys: []key{{1, 1}}}
	// The second took the first's event for a duplicate.
	second := &inflight{link: young, acks: appendAck(nil, typePuback, 1), messages: 1}
	for _, b := range []*inflight{first, second} {
		if err := p.push(b, failures); err != nil {
			t.Fatal(err)
		}
	}
	p.settle(second, nil)
	p.settle(first, errors.New("disk full"))
	if len(old.acks)+len(young.acks) != 0 || !old.poisoned.Load() || !young.poisoned.Load() {
		t.Fatal("acknowledged, or left connected, behind a batch that was not stored")
	}
	third := &inflight{link: idleLink(t), messages: 1}
	if err := p.push(third, failures); !errors.Is(err, errNotStored) {
		t.Fatalf("a batch begun before the failure was taken: %v", err)
	}
	if _, forget := p.begin(); len(forget) != 1 || forget[0] != (key{1, 1}) {
		t.Fatalf("to be forgotten: %v", forget)
	}
	if m, _, _ := p.load(); m != 0 {
		t.Fatalf("%d in flight", m)
	}
}

func TestWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := idleLink(t)
		p := newPipeline(2, 1<<20, func(int) {})
		b := &inflight{link: l, messages: 2}
		if err := p.push(b, 0); err != nil {
			t.Fatal(err)
		}
		result := make(chan error, 1)
		go func() { result <- p.waitForRoom(l) }()
		synctest.Wait()
		select {
		case err := <-result:
			t.Fatalf("did not wait: %v", err)
		default:
		}
		p.settle(b, nil)
		if err := <-result; err != nil {
			t.Fatal(err)
		}
		b = &inflight{link: l, messages: 1, bytes: 2 << 20}
		if err := p.push(b, 0); err != nil {
			t.Fatal(err)
		}
		go func() { result <- p.waitForRoom(l) }()
		synctest.Wait()
		l.fail(errors.New("gone"))
		if err := <-result; err == nil || err.Error() != "gone" {
			t.Fatalf("%v", err)
		}
	})
}

func TestWindowRemembersAboutItsSize(t *testing.T) {
	t.Parallel()
	const size = 4096
	w := newWindow(size)
	nth := func(n int) key {
		return key{maphash.Comparable(w.one, n) | 1, maphash.Comparable(w.two, n)}
	}
	const total = 20 * size
	for n := range total {
		if w.remember(nth(n)) {
			t.Fatalf("key %d was there before", n)
		}
	}
	if bytes := len(w.sets) * ways * 16; bytes > 4*size*16 {
		t.Fatalf("%d bytes", bytes)
	}
	forgotten := func(from, to int) (n int) {
		for i := from; i < to; i++ {
			s := w.sets[(nth(i).a>>1^nth(i).b)&w.mask]
			if !slices.Contains(s[:], nth(i)) {
				n++
			}
		}
		return n
	}
	if n := forgotten(total-size/4, total); n > 2 {
		t.Errorf("%d of the last %d are forgotten", n, size/4)
	}
	if n := forgotten(total-size, total); n > size/20 {
		t.Errorf("%d of the last %d are forgotten", n, size)
	}
	if n := forgotten(0, total-10*size); n < total-10*size-size/100 {
		t.Errorf("only %d of the oldest %d are forgotten", n, total-10*size)
	}
	last := nth(total - 1)
	if !w.remember(last) {
		t.Error("the last is forgotten")
	}
	w.forget([]key{last})
	if w.remember(last) {
		t.Error("not forgotten when told to")
	}
	off := newWindow(0)
	off.remember(last)
	if off.remember(last) {
		t.Error("a window of 0 remembers")
	}
	off.forget([]key{last})
}

func TestKeyOfAnEvent(t *testing.T) {
	t.Parallel()
	w := newWindow(10)
	stamp := func(payload string, stated, received int64) key {
		e := event.Event{Type: event.TypeDeviceStatus, Site: "s", Device: "d"}
		event.Clock{}.Stamp(&e, []byte(payload), 0, nanos(stated), 1, nanos(received))
		return w.event(&e)
	}
	const now = 1_700_000_000_000_000_000
	if stamp("a", now, now+1) != stamp("a", now, now+1_000_000_000) {
		t.Error("a redelivery has another key")
	}
	if stamp("a", now, now) == stamp("b", now, now) {
		t.Error("two payloads have one key")
	}
	if stamp("a", 0, now) == stamp("a", 0, now+1_000_000_000) {
		t.Error("two equal heartbeats without a time have one key")
	}
	const future = now + 3_600_000_000_000
	if stamp("a", future, now) != stamp("a", future, now+1_000_000_000) {
		t.Error("a redelivery with a wrong clock has another key")
	}
}
