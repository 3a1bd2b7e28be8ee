package alarm_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/dashboard/alarm"
)

var update = flag.Bool("update", false, "write configs/alarm-states.md anew")

// statesPage is the documentation of the life cycle, from the tables that the code uses.
func statesPage() []byte {
	var b bytes.Buffer
	b.WriteString(`# Life cycle and priority of alarms / 告警的生命周期与优先级

Made from the tables in dashboard/alarm (` + "`go test ./dashboard/alarm -run TestStatesPage -update`" + `); a test holds it equal.
The states are those of ANSI/ISA-18.2-2016 and IEC 62682, clause 5.

| state | ISA-18.2 | 中文 | meaning |
|---|---|---|---|
| normal | A | 正常 | nothing to do, or done |
| unack | B | 未确认 | nobody has acknowledged it |
| acked | C | 已确认 | acknowledged, the condition stands |
| rtn_unack | D | 已恢复未确认 | the condition is over, nobody has acknowledged it |
| shelved | E | 已搁置 | put aside by a person, with a reason and an end |
| suppressed | F | 设计抑制 | under its cause, in maintenance, or chattering; the reason is shown |
| oos | G | 停用 | out of service |

` + "```mermaid\nstateDiagram-v2\n    [*] --> normal\n")
	type edge struct{ from, to alarm.State }
	labels := map[edge][]string{}
	var order []edge
	for _, tr := range alarm.Transitions() {
		e := edge{tr.From, tr.To}
		if e.from == e.to {
			continue
		}
		if labels[e] == nil {
			order = append(order, e)
		}
		label := string(tr.Action)
		if tr.When != alarm.Always {
			label += " (" + string(tr.When) + ")"
		}
		labels[e] = append(labels[e], label)
	}
	for _, e := range order {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", e.from, e.to, strings.Join(labels[e], " / "))
	}
	b.WriteString("```\n\nActions that change no state are left out of the picture and are in the table.\n\n| from | action | when | to |\n|---|---|---|---|\n")
	for _, tr := range alarm.Transitions() {
		when := string(tr.When)
		if when == "" {
			when = "always"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", tr.From, tr.Action, when, tr.To)
	}
	b.WriteString(`
## Priority / 优先级

A rule's priority follows from what happens when nobody responds and from how long there is to respond. Critical alarms
are always high, info always low; a rule of the county's own is high when critical, medium when high, else low. The
share that each priority should have of all alarms (EEMUA 191): high about 5 %, medium 15 %, low 80 %;
` + "`GET /api/v1/alarm-numbers`" + ` reports what it is.

| consequence | now (3 min) | soon (30 min) | watch (8 h) |
|---|---|---|---|
`)
	for _, c := range []alarm.Consequence{alarm.OfLife, alarm.OfHarm, alarm.OfService} {
		fmt.Fprintf(&b, "| %s |", c)
		for _, u := range []alarm.Urgency{alarm.WithinNow, alarm.WithinSoon, alarm.WithinWatch} {
			fmt.Fprintf(&b, " %s |", alarm.Matrix(c, u))
		}
		b.WriteByte('\n')
	}
	b.WriteString("\n| rule | consequence | time to respond | priority |\n|---|---|---|---|\n")
	for _, r := range alarm.Ratings() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.Rule, r.Consequence, r.Urgency, alarm.Matrix(r.Consequence, r.Urgency))
	}
	return b.Bytes()
}

func TestStatesPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "configs", "alarm-states.md")
	want := statesPage()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s is not what the tables say (%v): run this test with -update", path, err)
	}
}

func TestRatingsAreOnePerRule(t *testing.T) {
	t.Parallel()
	var rules []string
	for _, r := range alarm.Ratings() {
		if slices.Contains(rules, r.Rule) {
			t.Errorf("%s is rated twice", r.Rule)
		}
		rules = append(rules, r.Rule)
	}
}
