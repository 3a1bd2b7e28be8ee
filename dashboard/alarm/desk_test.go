package alarm_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

// camera makes one anomaly of one camera, raised or cleared at a second of the day.
func camera(id string, rev uint32, second int, state event.AnomalyState, change ...func(*event.Anomaly)) *event.Anomaly {
	return anomaly(id, rev, state, append([]func(*event.Anomaly){func(a *event.Anomaly) {
		a.Rule, a.Device, a.Kind = "camera_down", "c1", event.KindCamera
		a.UpdatedAt = start().Add(time.Duration(second) * time.Second)
		if rev == 1 {
			a.StartedAt = a.UpdatedAt
		}
	}}, change...)...)
}

// at applies anomalies at a second.
func at(t testing.TB, s *alarm.Service, second int, as ...*event.Anomaly) {
	t.Helper()
	for _, a := range as {
		if err := s.Apply(t.Context(), "stream-1", []alarm.Incoming{{Seq: uint64(second), Anomaly: a}}, start().Add(time.Duration(second)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
}

func expire(t testing.TB, s *alarm.Service, second int) {
	t.Helper()
	if err := s.Expire(t.Context(), start().Add(time.Duration(second)*time.Second)); err != nil {
		t.Fatal(err)
	}
}

func TestRepeatsRaiseOneAlarm(t *testing.T) {
	t.Parallel()
	s, seen := fresh(t)
	at(t, s, 0, camera("a", 1, 0, event.Raised))
	act(t, s, alarm.Command{ID: "a", Action: alarm.Ack, Rev: 1})
	at(t, s, 100, camera("b", 1, 100, event.Raised, func(a *event.Anomaly) { a.Severity = event.SeverityHigh }))
	a, audit := get(t, s, "a")
	if a.State != alarm.Unack || a.Raises != 2 || a.Severity != event.SeverityHigh || a.AckedAt != nil || len(audit) != 3 || len(seen.open) != 1 {
		t.Fatalf("after the second anomaly: %+v", a)
	}
	// The first ends, the second stands: so does the alarm.
	at(t, s, 200, camera("a", 2, 200, event.Cleared))
	if a, _ := get(t, s, "a"); !a.Standing || a.State != alarm.Unack {
		t.Errorf("one of two ended: %+v", a)
	}
	at(t, s, 300, camera("b", 2, 300, event.Cleared))
	if a, _ := get(t, s, "a"); a.Standing || a.State != alarm.RtnUnack {
		t.Errorf("both ended: %+v", a)
	}
	a, _ = get(t, s, "a")
	act(t, s, alarm.Command{ID: "a", Action: alarm.Ack, Rev: a.Rev})
	wantState(t, s, "a", alarm.Normal)
	// Within the time of re-raise it is the same alarm, behind it another.
	at(t, s, 800, camera("c", 1, 800, event.Raised), camera("c", 2, 810, event.Cleared))
	if a, _ := get(t, s, "a"); a.State != alarm.RtnUnack || a.Raises != 3 {
		t.Errorf("soon again: %+v", a)
	}
	a, _ = get(t, s, "a")
	act(t, s, alarm.Command{ID: "a", Action: alarm.Ack, Rev: a.Rev})
	at(t, s, 1500, camera("d", 1, 1500, event.Raised))
	wantState(t, s, "d", alarm.Unack)
	wantState(t, s, "a", alarm.Normal)
	// Late ones never raise a live alarm.
	at(t, s, 1501, camera("e", 1, 1400, event.Raised, func(a *event.Anomaly) { a.Late = true }))
	if a, _ := get(t, s, "e"); !a.Late {
		t.Errorf("late: %+v", a)
	}
}

func TestMomentaryRepeatsAddUp(t *testing.T) {
	t.Parallel()
	s, _ := fresh(t)
	fever := func(id string, rev uint32, count int) *event.Anomaly {
		return anomaly(id, rev, event.Raised, func(a *event.Anomaly) {
			a.Rule, a.Device, a.Momentary, a.Count = "fever", "t1", true, count
		})
	}
	apply(t, s, 1, fever("p1", 1, 1), fever("p2", 1, 1), fever("p2", 2, 3), fever("p1", 1, 1))
	if a, _ := get(t, s, "p1"); a.Count != 4 || a.Raises != 3 || a.State != alarm.Unack || a.Suppression != "" {
		t.Errorf("two pupils: %+v", a)
	}
}

// flap raises and ends a camera's anomaly n times, 10 s apart.
func flap(t *testing.T, s *alarm.Service, from, n int) {
	t.Helper()
	for i := range n {
		second := from + 10*i
		id := fmt.Sprintf("f%d", second)
		at(t, s, second, camera(id, 1, second, event.Raised))
		at(t, s, second+5, camera(id, 2, second+5, event.Cleared))
	}
}

func TestChatterIsSuppressedUntilQuiet(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d.db")
	db, err := store.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	s := alarm.New(db)
	flap(t, s, 0, 2)
	wantState(t, s, "f0", alarm.RtnUnack)
	flap(t, s, 20, 1)
	a, audit := get(t, s, "f0")
	if a.State != alarm.Suppressed || a.Suppression != alarm.ForChatter || !a.SuppressedUntil.Equal(start().Add(620*time.Second)) {
		t.Fatalf("after three raises in a minute: %+v", a)
	}
	if e := audit[len(audit)-2]; e.Action != alarm.Suppress || e.Data == "" || e.Note == "" {
		t.Errorf("audit: %+v", e)
	}
	flap(t, s, 300, 1) // it waits anew
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, _ = open(t, path) // and a restart changes nothing
	expire(t, s, 620)
	wantState(t, s, "f0", alarm.Suppressed)
	expire(t, s, 899)
	wantState(t, s, "f0", alarm.Suppressed)
	expire(t, s, 900)
	wantState(t, s, "f0", alarm.RtnUnack) // nobody has acknowledged it
	if a, _ := get(t, s, "f0"); a.Raises != 4 || a.Suppression != "" || a.SuppressedUntil != nil {
		t.Errorf("quiet: %+v", a)
	}
}

func TestCriticalAlarmsNeverChatter(t *testing.T) {
	t.Parallel()
	s, _ := fresh(t)
	for i := range 5 {
		critical := func(a *event.Anomaly) { a.Severity = event.SeverityCritical }
		id := fmt.Sprintf("g%d", i)
		at(t, s, 10*i, camera(id, 1, 10*i, event.Raised, critical))
		at(t, s, 10*i+5, camera(id, 2, 10*i+5, event.Cleared, critical))
	}
	wantState(t, s, "g0", alarm.RtnUnack)
}

func once(from, to int, change func(*alarm.Window)) alarm.Window {
	f, u := start().Add(time.Duration(from)*time.Second), start().Add(time.Duration(to)*time.Second)
	w := alarm.Window{Site: "s001", From: &f, To: &u, Reason: "new cameras"}
	change(&w)
	return w
}

func TestMaintenanceSuppressesWhatIsRaisedWithin(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d.db")
	db, err := store.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	s := alarm.New(db)
	at(t, s, 0, anomaly("before", 1, event.Raised))
	win, err := s.PutWindow(t.Context(), once(10, 1000, func(*alarm.Window) {}), "chief", start())
	if err != nil {
		t.Fatal(err)
	}
	critical := func(a *event.Anomaly) { a.Severity = event.SeverityCritical }
	at(t, s, 20, anomaly("stands", 1, event.Raised), anomaly("ends", 1, event.Raised), anomaly("danger", 1, event.Raised, critical),
		anomaly("elsewhere", 1, event.Raised, func(a *event.Anomaly) { a.Site = "s002" }),
		anomaly("before", 2, event.Updated, func(a *event.Anomaly) { a.Severity = event.SeverityHigh }))
	at(t, s, 30, anomaly("ends", 2, event.Cleared))
	for id, want := range map[string]alarm.State{
		"before": alarm.Unack, "stands": alarm.Suppressed, "ends": alarm.Suppressed, "danger": alarm.Unack, "elsewhere": alarm.Unack,
	} {
		wantState(t, s, id, want)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, _ = open(t, path)
	at(t, s, 40, anomaly("after a restart", 1, event.Raised))
	wantState(t, s, "after a restart", alarm.Suppressed)
	expire(t, s, 999)
	wantState(t, s, "stands", alarm.Suppressed)
	// A longer window keeps them; one that ends gives them back.
	win.To = once(0, 2000, func(*alarm.Window) {}).To
	if win, err = s.PutWindow(t.Context(), win, "chief", start().Add(50*time.Second)); err != nil {
		t.Fatal(err)
	}
	expire(t, s, 1001)
	wantState(t, s, "stands", alarm.Suppressed)
	if _, err := s.EndWindow(t.Context(), win.ID, win.Rev, "chief", start().Add(1002*time.Second)); err != nil {
		t.Fatal(err)
	}
	wantState(t, s, "stands", alarm.Unack)
	wantState(t, s, "ends", alarm.Normal)
	at(t, s, 1003, anomaly("later", 1, event.Raised))
	wantState(t, s, "later", alarm.Unack)
	if all, err := s.Windows(t.Context(), true); err != nil || len(all) != 1 || all[0].EndedBy != "chief" {
		t.Errorf("windows: %+v, %v", all, err)
	}
	if _, err := store.Verify(t.Context(), path); err != nil {
		t.Error(err)
	}
}

// A cause goes before a window, and the window goes on when the cause is over; a shelving
// that ends within a window leads into it.
func TestReasonsFollowOneAnother(t *testing.T) {
	t.Parallel()
	s, seen := fresh(t)
	at(t, s, 0, anomaly("early", 1, event.Raised))
	a, _ := get(t, s, "early")
	if _, err := s.Act(t.Context(), alarm.Command{
		ID: "early", Action: alarm.Shelve, Rev: a.Rev, By: "p", Note: "known", Until: start().Add(100 * time.Second), Allows: anyone,
	}, start()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutWindow(t.Context(), once(0, 1000, func(w *alarm.Window) { w.Kind = event.KindKitchen }), "chief", start()); err != nil {
		t.Fatal(err)
	}
	other := func(a *event.Anomaly) { a.Kind = event.KindCamera }
	at(t, s, 1, anomaly("p", 1, event.Raised, other), anomaly("c", 1, event.Raised, func(a *event.Anomaly) { a.CausedBy = "p" }))
	if a, _ := get(t, s, "c"); a.Suppression != alarm.ForCause {
		t.Errorf("under a cause: %+v", a)
	}
	at(t, s, 50, anomaly("p", 2, event.Cleared, other))
	if a, _ := get(t, s, "c"); a.State != alarm.Suppressed || a.Suppression != alarm.ForMaintenance {
		t.Errorf("under the window: %+v", a)
	}
	before := len(seen.changes)
	expire(t, s, 100)
	if a, _ := get(t, s, "early"); a.State != alarm.Suppressed || a.Suppression != alarm.ForMaintenance {
		t.Errorf("unshelved within the window: %+v", a)
	}
	if got := seen.changes[before:]; len(got) != 1 || got[0].Before != alarm.Shelved {
		t.Errorf("sinks saw %+v", got)
	}
	expire(t, s, 1000)
	wantState(t, s, "c", alarm.Unack)
	wantState(t, s, "early", alarm.Unack)
}

func TestFloodBeginsAndEnds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d.db")
	s, _ := open(t, path)
	flood := func(s *alarm.Service, second int) alarm.Flood {
		t.Helper()
		f, err := s.Flood(t.Context(), start().Add(time.Duration(second)*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for i := range 9 {
		at(t, s, i, anomaly(fmt.Sprint("n", i), 1, event.Raised, func(a *event.Anomaly) { a.UpdatedAt = start().Add(time.Duration(i) * time.Second) }))
	}
	late := func(a *event.Anomaly) { a.Late = true }
	at(t, s, 9, anomaly("late", 1, event.Raised, late))
	if f := flood(s, 10); f.On || f.New != 9 || f.Operators != 1 || f.Limit != 10 {
		t.Errorf("nine: %+v", f)
	}
	at(t, s, 300, anomaly("n9", 1, event.Raised))
	if f := flood(s, 300); !f.On || f.New != 10 {
		t.Errorf("ten: %+v", f)
	}
	again, _ := open(t, path)
	if f := flood(again, 301); !f.On {
		t.Errorf("after a restart: %+v", f)
	}
	if f := flood(s, 650); f.On || f.New != 1 {
		t.Errorf("later: %+v", f)
	}
}

// TestClosedComesBack: closing is no way to lose an alarm whose condition stands. It comes
// back with the next word about it, and without one after a while.
func TestClosedComesBack(t *testing.T) {
	t.Parallel()
	s, _ := fresh(t)
	apply(t, s, 1, anomaly("a", 1, event.Raised), anomaly("b", 1, event.Raised, func(a *event.Anomaly) { a.Device = "other" }))
	for _, id := range []string{"a", "b"} {
		act(t, s, alarm.Command{ID: id, Action: alarm.Ack, Rev: 1})
		act(t, s, alarm.Command{ID: id, Action: alarm.Close, Rev: 2, Note: "somebody is on the way"})
		wantState(t, s, id, alarm.Normal)
	}
	apply(t, s, 3, anomaly("a", 2, event.Updated))
	wantState(t, s, "a", alarm.Unack)
	wait := alarm.DefaultConfig().ClosedReturns
	if err := s.Expire(t.Context(), start().Add(wait-time.Second)); err != nil {
		t.Fatal(err)
	}
	wantState(t, s, "b", alarm.Normal)
	if err := s.Expire(t.Context(), start().Add(wait)); err != nil {
		t.Fatal(err)
	}
	wantState(t, s, "b", alarm.Unack)
	// What has ended stays closed.
	act(t, s, alarm.Command{ID: "b", Action: alarm.Ack, Rev: 4})
	act(t, s, alarm.Command{ID: "b", Action: alarm.Close, Rev: 5, Note: "mended"})
	apply(t, s, 4, anomaly("b", 2, event.Cleared, func(a *event.Anomaly) { a.Device = "other" }))
	if err := s.Expire(t.Context(), start().Add(10*wait)); err != nil {
		t.Fatal(err)
	}
	wantState(t, s, "b", alarm.Normal)
}

// The order of work: the end of a critical condition does not put it behind a warning, and
// the alarms of a depot's buses are of different causes.
func TestOrderOfWork(t *testing.T) {
	t.Parallel()
	in := func(state alarm.State, severity event.Severity) alarm.Alarm {
		a := alarm.Alarm{ID: "a", Site: "depot1", Device: "b1", Rule: "bus_sos", Kind: event.KindBus, State: state, Severity: severity}
		a.Judge()
		return a
	}
	inOrder := []alarm.Alarm{
		in(alarm.Unack, event.SeverityCritical), in(alarm.RtnUnack, event.SeverityCritical),
		in(alarm.Unack, event.SeverityHigh), in(alarm.Unack, event.SeverityInfo),
		in(alarm.RtnUnack, event.SeverityHigh), in(alarm.Acked, event.SeverityCritical),
	}
	for i := 1; i < len(inOrder); i++ {
		if a, b := inOrder[i-1], inOrder[i]; a.Rank >= b.Rank {
			t.Errorf("%s %s has rank %d, %s %s has %d: want less", a.State, a.Severity, a.Rank, b.State, b.Severity, b.Rank)
		}
	}
	late := inOrder[1]
	late.Late = true
	late.Judge()
	if late.Rank < inOrder[4].Rank {
		t.Errorf("a late critical alarm has rank %d, before those that happen now", late.Rank)
	}
	if got := inOrder[0].Group; got != "device/depot1/b1" {
		t.Errorf("a bus alarm is grouped under %q, want its bus", got)
	}
}
