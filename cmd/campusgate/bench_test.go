package main_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/campusgate/campusgate/cmd/campusgate/bench"
)

// TestBench runs every part of the bench in small: what it reports is complete, and every
// message was stored, or there is no report. Figures are not judged here.
func TestBench(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), builtAt, "bench", "--json", "--messages", "3000", "--backlog", "3000",
		"--live-for", "1s", "--rates", "100", "--clients", "5")
	cmd.Env = cleanEnviron()
	var progress strings.Builder
	cmd.Stderr = &progress
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("bench: %v\n%s", err, progress.String())
	}
	var r bench.Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if len(r.Ingest) < 2 || r.Ingest[0].Contender != "campusgate" || r.Ingest[1].Contender != "campusgate with bus" {
		t.Errorf("ingest: %+v", r.Ingest)
	}
	for _, i := range r.Ingest {
		if i.Messages != 3000 || i.PerSecond <= 0 || i.CPUSecondsMillion <= 0 || i.PeakMB <= 0 {
			t.Errorf("ingest: %+v", i)
		}
	}
	if len(r.Latency) != 1 || r.Latency[0].Messages != 100 || r.Latency[0].InfluxDB.Count != 100 || r.Latency[0].Websocket.Count != 100 {
		t.Errorf("latency: %+v", r.Latency)
	}
	if r.Drain == nil || r.Drain.Events != 3000 || r.Drain.PerSecond <= 0 {
		t.Errorf("drain: %+v", r.Drain)
	}
	if r.FanOut == nil || r.FanOut.Expected != 250 || r.FanOut.Delivered.Count != 250 {
		t.Errorf("fan-out: %+v", r.FanOut)
	}
	if r.StartUp == nil || r.StartUp.GatewayMS <= 0 || r.StartUp.DashboardMS <= 0 {
		t.Errorf("start-up: %+v", r.StartUp)
	}
}
