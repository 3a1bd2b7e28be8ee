package detect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock reads a time of Monday, 2 March 2026, in the county's zone; "+1 07:00" is Tuesday.
func clock(at string) time.Time {
	days := 0
	if day, rest, ok := strings.Cut(at, " "); ok {
		if _, err := fmt.Sscanf(day, "+%d", &days); err != nil {
			panic(err)
		}
		at = rest
	}
	if len(at) == 5 {
		at += ":00"
	}
	t, err := time.ParseInLocation("15:04:05", at, time.UTC)
	if err != nil {
		panic(err)
	}
	zone := time.FixedZone("CST", 8*3600)
	return time.Date(2026, 3, 2+days, t.Hour(), t.Minute(), t.Second(), 0, zone).UTC()
}

// county has a school of every kind of device, another school, and a depot with a bus.
func county(t testing.TB) *event.County {
	t.Helper()
	s1 := event.Site{ID: "s1", Kind: event.SiteSchool, Name: event.Text{ZH: "第一小学", EN: "First School"}}
	for i := range 2 {
		s1.Devices = append(s1.Devices, event.Device{
			ID: event.DeviceID(fmt.Sprintf("g%d", i+1)), Kind: event.KindGate,
			Name: event.Text{ZH: fmt.Sprintf("%d号门", i+1), EN: fmt.Sprintf("Gate %d", i+1)},
		})
	}
	s1.Devices = append(s1.Devices,
		event.Device{ID: "t1", Kind: event.KindTemperature},
		event.Device{ID: "k1", Kind: event.KindKitchen},
		event.Device{ID: "k2", Kind: event.KindKitchen, Duty: event.DutyService},
		event.Device{ID: "b1", Kind: event.KindButton},
	)
	for i := range 10 {
		s1.Devices = append(s1.Devices, event.Device{ID: event.DeviceID(fmt.Sprintf("c%02d", i+1)), Kind: event.KindCamera, Parent: "sw1"})
	}
	s2 := event.Site{ID: "s2", Kind: event.SiteSchool, Devices: []event.Device{
		{ID: "g1", Kind: event.KindGate},
		{ID: "gw", Kind: event.KindGateway},
		{ID: "c1", Kind: event.KindCamera},
		{ID: "c2", Kind: event.KindCamera},
	}}
	// s3 has a gateway, a recorder that reports and one that does not, and a switch.
	s3 := event.Site{ID: "s3", Kind: event.SiteSchool, Devices: []event.Device{
		{ID: "gw", Kind: event.KindGateway},
		{ID: "cn1", Kind: event.KindCamera, Parent: "sw"},
		{ID: "g1", Kind: event.KindGate},
		{ID: "g2", Kind: event.KindGate},
		{ID: "k1", Kind: event.KindKitchen, Parent: "sw"},
		{ID: "t1", Kind: event.KindTemperature, Parent: "sw"},
	}}
	for i := range 6 {
		s3.Devices = append(s3.Devices,
			event.Device{ID: event.DeviceID(fmt.Sprintf("ca%d", i+1)), Kind: event.KindCamera, Parent: "cn1"},
			event.Device{ID: event.DeviceID(fmt.Sprintf("cb%d", i+1)), Kind: event.KindCamera, Parent: "nvr2"})
	}
	depot := event.Site{ID: "depot", Kind: event.SiteDepot, Devices: []event.Device{
		{ID: "bus1", Kind: event.KindBus, Plate: "川A12345", Capacity: 20, Route: "r1"},
	}}
	c := &event.County{Sites: []event.Site{s1, s2, s3, depot}, Routes: []event.Route{{ID: "r1", Line: []event.Point{
		{Lat: 30, Lon: 104}, {Lat: 30, Lon: 104.05}, {Lat: 30.05, Lon: 104.05},
	}}}}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

// step is an event, or only a time to which to advance.
type step struct {
	at time.Time
	ev *event.Event
}

// ev makes an event received half a second after it was observed.
func ev(at, device string, kind event.Kind, typ event.Type, set func(*event.Event)) step {
	return evAt(clock(at), "s1/"+device, kind, typ, set)
}

func evAt(at time.Time, siteDevice string, kind event.Kind, typ event.Type, set func(*event.Event)) step {
	site, device, _ := strings.Cut(siteDevice, "/")
	e := &event.Event{
		Type: typ, Kind: kind, Site: event.SiteID(site), Device: event.DeviceID(device),
		ObservedAt: at.Add(-500 * time.Millisecond), ReceivedAt: at,
	}
	set(e)
	e.ID = fmt.Sprintf("%s-%s-%d", siteDevice, e.Type, e.ObservedAt.UnixNano())
	if e.Reading != nil {
		e.ID += e.Reading.Quantity
	}
	return step{at, e}
}

func gate(at, device string, g event.GateAccess) step {
	return ev(at, device, event.KindGate, event.TypeGateAccess, func(e *event.Event) { e.Gate = &g })
}

func check(at string, c event.TemperatureCheck) step {
	return ev(at, "t1", event.KindTemperature, event.TypeTemperatureCheck, func(e *event.Event) { e.Temperature = &c })
}

func reading(at, device, quantity string, value float64) step {
	return ev(at, device, event.KindKitchen, event.TypeKitchenReading, func(e *event.Event) {
		e.Reading = &event.KitchenReading{Quantity: quantity, Value: value}
	})
}

func position(at string, p event.VehiclePosition) step {
	return evAt(clock(at), "depot/bus1", event.KindBus, event.TypeVehiclePosition, func(e *event.Event) { e.Position = &p })
}

func call(at, state string) step {
	return ev(at, "b1", event.KindButton, event.TypeEmergencyCall, func(e *event.Event) {
		e.Call = &event.EmergencyCall{State: state, Place: "hall"}
	})
}

func status(at, device string, st event.DeviceStatus) step {
	return ev(at, device, kindOf(device), event.TypeDeviceStatus, func(e *event.Event) { e.Status = &st })
}

func kindOf(device string) event.Kind {
	_, device, ok := strings.Cut("/"+device, "/")
	if i := strings.LastIndex(device, "/"); ok && i >= 0 {
		device = device[i+1:]
	}
	switch {
	case strings.HasPrefix(device, "gw"):
		return event.KindGateway
	case strings.HasPrefix(device, "bus"):
		return event.KindBus
	}
	return map[byte]event.Kind{
		'g': event.KindGate, 't': event.KindTemperature, 'k': event.KindKitchen,
		'c': event.KindCamera, 'b': event.KindButton,
	}[device[0]]
}

// beats are heartbeats of devices ("s1/c01") from a time up to and without another, each
// device at its own second of the minute.
func beats(from, to string, every time.Duration, devices ...string) []step {
	var steps []step
	for i, device := range devices {
		for at := clock(from).Add(time.Duration(i) * time.Second); at.Before(clock(to)); at = at.Add(every) {
			steps = append(steps, evAt(at, device, kindOf(device), event.TypeDeviceStatus, func(e *event.Event) {
				e.Status = &event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}
			}))
		}
	}
	return steps
}

// with changes the events of steps, for instance to mark them late.
func with(s step, change func(*event.Event)) step {
	change(s.ev)
	return s
}

func until(at string) step { return step{at: clock(at)} }

// script joins steps and lists of steps in the order of their times.
func script(parts ...any) []step {
	var steps []step
	for _, p := range parts {
		switch p := p.(type) {
		case step:
			steps = append(steps, p)
		case []step:
			steps = append(steps, p...)
		}
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.at.Compare(b.at) })
	return steps
}

func newEngine(t testing.TB, cfg detect.Config) *detect.Engine {
	t.Helper()
	e, err := detect.New(cfg, county(t))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// play runs a script, advancing every 20 s between its steps.
func play(e *detect.Engine, steps []step) []event.Anomaly {
	var out []event.Anomaly
	for i, s := range steps {
		if i > 0 {
			for at := steps[i-1].at.Add(20 * time.Second); at.Before(s.at); at = at.Add(20 * time.Second) {
				out = e.Advance(at, out)
			}
		}
		if s.ev == nil {
			out = e.Advance(s.at, out)
			continue
		}
		out = e.Process(s.ev, out)
	}
	return out
}

// told writes anomalies as a table wants them: when, what became of it, rule, where, value,
// count, and what else is remarkable.
func told(out []event.Anomaly) []string {
	var lines []string
	for _, a := range out {
		zone := time.FixedZone("CST", 8*3600)
		line := fmt.Sprintf("%s %s %s %s/%s %.4g x%d", a.UpdatedAt.In(zone).Format("15:04:05"), a.State, a.Rule, a.Site, a.Device, a.Value, a.Count)
		if a.Momentary {
			line += " momentary"
		}
		if a.Late {
			line += " late"
		}
		if a.Cause != "" {
			line += " " + a.Cause
		}
		if a.CausedBy != "" {
			line += " caused"
		}
		lines = append(lines, line)
	}
	return lines
}

type scriptCase struct {
	name  string
	cfg   func(*detect.Config)
	steps []step
	want  []string
}

func runScripts(t *testing.T, cases []scriptCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := detect.DefaultConfig()
			if c.cfg != nil {
				c.cfg(&cfg)
			}
			out := play(newEngine(t, cfg), c.steps)
			if got := told(out); !slices.Equal(got, c.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(c.want, "\n\t"))
			}
			checkStream(t, out)
		})
	}
}

// checkStream holds what every receiver relies on: revisions from 1 without a gap, one
// raise, nothing after the clearing, a severity that does not fall, texts in both languages.
func checkStream(t *testing.T, out []event.Anomaly) {
	t.Helper()
	last := map[string]event.Anomaly{}
	for _, a := range out {
		before, known := last[a.ID]
		switch {
		case !known && (a.State != event.Raised || a.Revision != 1):
			t.Errorf("%s %s begins with %s, revision %d", a.Rule, a.ID, a.State, a.Revision)
		case known && (a.Revision != before.Revision+1 || a.State == event.Raised):
			t.Errorf("%s %s: %s with revision %d after %d", a.Rule, a.ID, a.State, a.Revision, before.Revision)
		case known && before.State == event.Cleared:
			t.Errorf("%s %s changes after it was cleared", a.Rule, a.ID)
		case known && a.Severity.Rank() < before.Severity.Rank():
			t.Errorf("%s %s: severity falls", a.Rule, a.ID)
		}
		if a.Severity.Rank() < 0 || a.Text.ZH == "" || a.Text.EN == "" || strings.Contains(a.Text.EN, "!") || a.StartedAt.Location() != time.UTC {
			t.Errorf("%s %s: severity %q, text %+v, start %v", a.Rule, a.ID, a.Severity, a.Text, a.StartedAt)
		}
		last[a.ID] = a
	}
}
