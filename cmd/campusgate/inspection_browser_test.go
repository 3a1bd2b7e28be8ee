package main_test

import (
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/dashboard/inspection"
)

// TestInspectionInBrowser walks from a random draw to a closed notice on the real program:
// draw, finding, notice, the school's reply, re-check.
func TestInspectionInBrowser(t *testing.T) {
	tools := findBrowser(t)
	_, at := startDemo(t, filepath.Join(t.TempDir(), "data"), "--no-simulator")
	page := openScript(t, tools, "inspect-system", map[string]any{
		"origin": at.HTTP, "user": "inspector", "password": password, "person": "s012",
		"artifacts": t.ArtifactDir(), "patience": patience.Milliseconds(),
	})
	if s := page.next("drawn"); !strings.Contains(s.Text, "核验通过") {
		t.Errorf("verified: %q", s.Text)
	}
	if s := page.next("issued"); !strings.Contains(s.Text, "0001 号") || s.Other != "true" {
		t.Errorf("on paper stands %q, place of the seal: %s", s.Text, s.Other)
	}
	page.next("replied")
	id := path.Base(page.next("closed").Text)
	for _, fault := range page.next("faults").Faults {
		t.Error(fault)
	}
	page.mustEnd()
	var one struct {
		Case  inspection.Case
		Steps []inspection.Step
	}
	if err := login(t, at.HTTP, "operator").get("/api/v1/notices/"+id, &one); err != nil {
		t.Fatal(err)
	}
	if one.Case.State != inspection.Closed || one.Case.Notice.Reply != "已补齐保安员" || len(one.Steps) != 4 || one.Steps[2].By != "guard" {
		t.Errorf("on the server: %+v %+v", one.Case, one.Steps)
	}
}
