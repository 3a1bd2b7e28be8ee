package guard_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// monday is a school day, 06:00 county time.
func monday() time.Time {
	return time.Date(2026, 3, 2, 6, 0, 0, 0, time.FixedZone("CST", 8*3600))
}

func TestSlotsOfADay(t *testing.T) {
	t.Parallel()
	c, h := guard.DefaultConfig(), event.DefaultHours()
	var got []string
	for _, s := range c.Slots(h, monday()) {
		got = append(got, fmt.Sprintf("%s %s-%s", s.Post, s.From.Format("15:04"), s.To.Format("15:04")))
	}
	if want := []string{"arrival 07:15-08:00", "departure 16:20-17:05"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if s := c.Slots(h, monday().AddDate(0, 0, -1)); s != nil {
		t.Errorf("Sunday: %v", s)
	}
}

// Minute by minute: a gap is what is left of each uncovered stretch after the grace.
func TestGapsByBruteForce(t *testing.T) {
	t.Parallel()
	c := guard.DefaultConfig()
	slot := c.Slots(event.DefaultHours(), monday())[0]
	rapid.Check(t, func(t *rapid.T) {
		minutes := int(slot.To.Sub(slot.From) / time.Minute)
		on := make([]bool, minutes)
		var duties []guard.Duty
		for range rapid.IntRange(0, 4).Draw(t, "duties") {
			from := rapid.IntRange(-30, minutes+10).Draw(t, "from")
			to := from + rapid.IntRange(0, 40).Draw(t, "for")
			post := rapid.SampledFrom([]string{guard.PostArrival, guard.PostGate}).Draw(t, "post")
			duties = append(duties, guard.Duty{
				Stretch:   guard.Stretch{From: slot.From.Add(time.Duration(from) * time.Minute), To: slot.From.Add(time.Duration(to) * time.Minute)},
				DutyEntry: guard.DutyEntry{Post: post},
			})
			for m := max(from, 0); m < min(to, minutes) && post == guard.PostArrival; m++ {
				on[m] = true
			}
		}
		grace := int(c.Grace / time.Minute)
		want := make([]bool, minutes)
		for m, empty := 0, 0; m < minutes; m++ {
			empty++
			if on[m] {
				empty = 0
			}
			want[m] = empty > grace
		}
		got := make([]bool, minutes)
		for _, g := range c.Gaps(slot, duties) {
			for m := int(g.From.Sub(slot.From) / time.Minute); m < int(g.To.Sub(slot.From)/time.Minute); m++ {
				got[m] = true
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%v\n%v", got, want)
		}
	})
}

func passage(at int, person, kind, direction string) *event.Event {
	return &event.Event{Device: "g1", ObservedAt: monday().Add(time.Duration(at) * time.Minute), Gate: &event.GateAccess{
		Person: person, PersonKind: kind, Direction: direction, Result: event.ResultGranted,
	}}
}

func TestWhoIsInside(t *testing.T) {
	t.Parallel()
	refused := passage(9, "p1", event.PersonPupil, event.Out)
	refused.Gate.Result = event.ResultDenied
	registered := passage(5, "", event.PersonVisitor, event.In)
	registered.Gate.Registration = "v-1"
	out := passage(8, "", event.PersonVisitor, event.Out)
	out.Gate.Registration = "v-1"
	car := passage(6, "", event.PersonVehicle, event.In)
	car.Gate.Credential = "京A12345"
	events := []*event.Event{
		passage(1, "p1", event.PersonPupil, event.In), refused,
		passage(2, "p2", event.PersonPupil, event.In), passage(4, "p2", event.PersonPupil, event.Out),
		passage(3, "t1", event.PersonStaff, event.In), registered, out, car,
		passage(7, "", event.PersonUnknown, event.In),
		{Device: "g1"},
	}
	rapid.Check(t, func(r *rapid.T) {
		var p guard.Passages
		for _, e := range rapid.Permutation(events).Draw(r, "order") {
			p.Add(e)
		}
		counts, others := p.Inside(nil)
		if fmt.Sprint(counts) != "map[pupil:1 staff:1 vehicle:1]" || len(others) != 1 || others[0].Key != "京A12345" {
			r.Fatalf("%v %+v", counts, others)
		}
		// Registered: one who left by the gate, one whom no gate saw, one whom a gate saw come in.
		desk := []guard.Row[guard.Visit]{{ID: "v-1", At: monday()}, {ID: "v-3", At: monday()}, {ID: "v-4", At: monday()}}
		came := passage(8, "", event.PersonVisitor, event.In)
		came.Gate.Registration = "v-4"
		p.Add(came)
		if counts, _ := p.Inside(desk); counts[event.PersonVisitor] != 2 {
			r.Fatalf("%v, want the visitor whom no gate saw, and the one it saw, once each", counts)
		}
		if !p.Left("v-1", monday()) || p.Left("v-1", monday().Add(10*time.Minute)) || p.Left("v-2", monday()) {
			r.Fatal("who left")
		}
	})
}

func TestEntriesSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	v := guard.VisitorEntry{Name: " 张小三 ", Reason: "送物品", Host: "李老师", Plate: "京a·123 45", IDNumber: "11010119900101123x", Phone: "13800138000", Celsius: 36.5}
	v.Tidy()
	if err := v.Check(); err != nil {
		t.Fatal(err)
	}
	m := v.Masked()
	if v.Plate != "京A12345" || m.Name != "张*三" || m.IDNumber != "**************123X" || m.Phone != "*******8000" || m.Host != "李*师" {
		t.Errorf("%+v %+v", v, m)
	}
	for want, bad := range map[string]interface{ Check() error }{
		"name":        &guard.VisitorEntry{Reason: "r", Host: "h"},
		"reason":      &guard.VisitorEntry{Name: "n", Reason: "two\nlines", Host: "h"},
		"celsius":     &guard.VisitorEntry{Name: "n", Reason: "r", Host: "h", Celsius: 99},
		"id_number":   &guard.VisitorEntry{Name: "n", Reason: "r", Host: "h", IDNumber: "12"},
		"post":        &guard.DutyEntry{Person: "p", Post: "roof"},
		"expires":     &guard.CertificateEntry{Person: "p", Number: "n", Expires: "soon"},
		"instruction": &guard.WatchEntry{Name: "n"},
		"symbol":      &guard.CareEntry{Name: "n", Instruction: "i", Symbol: "x"},
		"how":         &guard.Confirmation{Name: "n", How: "guess"},
	} {
		var fault *guard.Invalid
		if err := bad.Check(); !errors.As(err, &fault) || fault.Field != want {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestWatchListComparesNumbersBeforeNames(t *testing.T) {
	t.Parallel()
	w := guard.WatchEntry{Name: "张三", IDNumber: "110101199001011234", Plate: "京A12345"}
	for _, c := range []struct {
		v    guard.VisitorEntry
		want bool
	}{
		{guard.VisitorEntry{Name: "张三"}, true},
		{guard.VisitorEntry{Name: "张三", IDNumber: "999999199001011234"}, false}, // another of that name
		{guard.VisitorEntry{Name: "李四", IDNumber: "110101199001011234"}, true},
		{guard.VisitorEntry{Name: "李四", Plate: "京A12345"}, true},
		{guard.VisitorEntry{Name: "李四"}, false},
	} {
		if got := w.Hits(&c.v); got != c.want {
			t.Errorf("%+v: %v", c.v, got)
		}
	}
}

func TestPassNeedsTwoPeople(t *testing.T) {
	t.Parallel()
	p := guard.Pass{PassEntry: guard.PassEntry{Until: monday().Add(time.Hour)}}
	yes := func(name string) guard.Confirmation { return guard.Confirmation{Name: name, How: "phone"} }
	if err := p.Confirm(guard.ByGuardian, yes("Li")); err != nil || p.Approved(monday()) {
		t.Errorf("%v %v", err, p.Approved(monday()))
	}
	if p.Confirm(guard.ByTeacher, yes("li")) == nil || p.Confirm(guard.ByGuardian, yes("Wu")) == nil {
		t.Error("one person for both, or twice")
	}
	if err := p.Confirm(guard.ByTeacher, yes("Wu")); err != nil || !p.Approved(monday()) || p.Approved(monday().Add(2*time.Hour)) {
		t.Errorf("%v", err)
	}
	p.Denied = "no"
	if p.Approved(monday()) {
		t.Error("denied and approved")
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	if err := guard.DefaultConfig().Validate(); err != nil {
		t.Fatal(err)
	}
	for key, change := range map[string]func(*guard.Config){
		"posts":           func(c *guard.Config) { c.Posts = "some" },
		"grace":           func(c *guard.Config) { c.Grace = 0 },
		"departure_after": func(c *guard.Config) { c.DepartureBefore, c.DepartureAfter = 0, 0 },
		"keep":            func(c *guard.Config) { c.Keep = time.Hour },
	} {
		c := guard.DefaultConfig()
		change(&c)
		var f *event.Fault
		if err := c.Validate(); !errors.As(err, &f) || f.Key != key {
			t.Errorf("%s: %v", key, err)
		}
	}
}
