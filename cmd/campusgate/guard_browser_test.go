package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestGuardInBrowser walks through a guard's day on the real program: a passage in the log, a
// visitor, a pupil whose approved leave raises no alarm and one whose alarm the leave settles,
// a plate of the watch list, duty, a call for help on the operator's screen, and the history of
// it as a file.
func TestGuardInBrowser(t *testing.T) {
	tools := findBrowser(t)
	_, at := startDemo(t, filepath.Join(t.TempDir(), "data"), "--no-simulator")
	admin := login(t, at.HTTP, "admin")
	alwaysInClass(t, admin, "s012")
	must := func(method, path string, body any) {
		t.Helper()
		if code, text, err := admin.do(method, path, body); err != nil || code != http.StatusOK {
			t.Fatalf("%s %s: %d %s (%v)", method, path, code, text, err)
		}
	}
	must("POST", "/api/v1/guard/watch", json.RawMessage(`{"id":"watch-0001","site":"","entry":{"plate":"川A·88888","instruction":"不开门，报警"}}`))

	p := newPublisher(t, "tcp://"+at.MQTT, "guard-browser-test")
	if err := p.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	pass := func(fields string) {
		t.Helper()
		n++
		payload := fmt.Sprintf(`{"ts":%q,"seq":%d,"result":"granted",%s}`, time.Now().UTC().Format(time.RFC3339Nano), n, fields)
		if err := p.Publish(t.Context(), "campus/s012/gate/g1/access", 1, false, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	out := func(person string) {
		t.Helper()
		pass(`"direction":"out","person_kind":"pupil","method":"card","person":"` + person + `"`)
	}
	// The gateway follows the registry a moment later: until a pupil's leaving is an alarm.
	eventually(t, "it is class at the gateway", func() string {
		out(fmt.Sprintf("p-before-%d", n))
		rows, err := all[alarm](admin, "/api/v1/alarms?site=s012&rule=pupil_out_unapproved")
		if err != nil || len(rows) == 0 {
			return fmt.Sprintf("%v, %v", rows, err)
		}
		return ""
	})
	// What comes after them in the journal says that all of them have come.
	pass(`"direction":"in","person_kind":"staff","method":"face","person":"p-warm","celsius":39.1`)
	eventually(t, "the marker is an alarm", func() string {
		rows, err := all[alarm](admin, "/api/v1/alarms?site=s012&rule=fever")
		if err != nil || len(rows) == 0 {
			return fmt.Sprintf("%v, %v", rows, err)
		}
		return ""
	})
	closeAlarms(t, admin, "pupil_out_unapproved")
	closeAlarms(t, admin, "fever")

	const person = "p-of-today"
	page := openScript(t, tools, "guard-system", map[string]any{
		"origin": at.HTTP, "user": "guard", "password": password, "person": person,
		"artifacts": t.ArtifactDir(), "patience": patience.Milliseconds(),
	})
	if s := page.next("live"); s.Text != "/gate" {
		t.Errorf("a guard begins at %q", s.Text)
	}
	pass(`"direction":"in","person_kind":"staff","method":"face","person":"` + person + `"`)
	page.next("shown")
	page.next("visited")

	page.next("approved")
	out(person + "-1")
	eventually(t, "the approved leave prevents the alarm", func() string {
		rows, err := all[auditOf](admin, "/api/v1/audit?area=guard.pass.prevent")
		if err != nil || len(rows) != 1 || rows[0].By != "guard" {
			return fmt.Sprintf("%+v, %v", rows, err)
		}
		return ""
	})
	if rows, err := all[alarm](admin, "/api/v1/alarms?site=s012&rule=pupil_out_unapproved"); err != nil || len(rows) != 0 {
		t.Errorf("an alarm in spite of the approval: %+v, %v", rows, err)
	}
	out(person + "-2")
	alarmed := page.next("alarmed")
	page.next("settled")
	var one struct {
		Alarm struct{ State string }
		Audit []struct{ By, Action, Note string }
	}
	if err := admin.get("/api/v1/alarms/"+alarmed.ID, &one); err != nil {
		t.Fatal(err)
	}
	if last := one.Audit[len(one.Audit)-1]; one.Alarm.State != "normal" || last.By != "guard" || last.Action != "ack" || !strings.Contains(last.Note, "approved leave") {
		t.Errorf("the alarm was settled as %+v", one)
	}

	pass(`"direction":"in","person_kind":"vehicle","method":"plate","credential":"川A88888"`)
	if s := page.next("warned"); !strings.Contains(s.Text, "川A88888") || !strings.Contains(s.Text, "不开门，报警") {
		t.Errorf("the guard is warned: %q", s.Text)
	}
	page.next("served")
	if s := page.next("called"); !strings.Contains(s.Text, "紧急呼叫") {
		t.Errorf("the operator is told: %q", s.Text)
	}
	guardsBook(t, admin)
	page.goOn()
	// A line of titles, and the passages of that name and no others.
	lines := strings.Split(strings.TrimSpace(page.next("exported").Text), "\n")
	for _, line := range lines[1:] {
		if !strings.Contains(line, person) {
			t.Errorf("the file of the history has %q, asked for was %s", line, person)
		}
	}
	if len(lines) < 2 {
		t.Errorf("the file of the history is %q", lines)
	}
	for _, fault := range page.next("faults").Faults {
		t.Error(fault)
	}
	page.mustEnd()
}

type auditOf struct{ By, Subject string }

// guardsBook compares what the guard did on the pages with what the server keeps.
func guardsBook(t *testing.T, b *browser) {
	t.Helper()
	type record struct {
		By      string
		EndedBy string `json:"ended_by"`
	}
	for path, want := range map[string]int{"visitors": 1, "passes": 2} {
		rows, err := all[record](b, "/api/v1/guard/"+path+"?site=s012")
		if err != nil || len(rows) != want || rows[len(rows)-1].By != "guard" || rows[len(rows)-1].EndedBy != "guard" {
			t.Errorf("%s: %+v, %v", path, rows, err)
		}
	}
	var duty struct{ Items []record }
	if err := b.get("/api/v1/guard/duty?site=s012", &duty); err != nil || len(duty.Items) != 1 || duty.Items[0].EndedBy != "guard" {
		t.Errorf("duty: %+v, %v", duty, err)
	}
	type posts struct{ Site string }
	if rows, err := all[posts](b, "/api/v1/guard/posts?"); err != nil || len(rows) != 32 {
		t.Errorf("police posts: %+v, %v", rows, err)
	}
	if rows, err := all[alarm](b, "/api/v1/alarms?site=s012&rule=emergency_call"); err != nil || len(rows) != 1 {
		t.Errorf("calls for help: %+v, %v", rows, err)
	}
}

// alwaysInClass sets a site's hours and the calendar so that pupils belong inside, whenever
// the test runs.
func alwaysInClass(t *testing.T, b *browser, site string) {
	t.Helper()
	change := func(path string, fn func(row map[string]any)) {
		t.Helper()
		row := map[string]any{}
		if err := b.get(path, &row); err != nil {
			t.Fatal(err)
		}
		fn(row)
		if code, text, err := b.do(http.MethodPut, path, row); err != nil || code != http.StatusOK {
			t.Fatalf("PUT %s: %d %s (%v)", path, code, text, err)
		}
	}
	change("/api/v1/registry/sites/"+site, func(row map[string]any) {
		row["hours"] = map[string]any{
			"open": "00:00", "class_from": "00:00", "class_to": "23:59", "lunch_from": "", "lunch_to": "", "close": "23:59",
			"days": []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"},
		}
	})
	change("/api/v1/registry/calendar", func(row map[string]any) {
		row["terms"], row["holidays"], row["make_up"], row["exams"] = []any{}, []any{}, []any{}, []any{}
	})
}

// closeAlarms acknowledges the open alarms of a rule.
func closeAlarms(t *testing.T, b *browser, rule string) {
	t.Helper()
	rows, err := all[alarm](b, "/api/v1/alarms?rule="+rule)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range rows {
		if code, text, err := b.do(http.MethodPost, "/api/v1/alarms/"+a.ID+"/ack", map[string]any{"rev": a.Rev, "note": ""}); err != nil || code != http.StatusOK {
			t.Fatalf("acknowledge: %d %s (%v)", code, text, err)
		}
	}
}
