package simulator_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/configs/counties"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestTrafficIsDeterministic(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Demo())
	s := script(t, c)
	start := at(t, "2026-11-24T07:30:00")
	messages := func(seed uint64, start time.Time) []simulator.Message {
		traffic := simulator.NewTraffic(c, s, simulator.TrafficConfig{Seed: seed, Speed: 1}, start)
		return until(traffic, start.Add(30*time.Second))
	}
	a, b := messages(7, start), messages(7, start)
	if len(a) < 3000 || len(a) != len(b) {
		t.Fatalf("%d and %d messages", len(a), len(b))
	}
	for i := range a {
		if !a[i].At.Equal(b[i].At) || a[i].Topic != b[i].Topic || !bytes.Equal(a[i].Payload, b[i].Payload) {
			t.Fatalf("message %d differs:\n%s %s\n%s %s", i, a[i].Topic, a[i].Payload, b[i].Topic, b[i].Payload)
		}
		if i > 0 && a[i].At.Before(a[i-1].At) {
			t.Fatalf("message %d is out of order", i)
		}
	}
	other := messages(8, start)
	if bytes.Equal(a[100].Payload, other[100].Payload) && bytes.Equal(a[200].Payload, other[200].Payload) {
		t.Error("another seed makes the same day")
	}
}

// Every message is read by the adapters, as the type that the simulator says.
func TestTrafficDecodes(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Demo())
	start := at(t, "2026-11-24T07:30:00")
	d := adapters.Campus()
	bad := 0
	if underRace {
		t.Skip("single-threaded, and slow under the race detector")
	}
	traffic := simulator.NewTraffic(c, script(t, c), simulator.TrafficConfig{Seed: 1, Speed: 1}, start)
	seqs := map[event.DeviceKey]uint64{}
	for _, m := range until(traffic, start.Add(4*time.Minute)) {
		message := payload.Message{Topic: m.Topic, Payload: m.Payload, Received: m.At}
		events, err := d.Decode(nil, message, event.Clock{})
		if m.Type == "" {
			if err == nil {
				t.Errorf("read, although no adapter should: %s %s", m.Topic, m.Payload)
			}
			bad++
			continue
		}
		if err != nil || len(events) != 1 || events[0].Type != m.Type || events[0].Site != m.Site || events[0].Device != m.Device {
			t.Fatalf("%s %s: %v", m.Topic, m.Payload, err)
		}
		payloadtest.Check(t, &events[0], message, event.Clock{})
		key := event.DeviceKey{Site: m.Site, Device: m.Device}
		if last := seqs[key]; last != 0 && events[0].Seq != last+1 {
			t.Errorf("%v jumps from %d to %d", key, last, events[0].Seq)
		}
		seqs[key] = events[0].Seq
		if !json.Valid(m.Payload) {
			t.Errorf("no JSON: %s", m.Payload)
		}
	}
	if bad != 2 {
		t.Errorf("%d messages that no adapter understands, want 2", bad)
	}
}

// events decodes the traffic of some hours without incidents.
func events(t *testing.T, c *event.County, from, to string) []event.Event {
	t.Helper()
	d := adapters.Campus()
	start := at(t, from)
	var list []event.Event
	traffic := simulator.NewTraffic(c, nil, simulator.TrafficConfig{Seed: 3, Speed: 1}, start)
	for _, m := range until(traffic, at(t, to)) {
		var err error
		if list, err = d.Decode(list, payload.Message{Topic: m.Topic, Payload: m.Payload, Received: m.At}, event.Clock{}); err != nil {
			t.Fatalf("%s %s: %v", m.Topic, m.Payload, err)
		}
	}
	return list
}

func TestPaceOfASchoolDay(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Small())
	in, out, night := map[int]int{}, map[int]int{}, 0
	for _, e := range events(t, c, "2026-11-24T00:00:00", "2026-11-25T00:00:00") {
		if e.Gate == nil {
			continue
		}
		h := e.ObservedAt.In(c.Location()).Hour()
		switch {
		case h < 5 || h >= 21:
			night++
			if e.Gate.PersonKind != event.PersonStaff {
				t.Errorf("at night: %+v", *e.Gate)
			}
		case e.Gate.PersonKind == event.PersonPupil && e.Gate.Direction == event.In:
			in[h]++
		case e.Gate.PersonKind == event.PersonPupil:
			out[h]++
		}
	}
	pupils := 410 // of the two schools
	if n := in[7] + in[8]; n < pupils*7/10 {
		t.Errorf("%d pupils arrive in the morning: %v", n, in)
	}
	if in[9]+in[10] > in[7]/10 || in[3] > 0 {
		t.Errorf("no peak in the morning: %v", in)
	}
	if n := out[16] + out[17]; n < pupils*6/10 || out[16] <= out[10] {
		t.Errorf("%d pupils leave in the afternoon: %v", n, out)
	}
	if out[11]+out[12] < 20 || in[13]+in[12] < 20 {
		t.Errorf("nobody goes home for lunch: in %v, out %v", in, out)
	}
	if night < 20 {
		t.Errorf("%d passages at night", night)
	}
}

func TestSundayIsQuiet(t *testing.T) {
	t.Parallel()
	passages := 0
	for _, e := range events(t, county(t, counties.Small()), "2026-11-29T06:00:00", "2026-11-29T18:00:00") {
		if e.Gate != nil {
			passages++
			if e.Gate.PersonKind != event.PersonStaff {
				t.Errorf("on a Sunday: %+v", *e.Gate)
			}
		}
	}
	if passages < 20 {
		t.Errorf("%d passages: not even guards", passages)
	}
}

// What the rules ask for is there: approvals, complete visits that end, quiet kitchens.
func TestTrafficKeepsTheRules(t *testing.T) {
	t.Parallel()
	c := demo(t)
	visits := map[string]event.SiteID{}
	approved, beats := 0, map[event.DeviceKey]time.Time{}
	for _, e := range events(t, c, "2026-11-24T08:30:00", "2026-11-24T09:15:00") {
		local := e.ObservedAt.In(c.Location())
		switch {
		case e.Gate != nil && e.Gate.PersonKind == event.PersonVisitor && e.Gate.Direction == event.In:
			if g := e.Gate; g.Registration == "" || g.Celsius < 35 || g.Celsius > 37.2 || g.ItemsChecked != event.Yes || g.EscortedBy == "" {
				t.Errorf("an incomplete visit: %+v", *g)
			}
			visits[e.Gate.Registration] = e.Site
		case e.Gate != nil && e.Gate.PersonKind == event.PersonVisitor:
			delete(visits, e.Gate.Registration)
		case e.Gate != nil && e.Gate.PersonKind == event.PersonPupil && e.Gate.Direction == event.Out && c.Site(e.Site).Hours.InClass(local):
			approved++
			if e.Gate.Guardian == "" || e.Gate.ClassTeacher == "" {
				t.Errorf("a pupil leaves without approval: %+v", *e.Gate)
			}
		case e.Temperature != nil && (e.Temperature.Celsius > 37.2 || e.Temperature.Celsius < 35):
			t.Errorf("%+v", *e.Temperature)
		case e.Position != nil && (e.Position.SpeedKMH > 60 || e.Position.Passengers > c.Device(e.Site, e.Device).Capacity):
			t.Errorf("%+v", *e.Position)
		case e.Status != nil && e.Status.Heartbeat:
			key := event.DeviceKey{Site: e.Site, Device: e.Device}
			if last, ok := beats[key]; ok && e.ObservedAt.Sub(last) > e.Status.Period*11/10 {
				t.Errorf("%v: %v between heartbeats of %v", key, e.ObservedAt.Sub(last), e.Status.Period)
			}
			beats[key] = e.ObservedAt
		}
	}
	if approved == 0 || len(visits) > 250 || len(beats) < 1000 {
		t.Errorf("%d approved leaves, %d visits under way, %d devices alive", approved, len(visits), len(beats))
	}
}

func TestBusesFollowTheirRoutes(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Small())
	ended, moving, most := 0, 0, 0
	for _, e := range events(t, c, "2026-11-24T06:30:00", "2026-11-24T08:30:00") {
		if e.Position == nil {
			continue
		}
		p := e.Position
		if off := offLine(c.Route(c.Device(e.Site, e.Device).Route).Line, p.Lat, p.Lon); off > 50 {
			t.Errorf("%s is %.0f m off its route", e.Device, off)
		}
		if p.TripState == event.TripEnded && p.EmptyChecked == event.Yes && p.Passengers == 0 {
			ended++
		}
		if p.TripState == event.TripRunning && p.SpeedKMH > 0 {
			moving++
		}
		most = max(most, p.Passengers)
	}
	if ended < 2 || moving < 50 || most < 10 {
		t.Errorf("%d trips ended, %d positions on the way, %d pupils at most", ended, moving, most)
	}
}

// offLine is how many metres a position is from a line.
func offLine(line []event.Point, lat, lon float64) float64 {
	best := math.Inf(1)
	cos := math.Cos(lat * math.Pi / 180)
	for i := 1; i < len(line); i++ {
		ax, ay := (line[i-1].Lon-lon)*111195*cos, (line[i-1].Lat-lat)*111195
		bx, by := (line[i].Lon-lon)*111195*cos, (line[i].Lat-lat)*111195
		dx, dy := bx-ax, by-ay
		part := math.Max(0, math.Min(1, -(ax*dx+ay*dy)/(dx*dx+dy*dy)))
		best = math.Min(best, math.Hypot(ax+part*dx, ay+part*dy))
	}
	return best
}

// At ten times the speed everything happens ten times as often, and devices say so.
func TestSpeed(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Small())
	start := at(t, "2026-11-24T07:30:00")
	count := func(speed float64) int {
		traffic := simulator.NewTraffic(c, nil, simulator.TrafficConfig{Seed: 1, Speed: speed}, start)
		return len(until(traffic, start.Add(10*time.Minute)))
	}
	if one, ten := count(1), count(10); ten < 7*one || ten > 13*one {
		t.Errorf("%d messages at speed 1, %d at speed 10", one, ten)
	}
}

// The first moments show something: births within seconds, people within ten, also at
// night.
func TestFirstSeconds(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Demo())
	for _, from := range []string{"2026-11-24T07:30:00", "2026-11-24T14:00:00", "2026-11-29T03:00:00"} {
		start := at(t, from)
		passages, alive := 0, map[event.DeviceKey]bool{}
		traffic := simulator.NewTraffic(c, script(t, c), simulator.TrafficConfig{Seed: 1, Speed: 1}, start)
		for _, m := range until(traffic, start.Add(20*time.Second)) {
			alive[event.DeviceKey{Site: m.Site, Device: m.Device}] = true
			if m.Type == event.TypeGateAccess {
				passages++
			}
		}
		if passages == 0 || len(alive) < 2500 {
			t.Errorf("%s: %d passages, %d devices within 20 s", from, passages, len(alive))
		}
	}
}

// When the county stops in the middle of the day, nobody is left inside or under way.
func TestFarewell(t *testing.T) {
	t.Parallel()
	c := demo(t)
	s, err := simulator.ReadScript([]byte("incidents:\n  - {what: emergency_call, at: 29m30s}\n  - {what: bus_overspeed, at: 28m}\n"))
	if err != nil {
		t.Fatal(err)
	}
	start := at(t, "2026-11-24T09:30:00")
	end := start.Add(30 * time.Minute)
	traffic := simulator.NewTraffic(c, s, simulator.TrafficConfig{Seed: 1, Speed: 1}, start)
	visits, trips, pressed, seqs := map[string]bool{}, map[event.DeviceKey]bool{}, 0, map[event.DeviceKey]uint64{}
	follow := func(list []simulator.Message) {
		for _, m := range list {
			events, err := adapters.Campus().Decode(nil, payload.Message{Topic: m.Topic, Payload: m.Payload, Received: m.At}, event.Clock{})
			if err != nil {
				t.Fatal(err)
			}
			e := events[0]
			key := event.DeviceKey{Site: e.Site, Device: e.Device}
			if e.Seq != seqs[key]+1 {
				t.Fatalf("%v: %d comes after %d", key, e.Seq, seqs[key])
			}
			seqs[key] = e.Seq
			switch {
			case e.Gate != nil && e.Gate.PersonKind == event.PersonVisitor:
				visits[e.Gate.Registration] = e.Gate.Direction == event.In
			case e.Position != nil && e.Position.TripState != "":
				trips[key] = e.Position.EmptyChecked != event.Yes || e.Position.Passengers != 0
			case e.Call != nil && e.Call.State == event.CallPressed:
				pressed++
			case e.Call != nil && e.Call.State == event.CallReleased:
				pressed--
			}
		}
	}
	count := func() (inside, driving int) {
		for _, in := range visits {
			if in {
				inside++
			}
		}
		for _, on := range trips {
			if on {
				driving++
			}
		}
		return inside, driving
	}
	follow(until(traffic, end))
	if inside, driving := count(); inside == 0 || driving == 0 || pressed != 1 {
		t.Fatalf("nothing is under way: %d visitors, %d buses, %d buttons", inside, driving, pressed)
	}
	last := traffic.Farewell(end)
	for _, m := range last {
		if !m.At.Equal(end) {
			t.Fatalf("said at %v", m.At)
		}
	}
	// The message that until has drawn and not kept is lost here, not in the simulator.
	seqs = map[event.DeviceKey]uint64{}
	for i := range last {
		key := event.DeviceKey{Site: last[i].Site, Device: last[i].Device}
		if _, ok := seqs[key]; ok {
			continue
		}
		events, err := adapters.Campus().Decode(nil, payload.Message{Topic: last[i].Topic, Payload: last[i].Payload, Received: end}, event.Clock{})
		if err != nil {
			t.Fatal(err)
		}
		seqs[key] = events[0].Seq - 1
	}
	follow(last)
	if inside, driving := count(); inside != 0 || driving != 0 || pressed != 0 {
		t.Errorf("left behind: %d visitors, %d buses, %d buttons", inside, driving, pressed)
	}
}
