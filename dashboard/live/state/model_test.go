package state_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/dashboard/live/state"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// channel keeps the last row of each key.
type channel struct {
	mu   sync.Mutex
	rows map[string]json.RawMessage
	keys []string
}

func (c *channel) Publish(ops ...live.Op) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, op := range ops {
		c.rows[op.Key] = op.Row
		c.keys = append(c.keys, op.Key)
	}
}

type world struct {
	*state.Model
	devices, sites, feed *channel
}

// noon of a school day, county time.
func noon() time.Time { return time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC) }

func newWorld(t *testing.T) *world {
	t.Helper()
	county := &event.County{Sites: []event.Site{
		{ID: "s1", Devices: []event.Device{
			{ID: "c1", Kind: event.KindCamera},
			{ID: "g1", Kind: event.KindGate},
			{ID: "b1", Kind: event.KindBus},
			{ID: "k1", Kind: event.KindKitchen, Duty: event.DutyService, Limits: map[string]float64{"cold_store_max": 10}},
		}},
		{ID: "s2"},
	}}
	if err := county.Index(); err != nil {
		t.Fatal(err)
	}
	w := &world{devices: &channel{rows: map[string]json.RawMessage{}}, sites: &channel{rows: map[string]json.RawMessage{}}, feed: &channel{rows: map[string]json.RawMessage{}}}
	w.Model = state.New(county, state.Channels{Devices: w.devices, Sites: w.sites, Feed: w.feed})
	return w
}

func at(kind event.Kind, device event.DeviceID, when time.Time, change func(*event.Event)) *event.Event {
	e := &event.Event{ID: fmt.Sprintf("%024x", rand.Uint64()), Site: "s1", Device: device, Kind: kind, ObservedAt: when, ReceivedAt: when}
	change(e)
	return e
}

func status(device event.DeviceID, when time.Time, word string) *event.Event {
	return at(event.KindCamera, device, when, func(e *event.Event) {
		e.Type, e.Status = event.TypeDeviceStatus, &event.DeviceStatus{Status: word, Heartbeat: true, Period: 20 * time.Second}
	})
}

func passage(when time.Time, direction, person, result string, celsius float64) *event.Event {
	return at(event.KindGate, "g1", when, func(e *event.Event) {
		e.Type, e.Gate = event.TypeGateAccess, &event.GateAccess{Direction: direction, PersonKind: person, Result: result, Celsius: celsius}
	})
}

func (w *world) device(t *testing.T, id string) state.Device {
	t.Helper()
	w.Flush()
	var d state.Device
	if err := json.Unmarshal(w.devices.rows[id], &d); err != nil {
		t.Fatalf("row of %s: %v", id, err)
	}
	return d
}

func (w *world) site(t *testing.T) state.Site {
	t.Helper()
	w.Flush()
	var s state.Site
	if err := json.Unmarshal(w.sites.rows["s1"], &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStaleIsNotUp(t *testing.T) {
	t.Parallel()
	w, now := newWorld(t), noon()
	if d := w.device(t, "s1/c1"); d.Status != "unknown" || d.LastSeen != nil || d.Stale || d.StaleBy != nil {
		t.Errorf("never seen: %+v", d)
	}
	w.Apply(status("c1", now, "up"), nil, false, now)
	if s := w.site(t); s.Cameras != (state.Tally{Total: 1, Up: 1}) || s.Devices.Total != 4 {
		t.Errorf("tallies %+v %+v", s.Cameras, s.Devices)
	}
	w.Sweep(now.Add(60 * time.Second))
	if d := w.device(t, "s1/c1"); d.Stale || !d.StaleBy.Equal(now.Add(time.Minute)) {
		t.Errorf("within three of its own periods: %+v", d)
	}
	w.Sweep(now.Add(61 * time.Second))
	if d := w.device(t, "s1/c1"); !d.Stale || d.Status != "up" {
		t.Errorf("beyond: %+v", d)
	}
	if s := w.site(t); s.Cameras != (state.Tally{Total: 1, Stale: 1}) {
		t.Errorf("a stale camera counts as %+v", s.Cameras)
	}
	w.Apply(status("c1", now.Add(70*time.Second), "down"), nil, false, now.Add(70*time.Second))
	if s := w.site(t); s.Cameras != (state.Tally{Total: 1, Down: 1}) {
		t.Errorf("it said down: %+v", s.Cameras)
	}
}

func TestOldNewsChangeNothing(t *testing.T) {
	t.Parallel()
	w, now := newWorld(t), noon()
	w.Apply(status("c1", now, "down"), nil, false, now)
	w.Apply(status("c1", now.Add(-time.Hour), "up"), nil, false, now)
	if d := w.device(t, "s1/c1"); d.Status != "down" || !d.Since.Equal(now) {
		t.Errorf("an older status replaced a newer one: %+v", d)
	}
	retained := status("c1", now.Add(time.Minute), "up")
	retained.Retained = true
	w.Apply(retained, nil, false, now)
	if d := w.device(t, "s1/c1"); !d.LastSeen.Equal(now) {
		t.Errorf("a retained message counts as a sign of life: %+v", d)
	}
	position := func(when time.Time, fix bool, lat float64) *event.Event {
		return at(event.KindBus, "b1", when, func(e *event.Event) {
			e.Type, e.Position = event.TypeVehiclePosition, &event.VehiclePosition{Lat: lat, Fix: fix, TripState: event.TripRunning}
		})
	}
	w.Apply(position(now, true, 30), nil, false, now)
	w.Apply(position(now.Add(-time.Minute), true, 29), nil, false, now)
	w.Apply(position(now.Add(time.Second), false, 0), nil, false, now)
	if p := w.device(t, "s1/b1").Position; p.Lat != 30 || p.Fix {
		t.Errorf("position %+v", p)
	}
}

func TestOffDutyIsNotStale(t *testing.T) {
	t.Parallel()
	w, now := newWorld(t), noon()
	reading := at(event.KindKitchen, "k1", now, func(e *event.Event) {
		e.Type, e.Reading = event.TypeKitchenReading, &event.KitchenReading{Quantity: "room", Value: 21, Unit: "°C"}
	})
	w.Apply(reading, nil, false, now)
	if d := w.device(t, "s1/k1"); d.Status != "up" || d.Values["room"].Value != 21 {
		t.Errorf("a device that only measures is up: %+v", d)
	}
	w.Sweep(now.Add(time.Hour))
	if !w.device(t, "s1/k1").Stale {
		t.Error("silent in service hours, and not stale")
	}
	w.Sweep(now.Add(12 * time.Hour))
	if d := w.device(t, "s1/k1"); d.Stale || d.StaleBy != nil {
		t.Errorf("at midnight: %+v", d)
	}
	parked := at(event.KindBus, "b1", now, func(e *event.Event) {
		e.Type, e.Position = event.TypeVehiclePosition, &event.VehiclePosition{Fix: true, TripState: event.TripEnded}
	})
	w.Apply(parked, nil, false, now)
	w.Sweep(now.Add(time.Hour))
	if w.device(t, "s1/b1").Stale {
		t.Error("a parked bus is stale")
	}
}

func TestTodayCountsEachEventOnce(t *testing.T) {
	t.Parallel()
	w, now := newWorld(t), noon()
	in := passage(now, "in", "pupil", "granted", 36.5)
	for range 3 {
		w.Apply(in, nil, false, now)
		w.Count(in, now)
	}
	w.Apply(passage(now, "in", "visitor", "granted", 37.3), nil, false, now)
	w.Apply(passage(now, "out", "visitor", "granted", 0), nil, false, now)
	w.Apply(passage(now, "in", "pupil", "denied", 0), nil, false, now)
	w.Apply(passage(now.Add(-24*time.Hour), "in", "pupil", "granted", 0), nil, false, now) // yesterday's
	want := state.Today{In: 2, Out: 1, VisitorsIn: 1, VisitorsOut: 1, Denied: 1, Checked: 2, Fever: 1}
	if got := w.site(t).Today; got != want {
		t.Errorf("today %+v, want %+v", got, want)
	}
	w.Sweep(now.Add(13 * time.Hour)) // past midnight in Asia/Shanghai
	if got := w.site(t).Today; got != (state.Today{}) {
		t.Errorf("the next day begins with %+v", got)
	}
}

func TestFeedShowsWhatIsWorthALook(t *testing.T) {
	t.Parallel()
	w, now := newWorld(t), noon()
	cold := func(v float64) *event.Event {
		return at(event.KindKitchen, "k1", now, func(e *event.Event) {
			e.Type, e.Reading = event.TypeKitchenReading, &event.KitchenReading{Quantity: "cold_store", Value: v}
		})
	}
	for _, c := range []struct {
		e        *event.Event
		snapshot bool
		want     bool
	}{
		{passage(now, "in", "pupil", "granted", 0), false, true},
		{passage(now, "in", "pupil", "granted", 0), true, true}, // what happened last before a restart
		{status("c1", now, "up"), false, false},
		{cold(9), false, false}, // its own limit is 10
		{cold(11), false, true},
	} {
		w.Apply(c.e, nil, c.snapshot, now)
		if _, got := w.feed.rows[c.e.ID]; got != c.want {
			t.Errorf("%s %+v (snapshot %v) in the feed: %v", c.e.Type, c.e.Reading, c.snapshot, got)
		}
	}
}

func TestStrangersAreShownAsUnassigned(t *testing.T) {
	t.Parallel()
	w, now := newWorld(t), noon()
	e := status("c9", now, "up")
	e.Site = "s77"
	w.Apply(e, nil, false, now)
	rows, _ := w.Devices(state.Filter{Site: "s77", Allows: func(event.SiteID) bool { return true }})
	if len(rows) != 1 || rows[0].Assigned || rows[0].Status != "up" {
		t.Errorf("a stranger: %+v", rows)
	}
	if rows, _ := w.Devices(state.Filter{}); len(rows) != 0 {
		t.Errorf("without a scope there are %d devices", len(rows))
	}
	if rows := w.Sites(nil); len(rows) != 0 {
		t.Errorf("without a scope there are %d sites", len(rows))
	}
	all := func(event.SiteID) bool { return true }
	var ids []string
	for after := ""; ; {
		rows, more := w.Devices(state.Filter{Allows: all, After: after, Limit: 2})
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		if !more {
			break
		}
		after = rows[len(rows)-1].ID
	}
	if fmt.Sprint(ids) != "[s1/b1 s1/c1 s1/g1 s1/k1 s77/c9]" {
		t.Errorf("pages: %v", ids)
	}
}

func TestSitesCountTheirAlarms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := alarm.Alarm{ID: "a", Site: "s1", State: alarm.Unack, Severity: event.SeverityHigh}
	b := alarm.Alarm{ID: "b", Site: "s1", State: alarm.Suppressed, Severity: event.SeverityHigh}
	w.Reset([]alarm.Alarm{a, b})
	if got := w.site(t).Alarms; got != (state.AlarmTally{Open: 1, Unack: 1, High: 1, Suppressed: 1}) {
		t.Errorf("at the start %+v", got)
	}
	a.State, a.Severity = alarm.Acked, event.SeverityCritical
	w.Changed([]alarm.Change{{Alarm: a}, {Alarm: a}})
	if got := w.site(t).Alarms; got != (state.AlarmTally{Open: 1, Critical: 1, Suppressed: 1}) {
		t.Errorf("acknowledged and worse %+v", got)
	}
	a.State, b.State = alarm.Normal, alarm.Normal
	w.Changed([]alarm.Change{{Alarm: a}, {Alarm: b}})
	if got := w.site(t).Alarms; got != (state.AlarmTally{}) {
		t.Errorf("all over %+v", got)
	}
}
