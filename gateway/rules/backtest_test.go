package rules_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/rules"
)

// lines writes events as an export does.
func lines(events []*event.Event) *bytes.Buffer {
	var b bytes.Buffer
	for _, ev := range events {
		b.Write(ev.AppendJSON(nil))
		b.WriteByte('\n')
	}
	return &b
}

// TestBacktestSaysWhatWouldHaveBeen: the same events give the same anomalies, whether they
// come from a database in slices, or from a file whose lines are shuffled.
func TestBacktestSaysWhatWouldHaveBeen(t *testing.T) {
	t.Parallel()
	set, c := parse(t, everything), county(t)
	events := morning(rand.New(rand.NewPCG(7, 1)))
	end := clock("09:45")
	e, now := rules.New(set, c), events[0].ReceivedAt
	var out []event.Anomaly
	raised := 0
	for _, ev := range events {
		for ; now.Add(time.Second).Before(ev.ReceivedAt); now = now.Add(time.Second) {
			out = e.Advance(now, out)
		}
		out = e.Process(ev, out)
	}
	for ; !now.After(end); now = now.Add(time.Second) {
		out = e.Advance(now, out)
	}
	for _, a := range out {
		if a.State == event.Raised {
			raised++
		}
	}
	b := rules.Backtest{Set: set, County: c, To: end, Operators: 2}
	steps := 0
	b.Progress = func(rules.Progress) { steps++ }

	shuffled := slices.Clone(events)
	rand.New(rand.NewPCG(7, 2)).Shuffle(20, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	fromFile, err := b.Run(t.Context(), rules.Lines(lines(shuffled)))
	if err != nil {
		t.Fatal(err)
	}
	each := func(_ context.Context, typ event.Type, from, to time.Time, yield func(*event.Event) error) error {
		for _, ev := range events {
			if ev.Type == typ && !ev.ObservedAt.Before(from) && ev.ObservedAt.Before(to) {
				if err := yield(ev); err != nil {
					return err
				}
			}
		}
		return nil
	}
	fromDatabase, err := b.Run(t.Context(), rules.Recorded(set.Types(), clock("07:00"), end, each))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(fromFile, fromDatabase) {
		t.Errorf("file\n%+v\ndatabase\n%+v", fromFile, fromDatabase)
	}
	if fromFile.Raised != raised || raised < 20 || fromFile.Standing != len(e.Open()) || steps < 5 {
		t.Errorf("%d raised, %d stand, %d steps; want %d, %d", fromFile.Raised, fromFile.Standing, steps, raised, len(e.Open()))
	}
	sum := func(list []rules.Tally) (n int) {
		for _, x := range list {
			n += x.Count
		}
		return n
	}
	if sum(fromFile.ByRule) != raised || sum(fromFile.ByDay) != raised || sum(fromFile.BySite) != raised || len(fromFile.ByRule) != set.Rules() {
		t.Errorf("%+v", fromFile)
	}
	l := fromFile.Load
	if l.Peak10Min > l.PeakHour || l.PeakHour > raised || l.PerHour <= 0 || l.PeakAt.Before(events[0].ReceivedAt) {
		t.Errorf("%+v", l)
	}
}

func TestBacktestEnds(t *testing.T) {
	t.Parallel()
	b := rules.Backtest{Set: parse(t, everything), County: county(t)}
	for name, text := range map[string]string{"no JSON": "{", "no event": "{}", "no time": `{"type":"gate_access","gate":{}}`} {
		if _, err := b.Run(t.Context(), rules.Lines(strings.NewReader(text))); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.Progress = func(rules.Progress) { cancel() }
	r, err := b.Run(ctx, rules.Lines(lines(morning(rand.New(rand.NewPCG(1, 1))))))
	if !errors.Is(err, context.Canceled) || r == nil {
		t.Errorf("%v", err)
	}
	if r, err = b.Run(t.Context(), rules.Lines(strings.NewReader("\n"))); err != nil || r.Raised != 0 {
		t.Errorf("%+v %v", r, err)
	}
}
