package dashboard_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestUptimeGroups adds up today, sets a target, and is told what is wrong with questions.
func TestUptimeGroups(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	now := time.Now().UTC()
	w.history.mu.Lock()
	for _, site := range []event.SiteID{"s1", "s2"} {
		w.history.status = append(w.history.status, event.Event{
			Type: event.TypeDeviceStatus, Kind: event.KindCamera, Site: site, Device: "c1", ObservedAt: now.Add(-48 * time.Hour),
			Status: &event.DeviceStatus{Status: event.StatusUp, Period: 48 * time.Hour},
		})
	}
	w.history.mu.Unlock()
	admin, guard := w.login(t, "admin"), w.login(t, "guard")
	for group, want := range map[string]int{"county": 1, "township": 2, "site": 2, "device": 2, "day": 1} {
		var rows list[api.Uptime]
		day := "&from_day=" + today(now) + "&to_day=" + today(now)
		admin.get("/api/v1/availability?compare=true&group="+group+day, &rows)
		if len(rows.Items) != want {
			t.Fatalf("by %s: %+v", group, rows.Items)
		}
		r := rows.Items[0]
		if r.UpPct == nil || *r.UpPct != 100 || r.Rates == nil || r.Rates.OnlinePct == nil || r.Rates.UsablePct != nil || r.Devices != 2/want && group != "day" {
			t.Errorf("by %s: %+v", group, r)
		}
		guard.get("/api/v1/availability?group="+group+day, &rows)
		if len(rows.Items) != 1 || rows.Items[0].Devices != 1 || rows.Items[0].BaseS == 0 {
			t.Errorf("by %s, for a guard: %+v", group, rows.Items)
		}
	}
	var device list[api.Uptime]
	admin.get("/api/v1/availability?group=device&site=s1&from_day="+today(now), &device)
	if len(device.Items) != 1 || len(device.Items[0].Spans) == 0 {
		t.Errorf("a day span by span: %+v", device.Items)
	}
	for path, want := range map[string]int{
		"?group=day&from_day=2026-13-01": 422, "?group=day&to_day=x": 422, "?group=day&from_day=2026-02-02&to_day=2026-02-01": 422,
		"?group=day&from_day=2020-01-01&to_day=2021-12-31": 422, "?group=week": 422, "/outages?cause=moon": 422, "/restatements?cursor=x": 422,
	} {
		if code, text := admin.do(http.MethodGet, "/api/v1/availability"+path, ""); code != want {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	res := guard.request(http.MethodGet, "/api/v1/availability/export?from_day="+today(now), "")
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(string(text), "\ufeffday,township,") {
		t.Fatalf("%d %v %s, %v", res.StatusCode, res.Header, text, err)
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(lines) != 2 || len(lines[0]) != len(lines[1]) || lines[1][2] != "s1" || lines[1][11] != "100.0000" || lines[1][13] != "" {
		t.Errorf("a guard's file: %q, %v", lines, err)
	}
	res = guard.request(http.MethodGet, "/api/v1/availability/export?format=xlsx&from_day="+today(now), "")
	if text, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	cells, err := book.GetRows("availability")
	if err = errors.Join(err, book.Close()); err != nil || len(cells) != 2 || cells[0][2] != "site" || cells[1][2] != "s1" || cells[1][11] != "100" || cells[1][13] != "" {
		t.Errorf("the same as a workbook: %q, %v", cells, err)
	}
	var outages api.Outages
	admin.get("/api/v1/availability/outages", &outages)
	if outages.Items == nil || outages.More {
		t.Errorf("%+v", outages)
	}
	put := func(body string, want int) (target rollup.Goal) {
		t.Helper()
		code, text := admin.do(http.MethodPut, "/api/v1/availability/targets", body, asJSON)
		if code != want {
			t.Fatalf("%s: %d %s", body, code, text)
		}
		if code == http.StatusOK {
			if err := json.Unmarshal([]byte(text), &target); err != nil {
				t.Fatal(err)
			}
		}
		return target
	}
	if target := put(`{"kind":"camera","online_pct":98.5,"recorded_pct":null,"usable_pct":90,"rev":0}`, 200); target.Rev != 1 || target.By != "admin" || *target.OnlinePct != 98.5 || target.RecordedPct != nil {
		t.Errorf("%+v", target)
	}
	put(`{"kind":"camera","online_pct":50,"rev":0}`, 409)
	put(`{"kind":"camera","online_pct":101,"rev":1}`, 422)
	put(`{"kind":"bus","online_pct":90,"usable_pct":90,"rev":0}`, 422)
	var targets list[rollup.Goal]
	guard.get("/api/v1/availability/targets", &targets)
	if len(targets.Items) != 6 || *targets.Items[0].OnlinePct != 98.5 || *targets.Items[1].OnlinePct != 95 || targets.Items[1].RecordedPct != nil {
		t.Errorf("%+v", targets.Items)
	}
}

func today(now time.Time) string {
	return now.In(time.FixedZone("county", 8*3600)).Format(rollup.DayForm)
}
