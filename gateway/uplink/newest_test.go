package uplink

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

func TestWhatIsPastIsNoLastValue(t *testing.T) {
	t.Parallel()
	var n newest
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for i, c := range []struct {
		subject string
		after   time.Duration
		late    bool
		past    bool
	}{
		{"a", 10 * time.Second, false, false},
		{"a", 5 * time.Second, false, true},
		{"b", 5 * time.Second, false, false},
		{"a", 10 * time.Second, false, false}, // the same again, after a new connection
		{"a", 20 * time.Second, false, false},
		{"c", 0, true, true},
		{"c", -time.Hour, false, false}, // the late one was no last value
	} {
		e := &event.Event{ObservedAt: now.Add(c.after), Late: c.late}
		if got := n.isPast(c.subject, e); got != c.past {
			t.Errorf("step %d: past %v", i, got)
		}
	}
	for i := range maxNewest + 10 {
		n.isPast(time.Duration(i).String(), &event.Event{ObservedAt: now})
	}
	if len(n) > maxNewest {
		t.Errorf("%d subjects are remembered", len(n))
	}
}
