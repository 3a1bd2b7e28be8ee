package detect_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestNormalDay: a school day and the night after it, on which everything is as it should
// be, raises nothing.
func TestNormalDay(t *testing.T) {
	t.Parallel()
	out := play(newEngine(t, detect.DefaultConfig()), normalDay(rand.New(rand.NewPCG(1, 2))))
	if len(out) != 0 {
		t.Errorf("%q", told(out))
	}
}

// normalDay draws a day of the school s1 and the bus of the depot.
func normalDay(r *rand.Rand) []step {
	var parts []any
	seq := map[string]uint64{}
	numbered := func(s step) step {
		key := string(s.ev.Site) + string(s.ev.Device)
		seq[key]++
		s.ev.Seq = seq[key]
		return s
	}
	between := func(from, to string) time.Time {
		a, b := clock(from), clock(to)
		return a.Add(time.Duration(r.Int64N(int64(b.Sub(a)))))
	}
	access := func(at time.Time, g event.GateAccess) {
		device := fmt.Sprintf("s1/g%d", 1+r.IntN(2))
		parts = append(parts, evAt(at, device, event.KindGate, event.TypeGateAccess, func(e *event.Event) { e.Gate = &g }))
	}
	person := func(id, kind, direction string, at time.Time) {
		celsius := 0.0
		if direction == event.In {
			celsius = 35.8 + r.Float64()*1.4
		}
		access(at, event.GateAccess{Direction: direction, PersonKind: kind, Method: "face", Result: event.ResultGranted, Person: id, Celsius: celsius})
	}
	for i := range 300 {
		id := fmt.Sprintf("p%d", i)
		person(id, event.PersonPupil, event.In, between("06:50", "07:55"))
		person(id, event.PersonPupil, event.Out, between("16:31", "17:30"))
	}
	for i := range 20 {
		id := fmt.Sprintf("t%d", i)
		person(id, event.PersonStaff, event.In, between("05:30", "07:30"))
		person(id, event.PersonStaff, event.Out, between("17:00", "20:00"))
	}
	for i := range 8 {
		id := fmt.Sprintf("v%d", i)
		at := between("09:00", "16:00")
		access(at, event.GateAccess{
			Direction: event.In, PersonKind: event.PersonVisitor, Result: event.ResultGranted,
			Person: id, Registration: "r" + id, ItemsChecked: event.Yes, Celsius: 36.3,
		})
		access(at.Add(time.Hour), event.GateAccess{Direction: event.Out, PersonKind: event.PersonVisitor, Result: event.ResultGranted, Person: id})
	}
	access(between("10:00", "11:00"), event.GateAccess{
		Direction: event.Out, PersonKind: event.PersonPupil,
		Result: event.ResultGranted, Person: "p7", Guardian: "m7", ClassTeacher: "t3",
	})
	access(between("12:00", "13:00"), event.GateAccess{Direction: event.In, PersonKind: event.PersonUnknown, Result: event.ResultDenied, Credential: "lost"})

	// Heartbeats with jitter, day and night; the stove is off outside service hours.
	for _, device := range everything() {
		for at := clock("05:00"); at.Before(clock("+1 05:00")); at = at.Add(time.Minute) {
			parts = append(parts, evAt(at.Add(time.Duration(r.IntN(4000))*time.Millisecond), device, kindOf(device), event.TypeDeviceStatus, func(e *event.Event) {
				e.Status = &up
			}))
		}
	}
	for at := clock("05:30"); at.Before(clock("18:30")); at = at.Add(time.Minute) {
		parts = append(parts, evAt(at, "s1/k2", event.KindKitchen, event.TypeKitchenReading, func(e *event.Event) {
			e.Reading = &event.KitchenReading{Quantity: event.QuantityGas, Value: r.Float64() * 3}
		}))
	}
	// A cold store whose door is opened for five minutes now and then.
	for m, at := 0, clock("05:00"); at.Before(clock("+1 05:00")); m, at = m+1, at.Add(time.Minute) {
		v := 3 + r.Float64()
		if m%90 < 5 {
			v = 10
		}
		parts = append(parts, evAt(at.Add(time.Second), "s1/k1", event.KindKitchen, event.TypeKitchenReading, func(e *event.Event) {
			e.Reading = &event.KitchenReading{Quantity: event.QuantityColdStore, Value: v}
		}))
	}
	// Two trips, each checked afterwards; parked in between.
	for _, trip := range [][2]string{{"06:50", "07:30"}, {"16:40", "17:20"}} {
		parts = append(parts, drive(trip[0], trip[1], bus(func(p *event.VehiclePosition) { p.SpeedKMH = 55 })),
			position(trip[1], ended(0, event.Unknown)),
			evAt(clock(trip[1]).Add(2*time.Minute), "depot/bus1", event.KindBus, event.TypeVehiclePosition, func(e *event.Event) {
				p := ended(0, event.Yes)
				e.Position = &p
			}))
	}
	steps := script(parts...)
	for i := range steps {
		steps[i] = numbered(steps[i])
	}
	return steps
}
