package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCatalogueExamplesAreTaken puts every example subscription of the catalogue into a
// configuration and checks that.
func TestCatalogueExamplesAreTaken(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "configs", "adapters.md"))
	if err != nil {
		t.Fatal(err)
	}
	const item = `(?m)^[ \t]*- filter: .*\n(?:[ \t]+(?:adapter|qos|site|device|quantity|site_level|device_level|ask): .*\n)*`
	examples := regexp.MustCompile(item).FindAllString(string(text), -1)
	if len(examples) < 15 {
		t.Fatalf("%d examples", len(examples))
	}
	if bad := regexp.MustCompile(`(?m)^[ \t]*(?:topics:|- topic: ).*$`).FindString(string(text)); bad != "" {
		t.Errorf("%q is no key of a subscription", bad)
	}
	var list strings.Builder
	for _, e := range examples {
		lines := strings.Split(strings.TrimRight(e, "\n"), "\n")
		indent := len(lines[0]) - len(strings.TrimLeft(lines[0], " \t"))
		for _, l := range lines {
			list.WriteString("          " + l[min(indent, len(l)):] + "\n")
		}
	}
	dir := t.TempDir()
	county, err := filepath.Abs(filepath.Join("..", "..", "configs", "counties", "demo.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "c.yaml")
	config := "county: " + county + "\ngateway:\n  data_dir: " + dir + "\n  ingest:\n    brokers:\n      - name: b\n        url: tcp://127.0.0.1:1883\n        client_id: g\n        subscriptions:\n" + list.String()
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if code := run(t.Context(), []string{"check", "--config", file}, streams{out: &out, err: &errs}); code != 0 {
		t.Errorf("check: %d\n%s\n%s\n%s", code, out.String(), errs.String(), config)
	}
}
