package alarm_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/dashboard/alarm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// One state, action and condition may lead to one state only, whatever the order of rows.
func TestTransitionsAreUnambiguous(t *testing.T) {
	t.Parallel()
	type key struct {
		from   alarm.State
		action alarm.Action
	}
	rows := map[key][]alarm.Transition{}
	for _, tr := range alarm.Transitions() {
		rows[key{tr.From, tr.Action}] = append(rows[key{tr.From, tr.Action}], tr)
	}
	for k, trs := range rows {
		always := 0
		guards := map[alarm.Guard]bool{}
		for _, tr := range trs {
			if tr.When == alarm.Always {
				always++
			}
			if guards[tr.When] {
				t.Errorf("%s %s: guard %q twice", k.from, k.action, tr.When)
			}
			guards[tr.When] = true
		}
		if always > 0 && len(trs) > 1 {
			t.Errorf("%s %s: Always does not stand alone", k.from, k.action)
		}
		if guards[alarm.Returned] && (guards[alarm.Unseen] || guards[alarm.Settled]) {
			t.Errorf("%s %s: guards overlap", k.from, k.action)
		}
		// A guarded step covers every condition, so a person is never stuck.
		for _, standing := range []bool{true, false} {
			for _, acked := range []bool{true, false} {
				if _, ok := alarm.Next(k.from, k.action, standing, acked); !ok {
					t.Errorf("%s %s: nothing for standing=%v acked=%v", k.from, k.action, standing, acked)
				}
			}
		}
	}
}

// The life cycle of ISA-18.2 as DOMAIN (g) writes it down, state by state.
func TestTransitionsFollowISA182(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from            alarm.State
		action          alarm.Action
		standing, acked bool
		want            alarm.State
		ok              bool
	}{
		{alarm.Normal, alarm.Raise, true, false, alarm.Unack, true},
		{alarm.Unack, alarm.Ack, true, false, alarm.Acked, true},
		{alarm.Unack, alarm.Ack, false, false, alarm.Normal, true},
		{alarm.Unack, alarm.Clear, false, false, alarm.RtnUnack, true},
		{alarm.Acked, alarm.Clear, false, true, alarm.Normal, true},
		{alarm.RtnUnack, alarm.Ack, false, false, alarm.Normal, true},
		{alarm.RtnUnack, alarm.Reraise, true, false, alarm.Unack, true},
		{alarm.Acked, alarm.Reraise, true, true, alarm.Unack, true},
		{alarm.Unack, alarm.Shelve, true, false, alarm.Shelved, true},
		{alarm.Shelved, alarm.Unshelve, true, true, alarm.Unack, true},
		{alarm.Shelved, alarm.Unshelve, false, true, alarm.Normal, true},
		{alarm.Shelved, alarm.Unshelve, false, false, alarm.RtnUnack, true},
		{alarm.Suppressed, alarm.Unsuppress, true, false, alarm.Unack, true},
		{alarm.Suppressed, alarm.Unsuppress, false, false, alarm.Normal, true},
		{alarm.OOS, alarm.InService, true, false, alarm.Unack, true},
		// What must not be possible.
		{alarm.Unack, alarm.Close, true, false, alarm.Unack, false},
		{alarm.Normal, alarm.Ack, false, false, alarm.Normal, false},
		{alarm.Acked, alarm.Ack, true, true, alarm.Acked, false},
		{alarm.Suppressed, alarm.Ack, true, false, alarm.Suppressed, false},
		{alarm.Suppressed, alarm.Shelve, true, false, alarm.Suppressed, false},
		{alarm.Normal, alarm.Shelve, false, true, alarm.Normal, false},
		{alarm.OOS, alarm.Ack, true, false, alarm.OOS, false},
	} {
		got, ok := alarm.Next(c.from, c.action, c.standing, c.acked)
		if got != c.want || ok != c.ok {
			t.Errorf("%s %s (standing %v, acked %v) = %s, %v; want %s, %v",
				c.from, c.action, c.standing, c.acked, got, ok, c.want, c.ok)
		}
	}
}
