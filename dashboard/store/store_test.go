package store_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// raw opens the same file beside the store, to do what the store would never do.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func open(t *testing.T) (*store.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "folder with spaces", "d.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, path
}

func raise(t *testing.T, s *store.Store, ids ...string) {
	t.Helper()
	var in []alarm.Incoming
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, id := range ids {
		at := start.Add(time.Duration(i) * time.Minute)
		in = append(in, alarm.Incoming{Seq: uint64(i), Anomaly: &event.Anomaly{
			ID: id, Rule: "gas", Site: event.SiteID("s00" + fmt.Sprint(i%2+1)), Device: event.DeviceID(id), Severity: event.SeverityHigh,
			State: event.Raised, Revision: 1, StartedAt: at, UpdatedAt: at,
		}})
	}
	if err := alarm.New(s).Apply(t.Context(), "x", in, start); err != nil {
		t.Fatal(err)
	}
}

func TestMigrationCarriesTheLifeCycle(t *testing.T) {
	t.Parallel()
	_, path := open(t)
	var want []string
	for _, tr := range alarm.Transitions() {
		want = append(want, fmt.Sprint(tr.From, " ", tr.Action, " ", tr.To))
	}
	slices.Sort(want)
	want = slices.Compact(want)
	rows, err := raw(t, path).Query("SELECT from_state, action, to_state FROM alarm_transition")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var from, action, to string
		if err := rows.Scan(&from, &action, &to); err != nil {
			t.Fatal(err)
		}
		got = append(got, from+" "+action+" "+to)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the database has\n%s\nalarm.Transitions has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What code must never do is refused by the database as well.
func TestDatabaseRefuses(t *testing.T) {
	t.Parallel()
	s, path := open(t)
	raise(t, s, "a", "b")
	db := raw(t, path)
	for name, statement := range map[string]string{
		"delete an alarm":         "DELETE FROM alarm WHERE id = 'a'",
		"delete audit":            "DELETE FROM alarm_audit WHERE alarm_id = 'a'",
		"change audit":            "UPDATE alarm_audit SET actor = 'me'",
		"state without audit":     "UPDATE alarm SET state = 'acked', rev = 2 WHERE id = 'a'",
		"state without revision":  "UPDATE alarm SET state = 'acked' WHERE id = 'a'",
		"unknown state":           "UPDATE alarm SET state = 'gone', rev = 2 WHERE id = 'a'",
		"transition of no table":  "INSERT INTO alarm_audit (alarm_id, n, at, actor, action, from_state, to_state, note) VALUES ('a', 2, 0, 'x', 'close', 'unack', 'normal', '')",
		"audit of no alarm":       "INSERT INTO alarm_audit (alarm_id, n, at, actor, action, from_state, to_state, note) VALUES ('zz', 1, 0, 'x', 'raise', 'normal', 'unack', '')",
		"the same revision twice": "INSERT INTO alarm_audit (alarm_id, n, at, actor, action, from_state, to_state, note) VALUES ('a', 1, 0, 'x', 'raise', 'normal', 'unack', '')",
	} {
		if _, err := db.Exec(statement); err == nil {
			t.Errorf("%s: the database allowed it", name)
		}
	}
	if a, err := s.Alarm(t.Context(), "a"); err != nil || a.State != alarm.Unack {
		t.Errorf("afterwards: %+v, %v", a, err)
	}
}

func TestRetentionRemovesOnlyClosedAlarms(t *testing.T) {
	t.Parallel()
	s, path := open(t)
	raise(t, s, "a", "b")
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	service := alarm.New(s)
	all := func(event.SiteID) bool { return true }
	for _, c := range []alarm.Command{
		{ID: "a", Action: alarm.Ack, Rev: 1, By: "p", Allows: all},
		{ID: "a", Action: alarm.Close, Rev: 2, By: "p", Note: "done", Allows: all},
	} {
		if _, err := service.Act(t.Context(), c, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		before time.Time
		want   int
	}{{at, 0}, {at.Add(time.Hour), 1}, {at.Add(time.Hour), 0}} {
		n, err := service.Prune(t.Context(), c.before)
		if err != nil || n != c.want {
			t.Errorf("Prune(%s) = %d, %v, want %d", c.before, n, err, c.want)
		}
	}
	var left int
	if err := raw(t, path).QueryRow("SELECT COUNT(*) FROM alarm_audit WHERE alarm_id = 'a'").Scan(&left); err != nil || left != 0 {
		t.Errorf("audit rows left: %d, %v", left, err)
	}
	if _, err := s.Alarm(t.Context(), "b"); err != nil {
		t.Errorf("the open alarm: %v", err)
	}
}

func TestPagingVisitsEveryAlarmOnce(t *testing.T) {
	t.Parallel()
	s, _ := open(t)
	var ids []string
	for i := range 25 {
		ids = append(ids, fmt.Sprintf("id%02d", i))
	}
	raise(t, s, ids...)
	var got []string
	q := alarm.Query{AllSites: true, Limit: 7}
	for {
		rows, next, err := s.Alarms(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range rows {
			got = append(got, a.ID)
		}
		if q.Cursor = next; next == "" {
			break
		}
	}
	slices.Reverse(got)
	if !slices.Equal(got, ids) {
		t.Errorf("pages gave %v", got)
	}
	if rows, _, err := s.Alarms(t.Context(), alarm.Query{}); err != nil || len(rows) != 0 {
		t.Errorf("no scope selects %d alarms, %v", len(rows), err)
	}
	if rows, _, err := s.Alarms(t.Context(), alarm.Query{Sites: []event.SiteID{"s001"}}); err != nil || len(rows) != 13 {
		t.Errorf("one site selects %d alarms, %v", len(rows), err)
	}
	if _, _, err := s.Alarms(t.Context(), alarm.Query{AllSites: true, Cursor: "x"}); !alarm.IsRefusal(err) {
		t.Errorf("a bad cursor: %v", err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d.db")
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, path).Exec("INSERT INTO schema_migration VALUES (9999, 0)"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("opening it: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: %v, %v", info.Mode(), err)
	}
}
