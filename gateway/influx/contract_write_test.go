package influx_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
)

var morning = time.Now().UTC().Add(-2 * time.Hour).Truncate(time.Hour)

func everyType() []event.Event {
	odd := "a\\ \"b\", c=d\n张三\t\\"
	base := func(n int, typ event.Type, kind event.Kind) event.Event {
		return event.Event{
			ID: fmt.Sprintf("e%d", n), Type: typ, Kind: kind, Site: "s001", Device: "d1",
			ObservedAt: morning.Add(time.Duration(n)*time.Second + 123456789), ReceivedAt: morning.Add(time.Duration(n)*time.Second + 223456789),
		}
	}
	gate := base(1, event.TypeGateAccess, event.KindGate)
	gate.Late, gate.Backfill, gate.Retained, gate.Seq, gate.Skew = true, true, true, 1<<40, -3*time.Minute
	gate.Gate = &event.GateAccess{
		Direction: "out", PersonKind: "pupil", Method: "face", Result: "granted", Person: odd, Credential: "c,1",
		Registration: "r 1", EscortedBy: `"`, Guardian: `\`, ClassTeacher: "王老师", ItemsChecked: event.No, Celsius: 36.6,
	}
	check := base(2, event.TypeTemperatureCheck, event.KindGate)
	check.Temperature = &event.TemperatureCheck{PersonKind: "pupil", Celsius: 38.125, Person: "p1", DeviceFlag: "abnormal"}
	moving := base(3, event.TypeVehiclePosition, event.KindBus)
	moving.Position = &event.VehiclePosition{
		Lat: -31.2304161, Lon: 121.4737019, Fix: true, SpeedKMH: 42.5, Heading: 359, AltitudeM: 4.25,
		Satellites: 9, Passengers: 31, Trip: "am 1", TripState: "running", EmptyChecked: event.No, DoorsOpen: event.Yes, Ignition: event.Yes, SOS: true, AlarmBits: 1<<32 - 1,
	}
	lost := base(4, event.TypeVehiclePosition, event.KindBus)
	lost.Position = &event.VehiclePosition{Passengers: -1}
	cold := base(5, event.TypeKitchenReading, event.KindKitchen)
	cold.Reading = &event.KitchenReading{Quantity: "cold_store", Value: 1e-9, Unit: "°C"}
	camera := base(6, event.TypeDeviceStatus, event.KindCamera)
	camera.Status = &event.DeviceStatus{Status: "down", Heartbeat: true, Reason: odd, LatencyMS: 12.5, Recording: event.No, Period: time.Minute}
	button := base(7, event.TypeEmergencyCall, event.KindButton)
	button.Call = &event.EmergencyCall{State: "pressed", Place: odd}
	image := base(8, event.TypeCameraCheck, event.KindCamera)
	image.Check = &event.CameraCheck{Check: "image", Result: "failed", Reason: odd, Score: 0.97, Limit: 0.9, Evidence: "0a", LatencyMS: 80.5, Period: time.Minute}
	recording := base(9, event.TypeCameraCheck, event.KindCamera)
	recording.Check = &event.CameraCheck{
		Check: "recording", Result: "failed", From: time.Unix(1795000000, 0).UTC(), To: time.Unix(1795086400, 0).UTC(),
		ExpectedS: 86400, CoveredS: 0, OpenGapS: 86400, Gaps: 1, GapList: odd,
	}
	return []event.Event{gate, check, moving, lost, cold, camera, button, image, recording}
}

func checkRoundTrip(t *testing.T, s server) {
	p, _ := s.start(t)
	want := everyType()
	p.src.events(want...)
	p.src.waitCommitted(t, len(want))
	if dead := p.src.letters(); len(dead) != 0 {
		t.Fatalf("refused: %s", dead[0].Reason)
	}
	if h := p.Health(); h.State != event.OK {
		t.Errorf("health %+v", h)
	}
	for _, typ := range event.Types() {
		got, next, err := p.r.History(context.Background(), influx.HistoryQuery{Type: typ, Site: "s001", Device: "d1", From: morning, To: morning.Add(time.Minute)})
		if err != nil || next != "" {
			t.Fatalf("%s: %v, next %q", typ, err, next)
		}
		var of []event.Event
		for _, e := range slices.Backward(want) {
			if e.Type == typ {
				of = append(of, e)
			}
		}
		if !reflect.DeepEqual(got, of) {
			t.Errorf("%s\n got %+v\nwant %+v", typ, got, of)
		}
	}
	if got, _, err := p.r.History(context.Background(), influx.HistoryQuery{Type: event.TypeKitchenReading, Quantity: "freezer"}); err != nil || len(got) != 0 {
		t.Errorf("another quantity: %v, %v", got, err)
	}
	if _, _, err := p.r.History(context.Background(), influx.HistoryQuery{Type: `x"; DROP DATABASE y`}); err == nil {
		t.Error("an unknown type is no error")
	}
}

func checkIdempotent(t *testing.T, s server) {
	p, _ := s.start(t)
	all := readings(1200, morning)
	for range 3 {
		p.src.events(all...)
	}
	p.src.waitCommitted(t, 3*len(all))
	n, err := p.r.Count(context.Background(), "kitchen_reading", morning, morning.Add(time.Hour))
	if err != nil || n != int64(len(all)) {
		t.Errorf("%d points, %v; want %d", n, err, len(all))
	}
}

func checkRetention(t *testing.T, s server) {
	db := s.database(t)
	w, r := s.writer(db), s.reader(db)
	for _, keep := range []time.Duration{720 * time.Hour, 24 * time.Hour} { // shortened the second time
		w.Retention = map[string]time.Duration{"kitchen_reading": keep, "default": 8760 * time.Hour}
		r.Retention = w.Retention
		p := start(t, w, r)
		old := reading(1, time.Now().Add(-keep-time.Hour)) // expired
		young := reading(2, time.Now().Add(-keep/2))
		p.src.events(old, young, everyType()[0])
		p.src.waitCommitted(t, 3)
		if dead := p.src.letters(); len(dead) != 0 {
			t.Errorf("an expired record is a dead letter: %s", dead[0].Reason)
		}
		rows, _, err := p.r.History(context.Background(), influx.HistoryQuery{Type: event.TypeKitchenReading, From: young.ObservedAt, To: young.ObservedAt.Add(1)})
		if err != nil || len(rows) != 1 {
			t.Errorf("%v: %d readings, %v", keep, len(rows), err)
		}
		if rows, _, err := p.r.GateLog(context.Background(), influx.GateLogQuery{}); err != nil || len(rows) != 1 {
			t.Errorf("%v: %d passages, %v", keep, len(rows), err)
		}
		stop(t, p.Writer)
		if got, want := s.kept(t, db), map[string]time.Duration{"": 8760 * time.Hour, "kitchen_reading": keep}; !reflect.DeepEqual(got, want) {
			t.Errorf("the server keeps %v, want %v", got, want)
		}
	}
}

// kept asks the server for its retention, by policy; "" is the default.
func (s server) kept(t *testing.T, db string) map[string]time.Duration {
	t.Helper()
	out := map[string]time.Duration{}
	status, body := fetch(t, "GET", s.config.URL+"/api/v2/buckets?limit=100&org="+url.QueryEscape(s.config.Org), "", s.header())
	if status == 200 {
		var found struct {
			Buckets []struct {
				Name           string
				RetentionRules []struct{ EverySeconds int64 }
			}
		}
		if err := json.Unmarshal([]byte(body), &found); err != nil {
			t.Fatal(err)
		}
		for _, b := range found.Buckets {
			name, policy, _ := strings.Cut(b.Name, "/")
			if name == db {
				out[policy] = time.Duration(b.RetentionRules[0].EverySeconds) * time.Second
			}
		}
		return out
	}
	_, body = fetch(t, "GET", s.config.URL+"/query?q="+url.QueryEscape(`SHOW RETENTION POLICIES ON "`+db+`"`), "", s.header())
	var found struct {
		Results []struct{ Series []struct{ Values [][]any } }
	}
	if err := json.Unmarshal([]byte(body), &found); err != nil {
		t.Fatal(err)
	}
	for _, row := range found.Results[0].Series[0].Values {
		keep, err := time.ParseDuration(row[1].(string))
		if err != nil {
			t.Fatal(err)
		}
		name := row[0].(string)
		if row[4].(bool) {
			name = ""
		}
		out[name] = keep
	}
	return out
}

// checkPoison gives a field another type first, so that the server refuses ours in one
// measurement; the rest of the batch has to arrive.
func checkPoison(t *testing.T, s server) {
	p, db := s.start(t)
	p.src.events(everyType()[0]) // the database is there afterwards
	p.src.waitCommitted(t, 1)
	// Types are fixed within a shard (week): this one and the readings share it.
	line := fmt.Sprintf("kitchen_reading,site=x value=\"text\" %d", morning.UnixNano())
	if status, body := fetch(t, "POST", s.config.URL+"/api/v2/write?precision=ns&bucket="+db+"&org="+url.QueryEscape(s.config.Org), line, s.header()); status != 204 {
		t.Fatalf("%d %s", status, body)
	}
	all := make([]event.Event, 300)
	for i := range all {
		all[i] = passage(i)
	}
	bad := []event.Event{reading(1, morning), reading(2, morning), reading(3, morning)}
	batch := slices.Concat(all[:100], bad[:1], all[100:299], bad[1:], all[299:])
	p.src.events(batch...)
	p.src.waitCommitted(t, 1+len(batch))
	dead := p.src.letters()
	if len(dead) != len(bad) {
		t.Fatalf("%d dead letters, want %d", len(dead), len(bad))
	}
	for i, d := range dead {
		if d.Source != "influx" || !strings.Contains(d.Reason, "field type conflict") || d.Topic != bad[i].Subject() || !strings.HasPrefix(string(d.Payload), "kitchen_reading,device=k") {
			t.Errorf("dead letter %+v", d)
		}
		if err := p.Replay(context.Background(), d.Payload); err == nil || !strings.Contains(err.Error(), "field type conflict") {
			t.Errorf("replayed: %v", err)
		}
	}
	n, err := p.r.Count(context.Background(), "gate_access", time.Time{}, time.Time{})
	if err != nil || n != int64(len(all))+1 {
		t.Errorf("%d passages, %v; want %d", n, err, len(all)+1)
	}
	if h := p.Health(); h.State != event.OK {
		t.Errorf("health %+v", h)
	}
}
