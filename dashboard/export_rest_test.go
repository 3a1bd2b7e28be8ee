package dashboard_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/export"
	"github.com/campusgate/campusgate/gateway/event"
)

// passages makes gate events at the two sites of the test's county, newest first.
func passages(n int) []event.Event {
	at := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	out := make([]event.Event, n)
	for i := range out {
		out[i] = event.Event{
			ID: fmt.Sprintf("e%d", i), Type: event.TypeGateAccess, Kind: event.KindGate, Site: event.SiteID([]string{"s1", "s2"}[i%2]), Device: "g1",
			ObservedAt: at.Add(-time.Duration(i) * time.Minute), ReceivedAt: at,
			Gate: &event.GateAccess{Direction: "in", PersonKind: "pupil", Method: "face", Result: "granted", Person: fmt.Sprintf("=p%d", i)},
		}
	}
	return out
}

func (b *browser) export(path string) export.Export {
	b.t.Helper()
	code, text := b.do(http.MethodPost, path, "{}")
	var j export.Export
	if err := json.Unmarshal([]byte(text), &j); code != http.StatusAccepted || err != nil {
		b.t.Fatalf("POST %s: %d %s", path, code, text)
	}
	eventually(b.t, "the export ends", func() bool {
		b.get("/api/v1/exports/"+j.ID, &j)
		return j.State == export.Done || j.State == export.Failed
	})
	return j
}

func TestEveryExportOperationByRole(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus(), func(h *fakeHistory) { h.rows = passages(40) })
	users := []string{"", "admin", "operator", "guard", "inspector", "lost"}
	browsers := map[string]*browser{}
	for _, u := range users {
		browsers[u] = w.login(t, u)
	}
	job := browsers["admin"].export("/api/v1/exports/gate-log?format=csv")
	for _, c := range []struct {
		method, path string
		want         map[string]int
	}{
		{"GET", "/exports", map[string]int{"": 401, "admin": 200, "operator": 200, "guard": 200, "inspector": 200, "lost": 200}},
		{"POST", "/exports/gate-log?site=s2", map[string]int{"": 401, "admin": 202, "operator": 202, "guard": 404, "inspector": 202, "lost": 404}},
		{"POST", "/exports/gate-log?result=perhaps", map[string]int{"admin": 422}},
		{"POST", "/exports/gate-log?format=pdf", map[string]int{"admin": 422}},
		{"POST", "/exports/alarms?site=s2&state=all", map[string]int{"": 401, "admin": 202, "operator": 202, "guard": 404, "inspector": 202, "lost": 404}},
		{"POST", "/exports/history?site=s2&device=c1&type=device_status", map[string]int{"": 401, "admin": 202, "operator": 202, "guard": 404, "inspector": 202, "lost": 404}},
		{"POST", "/exports/availability?site=s2", map[string]int{"": 401, "admin": 202, "operator": 202, "guard": 404, "inspector": 202, "lost": 404}},
		{"POST", "/exports/audit?by=admin", map[string]int{"": 401, "admin": 202, "operator": 403, "guard": 403, "inspector": 403, "lost": 403}},
		{"GET", "/exports/" + job.ID, map[string]int{"": 401, "operator": 404, "guard": 404, "inspector": 404, "lost": 404, "admin": 200}},
		{"GET", "/exports/" + job.ID + "/file", map[string]int{"": 401, "operator": 404, "guard": 404, "inspector": 404, "lost": 404, "admin": 200}},
		{"POST", "/exports/" + job.ID + "/cancel", map[string]int{"": 401, "operator": 404, "guard": 404, "inspector": 404, "lost": 404}},
	} {
		for u, want := range c.want {
			if code, text := browsers[u].do(c.method, "/api/v1"+c.path, "{}"); code != want {
				t.Errorf("%s %s as %q: %d, want %d: %s", c.method, c.path, u, code, want, text)
			}
		}
	}
	if code, _ := browsers["admin"].do(http.MethodPost, "/api/v1/exports/"+job.ID+"/cancel", "{}"); code != http.StatusOK {
		t.Errorf("cancel: %d", code)
	}
	if code, _ := browsers["admin"].do(http.MethodGet, "/api/v1/exports/"+job.ID, ""); code != http.StatusNotFound {
		t.Errorf("after the removal: %d", code)
	}
}

// The file has the rows of the list, in its order, within the scope of who asks, and is
// in the audit.
func TestExportsMatchTheList(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus(), func(h *fakeHistory) { h.rows = passages(40) })
	for user, query := range map[string]string{"operator": "from=2026-11-24T00:00:00Z", "guard": "from=2026-11-24T00:00:00Z", "inspector": "from=2026-11-24T00:00:00Z&site=s2"} {
		b := w.login(t, user)
		var listed api.GateLogPage
		b.get("/api/v1/gate-log?limit=500&"+query, &listed)
		if len(listed.Items) == 0 {
			t.Fatalf("%s sees nothing", user)
		}
		for _, format := range []string{"csv", "xlsx"} {
			j := b.export("/api/v1/exports/gate-log?format=" + format + "&lang=en&" + query)
			if j.State != export.Done || j.Rows != int64(len(listed.Items)) || strings.Contains(j.Query, "format") {
				t.Errorf("%s: %+v", user, j)
			}
			res := b.request(http.MethodGet, "/api/v1/exports/"+j.ID+"/file", "")
			if d := res.Header.Get("Content-Disposition"); d != `attachment; filename="`+j.Name+`"` {
				t.Errorf("disposition %s", d)
			}
			rows := rowsOf(t, format, res.Body)
			if len(rows) != len(listed.Items)+1 || rows[0][0] != "Time" || rows[0][10] != "Person" {
				t.Fatalf("%s, %s: %d rows, %v", user, format, len(rows), rows[0])
			}
			for i, e := range listed.Items {
				if got := rows[i+1]; got[20] != e.ID || got[3] != string(e.Site) || got[10] != "'"+e.Gate.Person {
					t.Errorf("%s, %s, row %d: %q is not %s", user, format, i, got, e.ID)
				}
			}
			// A download that broke off goes on.
			part := b.request(http.MethodGet, "/api/v1/exports/"+j.ID+"/file", "", func(r *http.Request) { r.Header.Set("Range", "bytes=10-19") })
			if text, _ := io.ReadAll(part.Body); part.StatusCode != http.StatusPartialContent || len(text) != 10 {
				t.Errorf("range: %d, %d bytes", part.StatusCode, len(text))
			}
		}
	}
	var audit list[api.AuditEntry]
	w.login(t, "admin").get("/api/v1/audit?area=export&limit=500", &audit)
	count := map[string]int{}
	for _, e := range audit.Items {
		count[e.By+" "+e.Action]++
		if !strings.Contains(string(e.Detail), "2026-11-24") {
			t.Errorf("the filter is not in the audit: %s", e.Detail)
		}
	}
	for _, want := range []string{"guard export.begin", "guard export.done", "guard export.download"} {
		if count[want] == 0 {
			t.Errorf("no %s in the audit: %v", want, count)
		}
	}
}

func rowsOf(t *testing.T, format string, body io.Reader) [][]string {
	t.Helper()
	if format == "csv" {
		text, err := io.ReadAll(body)
		if err != nil || !strings.HasPrefix(string(text), "\uFEFF") {
			t.Fatalf("%v: %.20q", err, text)
		}
		rows, err := csv.NewReader(strings.NewReader(string(text[3:]))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	f, err := excelize.OpenReader(body)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAlarmsExport(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	bus.raise(anomaly("a1", "s1", 1, event.Raised), anomaly("a2", "s2", 1, event.Raised))
	op := w.login(t, "operator")
	eventually(t, "alarms", func() bool { return len(op.alarms("")) == 2 })
	j := op.export("/api/v1/exports/alarms?state=all&lang=en")
	rows := rowsOf(t, "csv", op.request(http.MethodGet, "/api/v1/exports/"+j.ID+"/file", "").Body)
	if len(rows) != 3 {
		t.Fatalf("%q", rows)
	}
	for i, a := range op.alarms("?state=all") {
		if id := rows[i+1][len(rows[0])-1]; id != a.ID {
			t.Errorf("row %d is %s, the list has %s", i, id, a.ID)
		}
	}
	guard := w.login(t, "guard")
	if j := guard.export("/api/v1/exports/alarms?state=all"); j.Rows != 1 {
		t.Errorf("a guard of s1 gets %d alarms", j.Rows)
	}
}

// The file of the audit has the rows that the list had, over the pages of both, and a
// device's text in it is no formula.
func TestAuditExport(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus(), func(h *fakeHistory) { h.rows = passages(2) })
	admin := w.login(t, "admin")
	for range 3 {
		admin.export("/api/v1/exports/gate-log?format=csv&device==1%2B1")
	}
	var listed list[api.AuditEntry]
	eventually(t, "the ends are in the audit", func() bool {
		admin.get("/api/v1/audit?area=export&limit=500", &listed)
		return len(listed.Items) == 6
	})
	to := listed.Items[0].At.Add(time.Nanosecond).Format(time.RFC3339Nano)
	admin.get("/api/v1/audit?area=export&limit=500&to="+to, &listed)
	for _, format := range []string{"csv", "xlsx"} {
		j := admin.export("/api/v1/exports/audit?lang=en&area=export&format=" + format + "&to=" + to)
		rows := rowsOf(t, format, admin.request(http.MethodGet, "/api/v1/exports/"+j.ID+"/file", "").Body)
		if len(rows) != len(listed.Items)+1 || rows[0][5] != "Detail" {
			t.Fatalf("%s: %d rows of %d: %q", format, len(rows), len(listed.Items), rows[0])
		}
		for i, e := range listed.Items {
			if got := rows[i+1]; got[0] != fmt.Sprint(e.Seq) || got[2] != e.By || got[3] != e.Action || got[4] != e.Subject || got[5] != string(e.Detail) {
				t.Errorf("%s, row %d: %q is not %+v", format, i, got, e)
			}
		}
	}
}
