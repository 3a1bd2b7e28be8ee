package rules

import (
	"bufio"
	"cmp"
	"container/heap"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// slice is how much of the recording is asked for at once.
	slice = 5 * time.Minute
	// ahead is how much later than its receipt a live event may say that it was observed.
	ahead = event.DefaultMaxFuture
	// shuffled is how far from the order of receipt the lines of a file may stand.
	shuffled = 20 * time.Minute
	// maxHeld bounds the events that wait for their turn.
	maxHeld = 2_000_000
	maxLine = 1 << 20
)

// Types lists the types of event that the rules look at.
func (s *Set) Types() []event.Type {
	var types []event.Type
	for _, r := range s.rules {
		for _, t := range r.types {
			if !slices.Contains(types, t) {
				types = append(types, t)
			}
		}
	}
	slices.Sort(types)
	return types
}

// Recorded puts a database's events, which are in the order of observation within each
// type, into the order of their receipt. each yields those of one type observed in
// [from, to).
func Recorded(types []event.Type, from, to time.Time, each func(ctx context.Context, t event.Type, from, to time.Time, yield func(*event.Event) error) error) Source {
	return func(ctx context.Context, yield func(*event.Event) error) error {
		var o order
		for at := from; at.Before(to); at = at.Add(slice) {
			end := at.Add(slice)
			if end.After(to) {
				end = to
			}
			for _, t := range types {
				if err := each(ctx, t, at, end, o.push); err != nil {
					return fmt.Errorf("read %s from %s: %w", t, at.Format(time.RFC3339), err)
				}
			}
			// Everything received until then was observed before end.
			if err := o.release(end.Add(-ahead), yield); err != nil {
				return err
			}
		}
		return o.release(to.Add(time.Hour), yield)
	}
}

// Lines reads events as JSON, one a line, as exports hold them. They may stand up to 20
// minutes away from the order of their receipt.
func Lines(r io.Reader) Source {
	return func(_ context.Context, yield func(*event.Event) error) error {
		var o order
		var newest time.Time
		lines := bufio.NewScanner(r)
		lines.Buffer(make([]byte, 0, 64<<10), maxLine)
		for n := 1; lines.Scan(); n++ {
			if len(lines.Bytes()) == 0 {
				continue
			}
			ev := &event.Event{}
			if err := json.Unmarshal(lines.Bytes(), ev); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			if !slices.Contains(event.Types(), ev.Type) || ev.ReceivedAt.IsZero() {
				return fmt.Errorf("line %d: want an event with type and received_at", n)
			}
			if err := o.push(ev); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			if ev.ReceivedAt.After(newest) {
				newest = ev.ReceivedAt
			}
			if err := o.release(newest.Add(-shuffled), yield); err != nil {
				return err
			}
		}
		if err := lines.Err(); err != nil {
			return err
		}
		return o.release(newest, yield)
	}
}

// order holds events until everything received before them is known. Late ones, which no
// rule looks at, are dropped.
type order struct{ held eventHeap }

func (o *order) push(ev *event.Event) error {
	if ev.Late || ev.Backfill || ev.Retained {
		return nil
	}
	if len(o.held) >= maxHeld {
		return fmt.Errorf("more than %d events within a few minutes", maxHeld)
	}
	kept := *ev
	heap.Push(&o.held, &kept)
	return nil
}

func (o *order) release(until time.Time, yield func(*event.Event) error) error {
	for len(o.held) > 0 && !o.held[0].ReceivedAt.After(until) {
		ev := heap.Pop(&o.held).(*event.Event) //nolint:errcheck,forcetypeassert // nothing else is pushed
		if err := yield(ev); err != nil {
			return err
		}
	}
	return nil
}

type eventHeap []*event.Event

func (h eventHeap) Len() int { return len(h) }
func (h eventHeap) Less(i, j int) bool {
	return cmp.Or(h[i].ReceivedAt.Compare(h[j].ReceivedAt), cmp.Compare(h[i].ID, h[j].ID)) < 0
}
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *eventHeap) Push(x any) { *h = append(*h, x.(*event.Event)) } //nolint:errcheck,forcetypeassert // nothing else is pushed

// Pop implements heap.Interface.
func (h *eventHeap) Pop() any {
	last := len(*h) - 1
	ev := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return ev
}
