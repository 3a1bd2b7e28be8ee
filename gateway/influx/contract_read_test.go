package influx_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/journal"
)

// passage gives several events the same nanosecond, in different series.
func passage(n int) event.Event {
	return event.Event{
		ID: fmt.Sprintf("%04d", (n*7919)%10000), Type: event.TypeGateAccess, Kind: event.KindGate,
		Site: event.SiteID(fmt.Sprintf("s%03d", n%4)), Device: event.DeviceID(fmt.Sprintf("g%d", n%3)),
		ObservedAt: morning.Add(time.Duration(n/12) * time.Second), ReceivedAt: morning.Add(time.Hour),
		Gate: &event.GateAccess{Direction: []string{"in", "out"}[n%2], PersonKind: "pupil", Method: "card", Result: "granted", Person: fmt.Sprintf("p-%03d", n)},
	}
}

func checkPages(t *testing.T, s server) {
	p, _ := s.start(t)
	want := make([]event.Event, 600)
	for i := range want {
		want[i] = passage(i)
	}
	p.src.events(want...)
	p.src.waitCommitted(t, len(want))
	slices.SortFunc(want, func(a, b event.Event) int {
		if c := b.ObservedAt.Compare(a.ObservedAt); c != 0 {
			return c
		}
		return strings.Compare(b.ID, a.ID)
	})
	for _, limit := range []int{1, 5, 7, 12, 100, 599, 600, 601} {
		var got []event.Event
		cursor, pages := "", 0
		for {
			rows, next, err := p.r.GateLog(context.Background(), influx.GateLogQuery{Limit: limit, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			if pages++; len(rows) > limit || pages > 700 {
				t.Fatalf("limit %d: %d rows on page %d", limit, len(rows), pages)
			}
			got = append(got, rows...)
			if cursor = next; next == "" {
				break
			}
			if limit == 1 && len(got) > 40 {
				break
			}
		}
		if !reflect.DeepEqual(got, want[:len(got)]) || limit > 1 && len(got) != len(want) {
			t.Errorf("limit %d: %d rows that differ from what was written", limit, len(got))
		}
	}
	if _, _, err := p.r.GateLog(context.Background(), influx.GateLogQuery{Cursor: "x"}); !errors.Is(err, influx.ErrCursor) {
		t.Errorf("foreign cursor: %v", err)
	}
}

func checkFilters(t *testing.T, s server) {
	p, _ := s.start(t)
	all := make([]event.Event, 48)
	for i := range all {
		all[i] = passage(i)
	}
	all[5].Gate.Credential = `50%_off' OR '1'='1 .*/\`
	check := event.Event{
		ID: "t1", Type: event.TypeTemperatureCheck, Kind: event.KindTemperature, Site: "s001", Device: "t1",
		ObservedAt: morning, ReceivedAt: morning, Temperature: &event.TemperatureCheck{PersonKind: "pupil", Celsius: 36.5, Person: "p-005"},
	}
	p.src.events(append(slices.Clone(all), check)...)
	p.src.waitCommitted(t, len(all)+1)
	for _, c := range []struct {
		name string
		q    influx.GateLogQuery
		want int
	}{
		{"all", influx.GateLogQuery{}, 48},
		{"all and temperatures", influx.GateLogQuery{WithTemperature: true}, 49},
		{"no site", influx.GateLogQuery{Sites: []event.SiteID{}}, 0},
		{"two sites", influx.GateLogQuery{Sites: []event.SiteID{"s000", "s001"}}, 24},
		{"a site that breaks out", influx.GateLogQuery{Sites: []event.SiteID{`s000' OR 'a'='a`, `" OR time > 0 --`}}, 0},
		{"device", influx.GateLogQuery{Device: "g1"}, 16},
		{"direction", influx.GateLogQuery{Direction: "in"}, 24},
		{"result", influx.GateLogQuery{Result: "denied"}, 0},
		{"person kind", influx.GateLogQuery{PersonKind: "visitor"}, 0},
		{"time", influx.GateLogQuery{From: morning.Add(time.Second), To: morning.Add(2 * time.Second)}, 12},
		{"text", influx.GateLogQuery{Text: "P-00"}, 10},
		{"text and temperatures", influx.GateLogQuery{Text: "p-005", WithTemperature: true}, 2},
		{"text is no pattern", influx.GateLogQuery{Text: "p.00"}, 0},
		{"odd text", influx.GateLogQuery{Text: `' OR '1'='1 .*/\`}, 1},
		{"text with a line break", influx.GateLogQuery{Text: "x\n/ OR 1=1"}, 0},
		{"text with a dollar", influx.GateLogQuery{Text: "$p0"}, 0},
	} {
		rows, next, err := p.r.GateLog(context.Background(), c.q)
		if err != nil || next != "" || len(rows) != c.want {
			t.Errorf("%s: %d rows, next %q, %v; want %d", c.name, len(rows), next, err, c.want)
		}
	}
}

func checkStatus(t *testing.T, s server) {
	p, _ := s.start(t)
	status := func(n int, site event.SiteID, device event.DeviceID, word string, minute int) event.Event {
		return event.Event{
			ID: fmt.Sprint(n), Type: event.TypeDeviceStatus, Kind: event.KindCamera, Site: site, Device: device,
			ObservedAt: morning.Add(time.Duration(minute) * time.Minute), ReceivedAt: morning, Status: &event.DeviceStatus{Status: word},
		}
	}
	all := []event.Event{
		status(1, "s001", "c1", "down", -50), status(2, "s001", "c1", "up", -40), status(3, "s001", "c2", "down", -30),
		status(4, "s002", "c1", "degraded", -20), status(5, "s001", "c1", "down", 5), status(6, "s002", "c1", "up", 6),
		status(7, "s001", "c1", "up", 7), status(8, "s001", "c1", "down", 60),
	}
	for n, minute := range []int{-24*60 - 1, -60, 10, 61} {
		e := status(20+n, "s001", "c1", "", minute)
		e.Type, e.Status, e.Check = event.TypeCameraCheck, nil, &event.CameraCheck{Check: event.CheckImage, Result: event.CheckPassed}
		all = append(all, e)
	}
	p.src.events(all...)
	p.src.waitCommitted(t, len(all))
	for name, c := range map[string]struct {
		sites   []event.SiteID
		devices []event.DeviceID
		want    string
	}{
		"all":      {nil, nil, "2 3 4 5 6 7"},
		"one site": {[]event.SiteID{"s001"}, nil, "2 3 5 7"},
		"device":   {[]event.SiteID{"s001"}, []event.DeviceID{"c2"}, "3"},
		"none":     {[]event.SiteID{}, nil, ""},
		"nothing":  {nil, []event.DeviceID{}, ""},
	} {
		rows, err := p.r.StatusTimeline(context.Background(), c.sites, c.devices, morning, morning.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, e := range rows {
			ids = append(ids, e.ID)
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for want, sites := range map[string][]event.SiteID{" 21 22": nil, " 21 22 ": {"s001", "s002"}, "": {"s002"}, " none": {}} {
		got := ""
		err := p.r.EachCheck(context.Background(), sites, morning, morning.Add(time.Hour), func(e *event.Event) error {
			got += " " + e.ID
			return nil
		})
		if err != nil || got != strings.TrimSuffix(strings.TrimRight(want, " "), " none") {
			t.Errorf("checks of %v: %q, %v", sites, got, err)
		}
	}
}

func checkAnomalies(t *testing.T, s server) {
	p, _ := s.start(t)
	a := event.Anomaly{
		ID: "a1", Rule: "fever_cluster", Site: "s001", Kind: event.KindGate, Severity: event.SeverityHigh, State: event.Raised, Revision: 1,
		StartedAt: morning, UpdatedAt: morning.Add(time.Second), Count: 3, Value: 38.2, Limit: 37.3, Unit: "°C",
		Text: event.Text{ZH: "3 人发热", EN: "3 people with fever"}, EventID: "e1", Devices: []event.DeviceID{"g1", "t1"}, Late: true,
	}
	b := a
	b.State, b.Revision, b.UpdatedAt, b.EventID, b.Devices, b.Cause = event.Cleared, 2, morning.Add(time.Minute), "", nil, "power"
	p.src.offer(journal.Live, journal.Record{Anomaly: &a}, journal.Record{Anomaly: &b})
	p.src.waitCommitted(t, 2)
	got, err := p.r.Anomalies(context.Background(), []event.SiteID{"s001"}, morning, morning.Add(time.Hour))
	if err != nil || !reflect.DeepEqual(got, []event.Anomaly{a, b}) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, []event.Anomaly{a, b})
	}
}

func checkLong(t *testing.T, s server) {
	p, _ := s.start(t)
	const n = 12_345
	p.src.events(readings(n, morning)...)
	p.src.waitCommitted(t, n)
	seen := map[string]bool{}
	last := time.Time{}
	err := p.r.EventIDs(context.Background(), "kitchen_reading", morning, morning.Add(time.Hour), func(id string, at time.Time) error {
		if seen[id] || at.Before(last) {
			return fmt.Errorf("%s twice, or out of order", id)
		}
		seen[id], last = true, at
		return nil
	})
	if err != nil || len(seen) != n {
		t.Errorf("%d ids, %v; want %d", len(seen), err, n)
	}
	// The same as events, each with its body.
	n2 := 0
	last = time.Time{}
	err = p.r.EachEvent(context.Background(), event.TypeKitchenReading, morning, morning.Add(time.Hour), func(e *event.Event) error {
		if !seen[e.ID] || e.Reading == nil || e.ObservedAt.Before(last) {
			return fmt.Errorf("%+v is not one of them, or out of order", e)
		}
		n2, last = n2+1, e.ObservedAt
		return nil
	})
	if err != nil || n2 != n {
		t.Errorf("%d events, %v; want %d", n2, err, n)
	}
	if err := p.r.EachEvent(context.Background(), "anomaly", morning, time.Time{}, nil); err == nil {
		t.Error("anomalies are no events")
	}
	// An error of the caller ends the stream and comes back.
	enough := errors.New("enough")
	if err := p.r.EventIDs(context.Background(), "kitchen_reading", morning, time.Time{}, func(string, time.Time) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("%v, want %v", err, enough)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := p.r.EventIDs(ctx, "kitchen_reading", morning, time.Time{}, func(string, time.Time) error { cancel(); return ctx.Err() }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := p.r.EventIDs(context.Background(), `x"; DROP`, morning, time.Time{}, nil); err == nil {
		t.Error("an unknown measurement is no error")
	}
}

func checkNoDatabase(t *testing.T, s server) {
	r, err := influx.NewReader(s.reader(s.prefix + "_not_there"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if rows, _, err := r.GateLog(context.Background(), influx.GateLogQuery{}); err == nil {
		t.Errorf("%d rows and no error", len(rows))
	} else {
		t.Logf("said: %v", err)
	}
}
