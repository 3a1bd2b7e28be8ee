package dashboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/rulebook"
)

// wordRules is a language of rules in which each line is one, and "bad" is wrong.
type wordRules struct{}

func (wordRules) Check(text string) (int, []rulebook.RuleFault) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	var faults []rulebook.RuleFault
	for i, line := range lines {
		if at := strings.Index(line, "bad"); at >= 0 {
			faults = append(faults, rulebook.RuleFault{Line: i + 1, Column: at + 1, Key: "rules[0].when", Message: "unknown name bad"})
		}
	}
	return len(lines), faults
}

// Backtest of a document with "long" lasts until it is cancelled.
func (wordRules) Backtest(ctx context.Context, text string, q rulebook.Trial, progress func(rulebook.Progress)) (json.RawMessage, error) {
	if q.County == nil {
		return nil, errors.New("tried against no registry")
	}
	progress(rulebook.Progress{At: q.From.Add(q.To.Sub(q.From) / 2), Events: 5, Raised: 2})
	if strings.Contains(text, "long") {
		<-ctx.Done()
	}
	return json.RawMessage(`{"raised":7}`), ctx.Err()
}

// rulesJSON is for PUT and DELETE too.
func rulesJSON(r *http.Request) { r.Header.Set("Content-Type", "application/json") }

const trialDays = `"from":"2026-03-02T00:00:00Z","to":"2026-03-04T00:00:00Z"`

func TestEveryRulesOperationByRole(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	users := []string{"", "admin", "operator", "guard", "inspector", "lost"}
	browsers := map[string]*browser{}
	for _, u := range users {
		browsers[u] = w.login(t, u)
	}
	read := map[string]int{"": 401, "admin": 200, "operator": 200, "guard": 403, "inspector": 403, "lost": 403}
	write := map[string]int{"": 401, "operator": 403, "guard": 403, "inspector": 403, "lost": 403, "admin": 200}
	tried := map[string]bool{}
	for _, c := range []struct {
		method, path, body string
		want               map[string]int
	}{
		{"GET", "/rules", "", read},
		{"PUT", "/rules", `{"text":"one\ntwo","note":"first","base":0}`, write},
		{"POST", "/rules/check", `{"text":"one\na bad one"}`, read},
		{"GET", "/rules/versions", "", read},
		{"GET", "/rules/versions/{version}", "", read},
		{"POST", "/rules/rollback", `{"version":1,"base":1}`, write},
		{"POST", "/rules/backtest", "{" + trialDays + "}", map[string]int{"": 401, "admin": 200, "guard": 403, "inspector": 403, "lost": 403}},
		{"GET", "/rules/backtest", "", read},
		{"DELETE", "/rules/backtest", "", read},
	} {
		tried[c.method+" /api/v1"+c.path] = true
		for _, u := range users {
			want, ok := c.want[u]
			if !ok {
				continue
			}
			path := "/api/v1" + strings.ReplaceAll(c.path, "{version}", "1")
			if code, text := browsers[u].do(c.method, path, c.body, rulesJSON); code != want {
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
			if strings.HasPrefix(path, "/api/v1/rules") && !tried[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is described and not in the table", method, path)
			}
		}
	}
}

func TestRulesByREST(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := start(t, dir, newBus())
	admin := w.login(t, "admin")
	want := func(method, path, body string, code int, into any) {
		t.Helper()
		got, text := admin.do(method, "/api/v1/rules"+path, body, rulesJSON)
		if got != code {
			t.Fatalf("%s %s: %d, want %d: %s", method, path, got, code, text)
		}
		if into != nil {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				t.Fatal(err)
			}
		}
	}
	var now api.RulesNow
	want("GET", "", "", 200, &now)
	if now.Version.Version != 0 {
		t.Errorf("%+v", now)
	}
	var refused struct {
		Code   string
		Errors []struct {
			Location, Message string
			Value             rulebook.RuleFault
		}
	}
	want("PUT", "", `{"text":"one\na bad rule","base":0}`, http.StatusUnprocessableEntity, &refused)
	if refused.Code != "invalid" || len(refused.Errors) != 1 || refused.Errors[0].Location != "body.text:2:3" || refused.Errors[0].Value.Line != 2 {
		t.Errorf("%+v", refused)
	}
	want("PUT", "", `{"text":"one","note":"the first","base":0}`, 200, nil)
	want("PUT", "", `{"text":"two","base":0}`, http.StatusConflict, nil)
	want("PUT", "", `{"text":"one\ntwo","base":1}`, 200, nil)
	want("POST", "/rollback", `{"version":1,"base":2,"note":"two was wrong"}`, 200, nil)
	want("POST", "/rollback", `{"version":9,"base":3}`, http.StatusNotFound, nil)
	w.stop(t) // another process
	w = start(t, dir, newBus())
	admin = w.login(t, "admin")
	want("GET", "", "", 200, &now)
	if v := now.Version; v.Version != 3 || v.By != "admin" || v.Text != "one" || v.Restored != 1 || v.Rules != 1 || v.Note != "two was wrong" || v.At.IsZero() {
		t.Errorf("%+v", v)
	}
	var versions list[rulebook.Version]
	want("GET", "/versions?limit=2", "", 200, &versions)
	if len(versions.Items) != 2 || versions.Items[0].Version != 3 || versions.Items[0].Text != "" || versions.Next != "2" {
		t.Errorf("%+v", versions)
	}
	want("GET", "/versions?limit=2&before=2", "", 200, &versions)
	if len(versions.Items) != 1 || versions.Items[0].Version != 1 || versions.Next != "" {
		t.Errorf("%+v", versions)
	}
	var old rulebook.Version
	want("GET", "/versions/2", "", 200, &old)
	if old.Text != "one\ntwo" {
		t.Errorf("%+v", old)
	}
}

func TestBacktestByREST(t *testing.T) {
	t.Parallel()
	w := start(t, t.TempDir(), newBus())
	admin := w.login(t, "admin")
	do := func(method, body string, code int) (j rulebook.Job) {
		t.Helper()
		got, text := admin.do(method, "/api/v1/rules/backtest", body, rulesJSON)
		if got != code {
			t.Fatalf("%s: %d, want %d: %s", method, got, code, text)
		}
		if code == http.StatusOK {
			if err := json.Unmarshal([]byte(text), &j); err != nil {
				t.Fatal(err)
			}
		}
		return j
	}
	if j := do("GET", "", http.StatusOK); j.State != rulebook.JobNone {
		t.Errorf("before any: %+v", j)
	}
	do("POST", "{"+trialDays+"}", http.StatusNotFound) // no document at all
	do("POST", `{"text":"bad",`+trialDays+"}", http.StatusUnprocessableEntity)
	do("POST", `{"text":"one","from":"2026-03-02T00:00:00Z","to":"2026-03-01T00:00:00Z"}`, http.StatusUnprocessableEntity)
	do("POST", `{"text":"one","from":"2025-03-02T00:00:00Z","to":"2026-03-01T00:00:00Z"}`, http.StatusUnprocessableEntity)
	if j := do("POST", `{"text":"long",`+trialDays+"}", 200); j.State != rulebook.JobRuns || j.By != "admin" {
		t.Errorf("%+v", j)
	}
	do("POST", `{"text":"one",`+trialDays+"}", http.StatusConflict) // one at a time
	eventually(t, "progress", func() bool { j := do("GET", "", 200); return j.Done == 0.5 && j.Now.Raised == 2 })
	do("DELETE", "", 200)
	eventually(t, "it is cancelled", func() bool { return do("GET", "", 200).State == rulebook.JobCancelled })
	do("POST", `{"text":"one",`+trialDays+"}", 200)
	var j rulebook.Job
	eventually(t, "it is done", func() bool { j = do("GET", "", 200); return j.State == rulebook.JobDone })
	if fmt.Sprint(string(j.Report)) != `{"raised":7}` || j.Done != 1 || j.ID != 2 {
		t.Errorf("%+v", j)
	}
	do("POST", `{"text":"long",`+trialDays+"}", 200) // ends with the dashboard
}
