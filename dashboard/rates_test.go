package dashboard_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestCameraRates asks for the three figures of a camera that answered for half an hour,
// showed something for a third of the time somebody looked, and is recorded by half.
func TestCameraRates(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	now := time.Now().UTC().Truncate(time.Minute)
	at := func(minutesAgo int) time.Time { return now.Add(-time.Duration(minutesAgo) * time.Minute) }
	base := event.Event{Kind: event.KindCamera, Site: "s1", Device: "c1"}
	w.history.mu.Lock()
	for minute := 60; minute > 0; minute-- {
		e := base
		e.Type, e.ObservedAt, e.Status = event.TypeDeviceStatus, at(minute), &event.DeviceStatus{Status: event.StatusUp, Period: time.Minute}
		if minute <= 30 {
			e.Status = &event.DeviceStatus{Status: event.StatusDown, Period: time.Minute}
		}
		w.history.status = append(w.history.status, e)
	}
	check := func(minutesAgo int, c event.CameraCheck) {
		e := base
		e.Type, e.ObservedAt, e.Check = event.TypeCameraCheck, at(minutesAgo), &c
		w.history.checks = append(w.history.checks, e)
	}
	check(70, event.CameraCheck{Check: event.CheckImage, Result: event.CheckPassed, Period: 10 * time.Minute})
	check(50, event.CameraCheck{Check: event.CheckImage, Result: event.CheckFailed, Period: 5 * time.Minute, Reason: "covered"})
	check(35, event.CameraCheck{Check: event.CheckImage, Result: event.CheckFailed, Period: 100 * time.Second, Reason: "covered"})
	check(20, event.CameraCheck{Check: event.CheckRecording, Result: event.CheckFailed, From: at(60), To: at(20), ExpectedS: 2400, CoveredS: 1200})
	w.history.mu.Unlock()
	admin := w.login(t, "admin")
	path := "/api/v1/availability?from=" + at(60).Format(time.RFC3339) + "&to=" + now.Format(time.RFC3339)
	var rows list[api.Uptime]
	admin.get(path+"&site=s1", &rows)
	if len(rows.Items) != 1 || rows.Items[0].Rates == nil {
		t.Fatalf("%+v", rows)
	}
	r := rows.Items[0].Rates
	if r.OnlinePct == nil || *r.OnlinePct != 50 || r.RecordedPct == nil || *r.RecordedPct != 50 ||
		r.UsablePct == nil || *r.UsablePct < 33.3 || *r.UsablePct > 33.4 || r.UsableS != 600 || r.UnusableS != 1200 {
		t.Errorf("%+v", r)
	}
	admin.get(path+"&site=s2", &rows)
	if r := rows.Items[0].Rates; r == nil || r.OnlinePct != nil || r.RecordedPct != nil || r.UsablePct != nil {
		t.Errorf("a camera that nobody asked: %+v", r)
	}
	var buses list[api.Uptime]
	admin.get(path+"&kind=bus", &buses)
	for _, row := range buses.Items {
		if row.Rates != nil {
			t.Errorf("a bus is judged as a camera: %+v", row)
		}
	}
}
