package dashboard_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/gateway/event"
)

// ask sends a request that must be answered with 200, and reads the answer.
func (b *browser) ask(t *testing.T, method, path, body string, into any) {
	t.Helper()
	code, text := b.do(method, path, body, asPicture(body))
	if code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, code, text)
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, text)
	}
}

func TestWorkingOnAnAlarm(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	bus.raise(anomaly("a1", "s1", 1, event.Raised), anomaly("a2", "s2", 1, event.Raised))
	admin, guard := w.login(t, "admin"), w.login(t, "guard")
	eventually(t, "both alarms", func() bool { return len(admin.alarms("")) == 2 })

	var row alarm.Alarm
	admin.ask(t, "POST", "/api/v1/alarms/a1/assign", `{"rev":1,"assignee":"guard"}`, &row)
	if row.Assignee != "guard" || row.Rev != 2 {
		t.Fatalf("assigned: %+v", row)
	}
	guard.ask(t, "POST", "/api/v1/alarms/a1/need-help", `{"rev":2,"note":"smoke"}`, &row)
	if row.Verdict != alarm.VerdictNeedHelp || row.Rank >= 1000 {
		t.Errorf("a call for help: %+v", row)
	}
	code, text := admin.do("POST", "/api/v1/alarms/a1/false-alarm", `{"rev":2,"note":"steam"}`)
	if code != http.StatusConflict || !strings.Contains(text, `"by":"guard"`) || !strings.Contains(text, `"action":"need_help"`) {
		t.Errorf("the second: %d %s", code, text)
	}
	var got api.Attached
	guard.ask(t, "POST", "/api/v1/alarms/a1/attachments?name=..%2Fa.png&lat=30.5&lon=104&note=door", pixel, &got)
	if a := got.Attachment; a.Type != "image/png" || a.Name != ".._a.png" || *a.Lat != 30.5 || a.Bytes != len(pixel) || got.Alarm.Attachments != 1 {
		t.Errorf("attached: %+v", got)
	}
	res := guard.request("GET", fmt.Sprintf("/api/v1/alarms/a1/attachments/%d", got.Attachment.N), "")
	data, err := io.ReadAll(res.Body)
	if err != nil || string(data) != pixel || res.Header.Get("Content-Type") != "image/png" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("picture: %q %v %v", data, res.Header, err)
	}
	for what, c := range map[string]struct {
		path, body string
		want       int
	}{
		"no picture":      {"/api/v1/alarms/a1/attachments", "<svg>" + strings.Repeat("x", 100), 422},
		"another site":    {"/api/v1/alarms/a2/attachments", pixel, 404},
		"wrong position":  {"/api/v1/alarms/a1/attachments?lat=91&lon=0", pixel, 422},
		"half a position": {"/api/v1/alarms/a1/attachments?lat=9", pixel, 422},
	} {
		if code, text := guard.do("POST", c.path, c.body, asPicture(c.body)); code != c.want {
			t.Errorf("%s: %d %s, want %d", what, code, text, c.want)
		}
	}
	huge := pixel + strings.Repeat("x", alarm.MaxPicture)
	if code, _ := guard.do("POST", "/api/v1/alarms/a1/attachments", huge, asPicture(pixel)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge picture: %d", code)
	}
	fake := strings.Repeat("text", 10)
	if code, _ := guard.do("POST", "/api/v1/alarms/a1/attachments", fake, asPicture(pixel)); code != http.StatusUnprocessableEntity {
		t.Errorf("text that calls itself a picture: %d", code)
	}
	var rows list[alarm.Attachment]
	guard.ask(t, "GET", "/api/v1/alarms/a1/attachments", "", &rows)
	if len(rows.Items) != 1 || len(rows.Items[0].SHA256) != 64 {
		t.Errorf("attachments: %+v", rows)
	}
	var digest alarm.Shift
	admin.ask(t, "GET", "/api/v1/shift", "", &digest)
	if digest.Counts[alarm.Unack] != 2 || len(digest.Unack) != 2 || digest.Unack[0].ID != "a1" || digest.Actions[alarm.NeedHelp] != 1 || digest.Audit.Seq == 0 {
		t.Errorf("digest: %+v", digest)
	}
	if n := digest.Notes; len(n) != 3 || n[0].Action != alarm.Attach || n[1].Note != "smoke" || n[2].Data != "guard" {
		t.Errorf("what people did: %+v", n)
	}
	guard.ask(t, "GET", "/api/v1/shift", "", &digest)
	if len(digest.Unack) != 1 {
		t.Errorf("the guard's digest: %+v", digest.Unack)
	}
	var numbers alarm.Numbers
	admin.ask(t, "GET", "/api/v1/alarm-numbers?from="+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "", &numbers)
	if numbers.Raised != 2 || numbers.Standing != 2 || len(numbers.Top) != 2 || numbers.Priorities[alarm.High].N+numbers.Priorities[alarm.Medium].N+numbers.Priorities[alarm.Low].N != 2 {
		t.Errorf("numbers: %+v", numbers)
	}
	if code, text := guard.do("GET", "/metrics", ""); code != 200 || !strings.Contains(text, `campusgate_alarms_open{state="unack"} 2`) {
		t.Errorf("metrics: %d", code)
	}
	_, text = guard.do("GET", "/metrics", "")
	for _, metric := range []string{"raised", "per_operator_10m", "peak_10m", "flood_ratio", "chattering", "top_ratio", `target_met{target="stale"}`} {
		if !strings.Contains(text, "\ncampusgate_alarms_day_"+metric+" ") {
			t.Errorf("no number %s among the metrics", metric)
		}
	}
}

func TestMaintenanceKeepsAlarmsOffTheDesk(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	admin := w.login(t, "admin")
	now := time.Now().UTC()
	var win alarm.Window
	admin.ask(t, "POST", "/api/v1/maintenance", fmt.Sprintf(`{"site":"s1","rule":"gas","reason":"new sensors","from":%q,"to":%q}`,
		now.Add(-time.Minute).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)), &win)
	if win.ID == "" || win.Rev != 1 || win.By != "admin" {
		t.Fatalf("planned: %+v", win)
	}
	bus.raise(anomaly("a1", "s1", 1, event.Raised), anomaly("a2", "s2", 1, event.Raised))
	eventually(t, "both alarms", func() bool { return len(admin.alarms("?state=all")) == 2 })
	var rows list[api.MaintenanceRow]
	admin.ask(t, "GET", "/api/v1/maintenance", "", &rows)
	if len(rows.Items) != 1 || !rows.Items[0].On || rows.Items[0].Suppressed != 1 || rows.Items[0].Until == nil {
		t.Errorf("windows: %+v", rows.Items)
	}
	var one list[alarm.Alarm]
	admin.ask(t, "GET", "/api/v1/alarms?state=suppressed&suppression=maintenance&sort=suppressed_until", "", &one)
	if len(one.Items) != 1 || one.Items[0].ID != "a1" || one.Items[0].SuppressedUntil == nil {
		t.Fatalf("suppressed: %+v", one.Items)
	}
	if code, text := admin.do("POST", "/api/v1/maintenance/"+win.ID+"/end", `{"rev":9}`); code != http.StatusConflict || !strings.Contains(text, `"by":"admin"`) {
		t.Errorf("an old revision: %d %s", code, text)
	}
	admin.ask(t, "POST", "/api/v1/maintenance/"+win.ID+"/end", `{"rev":1}`, &win)
	admin.ask(t, "GET", "/api/v1/alarms?state=unack&sort=rank", "", &one)
	if len(one.Items) != 2 {
		t.Errorf("after the end: %+v", one.Items)
	}
	code, text := admin.do("POST", "/api/v1/maintenance", `{"reason":"","site":"s1","days":["monday"],"start":"9","end":"10:00","last":"x"}`)
	if code != http.StatusUnprocessableEntity || strings.Count(text, `"location"`) < 4 {
		t.Errorf("faults: %d %s", code, text)
	}
}

func TestCalendarReachesTheRegistry(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	var c api.CountyCalendar
	admin.ask(t, "GET", "/api/v1/calendar", "", &c)
	put := func(holiday string) string {
		return fmt.Sprintf(`{"rev":%d,"calendar":{"terms":[],"holidays":[{"name":{"zh":"元旦","en":"New Year"},"from":%q,"to":"","sites":[]}],"make_up":[],"exams":[]}}`, c.Rev, holiday)
	}
	if code, text := admin.do("PUT", "/api/v1/calendar", put("1.1.2027"), asPicture("{}")); code != http.StatusUnprocessableEntity || !strings.Contains(text, "YYYY-MM-DD") {
		t.Errorf("no day: %d %s", code, text)
	}
	before := c.Rev
	admin.ask(t, "PUT", "/api/v1/calendar", put("2027-01-01"), &c)
	if c.Rev != before+1 || len(c.Calendar.Holidays) != 1 {
		t.Fatalf("written: %+v", c)
	}
	c.Rev = before
	if code, _ := admin.do("PUT", "/api/v1/calendar", put("2027-01-02"), asPicture("{}")); code != http.StatusConflict {
		t.Errorf("an old revision: %d", code)
	}
	var days list[api.Day]
	admin.ask(t, "GET", "/api/v1/calendar/days?site=s1&from=2026-12-31&days=3", "", &days)
	if fmt.Sprint(days.Items) != "[{2026-12-31 true false false} {2027-01-01 false false false} {2027-01-02 false false false}]" {
		t.Errorf("days: %v", days.Items)
	}
}

func TestAvailabilityKnowsMaintenance(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	now := time.Now().UTC().Truncate(time.Minute)
	var win alarm.Window
	admin.ask(t, "POST", "/api/v1/maintenance", fmt.Sprintf(`{"kind":"camera","reason":"new lenses","from":%q,"to":%q}`,
		now.Add(-30*time.Minute).Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)), &win)
	var rows list[api.Uptime]
	admin.get("/api/v1/availability?site=s1&from="+now.Add(-time.Hour).Format(time.RFC3339)+"&to="+now.Format(time.RFC3339), &rows)
	if len(rows.Items) != 1 || rows.Items[0].Seconds.Maintenance != 1800 || rows.Items[0].Spans[1].Reason != "new lenses" {
		t.Errorf("rows %+v", rows.Items)
	}
}
