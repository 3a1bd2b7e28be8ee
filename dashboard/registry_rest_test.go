package dashboard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/live/state"
	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/gateway/event"
)

func asJSON(r *http.Request) { r.Header.Set("Content-Type", "application/json") }

// TestEveryRegistryOperationByRole is the table of TestEveryOperationByRole for the registry.
func TestEveryRegistryOperationByRole(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	users := []string{"", "admin", "operator", "guard", "inspector", "lost"}
	browsers := map[string]*browser{}
	for _, u := range users {
		browsers[u] = w.login(t, u)
	}
	put := func(path, body string) {
		if code, text := browsers["admin"].do(http.MethodPut, path, body, asJSON); code != 200 {
			t.Fatalf("PUT %s: %d %s", path, code, text)
		}
	}
	put("/api/v1/registry/people/p1", `{"person":"p1","kind":"pupil","site":"s1","name":"张小三"}`)
	roles := func(admin, operator, guard, inspector, lost int) map[string]int {
		return map[string]int{"": 401, "admin": admin, "operator": operator, "guard": guard, "inspector": inspector, "lost": lost}
	}
	all, edit := roles(200, 200, 200, 200, 200), roles(409, 403, 403, 403, 403)
	county, one, other := roles(200, 200, 403, 200, 403), roles(200, 200, 200, 200, 404), roles(200, 200, 404, 200, 404)
	table := []struct {
		method, path, template, body string
		want                         map[string]int
	}{
		{"GET", "/registry", "/registry", "", county},
		{"GET", "/registry/changes", "/registry/changes", "", roles(200, 200, 403, 200, 403)},
		{"GET", "/registry/sites", "/registry/sites", "", all},
		{"GET", "/registry/sites?site=s2", "/registry/sites", "", other},
		{"GET", "/registry/sites/s1", "/registry/sites/{site}", "", one},
		{"GET", "/registry/sites/s2", "/registry/sites/{site}", "", other},
		{"PUT", "/registry/sites/s1", "/registry/sites/{site}", `{"site":"s1","name":{"zh":"","en":""},"kind":"school","rev":9}`, edit},
		{"DELETE", "/registry/sites/s1?rev=9", "/registry/sites/{site}", "", edit},
		{"GET", "/registry/devices", "/registry/devices", "", all},
		{"GET", "/registry/vehicles", "/registry/vehicles", "", all},
		{"GET", "/registry/devices/s1/b1", "/registry/devices/{site}/{device}", "", one},
		{"GET", "/registry/devices/s2/b1", "/registry/devices/{site}/{device}", "", other},
		{"PUT", "/registry/devices/s1/b1", "/registry/devices/{site}/{device}", `{"site":"s1","device":"b1","kind":"bus","rev":9}`, edit},
		{"DELETE", "/registry/devices/s1/b1?rev=9", "/registry/devices/{site}/{device}", "", edit},
		{"GET", "/registry/routes", "/registry/routes", "", all},
		{"GET", "/registry/routes/r1", "/registry/routes/{route}", "", one},
		{"GET", "/registry/routes/r2", "/registry/routes/{route}", "", other},
		{"PUT", "/registry/routes/r1", "/registry/routes/{route}", `{"route":"r1","rev":9}`, edit},
		{"DELETE", "/registry/routes/r1?rev=9", "/registry/routes/{route}", "", edit},
		{"GET", "/registry/people", "/registry/people", "", all},
		{"GET", "/registry/people/p1", "/registry/people/{person}", "", one},
		{"POST", "/registry/people/p1/unmask", "/registry/people/{person}/unmask", `{"reason":"a check"}`, roles(200, 200, 403, 403, 404)},
		{"PUT", "/registry/people/p1", "/registry/people/{person}", `{"person":"p1","kind":"pupil","site":"s1","rev":9}`, edit},
		{"DELETE", "/registry/people/p1?rev=9", "/registry/people/{person}", "", edit},
		{"GET", "/registry/calendar", "/registry/calendar", "", all},
		{"PUT", "/registry/calendar", "/registry/calendar", `{"rev":9}`, edit},
		{"GET", "/registry/unknown", "/registry/unknown", "", all},
		{"POST", "/registry/import", "/registry/import", `{"sheet":"sites","data":"c2l0ZSxraW5kCnM5LHNjaG9vbAo="}`, roles(200, 403, 403, 403, 403)},
		{"POST", "/registry/import", "/registry/import", `{"sheet":"sites","data":"AAAA"}`, roles(422, 403, 403, 403, 403)},
		{"GET", "/registry/export?sheet=people", "/registry/export", "", roles(200, 200, 403, 200, 200)},
		{"GET", "/registry/export?sheet=routes&format=geojson", "/registry/export", "", roles(200, 200, 403, 200, 200)},
		{"GET", "/registry/export?sheet=sites&format=geojson", "/registry/export", "", roles(422, 422, 403, 422, 422)},
		{"POST", "/registry/adopt", "/registry/adopt", `{"from":{"site":"s1","device":"x1"},"site":"s1"}`, roles(422, 403, 403, 403, 403)},
	}
	tried := map[string]bool{}
	for _, c := range table {
		tried[c.method+" /api/v1"+c.template] = true
		for _, u := range users {
			code, text := browsers[u].do(c.method, "/api/v1"+c.path, c.body, asJSON)
			if code != c.want[u] {
				t.Errorf("%s %s as %q: %d, want %d: %s", c.method, c.path, u, code, c.want[u], text)
			}
			if strings.Contains(text, "张小三") && !strings.HasSuffix(c.path, "/unmask") {
				t.Errorf("%s %s tells a name: %s", c.method, c.path, text)
			}
		}
	}
	var openapi struct {
		Paths map[string]map[string]json.RawMessage
	}
	w.visit(t).get("/api/openapi.json", &openapi)
	for path, methods := range openapi.Paths {
		for method := range methods {
			if key := strings.ToUpper(method) + " " + path; strings.HasPrefix(path, "/api/v1/registry") && !tried[key] {
				t.Errorf("%s is described and not in the table", key)
			}
		}
	}
}

func TestRegistryOverREST(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin, operator := w.login(t, "admin"), w.login(t, "operator")
	do := func(method, path, body string, want int) string {
		t.Helper()
		code, text := admin.do(method, "/api/v1/registry"+path, body, asJSON)
		if code != want {
			t.Fatalf("%s %s: %d, want %d: %s", method, path, code, want, text)
		}
		return text
	}
	do("PUT", "/sites/s3", `{"site":"s3","name":{"zh":"三小","en":"Third"},"kind":"school","lat":34.5,"lon":110.5,"hours":{"open":"06:00"}}`, 200)
	do("PUT", "/devices/s3/g1", `{"site":"s3","device":"g1","kind":"gate","addresses":["hikvision:DS1"],"period_s":30}`, 200)
	do("PUT", "/routes/r1", `{"route":"r1","line":[{"lat":34,"lon":110},{"lat":34.1,"lon":110.1}],"departures":["07:10"],"rev":1}`, 200)
	// It is live at once.
	var d list[state.Device]
	operator.get("/api/v1/devices?site=s3", &d)
	if len(d.Items) != 1 || !d.Items[0].Assigned || d.Items[0].PeriodS != 30 {
		t.Errorf("devices %+v", d.Items)
	}
	var v list[api.Vehicle]
	operator.get("/api/v1/registry/vehicles?site=s1", &v)
	if len(v.Items) != 1 || !slices.Equal(v.Items[0].Departures, []string{"07:10"}) {
		t.Errorf("vehicles %+v", v.Items)
	}
	// What was read can be written back, and is no change.
	before := do("GET", "/devices/s3/g1", "", 200)
	var row registry.DeviceRow
	if err := json.Unmarshal([]byte(do("PUT", "/devices/s3/g1", before, 200)), &row); err != nil || row.Rev != 1 {
		t.Errorf("the same again: %+v, %v", row, err)
	}
	var p api.Problem
	if err := json.Unmarshal([]byte(do("PUT", "/devices/s3/g1", `{"site":"s3","device":"g1","kind":"gate","rev":7}`, 409)), &p); err != nil || p.Code != "conflict" || p.Conflict.By != "admin" || p.Conflict.Rev != 1 {
		t.Errorf("conflict %+v, %v", p, err)
	}
	if text := do("PUT", "/devices/s3/g2", `{"site":"s3","device":"g2","kind":"gate","addresses":["hikvision:DS1"]}`, 422); !strings.Contains(text, `"body.addresses"`) || !strings.Contains(text, "地址重复") {
		t.Errorf("refusal %s", text)
	}
	do("DELETE", "/sites/s3?rev=1", "", 422) // it still has a device
	do("DELETE", "/devices/s3/g1?rev=1", "", 204)
	do("DELETE", "/sites/s3?rev=1", "", 204)
	do("GET", "/sites/s3", "", 404)
	operator.get("/api/v1/devices?site=s3", &d)
	if len(d.Items) != 0 {
		t.Errorf("a removed device is shown: %+v", d.Items)
	}
	// The masked name that was read does not overwrite the whole one.
	do("PUT", "/people/p1", `{"person":"p1","kind":"pupil","site":"s1","class":"3-2","name":"张小三"}`, 200)
	masked := do("GET", "/people/p1", "", 200)
	do("PUT", "/people/p1", strings.Replace(masked, "3-2", "4-2", 1), 200)
	do("POST", "/people/p1/unmask", "{}", 422)
	do("POST", "/people/p1/unmask", `{"reason":"  "}`, 422)
	if text := do("POST", "/people/p1/unmask", `{"reason":"calls the parents"}`, 200); !strings.Contains(text, "张小三") {
		t.Errorf("name %s", text)
	}
	if text := do("GET", "/changes?kind=person", "", 200); strings.Contains(text, "张小三") || !strings.Contains(text, "reveal") || !strings.Contains(text, "calls the parents") {
		t.Errorf("changes %s", text)
	}
	var s api.RegistryStatus
	admin.get("/api/v1/registry", &s)
	if s.Version < 8 || s.Counts["person"] != 1 {
		t.Errorf("status %+v", s)
	}
}

func TestAdoption(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	admin := w.login(t, "admin")
	for i, at := range []event.DeviceKey{{Site: "s1", Device: "g9"}, {Site: event.CountySite, Device: "jt808-13800138000"}} {
		e := passage(i+1, at.Site)
		e.Device = at.Device
		bus.publish(e)
	}
	var unknown list[state.Device]
	eventually(t, "two strangers", func() bool {
		admin.get("/api/v1/registry/unknown", &unknown)
		return len(unknown.Items) == 2
	})
	adopt := func(body string, want int) string {
		t.Helper()
		code, text := admin.do(http.MethodPost, "/api/v1/registry/adopt", body)
		if code != want {
			t.Fatalf("adopt %s: %d, want %d: %s", body, code, want, text)
		}
		return text
	}
	adopt(`{"from":{"site":"s1","device":"g9"},"site":"s2"}`, 422) // its topic names s1
	adopt(`{"from":{"site":"s1","device":"g9"},"site":"s1","name":{"zh":"侧门","en":"Side gate"}}`, 200)
	text := adopt(`{"from":{"site":"county","device":"jt808-13800138000"},"site":"s2","device":"bus7","kind":"bus","addresses":["jt808:013800138000"]}`, 200)
	if !strings.Contains(text, "unassigned:jt808-13800138000") {
		t.Errorf("adopted %s", text)
	}
	adopt(`{"from":{"site":"s1","device":"g9"},"site":"s1"}`, 422) // is no stranger any more
	admin.get("/api/v1/registry/unknown", &unknown)
	if len(unknown.Items) != 0 {
		t.Errorf("strangers left: %+v", unknown.Items)
	}
	var d list[state.Device]
	admin.get("/api/v1/devices", &d)
	known := map[string]string{}
	for _, r := range d.Items {
		known[r.ID] = fmt.Sprint(r.Assigned, r.Name.ZH)
	}
	if known["s1/g9"] != "true侧门" || known["s2/bus7"] != "true" || known["county/jt808-13800138000"] != "" {
		t.Errorf("devices %v", known)
	}
}

func TestCalendarOverREST(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin, guard := w.login(t, "admin"), w.login(t, "guard")
	var c registry.CalendarRow
	admin.ask(t, "GET", "/api/v1/registry/calendar", "", &c)
	put := func(want int, body string) string {
		t.Helper()
		code, text := admin.do(http.MethodPut, "/api/v1/registry/calendar", body, asJSON)
		if code != want {
			t.Fatalf("PUT calendar: %d, want %d: %s", code, want, text)
		}
		return text
	}
	text := put(200, fmt.Sprintf(`{"rev":%d,"terms":[{"from":"2026-09-01","to":"2027-01-20"}],"holidays":[{"name":{"zh":"国庆","en":"National Day"},"from":"2026-10-01","to":"2026-10-07"}],
		"exams":[{"from":"2026-11-24","sites":["s2"],"quiet":true},{"from":"2026-11-25","sites":["s1","s2"]}]}`, c.Rev))
	before := c.Rev
	if err := json.Unmarshal([]byte(text), &c); err != nil || c.Rev != before+1 || c.By != "admin" || len(c.Exams) != 2 || !c.Exams[0].Quiet || c.Terms[0].To != "2027-01-20" {
		t.Errorf("the calendar is %+v (%v)", c, err)
	}
	// Somebody of one school does not learn of the others' exams.
	var own registry.CalendarRow
	guard.ask(t, "GET", "/api/v1/registry/calendar", "", &own)
	if len(own.Exams) != 1 || !slices.Equal(own.Exams[0].Sites, []event.SiteID{"s1"}) || len(own.Holidays) != 1 {
		t.Errorf("the guard sees %+v", own)
	}
	for body, where := range map[string]string{
		`{"rev":%d,"holidays":[{"from":"2026-10-1"}]}`:                            "body.holidays[0].from",
		`{"rev":%d,"terms":[{"from":"2026-10-02","to":"2026-10-01"}]}`:            "body.terms[0].to",
		`{"rev":%d,"exams":[{"from":"2026-10-02","sites":["nowhere"]}]}`:          "body.exams[0].sites[0]",
		`{"rev":%d,"make_up":[{"from":"2026-10-02"},{"from":"x","to":"2027-1"}]}`: "body.make_up[1].from",
	} {
		if text := put(422, fmt.Sprintf(body, c.Rev)); !strings.Contains(text, fmt.Sprintf("%q", where)) {
			t.Errorf("%s: %s does not name %s", body, text, where)
		}
	}
	if text := put(409, `{"rev":99}`); !strings.Contains(text, `"by":"admin"`) {
		t.Errorf("a conflict: %s", text)
	}
	// Name and zone of the county are as they were.
	var county struct{ Zone string }
	admin.ask(t, "GET", "/api/v1/county", "", &county)
	if county.Zone != "Asia/Shanghai" {
		t.Errorf("zone %q", county.Zone)
	}
}

func TestAssignees(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	for site, want := range map[string][]string{"s1": {"admin", "guard", "operator"}, "s2": {"admin", "operator"}} {
		var rows list[api.Assignee]
		admin.ask(t, "GET", "/api/v1/assignees?site="+site, "", &rows)
		var names []string
		for _, r := range rows.Items {
			names = append(names, r.Username)
		}
		if !slices.Equal(names, want) {
			t.Errorf("site %s: %v, want %v", site, names, want)
		}
	}
}
