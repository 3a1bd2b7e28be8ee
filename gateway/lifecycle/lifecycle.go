// Package lifecycle starts and stops the parts of a program in order.
//
// Parts start from sink to source and stop from source to sink: a Stack is the one list
// of what runs, and is taken down last in, first out.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/campusgate/campusgate/gateway/event"
)

// Component is the contract of every part. Start returns quickly and its context bounds
// the start only. Stop is idempotent, safe without Start, waits for the part's goroutines
// and flushes downstream.
type Component interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Health() event.Health
}

// Stack is a named list of running components. Its zero value is empty and ready.
type Stack struct {
	mu    sync.Mutex
	parts []part
}

type part struct {
	name      string
	component Component
}

// Start starts a component and puts it on top of the stack. When it fails, everything
// below is stopped, and the error says which part failed.
func (s *Stack) Start(ctx context.Context, name string, c Component) error {
	if err := c.Start(ctx); err != nil {
		err = fmt.Errorf("start %s: %w", name, err)
		return errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts = append(s.parts, part{name, c})
	return nil
}

// Stop stops every component, the last started first, each even when one before it
// failed, and returns all their errors by name. A second Stop does nothing.
func (s *Stack) Stop(ctx context.Context) error {
	s.mu.Lock()
	parts := s.parts
	s.parts = nil
	s.mu.Unlock()
	var faults []error
	for i := len(parts) - 1; i >= 0; i-- {
		if err := parts[i].component.Stop(ctx); err != nil {
			faults = append(faults, fmt.Errorf("stop %s: %w", parts[i].name, err))
		}
	}
	return errors.Join(faults...)
}

// Health returns what every running component says of itself, by name.
func (s *Stack) Health() map[string]event.Health {
	s.mu.Lock()
	parts := append([]part(nil), s.parts...)
	s.mu.Unlock()
	all := make(map[string]event.Health, len(parts))
	for _, p := range parts {
		all[p.name] = p.component.Health()
	}
	return all
}

// Worst sums up: the worst state of all, with the name and reason of a part in it.
func Worst(all map[string]event.Health) event.Health {
	order := []event.HealthState{event.OK, event.Starting, event.Degraded, event.Stopped, event.Failed}
	rank := func(s event.HealthState) int {
		for i, known := range order {
			if s == known {
				return i
			}
		}
		return len(order)
	}
	worst, from := event.Health{State: event.OK}, ""
	for name, h := range all {
		if r := rank(h.State); r > rank(worst.State) || r == rank(worst.State) && r > 0 && name < from {
			worst, from = h, name
		}
	}
	if from != "" {
		worst.Reason = from + ": " + worst.Reason
	}
	return worst
}
