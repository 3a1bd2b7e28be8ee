package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/inspection"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

const jpeg = "\xff\xd8\xff\xe0 and what follows"

func inspections(t testing.TB, s *store.Store) *inspection.Service {
	t.Helper()
	c := &event.County{Zone: "Asia/Shanghai", Sites: []event.Site{
		{ID: "s1", Kind: event.SiteSchool, Township: "north", Name: event.Text{ZH: "一小"}, Devices: []event.Device{{ID: "c1", Kind: event.KindCamera}, {ID: "c2", Kind: event.KindCamera}}},
		{ID: "s2", Kind: event.SiteSchool, Township: "south", Devices: []event.Device{{ID: "c1", Kind: event.KindCamera}}},
	}}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	service, err := inspection.New(s, func() *event.County { return c })
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func somebody(name string, sites ...event.SiteID) inspection.Person {
	return inspection.Person{Name: name, Allows: func(s event.SiteID) bool { return len(sites) == 0 || slices.Contains(sites, s) }}
}

func answers(t testing.TB, v *inspection.Service, topic inspection.Topic, bad int) (out []inspection.Answer) {
	t.Helper()
	for _, sheet := range v.Sheets() {
		if sheet.Topic != topic {
			continue
		}
		for i, item := range sheet.Items {
			a := inspection.Answer{Item: item.Key, Result: inspection.Good}
			if i < bad {
				a.Result, a.Note = inspection.Bad, "broken"
			}
			out = append(out, a)
		}
	}
	return out
}

func TestMigrationCarriesTheLifeCyclesOfInspections(t *testing.T) {
	t.Parallel()
	_, path := open(t)
	var want, got []string
	for _, tr := range inspection.Transitions() {
		want = append(want, fmt.Sprint(tr.Kind, " ", tr.From, " ", tr.Action, " ", tr.To))
	}
	rows, err := raw(t, path).Query("SELECT kind || ' ' || from_state || ' ' || action || ' ' || to_state FROM inspection_transition")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the database knows\n%v\nwant\n%v", got, want)
	}
}

func TestFromDrawToClosedNotice(t *testing.T) {
	t.Parallel()
	s, path := open(t)
	v := inspections(t, s)
	ctx, now := t.Context(), time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	ins, guard := somebody("inspector"), somebody("guard", "s1")
	d, err := v.Draw(ctx, ins, inspection.Lot{Topic: inspection.Cameras, Size: 3}, now)
	if err != nil || d.ID != "d2026-0001" || len(d.Drawn) != 3 || len(d.Seed) < 20 {
		t.Fatalf("draw: %+v %v", d, err)
	}
	if verdict, err := v.VerifyDraw(ctx, d.ID, ins.Allows); err != nil || !verdict.OK || !verdict.Present {
		t.Errorf("verify: %+v %v", verdict, err)
	}
	if _, err := v.DrawOf(ctx, d.ID, guard.Allows); !errors.Is(err, inspection.ErrNotFound) {
		t.Errorf("a draw with hidden sites: %v", err)
	}
	rows, next, err := v.Cases(ctx, inspection.Query{Kind: inspection.KindInspection, Draw: d.ID, Limit: 2}, now)
	if err != nil || len(rows) != 2 || next != "i2026-0002" || rows[0].ID != "i2026-0003" {
		t.Fatalf("planned: %+v %q %v", rows, next, err)
	}
	if rows, next, _ = v.Cases(ctx, inspection.Query{Kind: inspection.KindInspection, Draw: d.ID, Limit: 2, Before: next}, now); len(rows) != 1 || next != "" || rows[0].Site != "s1" {
		t.Fatalf("second page: %+v %q", rows, next)
	}
	id := rows[0].ID
	if _, _, err := v.AddPicture(ctx, ins, inspection.KindInspection, id, inspection.Picture{Item: "picture"}, []byte(jpeg), now); err != nil {
		t.Fatal(err)
	}
	all := answers(t, v, inspection.Cameras, 2)
	command := inspection.Command{Kind: inspection.KindInspection, ID: id, Rev: 2, Action: inspection.Fill, Answers: all[:3]}
	if c, err := v.Act(ctx, ins, command, now); err != nil || c.Check.Failed != 2 || c.State != inspection.Planned {
		t.Fatalf("filled: %+v %v", c, err)
	}
	command.Action, command.Rev = inspection.Finish, 3
	var bad *inspection.Invalid
	if _, err := v.Act(ctx, ins, command, now); !errors.As(err, &bad) || bad.Field != "answers" {
		t.Errorf("half a form: %v", err)
	}
	command.Answers = all
	if c, err := v.Act(ctx, ins, command, now); err != nil || c.State != inspection.Done || c.Check.Answers[0].Weight != inspection.Serious {
		t.Fatalf("finished: %+v %v", c, err)
	}
	n, err := v.IssueNotice(ctx, ins, id, 4, 5, "replace it", now)
	if err != nil || n.ID != "n2026-0001" || n.DueDay != "2026-12-01" || len(n.Notice.Findings) != 2 || n.Notice.To.ZH != "一小" {
		t.Fatalf("notice: %+v %v", n, err)
	}
	var no *inspection.NotAllowed
	if _, err := v.IssueNotice(ctx, ins, id, 5, 5, "", now); !errors.As(err, &no) {
		t.Errorf("a second notice: %v", err)
	}
	late := n.Due.Add(time.Second)
	if counts, err := v.Late(ctx, late); err != nil || counts[inspection.KindNotice]["s1"] != 1 {
		t.Errorf("late: %v %v", counts, err)
	}
	if counts, _ := v.Late(ctx, n.Due.Add(-time.Second)); len(counts) != 0 {
		t.Errorf("not yet late: %v", counts)
	}
	act := func(p inspection.Person, rev int64, a inspection.Action, note string, days int) (inspection.Case, error) {
		return v.Act(ctx, p, inspection.Command{Kind: inspection.KindNotice, ID: n.ID, Rev: rev, Action: a, Note: note, Days: days}, late)
	}
	if _, err := act(somebody("other", "s2"), 1, inspection.Receive, "", 0); !errors.Is(err, inspection.ErrNotFound) {
		t.Errorf("another school: %v", err)
	}
	var conflict *inspection.Conflict
	if _, err := act(guard, 9, inspection.Receive, "", 0); !errors.As(err, &conflict) || conflict.Case.UpdatedBy != "inspector" {
		t.Errorf("an old revision: %v", err)
	}
	for i, step := range []struct {
		who    inspection.Person
		action inspection.Action
		note   string
		days   int
		state  inspection.State
		late   bool
	}{
		{guard, inspection.Receive, "", 0, inspection.Received, true},
		{guard, inspection.Reply, "done", 0, inspection.Replied, false},
		{ins, inspection.Fail, "still dark", 2, inspection.Issued, false},
		{guard, inspection.Reply, "done again", 0, inspection.Replied, false},
		{ins, inspection.Pass, "", 0, inspection.Closed, false},
	} {
		c, err := act(step.who, int64(i)+1, step.action, step.note, step.days)
		if err != nil || c.State != step.state || c.Overdue != step.late {
			t.Fatalf("%s: %+v %v", step.action, c, err)
		}
	}
	c, steps, err := v.Case(ctx, inspection.KindNotice, n.ID, guard.Allows, late)
	if err != nil || c.Notice.Round != 2 || len(steps) != 6 || steps[3].Data != "2026-12-04" {
		t.Errorf("history: %+v %+v %v", c.Notice, steps, err)
	}
	if _, _, err := v.Case(ctx, inspection.KindHazard, n.ID, guard.Allows, late); !errors.Is(err, inspection.ErrNotFound) {
		t.Errorf("a notice is no hidden danger: %v", err)
	}
	if report, err := store.Verify(ctx, path); err != nil || report.Rows < 14 {
		t.Errorf("audit: %+v %v", report, err)
	}
	// Retention of alarms leaves the evidence of inspections alone.
	raise(t, s, "a1")
	if _, err := s.PruneAlarms(ctx, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, data, err := v.Picture(ctx, id, 2, "inspector", late); err != nil || string(data) != jpeg {
		t.Errorf("picture: %q %v", data, err)
	}
	db := raw(t, path)
	for _, statement := range []string{
		"DELETE FROM inspection_case", "DELETE FROM inspection_step", "DELETE FROM inspection_draw", "DELETE FROM inspection_picture", "DELETE FROM evidence",
		"UPDATE inspection_draw SET doc = ''", "UPDATE inspection_step SET note = 'x'", "UPDATE inspection_case SET state = 'issued'",
		"UPDATE inspection_case SET number = 9", "UPDATE inspection_picture SET note = 'x'",
		"INSERT INTO inspection_case VALUES ('n2026-0003', 'notice', 2026, 3, 's1', '', '', 'issued', 1, NULL, '{}')",
		"INSERT INTO inspection_step VALUES ('n2026-0001', 'notice', 7, 0, 'x', 'receive', 'closed', 'received', '', '')",
	} {
		if _, err := db.Exec(statement); err == nil {
			t.Errorf("%s: taken", statement)
		}
	}
}

func TestHiddenDangerFromReportToEnd(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	v := inspections(t, s)
	ctx, now := t.Context(), time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	guard, ins := somebody("guard", "s1"), somebody("inspector")
	if _, err := v.ReportHazard(ctx, guard, "s2", inspection.Hazard{Text: "x", Weight: inspection.General}, now); !errors.Is(err, inspection.ErrNotFound) {
		t.Errorf("at another school: %v", err)
	}
	h, err := v.ReportHazard(ctx, guard, "s1", inspection.Hazard{Text: " loose railing ", Weight: inspection.Major, Assignee: "nobody"}, now)
	if err != nil || h.ID != "h2026-0001" || h.Hazard.Text != "loose railing" || h.Hazard.Assignee != "" || h.Township != "north" {
		t.Fatalf("reported: %+v %v", h, err)
	}
	for i, step := range []inspection.Command{
		{Action: inspection.Assign, Days: 3, Assignee: "guard"},
		{Action: inspection.Finish, Note: "welded"},
		{Action: inspection.Fail, Note: "not whole", Days: 1},
		{Action: inspection.Finish, Note: "welded again"},
		{Action: inspection.Pass},
		{Action: inspection.Close},
	} {
		step.Kind, step.ID, step.Rev = inspection.KindHazard, h.ID, int64(i)+1
		if h, err = v.Act(ctx, ins, step, now); err != nil {
			t.Fatalf("%s: %v", step.Action, err)
		}
	}
	if h.State != inspection.Closed || h.Hazard.Work != "welded again" || h.DueDay != "2026-11-25" {
		t.Errorf("at the end: %+v %+v", h, h.Hazard)
	}
}

// Walks at random: what the table forbids is refused, and nothing is half done.
func TestRandomWalks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	walk := 0
	rapid.Check(t, func(rt *rapid.T) {
		walk++
		if walk > 25 {
			return // each opens a database
		}
		path := filepath.Join(dir, fmt.Sprint(walk, ".db"))
		s, err := store.Open(t.Context(), path)
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		v := inspections(t, s)
		ctx, now := t.Context(), time.Date(2026, 12, 30, 2, 0, 0, 0, time.UTC)
		p := somebody("p")
		h, err := v.ReportHazard(ctx, p, "s1", inspection.Hazard{Text: "x", Weight: inspection.General}, now)
		if err != nil {
			rt.Fatal(err)
		}
		i, err := v.PlanOne(ctx, p, inspection.Guards, "s1", "", now)
		if err != nil {
			rt.Fatal(err)
		}
		if i, err = v.Act(ctx, p, inspection.Command{Kind: i.Kind, ID: i.ID, Rev: 1, Action: inspection.Finish, Answers: answers(t, v, inspection.Guards, 1)}, now); err != nil {
			rt.Fatal(err)
		}
		n, err := v.IssueNotice(ctx, p, i.ID, i.Rev, 3, "", now)
		if err != nil {
			rt.Fatal(err)
		}
		at := map[string]inspection.Case{h.ID: h, n.ID: n}
		actions := []inspection.Action{inspection.Receive, inspection.Reply, inspection.Pass, inspection.Fail, inspection.Assign, inspection.Finish, inspection.Close, inspection.Reject, inspection.Comment}
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			c := at[rapid.SampledFrom([]string{h.ID, n.ID}).Draw(rt, "case")]
			action := rapid.SampledFrom(actions).Draw(rt, "action")
			now = now.Add(time.Hour)
			after, err := v.Act(ctx, p, inspection.Command{Kind: c.Kind, ID: c.ID, Rev: c.Rev, Action: action, Note: "n", Days: 2, Assignee: "guard"}, now)
			to, ok := inspection.Next(c.Kind, c.State, action)
			var no *inspection.NotAllowed
			switch {
			case ok && (err != nil || after.State != to || after.Rev != c.Rev+1):
				rt.Fatalf("%s from %s: %+v %v", action, c.State, after, err)
			case !ok && !errors.As(err, &no):
				rt.Fatalf("%s from %s is taken: %v", action, c.State, err)
			case ok:
				at[c.ID] = after
			}
		}
		for id, want := range at {
			got, steps, err := s.Case(ctx, id)
			if err != nil || got.State != want.State || int64(len(steps)) != got.Rev {
				rt.Fatalf("%s: %+v with %d steps, %v", id, got, len(steps), err)
			}
			state := inspection.State("")
			for _, x := range steps {
				if x.From != state {
					rt.Fatalf("%s: step %+v from %s", id, x, state)
				}
				state = x.To
			}
		}
		if _, err := store.Verify(ctx, path); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestNumbersHaveNoGapsUnderConcurrency(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	v := inspections(t, s)
	newYear := time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC) // in Shanghai
	var wg sync.WaitGroup
	var mu sync.Mutex
	got := []string{}
	for i := range 8 {
		wg.Go(func() {
			for j := range 10 {
				h := inspection.Hazard{Text: "x", Weight: inspection.General}
				if j%3 == 2 {
					h.Text = "" // refused, and takes no number
				}
				c, err := v.ReportHazard(t.Context(), somebody("p"), "s1", h, newYear.Add(time.Duration(i%2*2-1)*time.Second))
				if (err == nil) != (h.Text != "") {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					got = append(got, c.ID)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	slices.Sort(got)
	want := []string{}
	for _, year := range []int{2026, 2027} {
		for i := range 28 {
			want = append(want, fmt.Sprintf("h%d-%04d", year, i+1))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("numbers: %s", strings.Join(got, " "))
	}
}
