package simulator_test

import (
	"strings"
	"testing"

	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/configs/counties"
	"github.com/campusgate/campusgate/gateway/detect"
)

func TestScriptErrorsNameTheLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"incidents:\n  - {what: fever, at: 10s}\n  - {what: fever, att: 10s}\n": "[3:19] unknown field \"att\"",
		"incidents:\n  - {what: fever, at: soon}\n":                             "[2:23] at: ",
		"incidents:\n  - {what: fever, at: 10s, count: many}\n":                 "[2:35]",
		"incidents: [":        "[1:12]",
		"incident:\n  - {}\n": "unknown field \"incident\"",
	} {
		_, err := simulator.ReadScript([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestScriptFaults(t *testing.T) {
	t.Parallel()
	c := county(t, counties.Small())
	for line, want := range map[string]string{
		"what: fevre":                                `incidents[0].what: "fevre" is not allowed: want one of bus_capacity`,
		"what: fever, at: -1s":                       "incidents[0].at: -1s",
		"what: fever, every: 10s":                    "incidents[0].every: 10s",
		"what: fever, needs: class":                  `incidents[0].needs: "class" is not allowed: want "any"`,
		"what: fever, for: 100h":                     "incidents[0].for",
		"what: fever, count: 5000":                   "incidents[0].count: 5000",
		"what: fever, site: s999":                    `incidents[0].site: "s999"`,
		"what: fever, device: t1":                    `incidents[0].device: "t1" is not allowed: want a site with it`,
		"what: fever, site: s001, device: t9":        `incidents[0].device: "t9" is not allowed: want a device of site s001`,
		"what: fever, site: s001, device: g1":        `incidents[0].device: "g1" (gate) is not allowed: want a device of kind temperature`,
		"what: fever, site: s001, device: t1, at: 1": "",
	} {
		if strings.HasPrefix(line, "what: fevre") {
			want = strings.TrimSuffix(want, "bus_capacity") + simulator.Whats()[0]
		}
		s, err := simulator.ReadScript([]byte("incidents:\n  - {" + line + "}\n"))
		if err != nil {
			if want != "" {
				t.Errorf("%s: %v", line, err)
			}
			continue
		}
		err = s.Check(c)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", line, err, want)
		}
	}
}

// The script of the demo has every rule, and the simulator knows an incident for each.
func TestScriptCoversEveryRule(t *testing.T) {
	t.Parallel()
	s := script(t, county(t, counties.Demo()))
	scripted, known := map[string]bool{}, map[string]bool{}
	for _, n := range s.Incidents {
		scripted[n.What] = true
	}
	for _, what := range simulator.Whats() {
		known[what] = true
	}
	for _, rule := range detect.Rules() {
		if (!scripted[rule] || !known[rule]) && !probed(rule) {
			t.Errorf("%s: scripted %v, known %v", rule, scripted[rule], known[rule])
		}
	}
	if err := script(t, county(t, counties.Demo())).Check(county(t, counties.Small())); err != nil {
		t.Errorf("the script does not fit the small county: %v", err)
	}
}
