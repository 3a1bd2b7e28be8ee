package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/rules"
)

// TestRulesFollowedWithoutRestart writes a rule at a dashboard; a gateway of its own process
// follows it at once, and a back-test over InfluxDB finds the same. Rolled back, the rule's
// alarm ends.
func TestRulesFollowedWithoutRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t).write()
	w.startMosquitto()
	w.startInflux()
	w.startDashboard()
	w.startGateway()
	w.connected()
	b := login(t, w.pageURL(), "admin")
	p := newPublisher(t, w.mqttURL(), "device")
	n := 0
	measure := func() {
		t.Helper()
		n++
		payload := fmt.Sprintf(`{"ts":%q,"seq":%d,"value":36.4,"person":"p-%d","person_kind":"pupil"}`, time.Now().UTC().Format(time.RFC3339Nano), n, n)
		if err := p.Publish(t.Context(), "campus/s001/temperature/t1/check", 1, false, []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	do := func(method, path string, body any, into any) {
		t.Helper()
		status, text, err := b.do(method, "/api/v1/rules"+path, body)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s %s: %d %s %v", method, path, status, text, err)
		}
		if into != nil {
			if err := json.Unmarshal(text, into); err != nil {
				t.Fatal(err)
			}
		}
	}
	inForce := func(version int) {
		t.Helper()
		eventually(t, fmt.Sprintf("version %d is in force", version), func() string {
			st, err := w.status()
			if d := st.Documents[event.RulesDocument]; err != nil || d.Version < uint64(version) || d.Error != "" {
				return fmt.Sprintf("%+v, %v", d, err)
			}
			return ""
		})
	}
	states := func() (list []string) {
		alarms, err := all[alarm](b, "/api/v1/alarms?state=all&site=s001")
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range alarms {
			if a.Rule == "county_measured" && a.Device == "t1" {
				list = append(list, a.State)
			}
		}
		return list
	}
	nothing := "rules: []\n"
	measured := `rules:
  - name: measured
    on: {types: [temperature_check]}
    when: count("temperature.celsius > 36", "10m") >= 3
    severity: high
    text: {zh: 已测温, en: measured}
`
	if status, text, err := b.do(http.MethodPut, "/api/v1/rules", map[string]any{"text": measured + "    other: x\n", "base": 0}); err != nil || status != http.StatusUnprocessableEntity {
		t.Fatalf("%d %s %v", status, text, err)
	}
	do(http.MethodPut, "", map[string]any{"text": nothing, "base": 0}, nil)
	began := time.Now()
	do(http.MethodPut, "", map[string]any{"text": measured, "note": "try it", "base": 1}, nil)
	inForce(2)
	t.Logf("in force at the gateway after %v", time.Since(began).Round(time.Millisecond))
	eventually(t, "its alarm", func() string {
		measure()
		if s := states(); len(s) != 1 {
			return fmt.Sprint(s)
		}
		return ""
	})
	w.drained()

	var job struct {
		State, Error string
		Report       rules.Report
	}
	do(http.MethodPost, "/backtest", map[string]any{"from": began.Add(-time.Minute), "to": time.Now()}, nil)
	eventually(t, "the back-test ends", func() string {
		do(http.MethodGet, "/backtest", nil, &job)
		if job.State == "runs" {
			return job.State
		}
		return ""
	})
	if r := job.Report; job.State != "done" || r.Raised != 1 || r.Events < 3 || r.Examples[0].Device != "t1" {
		t.Errorf("%s %s %+v", job.State, job.Error, r)
	}

	do(http.MethodPost, "/rollback", map[string]any{"version": 1, "base": 2}, nil)
	inForce(3)
	eventually(t, "its alarm ends", func() string {
		if s := states(); len(s) != 1 || slices.Contains([]string{"unacknowledged", "acknowledged"}, s[0]) {
			return fmt.Sprint(s)
		}
		return ""
	})
}
