package dashboard_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/report"
	"github.com/campusgate/campusgate/gateway/event"
)

// TestReports makes a report, holds its numbers against those of the page, verifies its
// bundle without the server, and makes another one that does not replace it.
func TestReports(t *testing.T) {
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
	admin := w.login(t, "admin")
	month := today(now)[:7]
	ask := func(body string, want int) (h report.Head) {
		t.Helper()
		code, text := admin.do(http.MethodPost, "/api/v1/reports", body, asJSON)
		if code != want {
			t.Fatalf("%s: %d %s", body, code, text)
		}
		if code == http.StatusOK {
			if err := json.Unmarshal([]byte(text), &h); err != nil {
				t.Fatal(err)
			}
		}
		return h
	}
	for _, body := range []string{`{"month":"2099-01"}`, `{"month":"2001-01"}`, `{"month":"x"}`, `{}`} {
		ask(body, http.StatusUnprocessableEntity)
	}
	head := ask(`{"month":"`+month+`"}`, http.StatusOK)
	if head.Rev != 1 || head.Whole || head.By != "admin" || head.Key != "" {
		t.Errorf("%+v", head)
	}
	var one api.MonthlyReport
	admin.get("/api/v1/reports/"+month, &one)
	if one.Head != head || len(one.Report.Kinds) == 0 {
		t.Fatalf("%+v", one)
	}
	for _, k := range one.Report.Kinds {
		if k.Kind != event.KindCamera {
			continue
		}
		for group, lines := range map[string][]report.Line{"county": {k.Total}, "township": k.Townships, "day": k.Days} {
			var rows list[api.Uptime]
			admin.get("/api/v1/availability?group="+group+"&from_day="+one.Report.From+"&to_day="+one.Report.To, &rows)
			if len(rows.Items) != len(lines) {
				t.Fatalf("by %s: %d rows on the page, %d in the report", group, len(rows.Items), len(lines))
			}
			for i, r := range rows.Items {
				if r.Seconds != lines[i].Seconds || r.Devices != lines[i].Devices || r.BaseS != lines[i].BaseS || *r.Rates.OnlinePct != *lines[i].Rates.OnlinePct || r.Causes != lines[i].Causes {
					t.Errorf("by %s: the page says %+v, the report %+v", group, r, lines[i])
				}
			}
		}
	}
	download := func(query string) []byte {
		t.Helper()
		res := admin.request(http.MethodGet, "/api/v1/reports/"+month+"/file?"+query, "")
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", query, res.StatusCode, err)
		}
		return text
	}
	sum := func(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }
	if sum(download("format=csv")) != head.CSV || sum(download("format=xlsx")) != head.XLSX {
		t.Error("the files are not those of the digests")
	}
	bundle := download("format=bundle")
	v, err := report.Verify(bundle, nil)
	if err != nil || !v.Files || v.Seal.Inputs != head.Inputs {
		t.Errorf("%+v, %v", v, err)
	}
	second := ask(`{"month":"`+month+`"}`, http.StatusOK)
	if second.Rev != 2 || !bytes.Equal(download("format=bundle&rev=1"), bundle) || bytes.Equal(download("format=bundle"), bundle) {
		t.Errorf("the first report did not stay: %+v", second)
	}
	var heads list[report.Head]
	admin.get("/api/v1/reports", &heads)
	if len(heads.Items) != 2 || heads.Items[0].Rev != 2 || heads.Items[1] != head {
		t.Errorf("%+v", heads.Items)
	}
	for path, want := range map[string]int{"/2020-01": 404, "/" + month + "?rev=9": 404, "/" + month + "/file?format=pdf": 422} {
		if code, text := admin.do(http.MethodGet, "/api/v1/reports"+path, ""); code != want {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	for name, want := range map[string]struct{ read, write int }{"operator": {200, 403}, "inspector": {200, 200}, "guard": {403, 403}, "lost": {403, 403}} {
		c := w.login(t, name)
		for _, path := range []string{"", "/" + month, "/" + month + "/file"} {
			if code, _ := c.do(http.MethodGet, "/api/v1/reports"+path, ""); code != want.read {
				t.Errorf("%s reads %q: %d", name, path, code)
			}
		}
		if code, _ := c.do(http.MethodPost, "/api/v1/reports", `{"month":"`+month+`"}`, asJSON); code != want.write {
			t.Errorf("%s makes a report: %d", name, code)
		}
	}
}
