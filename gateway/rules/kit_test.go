package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/rules"
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
	t, err := time.Parse("15:04:05", at)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, 2+days, t.Hour(), t.Minute(), t.Second(), 0, time.FixedZone("CST", 8*3600)).UTC()
}

func county(t testing.TB) *event.County {
	t.Helper()
	c := &event.County{
		Name: event.Text{ZH: "示范县", EN: "Demo County"},
		Sites: []event.Site{
			{ID: "s1", Kind: event.SiteSchool, Township: "east", Lat: 30, Lon: 104, Pupils: 300, Name: event.Text{ZH: "一小", EN: "First School"}, Devices: []event.Device{
				{ID: "g1", Kind: event.KindGate, Place: "gate", Name: event.Text{ZH: "东门", EN: "East Gate"}},
				{ID: "k1", Kind: event.KindKitchen, Place: "canteen", Parent: "sw1"},
				{ID: "k2", Kind: event.KindKitchen, Place: "cold_dish_room"},
				{ID: "t1", Kind: event.KindTemperature, Place: "gate"},
				{ID: "c1", Kind: event.KindCamera},
			}},
			{ID: "s2", Kind: event.SiteKindergarten, Township: "west", Devices: []event.Device{{ID: "g1", Kind: event.KindGate}, {ID: "k1", Kind: event.KindKitchen}}},
			{ID: "depot", Kind: event.SiteDepot, Lat: 30, Lon: 104, Devices: []event.Device{{ID: "bus1", Kind: event.KindBus, Plate: "川A12345", Capacity: 20, Route: "r1"}}},
		},
		Routes:   []event.Route{{ID: "r1", Line: []event.Point{{Lat: 30, Lon: 104}, {Lat: 30, Lon: 104.05}}}},
		Calendar: event.Calendar{Exams: []event.ExamSpan{{From: "2026-03-03", Quiet: true}}},
	}
	if err := c.Index(); err != nil {
		t.Fatal(err)
	}
	return c
}

func parse(t testing.TB, text string) *rules.Set {
	t.Helper()
	set, err := rules.Parse("rules.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func example(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "configs", "rules", "schools.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// at makes an event received when it was observed.
func at(when, siteDevice string, kind event.Kind, typ event.Type, set func(*event.Event)) *event.Event {
	return atTime(clock(when), siteDevice, kind, typ, set)
}

func atTime(when time.Time, siteDevice string, kind event.Kind, typ event.Type, set func(*event.Event)) *event.Event {
	site, device, _ := strings.Cut(siteDevice, "/")
	e := &event.Event{Type: typ, Kind: kind, Site: event.SiteID(site), Device: event.DeviceID(device), ObservedAt: when, ReceivedAt: when}
	set(e)
	e.ID = fmt.Sprintf("%s-%s-%d", siteDevice, typ, when.UnixNano())
	return e
}

func reading(when, device, quantity string, value float64) *event.Event {
	return at(when, device, event.KindKitchen, event.TypeKitchenReading, func(e *event.Event) {
		e.Reading = &event.KitchenReading{Quantity: quantity, Value: value, Unit: "°C"}
	})
}

func gate(when, device string, g event.GateAccess) *event.Event {
	return at(when, device, event.KindGate, event.TypeGateAccess, func(e *event.Event) { e.Gate = &g })
}

func position(when string, p event.VehiclePosition) *event.Event {
	return at(when, "depot/bus1", event.KindBus, event.TypeVehiclePosition, func(e *event.Event) { p.Fix = true; e.Position = &p })
}

// play gives events to an engine, a second of time after the other, up to end, and tells
// what came of it: "10:20:00 raised county_x s1/k1 61.5".
func play(e *rules.Engine, end string, events ...*event.Event) []event.Anomaly {
	return playFrom(e, nil, clock(end), events...)
}

func playFrom(e *rules.Engine, out []event.Anomaly, end time.Time, events ...*event.Event) []event.Anomaly {
	var now time.Time
	for _, ev := range events {
		if now.IsZero() {
			out = e.Advance(ev.ReceivedAt.Add(-2*time.Minute), out) // the first step is unwatched
			now = ev.ReceivedAt.Add(-2 * time.Minute)
		}
		for now.Add(20 * time.Second).Before(ev.ReceivedAt) {
			now = now.Add(20 * time.Second)
			out = e.Advance(now, out)
		}
		out = e.Process(ev, out)
		now = ev.ReceivedAt
	}
	for now = now.Add(20 * time.Second); !now.After(end); now = now.Add(20 * time.Second) {
		out = e.Advance(now, out)
	}
	return out
}

func told(out []event.Anomaly) []string {
	var lines []string
	for _, a := range out {
		where := string(a.Site)
		if a.Device != "" {
			where += "/" + string(a.Device)
		}
		line := fmt.Sprintf("%s %s %s %s", a.UpdatedAt.Add(8*time.Hour).Format("15:04:05"), a.State, strings.TrimPrefix(a.Rule, rules.Prefix), where)
		if a.Value != 0 {
			line += fmt.Sprintf(" %g", a.Value)
		}
		if a.Count > 1 {
			line += fmt.Sprintf(" x%d", a.Count)
		}
		lines = append(lines, line)
	}
	return lines
}

func compare(t testing.TB, out []event.Anomaly, want ...string) {
	t.Helper()
	if got := told(out); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
