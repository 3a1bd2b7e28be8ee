package alarm_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

// Whatever happens in whatever order: replaying the audit gives the stored state, the sink
// shows exactly the open alarms, and no alarm is lost.
func TestAuditReplaysToState(t *testing.T) {
	t.Parallel()
	dir, run := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		db, err := store.Open(t.Context(), filepath.Join(dir, fmt.Sprintf("%d.db", run)))
		if err != nil {
			rt.Fatal(err)
		}
		defer db.Close()
		s, seen := alarm.New(db), &recorder{}
		if err := s.Attach(t.Context(), seen); err != nil {
			rt.Fatal(err)
		}
		now := start()
		raised := map[string]uint32{}
		ids := []string{"p", "a", "b", "c"}
		seq := uint64(0)
		rt.Repeat(map[string]func(*rapid.T){
			"anomaly": func(rt *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(rt, "id")
				raised[id]++
				state := event.Raised
				if raised[id] > 1 {
					state = rapid.SampledFrom([]event.AnomalyState{event.Updated, event.Cleared}).Draw(rt, "state")
				}
				a := anomaly(id, raised[id], state, func(a *event.Anomaly) {
					a.Severity = rapid.SampledFrom(event.Severities()).Draw(rt, "severity")
					a.Momentary = id == "c"
					a.Count = rapid.IntRange(0, 3).Draw(rt, "count")
					a.Late = rapid.Bool().Draw(rt, "late")
					if id != "p" && rapid.Bool().Draw(rt, "caused") {
						a.CausedBy = "p"
					}
				})
				seq++
				in := []alarm.Incoming{{Seq: seq, Anomaly: a}}
				for range rapid.IntRange(1, 2).Draw(rt, "deliveries") {
					if err := s.Apply(t.Context(), "stream", in, now); err != nil {
						rt.Fatal(err)
					}
				}
			},
			"act": func(rt *rapid.T) {
				c := alarm.Command{
					ID:     rapid.SampledFrom(ids).Draw(rt, "id"),
					Action: rapid.SampledFrom(alarm.Actions()).Draw(rt, "action"),
					By:     rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "by"),
					Note:   rapid.SampledFrom([]string{"", "because"}).Draw(rt, "note"),
					Until:  now.Add(time.Duration(rapid.IntRange(-1, 30).Draw(rt, "until")) * time.Minute),
					Allows: anyone,
				}
				if a, _, err := s.Alarm(t.Context(), c.ID); err == nil {
					c.Rev = a.Rev - int64(rapid.IntRange(0, 1).Draw(rt, "stale"))
				}
				if _, err := s.Act(t.Context(), c, now); err != nil && !alarm.IsRefusal(err) {
					rt.Fatal(err)
				}
			},
			"time": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 20).Draw(rt, "minutes")) * time.Minute)
				if err := s.Expire(t.Context(), now); err != nil {
					rt.Fatal(err)
				}
			},
		})
		checkAudit(t, rt, s, seen, raised, now)
	})
}

func checkAudit(t *testing.T, rt *rapid.T, s *alarm.Service, seen *recorder, raised map[string]uint32, now time.Time) {
	all, _, err := s.Alarms(t.Context(), alarm.Query{AllSites: true, State: "all"})
	if err != nil {
		rt.Fatal(err)
	}
	if len(all) != len(raised) {
		rt.Fatalf("%d alarms for %d anomalies", len(all), len(raised))
	}
	open := 0
	for _, a := range all {
		_, audit, err := s.Alarm(t.Context(), a.ID)
		if err != nil {
			rt.Fatal(err)
		}
		state := alarm.Normal
		for i, e := range audit {
			if e.N != int64(i+1) || e.From != state {
				rt.Fatalf("alarm %s: entry %d is %+v after state %s", a.ID, i, e, state)
			}
			state = e.To
		}
		if state != a.State || int64(len(audit)) != a.Rev {
			rt.Fatalf("alarm %s: audit ends at %s revision %d, stored %s revision %d", a.ID, state, len(audit), a.State, a.Rev)
		}
		if a.AnomalyRev != raised[a.ID] {
			rt.Fatalf("alarm %s: at anomaly revision %d of %d", a.ID, a.AnomalyRev, raised[a.ID])
		}
		if a.State == alarm.Shelved && a.ShelvedUntil.Before(now.Add(-20*time.Minute)) {
			rt.Fatalf("alarm %s: shelved until %s at %s", a.ID, a.ShelvedUntil, now)
		}
		if !a.State.Open() {
			continue
		}
		open++
		if shown, ok := seen.open[a.ID]; !ok || shown.State != a.State || shown.Rev != a.Rev {
			rt.Fatalf("alarm %s: stored %s revision %d, shown %s revision %d", a.ID, a.State, a.Rev, shown.State, shown.Rev)
		}
	}
	if open != len(seen.open) {
		rt.Fatalf("%d alarms shown, %d open", len(seen.open), open)
	}
}
