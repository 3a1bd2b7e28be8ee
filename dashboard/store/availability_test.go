package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

func row(day string, site, device int, from time.Time) rollup.Row {
	return rollup.Row{
		Day: day, Site: event.SiteID(fmt.Sprintf("s%03d", site)), Device: event.DeviceID(fmt.Sprintf("c%02d", device)), Kind: event.KindCamera,
		Township: fmt.Sprintf("t%02d", site%15), Name: event.Text{ZH: "摄像机", EN: "Camera"}, Devices: 1, Days: 1, RegisteredS: 86400,
		Seconds: availability.Seconds{Up: 80000, Down: 6000, Elsewhere: 400}, Causes: rollup.Causes{Device: 6000, Power: 400},
		Outages: 1, LongestS: 6000, TailS: 6000, ExpectedS: 86400, CoveredS: 80000, UsableS: 80000, UnusableS: 6400,
		Spans: []availability.Span{
			{From: from, To: from.Add(80000 * time.Second), State: availability.Up},
			{From: from.Add(80000 * time.Second), To: from.Add(80400 * time.Second), State: availability.Elsewhere, Reason: "power"},
			{From: from.Add(80400 * time.Second), To: from.Add(24 * time.Hour), State: availability.Down, Reason: "silent"},
		},
	}
}

func TestAvailabilityIsKept(t *testing.T) {
	t.Parallel()
	s, path := open(t)
	ctx := t.Context()
	from := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	want := row("2026-11-24", 1, 1, from)
	c := rollup.Computed{Day: want.Day, Interval: availability.Interval{From: from, To: from.Add(24 * time.Hour)}, At: from.Add(25 * time.Hour), First: from.Add(25 * time.Hour), Digest: "d", Devices: 1, Took: time.Second}
	for _, at := range []time.Duration{20 * time.Hour, 25 * time.Hour, 25*time.Hour + 1} {
		if err := s.PutMark(ctx, rollup.Mark{Day: want.Day, Why: rollup.WhyLateData, At: from.Add(at)}); err != nil {
			t.Fatal(err)
		}
	}
	restated := []rollup.Restatement{{At: c.At, Day: want.Day, Site: want.Site, Device: want.Device, Kind: want.Kind, Why: rollup.WhyChecks, After: want.Figures()}}
	if err := s.PutDay(ctx, c, []rollup.Row{want}, restated); err != nil {
		t.Fatal(err)
	}
	got, err := s.DayRows(ctx, want.Day)
	if err != nil || len(got) != 1 || !slices.Equal(got[0].Spans, want.Spans) || *got[0].Figures() != *want.Figures() || got[0].TailS != want.TailS || got[0].Name != want.Name {
		t.Fatalf("%+v, %v", got, err)
	}
	if days, err := s.Days(ctx, want.Day, want.Day); err != nil || len(days) != 1 || days[0] != c {
		t.Errorf("%+v, %v", days, err)
	}
	if marks, err := s.Marks(ctx); err != nil || len(marks) != 1 {
		t.Errorf("a mark set after the computation must stay: %+v, %v", marks, err)
	}
	list, err := s.Restatements(ctx, rollup.Query{From: want.Day, To: want.Day}, 0, 10)
	if err != nil || len(list) != 1 || list[0].Before != nil || *list[0].After != *want.Figures() {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := s.Restatements(ctx, rollup.Query{From: want.Day, To: want.Day, Sites: []event.SiteID{}}, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("a scope of nothing: %+v, %v", list, err)
	}
	db := raw(t, path)
	for _, statement := range []string{"DELETE FROM availability_restatement", "UPDATE availability_restatement SET why = 'x'"} {
		if _, err := db.Exec(statement); err == nil {
			t.Errorf("%s: the database allowed it", statement)
		}
	}
}

// BenchmarkAvailabilityMonth adds up a month of 1,962 cameras, as the page asks for it.
func BenchmarkAvailabilityMonth(b *testing.B) {
	s, err := store.Open(b.Context(), b.TempDir()+"/d.db")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	ctx := b.Context()
	first := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	for d := range 31 {
		from := first.AddDate(0, 0, d)
		day := from.Format(rollup.DayForm)
		var rows []rollup.Row
		for i := range 1962 {
			r := row(day, i%86, i/86, from)
			if i%20 > 0 { // one in twenty is down at midnight
				r.TailS = 0
			}
			rows = append(rows, r)
		}
		if err := s.PutDay(ctx, rollup.Computed{Day: day, At: from, First: from}, rows, nil); err != nil {
			b.Fatal(err)
		}
	}
	q := rollup.Query{From: "2026-10-01", To: "2026-10-31", Kind: event.KindCamera}
	for name, ask := range map[string]func() (int, error){
		"devices": func() (int, error) { rows, err := s.Sums(ctx, q); return len(rows), err },
		"days":    func() (int, error) { rows, err := s.SumsByDay(ctx, q); return len(rows), err },
		"edges":   func() (int, error) { rows, err := s.Edges(ctx, q); return len(rows), err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, err := ask(); err != nil || n == 0 {
					b.Fatal(n, err)
				}
			}
		})
	}
}

// TestAMigrationMayComeLater opens a file that has seen a later migration and not one before.
func TestAMigrationMayComeLater(t *testing.T) {
	t.Parallel()
	_, path := open(t)
	db := raw(t, path)
	for _, statement := range []string{"DROP TABLE rules_version", "DELETE FROM schema_migration WHERE version = 5"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := db.Exec("SELECT version FROM rules_version"); err != nil {
		t.Error(err)
	}
}
