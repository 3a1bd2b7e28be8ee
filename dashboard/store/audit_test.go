package store_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway/event"
)

func everywhere(event.SiteID) bool { return true }

// worked makes a database in which people have worked on alarms and a clerk on something else.
func worked(t *testing.T) (*store.Store, string) {
	t.Helper()
	s, path := open(t)
	raise(t, s, "a", "b", "c")
	service := alarm.New(s)
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	for _, c := range []alarm.Command{
		{ID: "a", Action: alarm.Ack, Rev: 1, By: "p"},
		{ID: "a", Action: alarm.Close, Rev: 2, By: "p", Note: "done"},
		{ID: "b", Action: alarm.Assign, Rev: 1, By: "p", Assignee: "q"},
	} {
		c.Allows = everywhere
		if _, err := service.Act(t.Context(), c, at); err != nil {
			t.Fatal(err)
		}
	}
	row := store.AuditRow{At: at, Actor: "clerk", Action: "calendar.put", Subject: "calendar", Detail: `{"rev":1}`}
	if err := s.AppendAudit(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	return s, path
}

func TestAuditVerifies(t *testing.T) {
	t.Parallel()
	s, path := worked(t)
	r, err := store.Verify(t.Context(), path)
	if err != nil || r.Rows != 7 || r.Head != 7 || len(r.Hash) != 64 {
		t.Fatalf("%+v, %v", r, err)
	}
	// Retention takes the closed alarm and leaves the chain whole.
	service := alarm.New(s)
	if n, err := service.Prune(t.Context(), time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	// "a" changed as numbers 1, 4 and 5; the clerk's row was 7; the retention's is 8.
	r, err = store.Verify(t.Context(), path)
	if err != nil || r.Rows != 4 || r.Pruned != 3 || r.Anchor != 1 || r.Head != 8 {
		t.Errorf("after retention: %+v, %v", r, err)
	}
	if n, err := service.Prune(t.Context(), time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
	if again, err := store.Verify(t.Context(), path); err != nil || again != r {
		t.Errorf("retention that removed nothing: %+v, %v", again, err)
	}
	if _, err := store.Verify(t.Context(), filepath.Join(t.TempDir(), "none.db")); err == nil {
		t.Error("no file, and no error")
	}
}

// Whoever opens the file past the program's own guards is found out, by the first row.
// unguarded changes a database as somebody does who can write its file.
func unguarded(t *testing.T, path string, statements ...string) {
	t.Helper()
	db := raw(t, path)
	rows, err := db.Query("SELECT name FROM sqlite_master WHERE type = 'trigger'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var triggers []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		triggers = append(triggers, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range triggers {
		if _, err := db.Exec("DROP TRIGGER " + name); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statements []string
		seq        int64
		word       string
	}{
		"another actor":         {[]string{"UPDATE alarm_audit SET actor = 'q' WHERE seq = 4"}, 4, "alarm a change 2"},
		"another time":          {[]string{"UPDATE alarm_audit SET at = at + 1 WHERE seq = 2"}, 2, "changed"},
		"another assignee":      {[]string{"UPDATE alarm_audit SET data = 'x' WHERE seq = 6"}, 6, "changed"},
		"another detail":        {[]string{"UPDATE audit SET detail = '{}'"}, 7, "calendar.put"},
		"a row taken out":       {[]string{"DELETE FROM alarm_audit WHERE seq = 4"}, 4, "missing"},
		"the last rows":         {[]string{"DELETE FROM audit WHERE seq = 7"}, 7, "missing"},
		"the end, with head":    {[]string{"DELETE FROM audit WHERE seq = 7", "UPDATE audit_head SET seq = 6"}, 6, "another hash"},
		"removed as if pruned":  {[]string{"INSERT INTO audit_pruned SELECT seq, at, hash FROM audit", "DELETE FROM audit"}, 7, "not by retention"},
		"an unnumbered row":     {[]string{"INSERT INTO alarm_audit (alarm_id, n, at, actor, action, from_state, to_state, note) VALUES ('b', 9, 0, 'x', 'comment', 'unack', 'unack', '')"}, 0, "no place"},
		"a row behind the end":  {[]string{"INSERT INTO audit SELECT 8, at, actor, action, subject, detail, hash FROM audit"}, 8, "changed"},
		"a new beginning":       {[]string{"UPDATE audit_head SET anchor_seq = 3"}, 3, "begin"},
		"the alarm is gone":     {[]string{"PRAGMA foreign_keys = OFF; DELETE FROM alarm WHERE id = 'c'"}, 0, "alarm c"},
		"who has it":            {[]string{"UPDATE alarm SET assignee = 'q' WHERE id = 'a'"}, 0, "alarm a"},
		"who saw it":            {[]string{"UPDATE alarm SET acked_by = 'q' WHERE id = 'a'"}, 0, "alarm a"},
		"the alarm, not a word": {[]string{"UPDATE alarm SET state = 'acked' WHERE id = 'c'"}, 0, "alarm c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, path := worked(t)
			unguarded(t, path, c.statements...)
			_, err := store.Verify(t.Context(), path)
			var broken *store.BrokenAudit
			if !errors.As(err, &broken) || broken.Seq != c.seq || !strings.Contains(err.Error(), c.word) {
				t.Errorf("%v, want row %d and %q", err, c.seq, c.word)
			}
		})
	}
}

// A database of before the chain gets one that verifies, and what it says stays.
func TestMigrationNumbersOldAudit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "d.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	first, err := store.Migration(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		first, "CREATE TABLE schema_migration (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)", "INSERT INTO schema_migration VALUES (1, 0)",
		`BEGIN; INSERT INTO alarm_audit (alarm_id, n, at, actor, action, from_state, to_state, note) VALUES ('a', 1, 5, 'system', 'raise', 'normal', 'unack', '');
		INSERT INTO alarm VALUES ('a', 'gas', 'critical', 'unack', 1, 1, 's1', 'k1', 'kitchen', 0, 1, 0, 0, 9, 5, '%', '燃气', 'gas', '', '', '', '[]', 5, 5, NULL, '', NULL, NULL, '');
		COMMIT`,
	} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a, err := s.Alarm(t.Context(), "a")
	if err != nil || a.State != alarm.Unack || a.Priority != alarm.High || a.Group != "site/s1" || a.Raises != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	if r, err := store.Verify(t.Context(), path); err != nil || r.Rows != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestEvidenceIsVerified(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ statement, word string }{
		"as it was":        {"SELECT 1", ""},
		"another picture":  {"UPDATE evidence SET data = zeroblob(70)", "picture"},
		"the picture gone": {"PRAGMA foreign_keys = OFF; DELETE FROM evidence", "alarm a"},
		"not attached":     {"DELETE FROM alarm_attachment", "alarm a"},
		"another place":    {"UPDATE alarm_attachment SET lat = 1", "alarm a"},
		"another's name":   {"UPDATE alarm_attachment SET actor = 'q'", "alarm a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, path := worked(t)
			lat, lon := 34.25, 113.5
			png := append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 60)...)
			e := alarm.Evidence{ID: "a", By: "p", Note: "n", Data: png, Lat: &lat, Lon: &lon, Allows: everywhere}
			if _, _, err := alarm.New(s).AddEvidence(t.Context(), e, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)); err != nil {
				t.Fatal(err)
			}
			unguarded(t, path, c.statement)
			_, err := store.Verify(t.Context(), path)
			if c.word == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.word) {
				t.Errorf("%v, want %q", err, c.word)
			}
		})
	}
}
