package detect_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
	"pgregory.net/rapid"
)

// stream draws the events of a few sites over some hours: rounds of heartbeats from which
// devices drop out and come back, passages, measurements, positions and calls near their
// limits, late and repeated deliveries, and times in which nobody listened.
type stream struct {
	t     *rapid.T
	now   time.Time
	dead  map[string]bool
	nth   int
	steps []step
	gaps  bool
	seqs  map[string]uint64
}

var fleet = []string{
	"s1/g1", "s1/g2", "s1/t1", "s1/k1", "s1/k2", "s1/b1", "s1/c01", "s1/c02", "s1/c03", "s1/c04", "s1/c05", "s1/c06", "s1/c07",
	"s2/g1", "s2/gw", "s2/c1", "s2/c2", "depot/bus1",
	"s3/gw", "s3/cn1", "s3/g1", "s3/k1", "s3/t1", "s3/ca1", "s3/ca2", "s3/ca3", "s3/ca4", "s3/ca5", "s3/cb1", "s3/cb2", "s3/cb3", "s3/cb4", "s9/g7", "s9/c1",
}

func drawStream(t *rapid.T, gaps bool) []step {
	s := &stream{
		t: t, dead: map[string]bool{}, gaps: gaps, seqs: map[string]uint64{},
		now: clock(rapid.SampledFrom([]string{"05:20", "07:50", "11:25", "18:20"}).Draw(t, "start")),
	}
	for range rapid.IntRange(20, 120).Draw(t, "moves") {
		s.move()
	}
	return append(s.steps, step{at: s.now.Add(50 * time.Second)})
}

func (s *stream) move() {
	switch rapid.IntRange(0, 19).Draw(s.t, "move") {
	case 0, 1, 2, 3, 4, 5, 6:
		s.now = s.now.Add(45 * time.Second)
		s.steps = append(s.steps, step{at: s.now}) // no step longer than MaxStep
		for _, device := range fleet {
			if !s.dead[device] {
				s.add(device, event.TypeDeviceStatus, func(e *event.Event) { e.Status = &up })
			}
		}
	case 7:
		device := rapid.SampledFrom(fleet).Draw(s.t, "dies")
		s.dead[device] = true
	case 8:
		site := rapid.SampledFrom([]string{"s1/", "s1/c", "s2/", "s3/c", "s3/cb", "s3/ca", "s3/cn1", "s3/gw"}).Draw(s.t, "dark")
		for _, device := range fleet {
			if strings.HasPrefix(device, site) {
				s.dead[device] = true
			}
		}
	case 9:
		clear(s.dead)
	case 10:
		if s.gaps {
			s.now = s.now.Add(7 * time.Minute)
		}
	case 11:
		if n := len(s.steps); n > 0 { // a delivery once more
			if old := s.steps[n-1-rapid.IntRange(0, min(n, 6)-1).Draw(s.t, "again")].ev; old != nil {
				again := *old
				again.ReceivedAt = s.now
				s.steps = append(s.steps, step{s.now, &again})
			}
		}
	default:
		s.now = s.now.Add(rapid.SampledFrom([]time.Duration{0, time.Millisecond, time.Second, 9 * time.Second, 50 * time.Second}).Draw(s.t, "pause"))
		s.one()
	}
}

func (s *stream) one() {
	pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(s.t, "pick") }
	who := pick("", "p1", "p2", "p3", "p4")
	switch rapid.IntRange(0, 6).Draw(s.t, "what") {
	case 0:
		g := event.GateAccess{
			Direction: pick("in", "out"), PersonKind: pick("pupil", "staff", "visitor"), Result: pick("granted", "granted", "denied", "forced"),
			Person: who, Registration: pick("", "r"+who), Guardian: pick("", "m"), ClassTeacher: pick("", "t"),
			Celsius: rapid.SampledFrom([]float64{0, 36.5, 37.3, 38, 20}).Draw(s.t, "celsius"), ItemsChecked: event.Tri(rapid.IntRange(0, 2).Draw(s.t, "items")),
		}
		s.add(pick("s1/g1", "s1/g2", "s2/g1", "s9/g7"), event.TypeGateAccess, func(e *event.Event) { e.Gate = &g })
	case 1:
		c := event.TemperatureCheck{Person: who, PersonKind: pick("pupil", "visitor"), Celsius: rapid.SampledFrom([]float64{0, 36.5, 37.3, 38, 20}).Draw(s.t, "celsius")}
		s.add("s1/t1", event.TypeTemperatureCheck, func(e *event.Event) { e.Temperature = &c })
	case 2:
		p := event.VehiclePosition{
			Lat: 30 + rapid.SampledFrom([]float64{0, 0.0017, 0.003}).Draw(s.t, "off"), Lon: 104.01, Fix: true,
			SpeedKMH: rapid.SampledFrom([]float64{0, 58, 61, 80}).Draw(s.t, "speed"), Passengers: rapid.IntRange(-1, 2).Draw(s.t, "aboard") * 15,
			TripState: pick("running", "running", "ended", ""), EmptyChecked: event.Tri(rapid.IntRange(0, 2).Draw(s.t, "checked")), SOS: rapid.IntRange(0, 9).Draw(s.t, "sos") == 0,
		}
		s.add("depot/bus1", event.TypeVehiclePosition, func(e *event.Event) { e.Position = &p })
	case 3:
		r := event.KitchenReading{Quantity: pick("cold_store", "freezer", "gas", "smoke"), Value: rapid.SampledFrom([]float64{-20, -5, 0, 4, 7.8, 9, 12}).Draw(s.t, "reading")}
		s.add(pick("s1/k1", "s1/k2"), event.TypeKitchenReading, func(e *event.Event) { e.Reading = &r })
	case 4:
		c := event.EmergencyCall{State: pick("pressed", "released", "test")}
		s.add("s1/b1", event.TypeEmergencyCall, func(e *event.Event) { e.Call = &c })
	case 6:
		c := event.CameraCheck{
			Check: pick(event.CheckImage, event.CheckRecording), Result: pick(event.CheckPassed, event.CheckFailed, event.CheckUnknown), Reason: pick("black", "", "x,frozen"),
			Score: rapid.Float64Range(0, 1).Draw(s.t, "score"), Limit: 0.5, To: s.now, OpenGapS: rapid.SampledFrom([]float64{0, 60, 1860, 7200}).Draw(s.t, "open"),
			Period: rapid.SampledFrom([]time.Duration{0, time.Minute, time.Hour}).Draw(s.t, "every"),
		}
		s.add(pick("s1/c01", "s2/c2"), event.TypeCameraCheck, func(e *event.Event) { e.Check = &c })
	case 5:
		st := event.DeviceStatus{Status: pick("up", "down", "unknown"), Reason: pick("", "mains lost"), Period: rapid.SampledFrom([]time.Duration{0, 0, 30 * time.Second}).Draw(s.t, "period")}
		device := rapid.SampledFrom(fleet).Draw(s.t, "device")
		s.add(device, event.TypeDeviceStatus, func(e *event.Event) { e.Status = &st })
	}
}

// add appends an event, some of them late, backfilled, retained, with a wrong clock or out
// of order, with counters that jump.
func (s *stream) add(device string, typ event.Type, set func(*event.Event)) {
	st := evAt(s.now, device, kindOf(device), typ, set)
	s.nth++
	st.ev.ID = fmt.Sprintf("event-%d", s.nth)
	st.ev.ObservedAt = st.ev.ObservedAt.Add(time.Duration(s.nth) * time.Microsecond)
	if typ != event.TypeDeviceStatus {
		switch rapid.IntRange(0, 19).Draw(s.t, "kind of delivery") {
		case 0:
			st.ev.Late = true
			st.ev.ObservedAt = st.ev.ObservedAt.Add(-time.Hour - time.Duration(s.nth)*time.Minute)
		case 1:
			st.ev.Backfill, st.ev.Late = true, true
			st.ev.ObservedAt = st.ev.ObservedAt.Add(-time.Hour - time.Duration(s.nth)*time.Minute)
		case 2:
			st.ev.Retained = true
		case 3:
			st.ev.ObservedAt = st.ev.ObservedAt.Add(-20 * time.Second)
		}
		s.seqs[device] += rapid.SampledFrom([]uint64{1, 1, 1, 3, 100}).Draw(s.t, "seq")
		st.ev.Seq = s.seqs[device]
	}
	s.steps = append(s.steps, st)
}

// stored is what the journal would hold.
type stored map[string][]byte

func (st stored) save(e *detect.Engine) {
	put, del := e.Dirty()
	for _, key := range del {
		delete(st, key)
	}
	for key, value := range put {
		st[key] = slices.Clone(value)
	}
}

func feed(e *detect.Engine, s step, out []event.Anomaly) []event.Anomaly {
	if s.ev == nil {
		return e.Advance(s.at, out)
	}
	return e.Process(s.ev, out)
}

func text(t testing.TB, out []event.Anomaly) string {
	b, err := json.MarshalIndent(append([]event.Anomaly{}, out...), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func same(t *rapid.T, tb testing.TB, got, want []event.Anomaly) {
	if a, b := text(tb, got), text(tb, want); a != b {
		t.Fatalf("got\n\t%s\nwant\n\t%s", strings.Join(told(got), "\n\t"), strings.Join(told(want), "\n\t"))
	}
}

// TestCut: state stored at any points and given to new engines continues as if nothing
// had happened.
func TestCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawStream(rt, true)
		whole := newEngine(t, detect.DefaultConfig())
		cut := newEngine(t, detect.DefaultConfig())
		store := stored{}
		var want, got []event.Anomaly
		for _, s := range steps {
			want = feed(whole, s, want)
			got = feed(cut, s, got)
			switch rapid.IntRange(0, 9).Draw(rt, "cut") {
			case 0:
				store.save(cut)
				cut = newEngine(t, detect.DefaultConfig())
				keys := slices.Collect(maps.Keys(store)) // in any order
				for _, key := range keys {
					if err := cut.Restore(key, store[key]); err != nil {
						rt.Fatal(err)
					}
				}
			case 1:
				store.save(cut)
			}
		}
		same(rt, t, got, want)
		same(rt, t, cut.Open(), whole.Open())
		causesStand(rt, whole.Open())
		checkStream(t, want)
		if t.Failed() {
			rt.Fatal("the stream of anomalies is not what receivers rely on")
		}
	})
}

// causesStand: what stands under another anomaly stands under one that stands too.
func causesStand(t *rapid.T, open []event.Anomaly) {
	for _, a := range open {
		if a.CausedBy != "" && !slices.ContainsFunc(open, func(o event.Anomaly) bool { return o.ID == a.CausedBy }) {
			t.Fatalf("%s of %s/%s stands under %s, which does not stand", a.Rule, a.Site, a.Device, a.CausedBy)
		}
	}
}

// TestPace: how often Advance is called makes no difference.
func TestPace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawStream(rt, false)
		slow, fast := newEngine(t, detect.DefaultConfig()), newEngine(t, detect.DefaultConfig())
		pace := time.Duration(rapid.IntRange(50, 30_000).Draw(rt, "pace")) * time.Millisecond
		var want, got []event.Anomaly
		for i, s := range steps {
			if i > 0 {
				for at := steps[i-1].at.Add(pace); !at.After(s.at); at = at.Add(pace) {
					got = fast.Advance(at, got)
				}
			}
			want = feed(slow, s, want)
			got = feed(fast, s, got)
		}
		same(rt, t, got, want)
	})
}

// TestRedelivery: the same event once more changes nothing.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawStream(rt, false)
		once, twice := newEngine(t, detect.DefaultConfig()), newEngine(t, detect.DefaultConfig())
		var want, got []event.Anomaly
		for i, s := range steps {
			want = feed(once, s, want)
			got = feed(twice, s, got)
			if i >= 8 && rapid.IntRange(0, 4).Draw(rt, "redeliver") == 0 {
				if old := steps[i-rapid.IntRange(0, 7).Draw(rt, "which")]; old.ev != nil {
					again := *old.ev
					again.ReceivedAt = s.at
					got = twice.Process(&again, got)
				}
			}
		}
		same(rt, t, got, want)
	})
}

// TestHistory: without its late, backfilled and retained events a stream gives the same
// live anomalies. Two things may differ by design and are left out: the loss ledger, which
// counts them, and visits, which they may end.
func TestHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cfg := detect.DefaultConfig()
		cfg.Rules = map[string]detect.Rule{"sequence_gap": {Disabled: true}, "visitor_overstay": {Disabled: true}}
		with, without := newEngine(t, cfg), newEngine(t, cfg)
		var got, want []event.Anomaly
		for _, s := range drawStream(rt, true) {
			got = feed(with, s, got)
			if s.ev != nil && (s.ev.Late || s.ev.Retained) {
				s.ev = nil
			}
			want = feed(without, s, want)
		}
		same(rt, t, slices.DeleteFunc(got, func(a event.Anomaly) bool { return a.Late }), want)
	})
}

// FuzzRestore: no stored value, however damaged, ends in anything but an error or a state
// that can be used.
func FuzzRestore(f *testing.F) {
	e := newEngine(f, detect.DefaultConfig())
	play(e, script(beats("09:00", "09:10", time.Minute, everything()...), check("09:05", temp("p1", 39)), until("09:20")))
	put, _ := e.Dirty()
	for key, value := range put {
		f.Add(key, value)
		f.Add(key, value[:len(value)/2])
		f.Add(key, append([]byte{99}, value[1:]...))
	}
	f.Add("x/y", []byte{1})
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		e := newEngine(t, detect.DefaultConfig())
		if err := e.Restore(key, value); err != nil {
			if len(e.Open()) != 0 {
				t.Error("a damaged value has left something")
			}
		}
		out := e.Process(check("09:30", temp("p1", 39)).ev, nil)
		e.Advance(clock("+1 09:30"), out)
		e.Dirty()
	})
}
