package inspection_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/inspection"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestLifeCycles(t *testing.T) {
	t.Parallel()
	first := map[inspection.Kind]inspection.Action{
		inspection.KindInspection: inspection.Plan, inspection.KindNotice: inspection.Issue, inspection.KindHazard: inspection.Report,
	}
	seen := map[inspection.Transition]bool{}
	for _, tr := range inspection.Transitions() {
		if seen[tr] {
			t.Errorf("%+v is there twice", tr)
		}
		seen[tr] = true
		if to, ok := inspection.Next(tr.Kind, tr.From, tr.Action); !ok || to != tr.To {
			t.Errorf("%+v leads to %q", tr, to)
		}
		if (tr.From == "") != (tr.Action == first[tr.Kind]) {
			t.Errorf("%+v: only the first action begins a case", tr)
		}
		if !tr.From.Open() && tr.From != "" && tr.To != tr.From {
			t.Errorf("%+v leaves the end", tr)
		}
	}
	// From every state that can be reached there is a way to the end.
	for _, kind := range inspection.Kinds() {
		ends := map[inspection.State]bool{inspection.Closed: true, inspection.Void: true}
		if kind == inspection.KindInspection {
			ends[inspection.Done] = true
		}
		for range inspection.States(kind) {
			for tr := range seen {
				if tr.Kind == kind && ends[tr.To] {
					ends[tr.From] = true
				}
			}
		}
		for _, s := range inspection.States(kind) {
			if !ends[s] {
				t.Errorf("%s %s has no way to the end", kind, s)
			}
		}
	}
}

func TestDeadlineCountsWorkingDays(t *testing.T) {
	t.Parallel()
	c := county(t, map[string][]int{"north": {1}})
	c.Calendar = event.Calendar{
		Terms:    []event.DaySpan{{From: "2026-02-23", To: "2026-06-30"}},
		Holidays: []event.DaySpan{{From: "2026-10-01", To: "2026-10-07"}},
		MakeUp:   []event.DaySpan{{From: "2026-10-10"}},
	}
	for _, x := range []struct {
		now  string
		days int
		want string
	}{
		{"2026-11-24T10:00:00+08:00", 1, "2026-11-25"},
		{"2026-11-27T23:59:00+08:00", 1, "2026-11-30"}, // a Friday
		{"2026-11-27T16:30:00Z", 1, "2026-11-30"},      // Saturday in the county
		{"2026-09-30T10:00:00+08:00", 1, "2026-10-08"},
		{"2026-09-30T10:00:00+08:00", 3, "2026-10-10"}, // a Saturday that is worked
		{"2026-07-20T10:00:00+08:00", 5, "2026-07-27"}, // between terms
	} {
		now, err := time.Parse(time.RFC3339, x.now)
		if err != nil {
			t.Fatal(err)
		}
		end, day, err := inspection.Deadline(c, "north-0", now, x.days)
		if err != nil || day != x.want || end.In(c.Location()).AddDate(0, 0, -1).Format("2006-01-02") != x.want {
			t.Errorf("%d days after %s: %s %s %v, want %s", x.days, x.now, day, end, err, x.want)
		}
	}
	for _, days := range []int{-1, 0, 61} {
		if _, _, err := inspection.Deadline(c, "north-0", time.Now(), days); err == nil {
			t.Errorf("%d days are taken", days)
		}
	}
	c.Calendar.Holidays[0] = event.DaySpan{From: "2026-01-01", To: "2999-01-01"}
	if _, day, err := inspection.Deadline(c, "north-0", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 60); err != nil || day == "" {
		t.Errorf("holidays for ever: %s %v", day, err)
	}
}

func TestDeadlineIsMonotonous(t *testing.T) {
	t.Parallel()
	c := county(t, map[string][]int{"north": {1}})
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(1.7e9, 2.0e9).Draw(t, "now"), 0)
		n := rapid.IntRange(1, inspection.MaxDays-1).Draw(t, "days")
		one, _, err := inspection.Deadline(c, "north-0", now, n)
		two, _, err2 := inspection.Deadline(c, "north-0", now, n+1)
		if err != nil || err2 != nil || !one.After(now.Add(24*time.Hour-time.Second*86399)) || !two.After(one) || two.Sub(one) > 4*24*time.Hour {
			t.Fatalf("%s: %d days until %s, one more until %s", now, n, one, two)
		}
	})
}

func TestForms(t *testing.T) {
	t.Parallel()
	sheets, err := inspection.Sheets()
	if err != nil {
		t.Fatal(err)
	}
	topics := map[inspection.Topic]bool{}
	for _, s := range sheets {
		topics[s.Topic] = true
		keys := map[string]bool{}
		for _, i := range s.Items {
			if !event.ValidName(i.Key) || keys[i.Key] || i.Text.ZH == "" || i.Text.EN == "" ||
				i.Weight != inspection.General && i.Weight != inspection.Serious && i.Weight != inspection.Major {
				t.Errorf("%s %d: %+v", s.Topic, s.Version, i)
			}
			keys[i.Key] = true
		}
		if s.Version < 1 || len(s.Items) < 5 || s.Title.ZH == "" || s.Title.EN == "" {
			t.Errorf("form %+v", s)
		}
	}
	for _, topic := range inspection.Topics() {
		if !topics[topic] {
			t.Errorf("%s has no form", topic)
		}
	}
}
