package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExamplesAreRight(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "configs", "examples")
	for file, part := range map[string]Part{"gateway.yaml": PartGateway, "dashboard.yaml": PartDashboard} {
		if _, county, err := Load(filepath.Join(dir, file), nil, part); err != nil || len(county.Sites) < 86 {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestEveryFaultIsToldOnce holds what people see who mistype their configuration.
func TestEveryFaultIsToldOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.yaml")
	text := strings.Join([]string{
		"county: county.yaml",
		"log: {level: loud}",
		"gateway:",
		"  id: GW 1",
		"  late_after: 1s",
		"  ingest:",
		"    brokers:",
		"      - {name: a, url: 'http://x', client_id: c, subscriptions: [{filter: 'a/#/b', qos: 2, adapter: gate}]}",
		"  detect:",
		"    limits: {fever_celcius: 38}",
		"  journal:",
		"    max_bytes: 12",
	}, "\n")
	for file, content := range map[string]string{path: text, filepath.Join(filepath.Dir(path), "county.yaml"): "sites: [{id: S 1}]\n"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := Load(path, []string{"CAMPUSGATE_GATEWAY_REPORT_EVERY=1ms"}, PartGateway)
	if err == nil {
		t.Fatal("nine faults were taken")
	}
	for _, want := range []string{
		":2: log.level: loud is not allowed",
		":4: gateway.id: GW 1 is not allowed",
		":5: gateway.late_after: 1s is not allowed: want 1m to 24h",
		":8: gateway.ingest.brokers[0].url:",
		":8: gateway.ingest.brokers[0].subscriptions[0].filter:",
		":8: gateway.ingest.brokers[0].subscriptions[0].qos: 2 is not allowed: want 0 or 1",
		":10: gateway.detect.limits.fever_celcius:",
		":12: gateway.journal.max_bytes: 12 is not allowed",
		"environment CAMPUSGATE_GATEWAY_REPORT_EVERY: gateway.report_every: 1ms is not allowed",
		"county.yaml: sites[0].id:",
	} {
		if n := strings.Count(err.Error(), want); n != 1 {
			t.Errorf("%q is told %d times, want once", want, n)
		}
	}
	if t.Failed() {
		t.Log("\n" + err.Error())
	}
}
