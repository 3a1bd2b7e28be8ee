package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckOpensTheFilesOfSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put("county.yaml", "sites: []\n")
	good, empty := put("good", "correct horse battery"), put("empty", "")
	path := put("c.yaml", strings.Join([]string{
		"county: county.yaml",
		"gateway:",
		"  id: gw1",
		"  ingest:",
		"    brokers:",
		"      - name: a",
		"        url: tcp://127.0.0.1:1883",
		"        client_id: c",
		"        username: u",
		"        password_file: " + filepath.Join(dir, "missing"),
		"        subscriptions: [{filter: 'a/#', qos: 1, adapter: gate}]",
		"  uplink:",
		"    user: u",
		"    password_file: " + empty,
		"  influx:",
		"    token_file: " + good,
	}, "\n"))
	_, _, err := Check(path, nil, PartGateway)
	if err == nil {
		t.Fatal("a configuration without its secrets was found right")
	}
	for _, want := range []string{
		":10: gateway.ingest.brokers[0].password_file:", "no such file",
		":14: gateway.uplink.password_file:", "it is empty",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "token_file") {
		t.Errorf("a file that is there is blamed:\n%v", err)
	}
	if _, _, err := Load(path, nil, PartGateway); err != nil && strings.Contains(err.Error(), "no such file") {
		t.Errorf("a start fails for a file that is only read at the connect: %v", err)
	}
}

func TestAnotherEncodingIsNamed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "county.yaml")
	if err := os.WriteFile(path, []byte("sites:\n  - id: s001\n    name: {zh: \xb5\xda\xd2\xbb}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadCounty(path); err == nil || !strings.Contains(err.Error(), ":3: is not UTF-8") {
		t.Fatalf("want the line that is not UTF-8, got %v", err)
	}
}
