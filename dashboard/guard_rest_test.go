package dashboard_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/dashboard/live/state"
	"github.com/campusgate/campusgate/gateway/event"
)

func TestEveryGuardOperationByRole(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	users := []string{"", "admin", "operator", "guard", "inspector", "lost"}
	browsers := map[string]*browser{}
	for _, u := range users {
		browsers[u] = w.login(t, u)
	}
	gate := map[string]int{"": 401, "admin": 200, "operator": 200, "guard": 200, "inspector": 403, "lost": 200}
	all := map[string]int{"": 401, "admin": 200, "operator": 200, "guard": 200, "inspector": 200, "lost": 200}
	site := map[string]int{"": 401, "admin": 200, "operator": 200, "guard": 200, "inspector": 403, "lost": 404}
	other := map[string]int{"": 401, "guard": 404, "inspector": 403, "lost": 404}
	// What is not there: 404 means "allowed".
	none := map[string]int{"": 401, "admin": 404, "operator": 404, "guard": 404, "inspector": 403, "lost": 404}
	office := map[string]int{"": 401, "admin": 404, "operator": 403, "guard": 403, "inspector": 403, "lost": 403}
	write := map[string]int{"": 401, "admin": 422, "operator": 403, "guard": 403, "inspector": 403, "lost": 403}
	wrong := map[string]int{"": 401, "admin": 422, "operator": 422, "guard": 422, "inspector": 403, "lost": 404}
	visitor := `{"name":"","reason":"r","host":"h"}`
	at := func(entry, site string) string {
		return `{"id":"role-test-1","site":"` + site + `","entry":` + entry + `}`
	}
	word := `{"id":"role-test-2","entry":{"name":"n","how":"phone"}}`
	tried := map[string]bool{}
	for _, c := range []struct {
		method, path, body string
		want               map[string]int
	}{
		{"GET", "/visitors", "", gate},
		{"GET", "/visitors?site=s2", "", other},
		{"POST", "/visitors", at(visitor, "s1"), wrong},
		{"POST", "/visitors", at(visitor, "s2"), other},
		{"POST", "/visitors/{record}/out", `{"id":"role-test-3"}`, none},
		{"POST", "/visitors/{record}/reveal", `{"reason":"r"}`, none},
		{"GET", "/inside?site=s1", "", site},
		{"GET", "/inside?site=s2", "", other},
		{"GET", "/duty?site=s1", "", map[string]int{"": 401, "admin": 200, "guard": 200, "inspector": 200, "lost": 404}},
		{"GET", "/posts", "", all},
		{"POST", "/duty", at(`{"person":"","post":"gate"}`, "s1"), wrong},
		{"POST", "/duty/{record}/out", `{"id":"role-test-3"}`, none},
		{"POST", "/help", at(`{"note":"a\nb"}`, "s1"), wrong},
		{"POST", "/help", at(`{"note":""}`, "s2"), other},
		{"GET", "/certificates", "", all},
		{"POST", "/certificates", at(`{"person":"","number":"","expires":""}`, "s1"), write},
		{"POST", "/certificates/{record}/withdraw", `{"id":"role-test-3"}`, office},
		{"GET", "/passes", "", gate},
		{"POST", "/passes", at(`{"name":"","class":"c","reason":"r","until":"2026-03-02T00:00:00Z"}`, "s1"), wrong},
		{"POST", "/passes/{record}/guardian", word, none},
		{"POST", "/passes/{record}/teacher", word, none},
		{"POST", "/passes/{record}/deny", `{"id":"role-test-3","entry":{"reason":"r"}}`, none},
		{"POST", "/passes/{record}/leave", `{"id":"role-test-3"}`, none},
		{"POST", "/passes/{record}/settle", `{"id":"role-test-4","entry":{"alarm":"none"}}`, none},
		{"POST", "/passes/{record}/reveal", `{"reason":"r"}`, none},
		{"GET", "/warnings?site=s1", "", site},
		{"GET", "/warnings?site=s2", "", other},
		{"POST", "/find", `{"site":"s1","name":"\t\t"}`, wrong},
		{"POST", "/find", `{"site":"s2","name":"王小明"}`, other},
		{"GET", "/watch", "", map[string]int{"": 401, "admin": 200, "operator": 200, "guard": 403, "inspector": 403}},
		{"POST", "/watch", at(`{"instruction":"i"}`, ""), write},
		{"POST", "/watch/{record}/reveal", `{"reason":"r"}`, map[string]int{"": 401, "admin": 404, "operator": 404, "guard": 403, "inspector": 403, "lost": 404}},
		{"POST", "/watch/{record}/end", `{"id":"role-test-3"}`, office},
		{"GET", "/care", "", gate},
		{"POST", "/care", at(`{"name":"","symbol":"escort","instruction":"i"}`, "s1"), write},
		{"POST", "/care/{record}/look", `{}`, none},
		{"POST", "/care/{record}/end", `{"id":"role-test-3"}`, office},
	} {
		template, _, _ := strings.Cut(c.path, "?")
		tried[c.method+" /api/v1/guard"+template] = true
		for _, u := range users {
			want, ok := c.want[u]
			if !ok {
				continue
			}
			path := "/api/v1/guard" + strings.ReplaceAll(c.path, "{record}", "nobody-here")
			if code, text := browsers[u].do(c.method, path, c.body); code != want {
				t.Errorf("%s %s as %q: %d, want %d: %s", c.method, c.path, u, code, want, text)
			}
		}
	}
	var openapi struct {
		Paths map[string]map[string]json.RawMessage
	}
	w.visit(t).get("/api/openapi.json", &openapi)
	for path, methods := range openapi.Paths {
		for method := range methods {
			if strings.HasPrefix(path, "/api/v1/guard") && !tried[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is described and not in the table", method, path)
			}
		}
	}
}

// post asks and wants 200.
func (b *browser) post(t *testing.T, path, body string, into any) {
	t.Helper()
	code, text := b.do(http.MethodPost, "/api/v1/guard"+path, body)
	if code != http.StatusOK {
		t.Fatalf("POST %s: %d %s", path, code, text)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVisitorAtTheGate(t *testing.T) {
	t.Parallel()
	left := passage(1, "s1")
	left.Gate = &event.GateAccess{Direction: event.Out, PersonKind: event.PersonVisitor, Registration: "visit-0001", Result: event.ResultGranted}
	left.ObservedAt = time.Now().Add(time.Minute)
	in := passage(2, "s1")
	in.Gate = &event.GateAccess{Direction: event.In, PersonKind: event.PersonPupil, Person: "p1", Result: event.ResultGranted}
	dir := t.TempDir()
	w := start(t, dir, newBus(), func(h *fakeHistory) { h.rows = []event.Event{*left, *in} })
	g := w.login(t, "guard")
	body := `{"id":"visit-0001","site":"s1","entry":{"name":"张小三","id_number":"110101199001011234","phone":"13800138000","reason":"送物品 13800138000","host":"李老师","celsius":36.5,"items":"书","plate":"京A·12345"}}`
	var row guard.Row[guard.Visit]
	for range 3 { // an answer was lost
		g.post(t, "/visitors", body, &row)
	}
	if row.Entry.Name != "张*三" || row.Entry.IDNumber != "**************1234" || row.Entry.Plate != "京A***45" || row.Entry.Host != "李*师" || row.Entry.Reason != "送物品 *******8000" || row.By != "guard" || row.EndedAt != nil {
		t.Errorf("%+v", row)
	}
	if code, text := g.do("POST", "/api/v1/guard/visitors", strings.Replace(body, "张小三", "李四", 1)); code != http.StatusConflict {
		t.Errorf("%d %s", code, text)
	}
	var inside api.Inside
	g.get("/api/v1/guard/inside?site=s1", &inside)
	if !inside.Known || inside.Counts["pupil"] != 1 || len(inside.Visitors) != 1 || inside.Visitors[0].Entry.Name != "张*三" || inside.Visitors[0].Entry.Host != "李*师" || len(inside.Left) != 1 {
		t.Errorf("%+v", inside)
	}
	var rows list[guard.Row[guard.Visit]]
	g.get("/api/v1/guard/visitors?q=%E5%B0%8F%E4%B8%89&open=true", &rows) // part of the name
	if len(rows.Items) != 1 || rows.Items[0].Entry.Plate != "京A***45" {
		t.Errorf("%+v", rows)
	}
	g.post(t, "/visitors/visit-0001/reveal", `{"reason":"police asked"}`, &row)
	if row.Entry.Name != "张小三" || row.Entry.Phone != "13800138000" || row.Entry.Host != "李老师" || row.Entry.Plate != "京A12345" || row.Entry.Reason != "送物品 13800138000" {
		t.Errorf("%+v", row)
	}
	if code, _ := g.do("POST", "/api/v1/guard/visitors/visit-0001/reveal", `{"reason":""}`); code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", code)
	}
	g.post(t, "/visitors/visit-0001/out", `{"id":"visit-0001-out"}`, &row)
	if row.EndedAt == nil {
		t.Errorf("%+v", row)
	}
	var faults api.Problem
	code, text := g.do("POST", "/api/v1/guard/visitors", `{"id":"visit-0002","site":"s1","entry":{"name":"","reason":"","host":"h","celsius":60}}`)
	if err := json.Unmarshal([]byte(text), &faults); err != nil || code != http.StatusUnprocessableEntity || len(faults.Errors) != 3 || faults.Errors[0].Location != "body.entry.name" {
		t.Errorf("%d %s", code, text)
	}
	w.stop(t)
	w = start(t, dir, newBus()) // another process, and no history that answers
	w.login(t, "guard").get("/api/v1/guard/visitors?site=s1&limit=1", &rows)
	if len(rows.Items) != 1 || rows.Items[0].EndedAt == nil {
		t.Errorf("%+v", rows)
	}
}

func TestGuardsAlarmsReachTheDesk(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	g, admin := w.login(t, "guard"), w.login(t, "admin")
	g.post(t, "/help", `{"id":"help-0001","site":"s1","entry":{"note":"fight"}}`, nil)
	rows := admin.alarms("?rule=emergency_call")
	if len(rows) != 1 || rows[0].Site != "s1" || rows[0].Priority != "high" || rows[0].State != "unack" {
		t.Errorf("%+v", rows)
	}
	var duty guard.Row[guard.DutyEntry]
	g.post(t, "/duty", `{"id":"duty-0001","site":"s1","entry":{"person":"王门卫","post":"gate"}}`, &duty)
	if rows := admin.alarms("?rule=guard_uncertified"); len(rows) != 1 || !rows[0].Standing {
		t.Errorf("%+v", rows)
	}
	g.post(t, "/duty/duty-0001/out", `{"id":"duty-0001-out"}`, nil)
	if rows := admin.alarms("?rule=guard_uncertified"); len(rows) != 1 || rows[0].Standing {
		t.Errorf("%+v", rows)
	}
	admin.post(t, "/watch", `{"id":"watch-0001","site":"","entry":{"name":"张三","instruction":"报警"}}`, nil)
	g.post(t, "/visitors", `{"id":"visit-0003","site":"s1","entry":{"name":"张三","reason":"r","host":"h"}}`, nil)
	if rows := admin.alarms("?rule=watch_list_hit"); len(rows) != 1 || strings.Contains(rows[0].Text.ZH, "张三") {
		t.Errorf("%+v", rows)
	}
	g.post(t, "/visitors", `{"id":"visit-hot1","site":"s1","entry":{"name":"钱三","reason":"r","host":"h","celsius":38.9}}`, nil)
	if rows := admin.alarms("?rule=fever"); len(rows) != 1 || rows[0].Site != "s1" || rows[0].Severity != event.SeverityHigh || !strings.Contains(rows[0].Text.ZH, "38.9") {
		t.Errorf("%+v", rows)
	}
	admin.post(t, "/care", `{"id":"care-0001","site":"s1","entry":{"name":"小明明","symbol":"handover","instruction":"只交给母亲"}}`, nil)
	var care list[guard.Row[guard.CareEntry]]
	g.get("/api/v1/guard/care?site=s1", &care)
	if len(care.Items) != 1 || care.Items[0].Entry.Name != "小*明" || care.Items[0].Entry.Instruction != "" {
		t.Errorf("%+v", care)
	}
	var look guard.Row[guard.CareEntry]
	g.post(t, "/care/care-0001/look", `{}`, &look)
	if look.Entry.Instruction != "只交给母亲" {
		t.Errorf("%+v", look)
	}
}

// leaves makes a leave of a pupil, confirmed by guardian and class teacher.
func leaves(t *testing.T, g *browser, id, pupil string, from time.Time) {
	t.Helper()
	g.post(t, "/passes", fmt.Sprintf(`{"id":%q,"site":"s1","entry":{"pupil":%q,"name":"王小明","class":"3-2","reason":"看病","until":%q}}`,
		id, pupil, from.Add(2*time.Hour).UTC().Format(time.RFC3339)), nil)
	var row guard.Row[guard.Pass]
	g.post(t, "/passes/"+id+"/guardian", `{"id":"`+id+`-g","entry":{"name":"王建国","how":"phone"}}`, &row)
	if row.Entry.Name != "王*明" || row.Entry.Guardian.Name != "王*国" {
		t.Errorf("not masked: %+v %+v", row, row.Entry.Guardian)
	}
	if code, text := g.do("POST", "/api/v1/guard/passes/"+id+"/teacher", `{"id":"`+id+`-x","entry":{"name":"王建国","how":"phone"}}`); code != http.StatusUnprocessableEntity {
		t.Errorf("one person for both: %d %s", code, text)
	}
	g.post(t, "/passes/"+id+"/teacher", `{"id":"`+id+`-t","entry":{"name":"李老师","how":"present"}}`, nil)
}

// heard waits until this many passages of s1 have come in.
func heard(t *testing.T, b *browser, n int) {
	t.Helper()
	eventually(t, "passages", func() bool {
		var sites list[state.Site]
		b.get("/api/v1/sites", &sites)
		return sites.Items[0].Today.In+sites.Items[0].Today.Out >= n
	})
}

// wentOut is a pupil's passage that the gate knew no approval of, with the anomaly.
func wentOut(n int, pupil string, at time.Time) (*event.Event, *event.Anomaly) {
	e := passage(n, "s1")
	e.ObservedAt, e.ReceivedAt = at.UTC(), at.UTC()
	e.Gate = &event.GateAccess{Direction: event.Out, PersonKind: event.PersonPupil, Method: "card", Person: pupil, Result: event.ResultGranted}
	return e, &event.Anomaly{
		ID: event.AnomalyID("s1", "g1", "pupil_out_unapproved", at), Rule: "pupil_out_unapproved", Site: "s1", Device: "g1", Kind: event.KindGate, Severity: event.SeverityHigh,
		State: event.Raised, Revision: 1, StartedAt: at.UTC(), UpdatedAt: at.UTC(), Momentary: true, Count: 1, EventID: e.ID, Text: event.Text{ZH: "学生未经批准离校", EN: "out"},
	}
}

func TestApprovedLeavePreventsOrSettlesTheAlarm(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	g, admin := w.login(t, "guard"), w.login(t, "admin")
	now := time.Now().Add(-30 * time.Second)
	open := func(want int) []alarm.Alarm {
		t.Helper()
		var rows []alarm.Alarm
		eventually(t, "the desk", func() bool { rows = admin.alarms("?rule=pupil_out_unapproved"); return len(rows) == want })
		return rows
	}
	type audited struct {
		By, Subject, Action string
		Detail              json.RawMessage
	}
	audit := func(q string) []audited {
		t.Helper()
		var page list[audited]
		admin.get("/api/v1/audit?area="+q, &page)
		return page.Items
	}

	// Known before: the gate's anomaly is no alarm, and the audit names the leave.
	leaves(t, g, "pass-0001", "p1", now)
	e, a := wentOut(101, "p1", now)
	bus.publish(passage(100, "s1")) // a first one, so that what follows is no snapshot
	heard(t, admin, 1)
	bus.raise(a) // by a stream of its own, it may be a moment ahead of its event
	bus.publish(e)
	heard(t, admin, 2)
	eventually(t, "the desk", func() bool { return len(audit("guard.pass.prevent")) == 1 })
	if row := audit("guard.pass.prevent")[0]; row.Subject != "pass-0001" || row.By != "guard" || !strings.Contains(string(row.Detail), a.ID) {
		t.Errorf("%+v", row)
	}
	open(0)

	// Known afterwards: the alarm stands until the second confirmation, and its audit names the leave.
	e, a = wentOut(102, "p2", now.Add(time.Second))
	bus.publish(e)
	heard(t, admin, 3)
	bus.raise(a)
	id := open(1)[0].ID
	leaves(t, g, "pass-0002", "p2", now)
	open(0)
	var one struct {
		Alarm alarm.Alarm
		Audit []struct{ By, Action, Note string }
	}
	admin.get("/api/v1/alarms/"+id, &one)
	if last := one.Audit[len(one.Audit)-1]; one.Alarm.State != alarm.Normal || last.Action != "ack" || last.By != "guard" || !strings.Contains(last.Note, "pass-0002") || strings.Contains(last.Note, "王") {
		t.Errorf("%+v", one)
	}

	// A leave without the pupil's pseudonym explains the alarm that a guard names.
	e, a = wentOut(103, "p3", now.Add(2*time.Second))
	bus.publish(e)
	bus.raise(a)
	id = open(1)[0].ID
	leaves(t, g, "pass-0003", "", now)
	open(1)
	if code, text := g.do("POST", "/api/v1/guard/passes/pass-0003/settle", `{"id":"settle-000","entry":{"alarm":"none"}}`); code != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", code, text)
	}
	for range 2 {
		g.post(t, "/passes/pass-0003/settle", `{"id":"settle-001","entry":{"alarm":"`+id+`"}}`, nil)
	}
	open(0)

	// What an operator has dealt with stays dealt with: the row that stands for it again is
	// about the new one alone.
	e, a = wentOut(105, "p5", now.Add(2500*time.Millisecond))
	bus.publish(e)
	bus.raise(a)
	row := open(1)[0]
	if code, text := admin.do("POST", "/api/v1/alarms/"+row.ID+"/ack", fmt.Sprintf(`{"rev":%d,"note":""}`, row.Rev)); code != http.StatusOK {
		t.Fatalf("%d %s", code, text)
	}
	open(0)
	later := time.Now()
	e, a = wentOut(106, "p6", later)
	bus.publish(e)
	bus.raise(a)
	open(1)
	leaves(t, g, "pass-0006", "p6", now)
	open(0)

	// Nobody heard who it was: the history tells.
	e, a = wentOut(104, "p4", later.Add(time.Second))
	w.history.mu.Lock()
	w.history.rows = append(w.history.rows, *e)
	w.history.mu.Unlock()
	bus.raise(a)
	open(1)
	leaves(t, g, "pass-0004", "p4", now)
	open(0)
}

func TestPlateOfTheWatchListAtTheGate(t *testing.T) {
	t.Parallel()
	bus := newBus()
	w := start(t, t.TempDir(), bus)
	g, admin := w.login(t, "guard"), w.login(t, "admin")
	admin.post(t, "/watch", `{"id":"watch-plate","site":"","entry":{"plate":"川A·88888","instruction":"不开门，报警"}}`, nil)
	admin.post(t, "/watch", `{"id":"watch-other","site":"s2","entry":{"plate":"川B11111","instruction":"只在二校"}}`, nil)
	bus.publish(passage(200, "s1"))
	heard(t, admin, 1)
	for i, plate := range []string{"川A 88888", "川B11111", "川A99999"} {
		e := passage(201+i, "s1")
		e.Gate = &event.GateAccess{Direction: event.In, PersonKind: event.PersonVehicle, Method: "plate", Credential: plate, Result: event.ResultDenied}
		bus.publish(e)
	}
	var rows []alarm.Alarm
	eventually(t, "the desk", func() bool {
		rows = admin.alarms("?rule=watch_list_hit")
		return len(rows) == 1
	})
	if rows[0].Device != "g1" || strings.Contains(rows[0].Text.ZH, "88888") {
		t.Errorf("%+v", rows[0])
	}
	var warnings list[guard.Warning]
	g.get("/api/v1/guard/warnings?site=s1", &warnings)
	if len(warnings.Items) != 1 || warnings.Items[0].Instruction != "不开门，报警" || warnings.Items[0].About != "川A88888" || !warnings.Items[0].Plate {
		t.Errorf("%+v", warnings)
	}
}

func TestFindByWholeName(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	g, admin := w.login(t, "guard"), w.login(t, "admin")
	for person, site := range map[string]string{"p77": "s1", "p78": "s2"} {
		body := fmt.Sprintf(`{"person":%q,"kind":"pupil","site":%q,"class":"3-2","name":"赵小明"}`, person, site)
		if code, text := admin.do("PUT", "/api/v1/registry/people/"+person, body, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }); code != http.StatusOK {
			t.Fatalf("%d %s", code, text)
		}
	}
	g.post(t, "/visitors", `{"id":"visit-find","site":"s1","entry":{"name":"赵小明","reason":"r","host":"h"}}`, nil)
	var found list[api.Found]
	g.post(t, "/find", `{"site":"s1","name":" 赵小明 "}`, &found)
	want := []api.Found{{Key: "p77", Kind: "pupil", Name: "赵*明", Class: "3-2"}, {Key: "visit-find", Kind: "visitor", Name: "赵*明"}}
	if !slices.Equal(found.Items, want) {
		t.Errorf("%+v", found)
	}
	if g.post(t, "/find", `{"site":"s1","name":"赵小"}`, &found); len(found.Items) != 0 {
		t.Errorf("part of a name: %+v", found)
	}
	var audit list[struct {
		By, Subject string
		Detail      json.RawMessage
	}]
	admin.get("/api/v1/audit?area=guard.find", &audit)
	if len(audit.Items) != 2 || audit.Items[1].By != "guard" || audit.Items[1].Subject != "s1" || strings.Contains(string(audit.Items[1].Detail), "赵") {
		t.Errorf("%+v", audit)
	}
}
