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
	"github.com/campusgate/campusgate/dashboard/inspection"
)

func inspectionPath(path string) bool {
	return slices.ContainsFunc([]string{"inspection", "draws", "notices", "hazards"}, func(p string) bool {
		return strings.HasPrefix(path, "/api/v1/"+p)
	})
}

func finished(t *testing.T, b *browser, c inspection.Case, bad int) inspection.Case {
	t.Helper()
	var forms list[inspection.Sheet]
	b.ask(t, "GET", "/api/v1/inspection-forms", "", &forms)
	var found []inspection.Answer
	for _, f := range forms.Items {
		if f.Topic == c.Check.Topic {
			for i, item := range f.Items {
				a := inspection.Answer{Item: item.Key, Result: inspection.Good}
				if i < bad {
					a.Result = inspection.Bad
				}
				found = append(found, a)
			}
		}
	}
	text, err := json.Marshal(map[string]any{"rev": c.Rev, "answers": found})
	if err != nil {
		t.Fatal(err)
	}
	b.ask(t, "POST", "/api/v1/inspections/"+c.ID+"/finish", string(text), &c)
	return c
}

func TestInspectionByREST(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	ins, guard := w.login(t, "inspector"), w.login(t, "guard")
	var d inspection.Draw
	ins.ask(t, "POST", "/api/v1/draws", `{"topic":"camera","size":2,"seed":"lottery 7"}`, &d)
	var verdict inspection.Verdict
	ins.ask(t, "GET", "/api/v1/draws/"+d.ID+"/verify", "", &verdict)
	if !verdict.OK || !d.Given || len(d.Population) != 2 {
		t.Errorf("draw: %+v %+v", d, verdict)
	}
	var rows list[inspection.Case]
	ins.ask(t, "GET", "/api/v1/inspections?draw="+d.ID+"&site=s1", "", &rows)
	if len(rows.Items) != 1 {
		t.Fatalf("planned: %+v", rows)
	}
	id := rows.Items[0].ID
	// Nobody tells a school that it was drawn.
	guard.ask(t, "GET", "/api/v1/inspections", "", &rows)
	if code, _ := guard.do("GET", "/api/v1/inspections/"+id, ""); len(rows.Items) != 0 || code != http.StatusNotFound {
		t.Errorf("a planned inspection is shown to the school: %+v, %d", rows, code)
	}
	var detail api.CaseDetail
	ins.ask(t, "GET", "/api/v1/inspections/"+id, "", &detail)
	var added api.CasePicture
	ins.ask(t, "POST", "/api/v1/inspections/"+id+"/attachments?item=picture&note=dark", pixel, &added)
	c := finished(t, ins, added.Case, 2)
	guard.ask(t, "GET", "/api/v1/inspections/"+id, "", &detail)
	if detail.Case.Check.Failed != 2 || len(detail.Pictures) != 1 || detail.Pictures[0].Item != "picture" {
		t.Errorf("what the school sees of it: %+v", detail)
	}
	var n inspection.Case
	ins.ask(t, "POST", "/api/v1/inspections/"+id+"/notice", fmt.Sprintf(`{"rev":%d,"days":3,"demand":"repair"}`, c.Rev), &n)
	path := "/api/v1/notices/" + n.ID
	if want := fmt.Sprintf("n%d-0001", time.Now().In(time.FixedZone("", 8*3600)).Year()); n.ID != want {
		t.Errorf("number %s, want %s", n.ID, want)
	}
	guard.ask(t, "POST", path+"/receive", `{"rev":1}`, &n)
	guard.ask(t, "POST", path+"/attachments", pixel, &added)
	guard.ask(t, "POST", path+"/reply", `{"rev":3,"note":"repaired"}`, &n)
	if code, text := guard.do("POST", path+"/pass", `{"rev":4}`); code != http.StatusForbidden {
		t.Errorf("the school passes itself: %d %s", code, text)
	}
	if code, text := ins.do("POST", path+"/fail", `{"rev":4,"note":"no"}`); code != 422 || !strings.Contains(text, "body.days") {
		t.Errorf("no new deadline: %d %s", code, text)
	}
	if code, text := ins.do("POST", path+"/pass", `{"rev":3}`); code != 409 || !strings.Contains(text, `"by":"guard"`) {
		t.Errorf("an old revision: %d %s", code, text)
	}
	ins.ask(t, "POST", path+"/fail", `{"rev":4,"note":"no","days":1}`, &n)
	guard.ask(t, "POST", path+"/reply", `{"rev":5,"note":"now"}`, &n)
	ins.ask(t, "POST", path+"/pass", `{"rev":6}`, &n)
	if n.State != inspection.Closed || n.Notice.Round != 2 {
		t.Errorf("at the end: %+v", n)
	}
	if code, text := ins.do("POST", path+"/pass", `{"rev":7}`); code != 409 || !strings.Contains(text, "not_allowed") {
		t.Errorf("once more: %d %s", code, text)
	}
	ins.ask(t, "GET", "/api/v1/notices?state=open", "", &rows)
	if len(rows.Items) != 0 {
		t.Errorf("open: %+v", rows.Items)
	}
	if code, body := guard.do("GET", fmt.Sprintf("%s/attachments/%d", path, added.Picture.N), ""); code != 200 || body != pixel {
		t.Errorf("picture: %d", code)
	}
	var h inspection.Case
	guard.ask(t, "POST", "/api/v1/hazards", `{"site":"s1","text":"loose railing","weight":"major"}`, &h)
	ins.ask(t, "POST", "/api/v1/hazards/"+h.ID+"/assign", `{"rev":1,"days":2,"assignee":"guard"}`, &h)
	guard.ask(t, "POST", "/api/v1/hazards/"+h.ID+"/finish", `{"rev":2,"note":"welded"}`, &h)
	ins.ask(t, "POST", "/api/v1/hazards/"+h.ID+"/pass", `{"rev":3}`, &h)
	ins.ask(t, "POST", "/api/v1/hazards/"+h.ID+"/close", `{"rev":4}`, &h)
	if h.State != inspection.Closed {
		t.Errorf("hidden danger: %+v", h)
	}
	for what, x := range map[string]struct{ path, body, where string }{
		"size":      {"/draws", `{"topic":"camera","size":1}`, "body.size"},
		"township":  {"/draws", `{"topic":"kitchen","size":1}`, "body.topic"},
		"topic":     {"/draws", `{"topic":"dogs","size":1}`, "body.topic"},
		"seed":      {"/draws", `{"topic":"camera","size":2,"seed":"\n"}`, "body.seed"},
		"device":    {"/inspections", `{"topic":"camera","site":"s1"}`, "body.site"},
		"no text":   {"/hazards", `{"site":"s1","text":" ","weight":"major"}`, "body.text"},
		"no weight": {"/hazards", `{"site":"s1","text":"x","weight":"huge"}`, "body.weight"},
	} {
		if code, text := ins.do("POST", "/api/v1"+x.path, x.body); code != 422 || !strings.Contains(text, x.where) {
			t.Errorf("%s: %d %s", what, code, text)
		}
	}
}

func TestEveryInspectionOperationByRole(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	users := []string{"", "admin", "operator", "guard", "inspector", "lost"}
	browsers := map[string]*browser{}
	for _, u := range users {
		browsers[u] = w.login(t, u)
	}
	ins := browsers["inspector"]
	var d inspection.Draw
	ins.ask(t, "POST", "/api/v1/draws", `{"topic":"guard","size":2}`, &d)
	cases := map[string]string{} // by kind and site
	var rows list[inspection.Case]
	ins.ask(t, "GET", "/api/v1/inspections", "", &rows)
	for _, c := range rows.Items {
		cases["i "+string(c.Site)] = c.ID
		done := finished(t, ins, c, 1)
		var n, h inspection.Case
		ins.ask(t, "POST", "/api/v1/inspections/"+c.ID+"/notice", fmt.Sprintf(`{"rev":%d,"days":3}`, done.Rev), &n)
		ins.ask(t, "POST", "/api/v1/hazards", fmt.Sprintf(`{"site":%q,"text":"x","weight":"general"}`, c.Site), &h)
		cases["n "+string(c.Site)], cases["h "+string(c.Site)] = n.ID, h.ID
	}
	type row struct {
		method, path, template, body string
		want                         string // status of "", admin, operator, guard, inspector, lost
	}
	table := []row{
		{"GET", "/inspection-forms", "", "", "401 200 200 200 200 200"},
		{"GET", "/draws", "", "", "401 200 200 403 200 200"},
		{"POST", "/draws", "", `{"topic":"camera","size":1}`, "401 422 403 403 422 403"},
		{"GET", "/draws/" + d.ID, "/draws/{id}", "", "401 200 200 403 200 404"},
		{"GET", "/draws/" + d.ID + "/verify", "/draws/{id}/verify", "", "401 200 200 403 200 404"},
		{"POST", "/inspections", "", `{"topic":"camera","site":"s1","device":"none"}`, "401 422 403 403 422 403"},
		{"POST", "/hazards", "", `{"site":"s2","text":"","weight":"general"}`, "401 422 403 404 422 403"},
	}
	for letter, name := range map[string]string{"i": "inspections", "n": "notices", "h": "hazards"} {
		table = append(table,
			row{"GET", "/" + name, "", "", "401 200 200 200 200 200"},
			row{"GET", "/" + name + "?site=s2", "/" + name, "", "401 200 200 404 200 404"})
		for site, guard := range map[string]string{"s1": "", "s2": "404"} {
			base, template := "/"+name+"/"+cases[letter+" "+site], "/"+name+"/{id}"
			add := func(method, action, body, want string) {
				if guard != "" && strings.Fields(want)[3] != "403" {
					f := strings.Fields(want)
					f[3] = guard
					want = strings.Join(f, " ")
				}
				path, _, _ := strings.Cut(action, "?")
				table = append(table, row{method, base + action, template + strings.Replace(path, "/99", "/{n}", 1), body, want})
			}
			add("GET", "", "", "401 200 200 200 200 404")
			add("GET", "/attachments/99", "", "401 404 404 404 404 404")
			late := `{"rev":999,"note":"n","days":1,"assignee":"guard"}`
			const ours, schools = "401 409 403 403 409 403", "401 409 403 409 409 403"
			switch letter {
			case "i":
				add("POST", "/attachments", pixel, ours) // it is done
				add("PUT", "/answers", `{"rev":999,"answers":[]}`, ours)
				add("POST", "/finish", `{"rev":999,"answers":[]}`, ours)
				add("POST", "/notice", `{"rev":999,"days":1}`, ours)
				add("POST", "/void", late, ours)
				add("POST", "/comment", late, ours)
			case "n":
				add("POST", "/attachments?item=no", pixel, "401 422 403 422 422 403")
				for _, action := range []string{"/receive", "/reply", "/comment"} {
					add("POST", action, late, schools)
				}
				add("POST", "/pass", late, ours)
				add("POST", "/fail", late, ours)
			case "h":
				add("POST", "/attachments?item=no", pixel, "401 422 403 422 422 403")
				for _, action := range []string{"/assign", "/reject", "/pass", "/fail", "/close"} {
					add("POST", action, late, ours)
				}
				add("POST", "/finish", late, schools)
				add("POST", "/comment", late, schools)
			}
		}
	}
	tried := map[string]bool{}
	for _, x := range table {
		if x.template == "" {
			x.template = x.path
		}
		tried[x.method+" /api/v1"+x.template] = true
		for i, want := range strings.Fields(x.want) {
			code, text := browsers[users[i]].do(x.method, "/api/v1"+x.path, x.body, asPicture(x.body))
			if fmt.Sprint(code) != want {
				t.Errorf("%s %s as %q: %d, want %s: %.300s", x.method, x.path, users[i], code, want, text)
			}
		}
	}
	var openapi struct {
		Paths map[string]map[string]json.RawMessage
	}
	w.visit(t).get("/api/openapi.json", &openapi)
	for path, methods := range openapi.Paths {
		for method := range methods {
			if inspectionPath(path) && !tried[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is described and not in the table", method, path)
			}
		}
	}
}

func TestOverdueNoticeRaisesAnAlarm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := startAt(t, dir, newBus(), func() time.Time { return time.Now().AddDate(0, 0, -20) })
	ins := w.login(t, "inspector")
	var h inspection.Case
	ins.ask(t, "POST", "/api/v1/hazards", `{"site":"s1","text":"loose railing","weight":"major"}`, &h)
	ins.ask(t, "POST", "/api/v1/hazards/"+h.ID+"/assign", `{"rev":1,"days":1,"assignee":"guard"}`, &h)
	w.stop(t)
	w = start(t, dir, newBus())
	ins = w.login(t, "inspector")
	var found alarm.Alarm
	eventually(t, "the alarm", func() bool {
		for _, a := range ins.alarms("") {
			found = a
			return a.Rule == "hazard_overdue"
		}
		return false
	})
	if found.Device != "s1" || found.Site != "county" || !found.Standing {
		t.Errorf("alarm: %+v", found)
	}
	var rows list[inspection.Case]
	ins.ask(t, "GET", "/api/v1/hazards?overdue=true", "", &rows)
	if len(rows.Items) != 1 || !rows.Items[0].Overdue {
		t.Errorf("overdue: %+v", rows.Items)
	}
}
