package gateway

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/rules"
)

// refusals is a document of one rule: more than limit refusals in ten minutes.
func refusals(limit int) string {
	return fmt.Sprintf(`rules:
  - name: refusals
    on: {types: [gate_access]}
    when: count("gate.result == 'denied'", "10m") > %d
    text: {zh: 多次拒绝, en: many refusals}
`, limit)
}

func set(t *testing.T, text string) *rules.Set {
	t.Helper()
	s, err := rules.Parse("rules.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOwnRulesBesideTheDetectors: both engines judge the same records, and one commit keeps
// the state of both.
func TestOwnRulesBesideTheDetectors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var told []string
	for i := range 6 { // a new process for each event
		j := openJournal(t, dir)
		fill(t, j, denied(time.Duration(i)*30*time.Second, fmt.Sprintf("card%d", i)))
		d := watch(t, j, at(morning), true)
		d.setRules(set(t, refusals(3)))
		if i == 5 {
			d.setRules(set(t, refusals(30))) // changed while it was down
		}
		if err := d.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "all read", func() bool { return j.done("detect") })
		stop(t, d)
		told = append(told, verdicts(t, j)...)
		stop(t, j)
	}
	told = slices.DeleteFunc(told, func(s string) bool { return !strings.Contains(s, "county_refusals") })
	told = slices.Compact(told) // each process reads the whole journal again
	raised := slices.IndexFunc(told, func(s string) bool { return strings.Contains(s, "raised county_refusals") })
	if n := len(told); raised != 0 || !strings.Contains(told[n-1], "cleared county_refusals") || !strings.Contains(told[0], ".1 01:01:30.000") {
		t.Errorf("%q", told)
	}
}

func TestRulesOfTheCentre(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	c.Uplink.Enabled, c.Uplink.URLs = true, []string{"nats://127.0.0.1:1"} // the centre cannot be reached
	c.RulesFile = filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(c.RulesFile, []byte(refusals(3)), 0o600); err != nil {
		t.Fatal(err)
	}
	g := build(t, c, &plain{})
	if n := g.detector.rules.Rules(); n != 1 {
		t.Errorf("%d rules of the file", n)
	}
	if err := g.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	document := func(text string) []byte {
		b, err := json.Marshal(event.RulesText{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := g.documents.take(event.RulesDocument, 1, document(refusals(3)+"    sverity: high\n")); err == nil || !strings.Contains(err.Error(), "rules:6:5") {
		t.Errorf("%v", err)
	}
	if err := g.documents.take(event.RulesDocument, 2, document(refusals(3)+strings.Replace(refusals(9)[7:], "refusals", "more", 1))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both rules in force", func() bool { return g.Status().Rules.InForce == 2 })
	failing := "rules:\n  - {name: f, on: {types: [gate_access]}, when: 'split(gate.person, \"/\")[7] == \"x\"', text: {zh: a, en: a}}\n"
	if err := g.documents.take(event.RulesDocument, 3, document(failing)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a rule that fails is told", func() bool {
		message := ingest.Message{Topic: topic, Site: "s1", Device: "g1", Payload: fmt.Append(nil, time.Now()), Received: time.Now()}
		if err := g.ingest.Deliver(within(t), "plain", message); err != nil {
			t.Fatal(err)
		}
		f := g.Status().Rules.Failures
		return len(f) == 1 && f[0].Rule == "county_f" && f[0].Count > 0 && f[0].Error != ""
	})
	stop(t, g)
	c.RulesFile = filepath.Join(t.TempDir(), "none.yaml")
	if _, err := New(c, Deps{County: newCounty(t)}); err == nil {
		t.Error("a file that is not there")
	}
}

// TestRuleNamesDoNotClash holds the county's namespace free of built-in rules.
func TestRuleNamesDoNotClash(t *testing.T) {
	t.Parallel()
	for _, name := range detect.Rules() {
		if strings.HasPrefix(name, rules.Prefix) {
			t.Errorf("%s is in the namespace of the county's own rules", name)
		}
	}
}
