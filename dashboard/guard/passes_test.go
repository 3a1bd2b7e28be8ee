package guard_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/guard"
)

func TestLeaveCoversAPassage(t *testing.T) {
	t.Parallel()
	asked := monday()
	word := &guard.Confirmation{Name: "n", How: "phone", By: "guard", At: asked}
	left := asked.Add(30 * time.Minute)
	whole := guard.Row[guard.Pass]{At: asked, Entry: guard.Pass{PassEntry: guard.PassEntry{Until: asked.Add(time.Hour)}, Guardian: word, Teacher: word}}
	for name, c := range map[string]struct {
		change func(*guard.Row[guard.Pass])
		after  time.Duration // of the passage, from the asking
		want   bool
	}{
		"while it lasts":               {nil, 10 * time.Minute, true},
		"at its last moment":           {nil, time.Hour, true},
		"when it has run out":          {nil, time.Hour + time.Second, false},
		"asked for afterwards":         {nil, -2 * time.Hour, true},
		"asked for too late":           {nil, -2*time.Hour - time.Second, false},
		"without the guardian":         {func(r *guard.Row[guard.Pass]) { r.Entry.Guardian = nil }, 0, false},
		"without the class teacher":    {func(r *guard.Row[guard.Pass]) { r.Entry.Teacher = nil }, 0, false},
		"denied":                       {func(r *guard.Row[guard.Pass]) { r.Entry.Denied = "no" }, 0, false},
		"just after the guard said so": {func(r *guard.Row[guard.Pass]) { r.EndedAt = &left }, 40 * time.Minute, true},
		"a second time":                {func(r *guard.Row[guard.Pass]) { r.EndedAt = &left }, 41 * time.Minute, false},
	} {
		row := whole
		if c.change != nil {
			c.change(&row)
		}
		if got := guard.Covers(&row, asked.Add(c.after)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
