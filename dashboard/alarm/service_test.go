package alarm_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

func anyone(event.SiteID) bool { return true }

func start() time.Time { return time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC) }

// recorder is a sink that keeps what a page would show.
type recorder struct {
	open    map[string]alarm.Alarm
	changes []alarm.Change
}

func (r *recorder) Reset(open []alarm.Alarm) {
	r.open = map[string]alarm.Alarm{}
	for _, a := range open {
		r.open[a.ID] = a
	}
}

func (r *recorder) Changed(changes []alarm.Change) {
	for _, c := range changes {
		if c.Alarm.State.Open() {
			r.open[c.Alarm.ID] = c.Alarm
		} else {
			delete(r.open, c.Alarm.ID)
		}
	}
	r.changes = append(r.changes, changes...)
}

func open(t testing.TB, path string) (*alarm.Service, *recorder) {
	t.Helper()
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	service, r := alarm.New(s), &recorder{}
	if err := service.Attach(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return service, r
}

func fresh(t testing.TB) (*alarm.Service, *recorder) {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "dashboard.db"))
}

func anomaly(id string, rev uint32, state event.AnomalyState, change ...func(*event.Anomaly)) *event.Anomaly {
	a := &event.Anomaly{
		ID: id, Rule: "cold_store", Site: "s001", Device: event.DeviceID("k-" + id), Kind: event.KindKitchen,
		Severity: event.SeverityWarning, State: state, Revision: rev, StartedAt: start(), UpdatedAt: start(),
		Text: event.Text{ZH: "冷藏温度过高", EN: "cold store too warm"},
	}
	for _, c := range change {
		c(a)
	}
	return a
}

func apply(t testing.TB, s *alarm.Service, seq uint64, as ...*event.Anomaly) {
	t.Helper()
	var in []alarm.Incoming
	for i, a := range as {
		in = append(in, alarm.Incoming{Seq: seq + uint64(i), Anomaly: a})
	}
	if err := s.Apply(t.Context(), "stream-1", in, start()); err != nil {
		t.Fatal(err)
	}
}

func get(t testing.TB, s *alarm.Service, id string) (alarm.Alarm, []alarm.Entry) {
	t.Helper()
	a, audit, err := s.Alarm(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a, audit
}

func act(t testing.TB, s *alarm.Service, c alarm.Command) alarm.Alarm {
	t.Helper()
	if c.By == "" {
		c.By = "operator"
	}
	c.Allows = anyone
	a, err := s.Act(t.Context(), c, start())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantState(t testing.TB, s *alarm.Service, id string, want alarm.State) {
	t.Helper()
	if a, _ := get(t, s, id); a.State != want {
		t.Errorf("alarm %s is %s, want %s", id, a.State, want)
	}
}

func TestLifeOfAnAlarm(t *testing.T) {
	t.Parallel()
	s, seen := fresh(t)
	apply(t, s, 1, anomaly("a", 1, event.Raised))
	wantState(t, s, "a", alarm.Unack)
	a := act(t, s, alarm.Command{ID: "a", Action: alarm.Ack, Rev: 1, Note: "on my way"})
	if a.State != alarm.Acked || a.AckedBy != "operator" || a.Rev != 2 {
		t.Fatalf("after the acknowledgement: %+v", a)
	}
	apply(t, s, 2, anomaly("a", 2, event.Updated, func(a *event.Anomaly) { a.Value = 9 }))
	if a, _ := get(t, s, "a"); a.Rev != 2 || a.Value != 9 {
		t.Errorf("a moving value must not change the revision: %+v", a)
	}
	apply(t, s, 3, anomaly("a", 3, event.Updated, func(a *event.Anomaly) { a.Severity = event.SeverityHigh }))
	wantState(t, s, "a", alarm.Unack)
	if a, _ := get(t, s, "a"); a.AckedBy != "" || a.AckedAt != nil {
		t.Errorf("an alarm that got worse is not acknowledged: %+v", a)
	}
	apply(t, s, 4, anomaly("a", 4, event.Cleared))
	if a, _ := get(t, s, "a"); a.State != alarm.RtnUnack || a.Severity != event.SeverityHigh || a.ClearedAt == nil {
		t.Errorf("after the clear: %+v", a)
	}
	act(t, s, alarm.Command{ID: "a", Action: alarm.Ack, Rev: 4})
	wantState(t, s, "a", alarm.Normal)
	if len(seen.open) != 0 {
		t.Errorf("still on the list: %v", seen.open)
	}
	_, audit := get(t, s, "a")
	var actions []alarm.Action
	for _, e := range audit {
		actions = append(actions, e.Action)
	}
	want := []alarm.Action{alarm.Raise, alarm.Ack, alarm.Reraise, alarm.Clear, alarm.Ack}
	if len(actions) != len(want) {
		t.Fatalf("audit %v, want %v", actions, want)
	}
	for i := range want {
		if actions[i] != want[i] {
			t.Fatalf("audit %v, want %v", actions, want)
		}
	}
}

func TestApplyTwiceIsOnce(t *testing.T) {
	t.Parallel()
	s, seen := fresh(t)
	apply(t, s, 1, anomaly("a", 1, event.Raised), anomaly("a", 2, event.Cleared))
	before := len(seen.changes)
	apply(t, s, 1, anomaly("a", 1, event.Raised), anomaly("a", 2, event.Cleared))
	if len(seen.changes) != before {
		t.Errorf("the second time changed %d things", len(seen.changes)-before)
	}
	if _, audit := get(t, s, "a"); len(audit) != 2 {
		t.Errorf("%d audit entries, want 2", len(audit))
	}
	p, err := s.Position(t.Context())
	if err != nil || p != (alarm.Position{Stream: "stream-1", Seq: 2}) {
		t.Errorf("position %+v, %v", p, err)
	}
}

func TestMomentaryClosesByOneAck(t *testing.T) {
	t.Parallel()
	s, _ := fresh(t)
	momentary := func(a *event.Anomaly) { a.Momentary, a.Count = true, 1 }
	apply(t, s, 1, anomaly("f", 1, event.Raised, momentary))
	wantState(t, s, "f", alarm.Unack)
	act(t, s, alarm.Command{ID: "f", Action: alarm.Ack, Rev: 1})
	wantState(t, s, "f", alarm.Normal)
	apply(t, s, 2, anomaly("f", 2, event.Updated, momentary, func(a *event.Anomaly) { a.Count = 2 }))
	wantState(t, s, "f", alarm.Unack) // it happened again
}

func TestConflictNamesWhoWasFirst(t *testing.T) {
	t.Parallel()
	s, _ := fresh(t)
	apply(t, s, 1, anomaly("a", 1, event.Raised))
	act(t, s, alarm.Command{ID: "a", Action: alarm.Ack, Rev: 1, By: "first"})
	for name, c := range map[string]alarm.Command{
		"old revision":       {ID: "a", Action: alarm.Ack, Rev: 1, By: "second", Allows: anyone},
		"acknowledged again": {ID: "a", Action: alarm.Ack, Rev: 2, By: "second", Allows: anyone},
	} {
		_, err := s.Act(t.Context(), c, start())
		var conflict *alarm.Conflict
		if !errors.As(err, &conflict) || conflict.Last.By != "first" || !conflict.Last.At.Equal(start()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The same person's repeated request is answered like the first.
	again, err := s.Act(t.Context(), alarm.Command{ID: "a", Action: alarm.Ack, Rev: 1, By: "first", Allows: anyone}, start())
	if err != nil || again.Rev != 2 {
		t.Errorf("a repeated request: %+v, %v", again, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s, _ := fresh(t)
	apply(t, s, 1, anomaly("a", 1, event.Raised))
	hour := start().Add(time.Hour)
	for name, c := range map[string]alarm.Command{
		"unknown alarm":         {ID: "zz", Action: alarm.Ack, Rev: 1, By: "p", Allows: anyone},
		"no scope":              {ID: "a", Action: alarm.Ack, Rev: 1, By: "p"},
		"other site":            {ID: "a", Action: alarm.Ack, Rev: 1, By: "p", Allows: func(s event.SiteID) bool { return s == "s002" }},
		"shelve without reason": {ID: "a", Action: alarm.Shelve, Rev: 1, By: "p", Until: hour, Allows: anyone},
		"shelve without end":    {ID: "a", Action: alarm.Shelve, Rev: 1, By: "p", Note: "n", Allows: anyone},
		"shelve for a week":     {ID: "a", Action: alarm.Shelve, Rev: 1, By: "p", Note: "n", Until: start().Add(7 * 24 * time.Hour), Allows: anyone},
		"close unacknowledged":  {ID: "a", Action: alarm.Close, Rev: 1, By: "p", Note: "n", Allows: anyone},
		"comment without words": {ID: "a", Action: alarm.Comment, By: "p", Note: "  ", Allows: anyone},
		"raise by a person":     {ID: "a", Action: alarm.Raise, Rev: 1, By: "p", Allows: anyone},
		"nobody":                {ID: "a", Action: alarm.Ack, Rev: 1, Allows: anyone},
		"as the system":         {ID: "a", Action: alarm.Ack, Rev: 1, By: alarm.System, Allows: anyone},
		"no revision":           {ID: "a", Action: alarm.Ack, By: "p", Allows: anyone},
	} {
		if _, err := s.Act(t.Context(), c, start()); !alarm.IsRefusal(err) {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
	if a, audit := get(t, s, "a"); a.Rev != 1 || len(audit) != 1 {
		t.Errorf("a refusal left a trace: %+v %+v", a, audit)
	}
}

func TestShelvingEnds(t *testing.T) {
	t.Parallel()
	s, _ := fresh(t)
	apply(t, s, 1, anomaly("a", 1, event.Raised))
	if err := s.Expire(t.Context(), start()); err != nil {
		t.Fatal(err)
	}
	act(t, s, alarm.Command{ID: "a", Action: alarm.Shelve, Rev: 1, Note: "defrosting", Until: start().Add(time.Hour)})
	if err := s.Expire(t.Context(), start().Add(59*time.Minute)); err != nil {
		t.Fatal(err)
	}
	wantState(t, s, "a", alarm.Shelved)
	apply(t, s, 2, anomaly("a", 2, event.Updated, func(a *event.Anomaly) { a.Severity = event.SeverityHigh }))
	wantState(t, s, "a", alarm.Shelved)
	if err := s.Expire(t.Context(), start().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantState(t, s, "a", alarm.Unack)
}

func TestChildrenGoUnderTheirCause(t *testing.T) {
	t.Parallel()
	s, _ := fresh(t)
	under := func(a *event.Anomaly) { a.CausedBy = "p" }
	apply(t, s, 1, anomaly("early", 1, event.Raised, under))
	wantState(t, s, "early", alarm.Unack) // an unknown cause suppresses nothing
	apply(t, s, 2, anomaly("p", 1, event.Raised), anomaly("child", 1, event.Raised, under), anomaly("over", 1, event.Raised, under))
	wantState(t, s, "early", alarm.Suppressed)
	wantState(t, s, "child", alarm.Suppressed)
	apply(t, s, 5, anomaly("over", 2, event.Cleared, under))
	wantState(t, s, "over", alarm.Suppressed)
	apply(t, s, 6, anomaly("p", 2, event.Cleared))
	wantState(t, s, "child", alarm.Unack) // it stands although its cause is over
	wantState(t, s, "early", alarm.Unack)
	wantState(t, s, "over", alarm.Normal)
	apply(t, s, 7, anomaly("late", 1, event.Raised, under))
	wantState(t, s, "late", alarm.Unack) // a cause that is over suppresses nothing
}

func TestCauseNamedLaterAndTakenBack(t *testing.T) {
	t.Parallel()
	s, _ := fresh(t)
	apply(t, s, 1, anomaly("p", 1, event.Raised), anomaly("c", 1, event.Raised))
	apply(t, s, 3, anomaly("c", 2, event.Updated, func(a *event.Anomaly) { a.CausedBy = "p" }))
	wantState(t, s, "c", alarm.Suppressed)
	apply(t, s, 4, anomaly("c", 3, event.Updated))
	wantState(t, s, "c", alarm.Unack)
}

func TestLateIsKeptAndFlagged(t *testing.T) {
	t.Parallel()
	s, _ := fresh(t)
	late := func(a *event.Anomaly) { a.Late = true }
	apply(t, s, 1, anomaly("l", 1, event.Raised, late))
	if a, _ := get(t, s, "l"); !a.Late || a.State != alarm.Unack {
		t.Errorf("a late alarm: %+v", a)
	}
	act(t, s, alarm.Command{ID: "l", Action: alarm.Ack, Rev: 1})
	apply(t, s, 2, anomaly("l", 2, event.Updated)) // seen in live data: it sounds now
	if a, _ := get(t, s, "l"); a.Late || a.State != alarm.Unack {
		t.Errorf("a late alarm that turned out to stand: %+v", a)
	}
}

func TestRestartFindsEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dashboard.db")
	s1, err := store.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	first := alarm.New(s1)
	apply(t, first, 1, anomaly("a", 1, event.Raised), anomaly("b", 1, event.Raised))
	act(t, first, alarm.Command{ID: "a", Action: alarm.Ack, Rev: 1})
	act(t, first, alarm.Command{ID: "b", Action: alarm.Shelve, Rev: 1, Note: "known", Until: start().Add(time.Hour)})
	if err := s1.Close(); err != nil {
		t.Fatal(err)
	}
	second, seen := open(t, path)
	if len(seen.open) != 2 || seen.open["a"].State != alarm.Acked || seen.open["a"].AckedBy != "operator" {
		t.Errorf("after a restart: %+v", seen.open)
	}
	if err := second.Expire(t.Context(), start().Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantState(t, second, "b", alarm.Unack) // its end passed while nobody ran
}
