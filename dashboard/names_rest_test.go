package dashboard_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/guard"
)

// The names of people that are registered, and the numbers with them, leave the dashboard
// only by what asks for a reason, or shows a guard's name to those who work at gates.
func TestNamesLeaveMasked(t *testing.T) {
	t.Parallel()
	bus := newBus()
	bus.answer = func(string, string, []byte) ([]byte, error) { return []byte(`{"items":[]}`), nil }
	w := start(t, t.TempDir(), bus)
	admin := w.login(t, "admin")
	secret := []string{
		"赵一一", "钱二二", "孙三三", "李四四", "周五五", "吴六六", "郑七七",
		"110101199001011234", "13800138000", "110101199001015678",
	}
	staff := []string{"王八八", "CERT-20261124", "冯九九"} // guards
	var answers strings.Builder
	write := func(path, body string) string {
		code, text := admin.do(http.MethodPost, "/api/v1/guard"+path, body)
		if code != http.StatusOK {
			t.Fatalf("POST %s: %d %s", path, code, text)
		}
		answers.WriteString(text)
		var row struct{ ID string }
		if err := json.Unmarshal([]byte(text), &row); err != nil {
			t.Fatal(err)
		}
		return row.ID
	}
	until := time.Now().Add(2 * time.Hour).UTC().Format(time.RFC3339)
	admin.must("PUT", "/registry/people/p-names", `{"person":"p-names","kind":"pupil","site":"s1","name":"赵一一"}`, nil)
	write("/visitors", `{"id":"names-visit-1","site":"s1","entry":{"name":"钱二二","id_number":"110101199001011234","phone":"13800138000","reason":"送物品","host":"李老师","celsius":36.5}}`)
	pass := write("/passes", `{"id":"names-pass-1","site":"s1","entry":{"name":"孙三三","class":"3-1","reason":"看病","until":"`+until+`"}}`)
	write("/passes/"+pass+"/guardian", `{"id":"names-pass-2","entry":{"name":"李四四","how":"phone"}}`)
	write("/passes/"+pass+"/teacher", `{"id":"names-pass-3","entry":{"name":"周五五","how":"present"}}`)
	watched := write("/watch", `{"id":"names-watch-1","site":"s1","entry":{"name":"吴六六","id_number":"110101199001015678","instruction":"call the police"}}`)
	care := write("/care", `{"id":"names-care-1","site":"s1","entry":{"name":"郑七七","symbol":"escort","instruction":"walks with an adult"}}`)
	if strings.Contains(answers.String(), "walks with an adult") {
		t.Error("what to mind of a pupil is in the answer to writing it down")
	}
	shown := func(where, text string, names []string) {
		for _, name := range names {
			if strings.Contains(text, name) {
				t.Errorf("%s shows %q", where, name)
			}
		}
	}
	shown("what the forms answer", answers.String(), secret)
	write("/certificates", `{"id":"names-cert-1","site":"s1","entry":{"person":"王八八","number":"CERT-20261124","expires":"2099-01-01"}}`)
	write("/duty", `{"id":"names-duty-1","site":"s1","entry":{"person":"冯九九","post":"gate"}}`)
	bus.raise(anomaly("a1", "s1", 1, "raised"))
	bus.publish(passage(1, "s1"))

	var openapi struct {
		Paths map[string]map[string]json.RawMessage
	}
	admin.get("/api/openapi.json", &openapi)
	for _, user := range []string{"admin", "operator", "guard", "inspector"} {
		b := w.login(t, user)
		hidden := slices.Clone(secret)
		switch user {
		case "inspector":
			hidden = append(hidden, staff...)
		case "operator", "guard":
			hidden = append(hidden, staff[1]) // the number is for who renews it
		}
		asked := 0
		for path, methods := range openapi.Paths {
			if _, ok := methods["get"]; !ok {
				continue
			}
			ask := strings.NewReplacer("{site}", "s1", "{device}", "g1", "{person}", "p-names", "{id}", "a1", "{username}", "admin", "{n}", "1", "{version}", "1", "{name}", "duty").Replace(path)
			for _, query := range []string{"", "?site=s1", "?limit=100"} {
				if code, text := b.do(http.MethodGet, ask+query, ""); code == http.StatusOK {
					asked++
					shown(user+": GET "+ask+query, text, hidden)
				}
			}
		}
		if asked < 30 {
			t.Errorf("%s got only %d answers", user, asked)
		}
		ws := b.socket()
		frame(t, ws, "hello")
		for _, ch := range []string{"alarms", "feed", "devices", "sites", "stats", "gateways", "voice"} {
			if err := ws.WriteJSON(map[string]string{"t": "sub", "ch": ch}); err != nil {
				t.Fatal(err)
			}
		}
		shown(user+": websocket", drain(t, ws, 7), append(hidden, staff...))
	}

	// One at a time is shown for a reason, which the audit keeps without the name.
	op := w.login(t, "operator")
	op.refused("POST", "/guard/watch/"+watched+"/reveal", `{"reason":" "}`, 422, "invalid")
	var row guard.Row[guard.WatchEntry]
	op.must("POST", "/guard/watch/"+watched+"/reveal", `{"reason":"he stands at the gate"}`, &row)
	if row.Entry.Name != "吴六六" || row.Entry.IDNumber != "110101199001015678" {
		t.Errorf("the whole entry: %+v", row.Entry)
	}
	w.login(t, "guard").refused("POST", "/guard/watch/"+watched+"/reveal", `{"reason":"r"}`, 403, "forbidden")
	_, audit := admin.do(http.MethodGet, "/api/v1/audit", "")
	if !strings.Contains(audit, "guard.watch.reveal") || !strings.Contains(audit, "he stands at the gate") {
		t.Errorf("the audit does not tell of the look: %s", audit)
	}
	shown("the audit", audit, append(secret, staff...))
	code, text := admin.do(http.MethodPost, "/api/v1/guard/care/"+care+"/end", `{"id":"names-care-2"}`)
	if shown("the end of a care", text, secret); code != http.StatusOK {
		t.Errorf("%d %s", code, text)
	}
}
