package notify_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/notify"
)

func TestRotaIsChecked(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	known := func(p string) bool { return p == "zhang" || p == "li" }
	for field, r := range map[string]notify.Rota{
		"weekly[0].person": {Weekly: []notify.Weekly{{Person: "wang", From: "08:00", To: "16:00"}}},
		"weekly[0].from":   {Weekly: []notify.Weekly{{Person: "li", From: "25:00", To: "16:00"}}},
		"weekly[0].days":   {Weekly: []notify.Weekly{{Person: "li", From: "08:00", To: "16:00", Days: []string{"monday"}}}},
		"weekly": {Weekly: []notify.Weekly{
			{Person: "li", From: "20:00", To: "08:00", Days: []string{"sun"}}, {Person: "zhang", From: "07:00", To: "16:00", Days: []string{"mon"}},
		}},
		"dated[0].to":         {Dated: []notify.Dated{{Person: "li", From: at, To: at}}},
		"dated[1]":            {Dated: []notify.Dated{{Person: "li", From: at, To: at.Add(2 * time.Hour)}, {Person: "zhang", From: at.Add(time.Hour), To: at.Add(3 * time.Hour)}}},
		"overrides[0].person": {Overrides: []notify.Dated{{Person: "", From: at, To: at.Add(time.Hour)}}},
	} {
		var refusal *notify.Refusal
		if err := r.Check(known); !errors.As(err, &refusal) || refusal.Field != field {
			t.Errorf("want a refusal of %s, got %v", field, err)
		}
	}
	good := notify.Rota{Weekly: []notify.Weekly{{Person: "li", From: "20:00", To: "08:00"}, {Person: "zhang", From: "08:00", To: "20:00"}}}
	if err := good.Check(known); err != nil {
		t.Error(err)
	}
}

// Duties cover the time asked for without holes and say what OnCall says.
func TestDutiesAgreeWithOnCall(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 10000).Draw(t, "minutes")) * time.Minute)
		clock := rapid.SampledFrom([]string{"00:00", "06:30", "08:00", "12:00", "20:00", "23:59"})
		days := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}), 0, 7, rapid.ID)
		person := rapid.SampledFrom([]string{"zhang", "li"})
		var r notify.Rota
		for range rapid.IntRange(0, 4).Draw(t, "weekly") {
			r.Weekly = append(r.Weekly, notify.Weekly{Person: person.Draw(t, "p"), From: clock.Draw(t, "from"), To: clock.Draw(t, "to"), Days: days.Draw(t, "days")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "dated") {
			from := start.Add(time.Duration(rapid.IntRange(-500, 5000).Draw(t, "at")) * time.Minute)
			r.Overrides = append(r.Overrides, notify.Dated{Person: person.Draw(t, "p"), From: from, To: from.Add(time.Duration(rapid.IntRange(1, 2000).Draw(t, "long")) * time.Minute)})
		}
		end := start.Add(5 * 24 * time.Hour)
		duties := r.Duties(start, end, zone)
		at := start
		for _, d := range duties {
			if !d.From.Equal(at) || !d.To.After(d.From) {
				t.Fatalf("a hole before %s in %v", d.From, duties)
			}
			at = d.To
			middle := d.From.Add(d.To.Sub(d.From) / 2)
			for _, moment := range []time.Time{d.From, middle, d.To.Add(-1)} {
				if got := r.OnCall(moment, zone); got != d.Person {
					t.Fatalf("%s at %s, the duty says %q", got, moment, d.Person)
				}
			}
		}
		if !at.Equal(end) {
			t.Fatalf("ends at %s", at)
		}
	})
}

func TestQuietHoursAreChecked(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]notify.Quiet{
		"from": {From: "x", To: "07:00"}, "to": {From: "07:00", To: "07:00"}, "days": {From: "22:00", To: "07:00", Days: []string{"x"}},
	} {
		if err := q.Check(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("want a refusal of %s, got %v", want, err)
		}
	}
	if err := (notify.Quiet{}).Check(); err != nil {
		t.Error(err)
	}
}
