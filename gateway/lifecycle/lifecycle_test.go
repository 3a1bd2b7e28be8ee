package lifecycle_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/lifecycle"
)

type fake struct {
	name            string
	log             *[]string
	failStart, fail error
	state           event.HealthState
}

func (f *fake) Start(context.Context) error {
	*f.log = append(*f.log, "+"+f.name)
	return f.failStart
}

func (f *fake) Stop(context.Context) error {
	*f.log = append(*f.log, "-"+f.name)
	return f.fail
}

func (f *fake) Health() event.Health { return event.Health{State: f.state, Reason: "because"} }

func TestStackStopsLastInFirstOut(t *testing.T) {
	t.Parallel()
	var log []string
	boom := errors.New("boom")
	var s lifecycle.Stack
	for _, f := range []*fake{{name: "a"}, {name: "b", fail: boom}, {name: "c"}} {
		f.log = &log
		if err := s.Start(t.Context(), f.name, f); err != nil {
			t.Fatal(err)
		}
	}
	err := s.Stop(t.Context())
	if !errors.Is(err, boom) || err.Error() != "stop b: boom" {
		t.Errorf("Stop = %v, want the failing part by name", err)
	}
	if want := []string{"+a", "+b", "+c", "-c", "-b", "-a"}; !slices.Equal(log, want) {
		t.Errorf("order %q, want %q", log, want)
	}
	if err := s.Stop(t.Context()); err != nil || len(log) != 6 {
		t.Errorf("second Stop = %v after %q, want nothing done", err, log)
	}
}

func TestFailedStartTakesDownWhatRuns(t *testing.T) {
	t.Parallel()
	var log []string
	var s lifecycle.Stack
	if err := s.Start(t.Context(), "a", &fake{name: "a", log: &log}); err != nil {
		t.Fatal(err)
	}
	err := s.Start(t.Context(), "b", &fake{name: "b", log: &log, failStart: errors.New("no")})
	if err == nil || err.Error() != "start b: no" {
		t.Errorf("Start = %v, want start b: no", err)
	}
	if want := []string{"+a", "+b", "-a"}; !slices.Equal(log, want) {
		t.Errorf("order %q, want %q", log, want)
	}
}

func TestWorst(t *testing.T) {
	t.Parallel()
	got := lifecycle.Worst(map[string]event.Health{
		"journal": {State: event.OK}, "influx": {State: event.Degraded, Reason: "slow"},
		"mqtt": {State: event.Failed, Reason: "refused"},
	})
	if got.State != event.Failed || got.Reason != "mqtt: refused" {
		t.Errorf("Worst = %+v", got)
	}
	if got := lifecycle.Worst(nil); got.State != event.OK || got.Reason != "" {
		t.Errorf("Worst(nothing) = %+v, want ok", got)
	}
}
