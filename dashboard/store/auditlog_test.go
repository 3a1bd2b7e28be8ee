package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/store"
)

func TestAuditLogIsOneListInTheOrderOfTheChain(t *testing.T) {
	t.Parallel()
	s, _ := worked(t)
	seqs := func(q store.AuditQuery) (out []int64) {
		t.Helper()
		if q.Limit == 0 {
			q.Limit = 100
		}
		rows, err := s.AuditLog(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out = append(out, r.Seq)
		}
		return out
	}
	// Three are raised, "a" is acknowledged and closed, "b" assigned, the clerk writes.
	for name, c := range map[string]struct {
		query store.AuditQuery
		want  []int64
	}{
		"all":           {store.AuditQuery{}, []int64{7, 6, 5, 4, 3, 2, 1}},
		"two":           {store.AuditQuery{Limit: 2}, []int64{7, 6}},
		"below":         {store.AuditQuery{Before: 6, Limit: 2}, []int64{5, 4}},
		"who":           {store.AuditQuery{Actor: "clerk"}, []int64{7}},
		"alarms":        {store.AuditQuery{Area: "alarm", Actor: "p"}, []int64{6, 5, 4}},
		"area":          {store.AuditQuery{Area: "calendar"}, []int64{7}},
		"part of area":  {store.AuditQuery{Area: "cal"}, nil},
		"text":          {store.AuditQuery{Text: "done"}, []int64{5}},
		"no wildcards":  {store.AuditQuery{Text: "%"}, nil},
		"before time":   {store.AuditQuery{To: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Actor: "p"}, nil},
		"from time":     {store.AuditQuery{From: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Actor: "p"}, []int64{6, 5, 4}},
		"quotes inside": {store.AuditQuery{Text: `'; --`}, nil},
	} {
		if got := seqs(c.query); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	rows, err := s.AuditLog(t.Context(), store.AuditQuery{Text: "done", Limit: 1})
	if err != nil || len(rows) != 1 || rows[0].Action != "alarm.close" || rows[0].Subject != "a" || !strings.Contains(rows[0].Detail, `"note":"done"`) {
		t.Errorf("%+v, %v", rows, err)
	}
}
